"""`docs/county-json.md`: the shape of a county's `report.json`, written from the declarations that make it."""

from __future__ import annotations

import re
import types
from typing import Any, Literal, get_args, get_origin

import msgspec

from reports.data import CV_OF_YEAR, FORM, INDICATOR, REPORT, THINGS, Field, Thing, json_schema, may_be_absent
from reports.markdown import GENERATED, joined, table
from standards.standard import standards
from standards.values import Words

_INTRODUCTION = """\
每个县每个学年一个文件 `<学年>/<县>/report.json`，在县级页面的下载栏里。数字与页面和 Markdown 版相同，但不舍入：页面上的数字就是它舍入一次的结果。

One file per county and school year, `<school year>/<county>/report.json`, linked from the county's page. It holds the
figures of the page and of its markdown face, unrounded: what the page prints is its rounding.

- The file is UTF-8, one line, one object. The same tables give the same bytes.
- `form` is `{form}`. A field may be added under this name; one that is renamed, dropped or changes its meaning
  makes a new name.
- `null` is not reported or not defined, as `reason` beside it says. Zero is a fact. Objects marked *sparse* leave out
  fields that are null, except `value`.
- Shares and difference coefficients (unit `1`) are not in percent. A `unit` beside a figure names its unit; *as unit*
  in the tables below refers to it.
- Dates are ISO 8601. A school year is named by the year in which it begins.
- Statuses, reasons and courses are codes, those of the table named at each object; the columns of the tables are
  explained in [tables.md](tables.md), the standards in [standards.md](standards.md).
- `edition` is the edition that the page prints at its end.
- `.venv/bin/python -m reports.data_page` prints the same shape as JSON Schema (2020-12)."""
_EXAMPLE = """\
读一个县在每个标准下超过限值的指标：

Indicators over their limit, under each standard:

```python
import json

with open("report.json", encoding="utf-8") as file:
    report = json.load(file)
for standard in report["standards"]:
    for stage in standard["stages"]:
        for indicator in stage["indicators"]:
            if indicator["status"] == "not_met":
                print(standard["standard"], stage["stage"], indicator["indicator"], indicator["cv"], indicator["limit"])
```

An indicator of a stage, of five schools with 45, 37, 89, 76, 55 pupils and 279, 137, 935, 160, 402 books:"""


def example() -> msgspec.Struct:
    """An indicator as a file tells of it, with the figures that the pipeline makes of those five schools."""
    books = standards()["cn-basic-2012"].indicator("books")
    figures: dict[str, float] = {"units": 5, "units_reporting": 5, "pupils": 302}
    figures |= {"mean": 6.3344370860927155, "sd": 3.263860705195375, "cv": 0.5152566298844764}
    figures |= {"cv_low": figures["cv"], "cv_high": figures["cv"]}
    return INDICATOR.of(
        figures,
        label=books.label,
        number=books.number,
        article=books.article,
        confidence=books.confidence,
        must_be=books.must_be,
        norm=None,
        indicator=books.id,
        unit=books.unit,
        limit=None,
        margin=None,
        status="no_limit",
        reason=None,
        change=None,
        change_common=None,
        history=(CV_OF_YEAR.of({"school_year": 2023, "cv": figures["cv"]}),),
        standing=None,
        window=None,
    )


def data_page() -> str:
    """The page: how to read the file, and every kind of object with its fields."""
    parts = [
        GENERATED.format(origin="`reports/data.py`"),
        "# A county's report as JSON",
        _INTRODUCTION.format(form=FORM),
        _EXAMPLE,
        f"```json\n{msgspec.json.format(msgspec.json.encode(example()), indent=2).decode()}\n```",
    ]
    for thing in THINGS:
        parts += [
            f"## {name_of(thing)}",
            f"{thing.zh}。{thing.en}.",
            _origin(thing),
            table(("Field", "Type", "Unit", "中文", "English"), (_row(field, thing) for field in thing.fields)),
        ]
    return joined(parts)


def name_of(thing: Thing) -> str:
    """The name of a kind of object."""
    return thing.kind.__name__


def _origin(thing: Thing) -> str:
    said = []
    if thing is REPORT:
        said.append("The outermost object.")
    if thing.table:
        said.append(f"From [`{thing.table}`](tables.md#{thing.table}).")
    if thing.is_sparse:
        said.append("Sparse.")
    return " ".join(said)


def _row(field: Field, thing: Thing) -> tuple[str, ...]:
    kind = _kind(field.kind)
    if thing.is_sparse and may_be_absent(field):
        kind = kind.replace(" or null", ", may be absent")
    return f"`{field.name}`", kind, field.unit, field.zh, field.en


def _kind(kind: Any) -> str:
    """A type in words, with a link to the object that it is."""
    if get_origin(kind) is tuple:
        return f"list of {_kind(get_args(kind)[0])}"
    if get_origin(kind) is Literal:
        return " ".join(f"`{value}`" if value else '`""`' for value in get_args(kind))
    if isinstance(kind, types.UnionType) or type(None) in get_args(kind):
        inner = [_kind(each) for each in get_args(kind) if each is not type(None)]
        return " or ".join([*inner, "null"])
    if kind is Words:
        return "`{zh, en}`"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return f"[{kind.__name__}](#{re.sub(r'[^a-z]', '', kind.__name__.lower())})"
    return {str: "text", int: "integer", float: "number", bool: "boolean"}.get(kind, "date")


if __name__ == "__main__":
    import sys

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n")
