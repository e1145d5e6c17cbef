"""What `junheng check` says of the corrections that concern the files it was given."""

from __future__ import annotations

from assets.console import err, out
from pipelines.intake import Intake


def print_corrections(taken: Intake) -> None:
    """The corrections that would be applied, and those whose row is in the files and no longer holds what they expect.

    A correction whose row stands in a file that was not given says nothing.
    """
    for row in taken.corrections.iter_rows(named=True):
        before = row["value_before"] if row["value_before"] is not None else "（未上报 / not reported）"
        after = row["value"] if row["value"] is not None else "（未上报 / not reported）"
        kept = "" if row["is_kept"] is not False else "；更正后的值未通过校验 / refused by a check afterwards"
        out.print(
            f"更正 correction {row['correction']}: {row['where']} {row['column']} {before} → {after}"
            f"（{row['file']}，第 {row['row']} 行；{row['reason']}；{row['document']}）{kept}",
            markup=False,
        )
    for one in taken.unmatched:
        if one.is_row_there:
            err.print(f"✕ {one.message}", markup=False)
