"""The catalogue of a home's tables, written beside them and into every edition."""

from __future__ import annotations

from assets.home import CATALOGUE, Home, write_whole
from reports.catalogue import package, written
from schemas.tables import TABLES


def write_catalogue(home: Home) -> None:
    """`datapackage.json` of the home, of the tables and school years that it holds now."""
    paths = {
        table: [home.path(table, stem).relative_to(home.root).as_posix() for stem in home.partitions(table)]
        for table in TABLES
    }
    title = "均衡：县域义务教育均衡监测 / Junheng: balance of compulsory education inside each county"
    write_whole(home.root / CATALOGUE, written(package("junheng", title, paths, TABLES, "parquet")))
