"""The command that plans: the cheapest way to a standard, and what would be if measures were taken."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import polars as pl
import typer

from assets.console import EXIT_CODES, HomeOption, home_of, out, standard_of, usage
from assets.export import exported
from assets.home import Home, write_whole
from assets.registers import read_csv_register
from pipelines.what_if import MeasureError
from schemas.contract import Contract
from schemas.measures import Label, PlanFile, PlanFileError, measures_of, plan_file
from schemas.planning import CHEAPEST_CUTS, CHEAPEST_MEASURES, CHEAPEST_PLANS, INTENDED_MEASURES
from standards.standard import Standard

if TYPE_CHECKING:
    from assets.planning import Tables

plan = typer.Typer()
_SHOWN = 60
_MODES = ("level_up", "move")
_STATUS = {
    "planned": "有方案 planned",
    "nothing_to_do": "不用增加 nothing to add",
    "infeasible": "没有办法 no way",
    "not_found": "时限内没有找到 none found within the limits",
}
_REASONS = {
    "no_way": "固定的学校和上限不允许 fixed schools or bounds do not allow it",
    "fixed_school": "固定不动的学校没有达到 a fixed school falls short",
    "no_measure": "没有措施能补上 no measure raises it",
    "said_not_met": "县里自己说没有达到 the county itself says no",
    "over_budget": "超出预算 over the budget",
}
_VERDICTS = {
    "met": "达标 met",
    "not_met": "未达标 not met",
    "undetermined": "无法判定 undetermined",
    "no_limit": "没有限值 no limit",
}


@plan.command("plan", epilog=EXIT_CODES)
def plan_command(
    county: Annotated[
        list[str] | None, typer.Option("--county", help="县级行政区划代码，可重复；默认未达标的各县。County codes.")
    ] = None,
    year: Annotated[int | None, typer.Option("--year", help="学年，默认最新。School year, default the newest.")] = None,
    standard: Annotated[str, typer.Option("--standard", help="标准。The standard.")] = "cn-quality-2017",
    prices: Annotated[
        Path | None, typer.Option("--prices", help="价格和限制（TOML，见 docs/planning.md）。Prices and bounds.")
    ] = None,
    mode: Annotated[
        str, typer.Option("--mode", help="level_up 只增不减；move 也调剂富余。Only add, or also move surplus.")
    ] = "level_up",
    budget: Annotated[str | None, typer.Option("--budget", help="预算（元）。Budget in yuan.")] = None,
    fix: Annotated[
        list[str] | None, typer.Option("--fix", help="不变动的学校，可重复。Schools that stay as they are.")
    ] = None,
    what_if: Annotated[
        Path | None,
        typer.Option(
            "--what-if", help="打算采取的措施（CSV）：只算结果，不找方案。Intended measures: only their effect."
        ),
    ] = None,
    gap: Annotated[
        float, typer.Option("--gap", help="允许与下界相差的比例。Gap to the bound that is good enough.")
    ] = 0.01,
    seconds: Annotated[float, typer.Option("--seconds", help="每县时限（秒）。Time limit per county.")] = 30.0,
    workers: Annotated[int, typer.Option("--workers", help="几个进程。Processes.")] = 1,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="把表写到这个文件夹（XLSX、CSV）。Folder for the tables.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """达标最省的办法：每校增加多少，要多少钱。The cheapest way to a standard: what to add where, at what cost."""
    from assets.planning import plan_counties  # noqa: PLC0415
    from pipelines.plan_solver import Effort  # noqa: PLC0415
    from pipelines.planned import is_plannable  # noqa: PLC0415

    store = home_of(home)
    asked = standard_of(store, standard)
    wishes = _wishes(prices, budget, fix or [])
    if mode not in _MODES:
        usage(f"没有方式“{mode}”；有：{'、'.join(_MODES)} / no such mode")
    if not 0 <= gap < 1 or seconds <= 0 or workers < 1:
        usage("--gap 要在 0 到 1 之间，--seconds 和 --workers 要大于 0 / between 0 and 1; above 0")
    if not is_plannable(asked):
        usage(
            f"标准 {standard} 不逐项限制差异系数，也没有学校规则，不能规划；综合差异系数（各项平均）不在此列"
            " / neither limits each coefficient nor has a school rule: nothing to plan for"
        )
    schools, facts = _returns(store, year, asked)
    if what_if is not None:
        _print_what_if(schools, facts, asked, wishes, what_if, output)
        return
    schools = _of_counties(schools, facts, asked, county)
    effort = Effort(gap=gap, seconds=seconds)
    found = plan_counties(schools, asked, facts, wishes=wishes, mode=mode, effort=effort, workers=workers)
    _print_plans(found, wishes)
    if output is not None:
        write_tables(output, dict(zip((CHEAPEST_PLANS, CHEAPEST_MEASURES, CHEAPEST_CUTS), found, strict=True)))
        _write_documents(output, store, asked, found)


def _write_documents(folder: Path, store: Home, standard: Standard, found: Tables) -> None:
    """Each county's plan as page, markdown and workbook."""
    from assets.papers import write_files, year_tables  # noqa: PLC0415
    from reports.documents.way import cheapest_way  # noqa: PLC0415
    from reports.papers import faces  # noqa: PLC0415

    plans, measures, cuts = found
    if plans.is_empty():
        return
    year = year_tables(store, int(plans["school_year"][0]))
    written = 0
    for county in year.counties():
        mine = (pl.col("source") == county.source) & (pl.col("county_code") == county.code)
        for row in plans.filter(mine).iter_rows(named=True):
            rows = (measures.filter(mine).to_dicts(), cuts.filter(mine).to_dicts())
            paper = cheapest_way(county, standard, row, *rows)
            written += len(write_files(faces(paper), folder.expanduser()))
    out.print(f"方案文件 documents of plans: {written:,} → {folder}", markup=False)


