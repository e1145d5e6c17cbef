"""The command that explains a published figure down to the cells of its files. It reads; it imports no Dagster."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from assets.console import EXIT_CODES, HomeOption, home_of, out, usage
from assets.explained import explained
from reports.explanation import as_json
from reports.explanation_text import lines
from reports.language import SOURCE, catalogue, speaking

explain_app = typer.Typer()
_LANGUAGES = {"zh": SOURCE, "en": "en"}


@explain_app.command(epilog=EXIT_CODES)
def explain(
    county: Annotated[str, typer.Option("--county", help="县级行政区划代码。County code.")],
    year: Annotated[int, typer.Option("--year", help="学年，如 2023。School year.")],
    indicator: Annotated[
        str, typer.Option("--indicator", help="指标代号，或 composite。Id of the indicator, or composite.")
    ],
    stage: Annotated[str, typer.Option("--stage", help="primary | junior")],
    school: Annotated[
        str, typer.Option("--school", help="学校标识码：只说这一所。Only this school.", show_default=False)
    ] = "",
    standard: Annotated[
        list[str] | None,
        typer.Option("--standard", help="标准代号，可重复；默认有此指标的全部。Default: all that have it."),
    ] = None,
    source: Annotated[
        str, typer.Option("--source", help="数据来源；只在代码重复时需要。Needed where two have the code.")
    ] = "",
    language: Annotated[str, typer.Option("--lang", help="zh | en")] = "zh",
    *,
    is_json: Annotated[bool, typer.Option("--json", help="输出 JSON。As JSON.")] = False,
    home: HomeOption = None,
) -> None:
    """一个数字是怎么来的：公式、条款、单位、每个单元格。Where a figure comes from, down to file, row and column."""
    if language not in _LANGUAGES:
        usage(f"没有语言“{language}”；有：{'、'.join(_LANGUAGES)} / no such language")
    found = explained(
        home_of(home),
        year=year,
        county=county,
        stage=stage,
        indicator=indicator,
        school=school or None,
        standards=standard or [],
        source=source or None,
    )
    if is_json:
        sys.stdout.buffer.write(as_json(found))
        sys.stdout.buffer.flush()
        return
    with speaking(catalogue(_LANGUAGES[language])):
        for line in lines(found):
            out.print(line, markup=False)


def run(arguments: list[str]) -> None:
    """The command alone, as `junheng explain` runs it."""
    typer.main.get_command(explain_app).main(args=arguments, prog_name="junheng explain")
