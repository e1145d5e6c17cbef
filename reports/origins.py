"""Where figures come from and what was refused: files, quarantine, sources, standards, method, edition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from reports import display, sentences
from reports.captions import Captions
from reports.language import gettext as _
from reports.language import half, semicolons, serial, spoken, together
from reports.model import Colophon, FileRow, Files, Refused, RefusedRow, SourceNote
from reports.year import Row
from schemas.source import Source
from standards.standard import Standard
from standards.values import Words

_MOST_REFUSED = 200
_MOST_TEXT = 120


def refused(entries: pl.DataFrame, caption: str, captions: Captions, *, names: Mapping[str, str]) -> Refused:
    """Refused files, rows and cells; the cells that break one rule together are one row.

    `names` gives schools their names by identifier.
    """
    if not entries.height:
        return Refused(sentence=_("没有拒收的文件、行或单元格。"), caption="", caption_note="", rows=())
    grouped = entries.group_by("file", "sheet", "row", "level", "rule", maintain_order=True).agg(
        pl.col("school_id").first(),
        pl.col("header"),
        pl.col("value"),
        pl.col("message").first(),
        pl.col("message_en").first(),
        pl.col("mended_by").drop_nulls().unique().sort(),
    )
    is_open = pl.col("mended_by").is_null()
    counts = {level: entries.filter(is_open, pl.col("level") == level).height for level in ("file", "row", "cell")}
    mended = entries.filter(~is_open).height
    parts = [
        words.format(count=display.count(counts[level]))
        for level, words in (("file", _("{count} 个文件")), ("row", _("{count} 行")), ("cell", _("{count} 个单元格")))
        if counts[level]
    ]
    sentence = (
        _("拒收 {parts}；拒收的单元格按未上报处理，其余照常收录。").format(parts=serial(parts))
        if parts
        else _("拒收的都已改正。")
    )
    if mended:
        kept = _("另有 {count} 处已由后来的文件或更正改正，仍列出，不再计入。").format(count=display.count(mended))
        sentence = together([sentence, kept])
    if grouped.height > _MOST_REFUSED:
        more = _("下面列出前 {shown} 条，共 {total} 条，全部见隔离表 quarantine。").format(
            shown=_MOST_REFUSED, total=display.count(grouped.height)
        )
        sentence = together([sentence, more])
    return Refused(
        sentence=sentence,
        caption=captions.next(caption),
        caption_note=_("同一行违反同一规则的单元格合为一条"),
        rows=tuple(_refused_row(row, names) for row in grouped.head(_MOST_REFUSED).iter_rows(named=True)),
    )


def internal_refused() -> Refused:
    """What a public edition says in the place of refused data."""
    return Refused(sentence=_("被拒收的数据只在内部版。"), caption="", caption_note="", rows=())


def internal_files() -> Files:
    """What a public edition says in the place of the files that were read."""
    return Files(sentence=_("读了哪些文件只在内部版。"), caption="", caption_note="", rows=())


def _refused_row(row: Row, names: Mapping[str, str]) -> RefusedRow:
    school = row["school_id"]
    values = [
        _cut(value) if header is None else _("{header} = {value}").format(header=header, value=_cut(value))
        for header, value in zip(row["header"], row["value"], strict=True)
        if header is not None or value
    ]
    return RefusedRow(
        where=display.origin(row["file"], row["sheet"], row["row"], whole_path=True),
        level=display.refused_level(row["level"]),
        school=display.NOT_APPLICABLE if school is None else f"{names.get(school, '')} {school}".strip(),
        values=semicolons(values) or display.NOT_APPLICABLE,
        rule=row["rule"],
        message=together(
            [
                *([_("已由 {by} 改正。").format(by=serial(row["mended_by"]))] if row["mended_by"] else []),
                spoken(Words(row["message"], row["message_en"] or row["message"])),
            ]
        ),
    )


def _cut(value: str | None) -> str:
    if not value:
        return _("（空）")
    return value if len(value) <= _MOST_TEXT else _("{start}（已截短）").format(start=value[:_MOST_TEXT])


def files(rows: Sequence[Row], sentence: str, caption: str, captions: Captions, sources: Mapping[str, Source]) -> Files:
    """Files of the inbox and what became of their rows."""
    if not rows:
        return Files(sentence=sentence, caption="", caption_note="", rows=())
    return Files(
        sentence=sentence,
        caption=captions.next(caption),
        caption_note=_("行数单位：行；SHA-256 只列前 12 位"),
        rows=tuple(_file_row(row, sources) for row in rows),
    )


def _file_row(row: Row, sources: Mapping[str, Source]) -> FileRow:
    layout = display.NOT_APPLICABLE
    if row["layout"] is not None and row["source"] in sources:
        of_source = [each.described.layouts for each in sources.values() if each.reported_as == row["source"]]
        described = next((known[row["layout"]] for known in of_source if row["layout"] in known), None)
        layout = (
            row["layout"]
            if described is None
            else spoken(Words(described.label, described.label_en or described.label))
        )
    notes = []
    if row["superseded_by"] is not None:
        notes.append(_("被 {files} 取代").format(files=row["superseded_by"].replace(" | ", _("、"))))
    if row["unknown_columns"] is not None:
        notes.append(_("未知列：{columns}").format(columns=row["unknown_columns"].replace(" | ", _("、"))))
    if row["reason"] is not None:
        notes.append(half(row["reason"]))
    return FileRow(
        name=row["file"],
        form=layout,
        status=display.return_status(row["status"]),
        read=display.count(row["rows_read"]),
        accepted=display.count(row["rows_accepted"]),
        refused=display.count(row["rows_refused"]),
        superseded=display.count(row["rows_superseded"]),
        cells_refused=display.count(row["cells_refused"]),
        sha256=row["sha256"][:12],
        reason=semicolons(notes) or display.NOT_APPLICABLE,
    )


def files_sentence(rows: Sequence[Row]) -> str:
    """How many files were handed in, and what became of their rows."""
    return _(
        "共 {files} 个文件，读取 {read} 行，收录 {accepted} 行，拒收 {refused} 行，被取代 {superseded} 行。"
    ).format(
        files=display.count(len({row["file"] for row in rows})),
        read=display.count(sum(row["rows_read"] for row in rows)),
        accepted=display.count(sum(row["rows_accepted"] for row in rows)),
        refused=display.count(sum(row["rows_refused"] for row in rows)),
        superseded=display.count(sum(row["rows_superseded"] for row in rows)),
    )


def source_name(source: Source) -> str:
    """The name of a source."""
    return spoken(Words(source.described.name_zh, source.described.name_en))


def colophon(sources: Iterable[Source], standards: Iterable[Standard]) -> Colophon:
    """Sources, standards, method and legend; the edition is stamped when the report is whole."""
    shown = list(standards)
    return Colophon(
        sources=tuple(
            SourceNote(
                name=source_name(source),
                publisher=spoken(Words(source.described.publisher, source.described.publisher_en)),
                licence=source.described.licence,
                attribution=source.described.attribution,
            )
            for source in sources
        ),
        standards=tuple(
            _("{title}：{document}（{id}）").format(
                title=sentences.short_title(standard), document=spoken(standard.document), id=standard.id
            )
            for standard in shown
        ),
        method=_method(shown),
        legend=_("{absent} 未上报；{none} 不适用；0 真实的零；✓ 达标；✕ 未达标；? 无法判定。").format(
            absent=display.NOT_REPORTED, none=display.NOT_APPLICABLE
        ),
        edition="",
    )


def _method(standards: Sequence[Standard]) -> tuple[str, ...]:
    said = [
        _(
            "差异系数 = S / X̄，其中 X̄ = Σr / ΣP，S = √(Σ(P/ΣP)·(x − X̄)²)，x = r / P；"
            "r 为评估单位的资源，P 为其在校生数（指标以班级为分母时，P 为班级数），只含有值的评估单位。"
        ),
        _("数字只在显示时舍入一次，四舍六入五成双；与标准值、限值比较一律用未舍入的值。"),
    ]
    for standard in standards:
        if not standard.split.resources:
            continue
        weights = " : ".join(f"{weight.normalize():f}" for weight in standard.split.weights.values())
        said.append(
            _("{standard}：学校各学段共用的资源按小学、初中、高中 {weights} 的加权在校生数拆分。").format(
                standard=sentences.short_title(standard), weights=weights
            )
        )
    return tuple(said)