def _wishes(prices: Path | None, budget: str | None, fixed: list[str]) -> PlanFile:
    """The plan's file with what the options add to it."""
    try:
        wishes = plan_file(prices) if prices else PlanFile()
        yuan = Decimal(budget) if budget is not None else wishes.budget_yuan
    except PlanFileError as fault:
        usage(str(fault))
    except InvalidOperation:
        usage(f"--budget：“{budget}”不是金额 / not an amount")
    if yuan is not None and not wishes.has_prices:
        usage("没有价格就没有预算；请用 --prices 给价格 / a budget needs prices: --prices")
    return msgspec.structs.replace(wishes, budget_yuan=yuan, fixed_schools=(*wishes.fixed_schools, *fixed))


def _returns(store: Home, year: int | None, standard: Standard) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The schools that the standard is for and the counties' own facts of a school year."""
    published = store.published()
    known = published.years()
    if not known or (year is not None and year not in known):
        there = "、".join(map(str, known)) or "—"
        usage(f"没有 {year or ''} 学年的表；有：{there}。请先运行 junheng refresh。 / No such school year.")
    of = known[-1] if year is None else year
    schools = published.read("schools", [of]).filter(pl.col("source").is_in(standard.applies_to))
    if schools.is_empty():
        usage(f"{of} 学年没有标准 {standard.id} 适用的报表 / no returns of that year that the standard is for")
    return schools, published.read("county_facts", [of])


def _of_counties(
    schools: pl.DataFrame, facts: pl.DataFrame, standard: Standard, wanted: list[str] | None
) -> pl.DataFrame:
    """The schools of the counties asked for; without any, of those that do not meet the standard's resource part."""
    from pipelines.what_if import outcome  # noqa: PLC0415

    if wanted:
        there = schools["county_code"].unique().sort().to_list()
        if strange := [code for code in wanted if code not in there]:
            usage(f"没有县 {'、'.join(strange)}；有：{'、'.join(there)} / no such county")
        return schools.filter(pl.col("county_code").is_in(wanted))
    verdicts = outcome(schools, standard, facts).resource_verdicts.filter(pl.col("stage") == "all")
    open_ = verdicts.filter(pl.col("verdict") != "met")
    return schools.filter(pl.col("county_code").is_in(open_["county_code"].to_list()))


def _print_plans(found: Tables, wishes: PlanFile) -> None:
    plans, measures, cuts = found
    labels = {measure.id: measure.label for measure in measures_of(wishes)}
    for row in plans.iter_rows(named=True):
        out.print(
            f"{row['school_year']}  {row['county_name']} {row['county_code']}  {_STATUS[row['status']]}  "
            f"{_VERDICTS[row['verdict_before']]} → {_VERDICTS.get(row['verdict_after'], '—')}",
            markup=False,
        )
        if row["reason"]:
            said = f"：{row['detail']}" if row["detail"] else ""
            out.print(f"  {_REASONS.get(row['reason'], row['reason'])}{said}", markup=False)
        if row["status"] == "planned":
            counted = "元 yuan" if row["counted_in"] == "yuan" else "名学生的达标量 pupils at the norm"
            out.print(
                f"  代价 cost {row['cost']:,.2f} {counted}；下界 bound {row['bound']:,.2f}；"
                f"差距 gap {100 * row['gap']:.2f} %（允许 allowed {100 * row['gap_allowed']:g} %）",
                markup=False,
            )
        if row["cells_missing"]:
            out.print(
                f"  {row['cells_missing']} 个数据没有上报，方案不含这些 / values not reported, not planned for",
                markup=False,
            )
        mine = measures.filter(pl.col("county_code") == row["county_code"])
        for step in mine.head(_SHOWN).iter_rows(named=True):
            yuan = "" if step["cost_yuan"] is None else f"  {step['cost_yuan']:,} 元 yuan"
            amount = f"{step['amount'].normalize():+,f}"
            stage = f" {step['stage']}" if step["stage"] else ""
            out.print(
                f"  {step['school_name']} {step['school_id']}{stage}  {_name(labels, step['measure'])}  "
                f"{amount} {step['unit']}{yuan}",
                markup=False,
            )
        if mine.height > _SHOWN:
            out.print(f"  … 另有 {mine.height - _SHOWN:,} 条；全部请用 -o / more", markup=False)
        for cut in cuts.filter(pl.col("county_code") == row["county_code"]).iter_rows(named=True):
            _print_cut(cut)
    within = plans.filter(pl.col("status").is_in(["planned", "nothing_to_do"]))
    beyond = within.filter(~pl.col("is_within_gap")).height
    out.print(
        f"{plans.height:,} 县 counties：{within.height:,} 有方案 with a plan，其中 {beyond:,} 超出允许差距 "
        f"beyond the gap allowed",
        markup=False,
    )


