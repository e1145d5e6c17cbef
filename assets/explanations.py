"""The assets of experience checks: what is unusual in the returns, and what was said of it."""

import polars as pl

from assets.home import Home
from assets.partitioned import table, window
from assets.registers import register
from pipelines import experience
from pipelines import explanations as said
from pipelines.coverage import IDENTITY
from schemas.explanations import EXPLANATIONS


@table(deps=[window("schools", 1), "school_lineage"], group="returns")
def experience_findings(store: Home, year: int) -> pl.DataFrame:
    """One row per school year, school (or county), experience check and column: what is possible but unusual."""
    schools = store.read("schools", [year - 1, year], experience.read_columns())
    return experience.experience_findings(schools, store.read("school_lineage", [year]), year)


@table(deps=["experience_findings", "school_lineage", "schools"], group="returns")
def finding_explanations(store: Home, year: int) -> pl.DataFrame:
    """One row per school year and finding: whether it is explained, and by what was said of it when."""
    register_rows = register(store.root, EXPLANATIONS)
    years = sorted({year, *register_rows["school_year"].filter(register_rows["school_year"] < year)})
    findings, lineage = store.read("experience_findings", years), store.read("school_lineage", years)
    return said.finding_explanations(findings, register_rows, lineage, store.read("schools", [year], IDENTITY), year)


EXPLANATION_ASSETS = [experience_findings, finding_explanations]
