"""The verdict on a whole standard: its word, the parts that make it, and what decides it."""

from __future__ import annotations

from reports import display, sentences
from reports.language import bracketed, marked, semicolons, serial, spoken, title
from reports.language import gettext as _
from reports.model import PartLine, Verdict
from reports.year import CountyTables, Row
from standards.items import Part
from standards.standard import Standard

RESOURCE = "resource"
_ROLES = {
    "precondition": marked("申报前提"),
    "gate": marked("门槛"),
    "items": marked("须全部达标的条目"),
    "approval": marked("社会认可度或满意度"),
    "veto": marked("一票否决"),
    "tracking": marked("跟踪"),
}

_BY_RULE = {"points": marked("按得分评定的条目"), "count": marked("按达标项数评定的条目")}


def shown_verdict(status: str) -> Verdict:
    """A status with its sign and word."""
    return Verdict(status=status, symbol=display.status_symbol(status), word=display.status_word(status))


def outcome(county: CountyTables, standard: Standard) -> Verdict:
    """The verdict on the whole standard; where there is none yet, on its resource part."""
    status = status_of(county, standard)
    if status == "no_limit" and not standard.indicators:
        return Verdict(status=status, symbol=display.status_symbol(status), word=_("只作跟踪，不作结论"))
    return shown_verdict(status)


def status_of(county: CountyTables, standard: Standard) -> str:
    """The verdict on the whole standard as the tables have it."""
    whole = county.whole.get(standard.id)
    if whole is not None:
        return str(whole["verdict"])
    return str(county.verdicts[standard.id, "all"]["verdict"])


def has_any(county: CountyTables, standard: Standard) -> bool:
    """Whether the tables say anything of the standard in this county."""
    return standard.id in county.whole or (standard.id, "all") in county.verdicts


def is_silent(county: CountyTables, standard: Standard) -> bool:
    """Whether a standard without resource part has nothing to say: the county has reported nothing that it asks."""
    if standard.indicators:
        return False
    return not any(is_known(row) for row in county.items.get(standard.id, {}).values())


def is_known(row: Row) -> bool:
    """Whether anything of an item is known: a status, points, or what the county says of it."""
    return (
        row["status"] in ("met", "not_met", "not_applicable")
        or row["score"] is not None
        or row["asserted"] not in (None, "undetermined")
        or row["note"] is not None
    )


def part_of(standard: Standard, part: str) -> Part | None:
    """A part of the standard by its id; None for the resource part."""
    return next((found for found in standard.parts if found.id == part), None)


def role_words(part: Part) -> str:
    """What a part does to the verdict."""
    return _(_BY_RULE.get(part.rule, _ROLES["items"]) if part.role == "items" else _ROLES[part.role])


def part_lines(county: CountyTables, standard: Standard) -> tuple[PartLine, ...]:
    """The parts of the standard with their verdicts, in the order of the standard; empty where it has one alone."""
    rows = county.parts.get(standard.id, {})
    if set(rows) <= {RESOURCE}:
        return ()
    return tuple(_line(county, standard, row) for row in rows.values())


def _line(county: CountyTables, standard: Standard, row: Row) -> PartLine:
    part = part_of(standard, row["part"])
    if part is None:
        return PartLine(
            label=title(spoken(standard.part)),
            words="",
            href=f"#{standard.id}",
            verdict=shown_verdict(row["status"]),
        )
    return PartLine(
        label=spoken(part.title),
        words=counts_words(row, part),
        href=f"#{standard.id}-{part.id}" if not is_silent(county, standard) else "",
        verdict=part_verdict(row, part),
    )


def part_verdict(row: Row, part: Part) -> Verdict:
    """The verdict on a part; a veto is there or not, and tracking decides nothing."""
    if part.role == "veto":
        return veto_verdict(row["status"])
    return tracked() if part.role == "tracking" else shown_verdict(row["status"])


def tracked() -> Verdict:
    """What stands where a part that is only tracked would have its verdict."""
    return Verdict(status="no_limit", symbol=display.status_symbol("no_limit"), word=_("只作跟踪"))


def veto_verdict(status: str) -> Verdict:
    """A veto in words: not met means that it applies."""
    words = {"met": _("未发现"), "not_met": _("存在")}
    shown = shown_verdict(status)
    return Verdict(status=status, symbol=shown.symbol, word=words.get(status, shown.word))


def counts_words(row: Row, part: Part) -> str:
    """How many items of a part are met, not met, undetermined; points where the part counts them."""
    words = [_("未发现"), _("存在")] if part.role == "veto" else [_("达标"), _("未达标")]
    words += [_("无法判定"), _("未见公开文本")]
    counts = [row[name] for name in ("items_met", "items_not_met", "items_undetermined", "items_not_in_source")]
    said = [
        _("{count} 项{word}").format(count=display.count(count), word=word)
        for count, word in zip(counts, words, strict=True)
        if count
    ]
    text = _("{total} 项：{counts}").format(total=display.count(row["items"]), counts=serial(said)) if said else ""
    if row["items"] == 1 and not row["items_not_in_source"] and part.role != "tracking":
        text = ""
    if part.rule == "points" and row["score_high"] is not None:
        text = semicolons(filter(None, (points_words(row), text)))
    return text


def points_words(row: Row) -> str:
    """The points of a part: what is certain and what is possible, of how many, and the pass mark."""
    low, high = points(row["score_low"]), points(row["score_high"])
    text = _("{points} 分").format(points=low if low == high else f"{low}–{high}")
    bounds = []
    if row["total"] is not None:
        bounds.append(_("满分 {total}").format(total=points(row["total"])))
    if row["pass_mark"] is not None:
        bounds.append(_("合格 {mark}").format(mark=points(row["pass_mark"])))
    return text + bracketed(_("，").join(bounds)) if bounds else text


def points(value: float | None) -> str:
    """Points with the decimals that they have, at most two."""
    text = display.number(value, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def why_whole(county: CountyTables, standard: Standard) -> list[str]:
    """Which parts decide the verdict on the whole standard, and how often county and figures contradict."""
    whole = county.whole.get(standard.id)
    if whole is None:
        return []
    said = []
    deciding = [name for name in (whole["decides"] or "").split("|") if name]
    labels = []
    for name in deciding:
        part = part_of(standard, name.strip())
        labels.append(title(spoken(standard.part)) if part is None else spoken(part.title))
    if labels and whole["verdict"] in ("not_met", "not_eligible", "not_recognised", "undetermined"):
        said.append(
            _("决定“{verdict}”的部分：{parts}{also}。").format(
                also=sentences.also_vetoed(whole),
                verdict=display.status_word(whole["verdict"]),
                parts=serial(dict.fromkeys(labels)),
            )
        )
    if whole["contradictions"]:
        said.append(
            _("{count} 项县级自报与数据计算的结论矛盾，按较差的一方计。").format(
                count=display.count(whole["contradictions"])
            )
        )
    return said