def _name(labels: dict[str, Label], measure: str) -> str:
    label = labels.get(measure)
    return f"{label.zh} {measure}" if label else measure


def _print_cut(cut: dict[str, object]) -> None:
    """The warning that a limit is also kept where the best school is made poorer."""
    if cut["taken"] is None:
        return
    out.print(
        f"  ⚠ {cut['stage']} {cut['indicator']}：差异系数 CV {cut['cv']:.3f} > {cut['limit']:g}；"
        f"从最多的 {cut['school_name']} 拿走 {cut['taken']:,.0f} 也会达标，谁也没有因此变好，方案不这样做 / "
        f"taking {cut['taken']:,.0f} from the school that has most would keep the limit too and help nobody: not planned",
        markup=False,
    )


def _print_what_if(
    schools: pl.DataFrame, facts: pl.DataFrame, standard: Standard, wishes: PlanFile, path: Path, output: Path | None
) -> None:
    """The verdicts and coefficients before and after the measures of a file."""
    from pipelines.what_if import applied, outcome  # noqa: PLC0415

    intended = read_csv_register(path, INTENDED_MEASURES)
    touched = schools.filter(pl.col("school_id").is_in(intended["school_id"].to_list()))["county_code"].unique()
    mine = schools.filter(pl.col("county_code").is_in(touched.to_list())) if touched.len() else schools
    known = {measure.id: measure for measure in measures_of(wishes)}
    try:
        changed = applied(mine, intended, known)
    except MeasureError as fault:
        usage(f"{path}：{fault}")
    before, after = outcome(mine, standard, facts), outcome(changed, standard, facts)
    key = ["school_year", "source", "county_code", "stage"]
    verdicts = before.resource_verdicts.join(
        after.resource_verdicts.select(*key, pl.col("verdict").alias("then")), on=key, how="left", validate="1:1"
    ).sort(key)
    for row in verdicts.filter(pl.col("stage") == "all").iter_rows(named=True):
        out.print(
            f"{row['school_year']}  {row['county_name']} {row['county_code']}  "
            f"{_VERDICTS[row['verdict']]} → {_VERDICTS[row['then']]}",
            markup=False,
        )
    cell = [*key, "indicator"]
    spread = before.county_dispersion.join(
        after.county_dispersion.select(*cell, pl.col("cv").alias("cv_then"), pl.col("status").alias("then")),
        on=cell,
        how="left",
        validate="1:1",
    ).sort(cell)
    moved = spread.filter(pl.col("cv").ne_missing(pl.col("cv_then")))
    for row in moved.iter_rows(named=True):
        cv, then = (f"{value:.6f}" if value is not None else "—" for value in (row["cv"], row["cv_then"]))
        out.print(
            f"  {row['county_name']} {row['stage']} {row['indicator']}  CV {cv} {_VERDICTS[row['status']]} → "
            f"{then} {_VERDICTS[row['then']]}",
            markup=False,
        )
    if output is not None:
        from schemas.tables import TABLES  # noqa: PLC0415

        tables = ("unit_indicators", "county_dispersion", "school_verdicts", "resource_verdicts")
        write_tables(output, {TABLES[name]: getattr(after, name) for name in tables})


def write_tables(folder: Path, tables: dict[Contract, pl.DataFrame]) -> None:
    """Tables written as workbooks and CSV."""
    for contract, rows in tables.items():
        for form in ("xlsx", "csv"):
            path = folder.expanduser() / f"{contract.name}.{form}"
            try:
                write_whole(path, exported(rows, contract, form))
            except OSError as fault:
                usage(f"写不了 {path}（{fault.strerror}）；请换一个文件夹。 / The folder cannot be written.")
            out.print(f"已写 wrote {path}", markup=False)
