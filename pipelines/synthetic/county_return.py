"""What the invented counties report of themselves: facts, findings, scores, measures, stages, documents, plans, groups.

Each county's conduct is one of a few; `CONDUCT` says which. The figures are drawn so that the storylines hold: see
`storylines` for what a county's schools do beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl

from pipelines.synthetic.counties import COUNTIES, PROVINCE_CODE, YEARS, County
from schemas.contract import conform
from schemas.county import COUNTY_INPUTS
from standards.items import Finding, Item
from standards.standard import Standard

Row = dict[str, Any]
_SILENT = "690126"
"""A county that hands in no county return."""
_MODEL = {"690102": 2021, "690122": 2023}
"""Counties that keep every item from a school year on."""
_VETOED, _VETOED_FROM, _VETO = "690123", 2022, "key_schools_or_classes"
"""From this school year on it has key classes: a veto."""
_CONTRADICTS = "690128"
"""It says that its classes are small enough, and states rates and a standard that its own figures do not bear out."""
_FALLS = ("690128", 2020)
"""Its appropriation falls in this year."""
_WEAK = {"690127": 0.55, "690103": 0.75, "690130": 0.85}
"""Share of the findings that a weak county can answer with yes; the others answer nearly all."""
_LATE = "690125"
"""Its county return of the last year leaves out social approval and pay: what depends on them is undetermined."""
_NOMINATED_IN = 2021
_NOMINATED = {
    "690102": dt.date(2021, 11, 30),
    "690121": dt.date(2021, 12, 2),
    "690125": dt.date(2021, 12, 2),
    "690129": dt.date(2021, 12, 6),
    "690181": dt.date(2021, 12, 8),
    "690182": dt.date(2021, 12, 20),
}
"""The counties that the invented province nominates as pioneers: one more than it may, and one too late."""
_MEASURED = (2019, 2022)
"""School years in which the counties say how they mend what is not met."""
_YEAR_ENDS = 8
"""The month in which a school year ends."""
_SUBJECTS = ("语文", "数学", "科学")
_GROUPS_OF_PEOPLE = ("学生", "家长", "教师", "校长", "副校长", "人大代表和政协委员", "其他群众")
_OFFICES = ("基础教育科", "计划财务科", "人事科", "督导室", "学生资助中心", "教育技术装备中心")
_CLASS_OF_GROUP = {"government": "政策统筹", "quality": "素质教育", "opportunity": "政策统筹", "guarantee": "经费保障"}


def county_returns(
    schools: Mapping[int, pl.DataFrame], standards: Mapping[str, Standard], seed: int = 20120903
) -> dict[int, dict[str, pl.DataFrame]]:
    """The county returns of every school year: table name → rows in the contract's columns, without file and row.

    `schools` are the returns of the invented schools, from which pupils and teachers are taken. The same seed and
    standards give the same rows.
    """
    returns: dict[int, dict[str, pl.DataFrame]] = {}
    for year in YEARS:
        drawn: dict[str, list[Row]] = {contract.name: [] for contract in COUNTY_INPUTS}
        for county in COUNTIES:
            if county.code == _SILENT:
                continue
            own = schools[year].filter(pl.col("county_code") == county.place(year)["county_code"])
            maker = _Maker(county, year, own, Random(f"{seed}-{county.code}-{year}"))  # noqa: S311 (no secret)
            for table, rows in maker.tables(standards).items():
                drawn[table] += [maker.place | row for row in rows]
        returns[year] = {
            contract.name: conform(
                pl.DataFrame(drawn[contract.name], infer_schema_length=None)
                if drawn[contract.name]
                else contract.empty(),
                contract,
            ).sort("county_code", maintain_order=True)
            for contract in COUNTY_INPUTS
        }
    return returns


class _Maker:
    """One county in one school year."""

    def __init__(self, county: County, year: int, schools: pl.DataFrame, rng: Random) -> None:
        self.county, self.year, self.schools, self.rng = county, year, schools, rng
        self.is_model = year >= _MODEL.get(county.code, 9999)
        self.place = {"school_year": year, **county.place(year)}

    def tables(self, standards: Mapping[str, Standard]) -> dict[str, list[Row]]:
        asked = [s for s in standards.values() if s.items and s.is_for(PROVINCE_CODE) and "cn-returns" in s.applies_to]
        facts = [*self._findings(asked), *self._figures()]
        return {
            "county_facts": facts,
            "county_measures": list(self._measures(asked)),
            "county_assessments": list(self._assessments()),
            "county_documents": list(self._documents(asked)),
            "county_plans": list(self._plans()),
            "school_groups": list(self._groups()),
        }

    def _fact(self, fact: str, *, period: int | None = None, breakdown: str = "", **values: Any) -> Row:
        return {
            "fact": fact,
            "period": self.year if period is None else period,
            "breakdown": breakdown,
            "school_id": "",
            "office": self.rng.choice(_OFFICES),
            **values,
        }

    def _findings(self, asked: Sequence[Standard]) -> Iterator[Row]:
        """Yes or no to every finding that only the county can give; points for items that have them."""
        share = _WEAK.get(self.county.code, 0.97)
        for standard in asked:
            vetoes = {part.id for part in standard.parts if part.role == "veto"}
            for item in standard.items:
                says_too_much = self.county.code == _CONTRADICTS and item.id == "class_size"
                if item.id == "nominated":
                    yield from self._nomination(standard, item)
                    continue
                if not says_too_much and not any(isinstance(check, Finding) for check in item.checks):
                    continue
                is_veto = item.part in vetoes
                for key, expects in _keys(standard, item, is_veto=is_veto):
                    keeps = self.is_model or is_veto or says_too_much or self.rng.random() < share
                    if self.county.code == _VETOED and self.year >= _VETOED_FROM and item.id == _VETO:
                        keeps = False
                    yield self._finding(key, item, finding=expects if keeps else not expects, keeps=keeps)

    def _nomination(self, standard: Standard, item: Item) -> Iterator[Row]:
        """Whether the province nominates the county as a pioneer, and when: one of them after the deadline."""
        if self.year == _NOMINATED_IN:
            day = _NOMINATED.get(self.county.code)
            yield self._fact(
                f"{standard.id}/{item.id}",
                finding=day is not None,
                evidence="先行创建县推荐表" if day else None,
                evidence_date=day,
            )

    def _finding(self, key: str, item: Item, *, finding: bool, keeps: bool) -> Row:
        """One finding with its document, and half the points where the item is not kept."""
        row = self._fact(
            key,
            finding=finding,
            evidence=f"{self.county.name}{item.label.zh[:16]}材料" if keeps else None,
            evidence_date=dt.date(self.year, 6, 1 + self.rng.randrange(28)),
            valid_until=dt.date(self.year + 1, 8, 31),
            note=None if keeps or self.county.code == _CONTRADICTS else "部分学校未落实，正在整改",
        )
        if item.points is not None and key.count("/") == 1:
            row["score"] = item.points if keeps else (item.points / 2).quantize(Decimal("0.01"))
        return row

    def _figures(self) -> Iterator[Row]:
        """Every figure that the standards ask for."""
        pupils = {s: int(self.schools[f"pupils_{s}"].sum()) for s in ("primary", "junior")}
        teachers = sum(int(self.schools[f"full_time_teachers_{s}"].fill_null(0).sum()) for s in ("primary", "junior"))
        yield self._fact("basic_balance_recognised_year", value=2021 if self.county.code == "690122" else 2015)
        for period in range(self.year - 4, self.year):
            yield from self._finance(period)
        eligible, rotated = round(teachers * 0.4), round(teachers * 0.4 * self._rate(0.1, 0.16))
        disabled, migrants = round(sum(pupils.values()) * 0.004) + 5, round(sum(pupils.values()) * 0.06) + 20
        cohort, graduates = (self._sum(f"{name}_junior") for name in ("grade_7_cohort", "graduates"))
        # Transfers leave a retention of 96 to 99 %.
        moved = round(cohort * self.rng.uniform(0.96, 0.99)) - graduates
        special = self._sum("pupils_primary", special=True) + self._sum("pupils_junior", special=True)
        special = special or self.rng.randrange(40, 90)
        places = round(cohort * 0.4)
        figures: dict[str, float] = {
            "special_education_public_funds_yuan": 6000 * special + self.rng.randrange(0, 90_000, 1000),
            "special_education_pupils": special,
            "disabled_children_of_age": disabled,
            "disabled_children_enrolled": disabled - (0 if self.is_model else round(disabled * self._rate(0.0, 0.08))),
            "migrant_children_eligible": migrants,
            "migrant_children_in_public_schools": round(migrants * self._rate(0.84, 0.95)),
            "migrant_children_in_bought_places": round(migrants * 0.04),
            "rotation_eligible_teachers": eligible,
            "rotated_teachers": max(rotated, 1),
            "rotated_key_teachers": round(max(rotated, 1) * self._rate(0.19, 0.3)) + 1,
            "quality_senior_places_planned": places,
            "quality_senior_places_allotted": round(places * self._rate(0.5, 0.65)) + 1,
            "grade_7_pupils_three_years_before": cohort,
            "graduates_junior": graduates,
            "transfers_in_three_years_junior": max(-moved, 0),
            "transfers_out_three_years_junior": max(moved, 0),
            "deaths_three_years_junior": 0,
            "public_funds_quota_yuan_per_pupil_primary": 650,
        }
        if not (self.county.code == _LATE and self.year == YEARS[-1]):
            pay = 78_000 + 4000 * (self.year - YEARS[0]) + self.rng.randrange(0, 900, 100)
            figures |= {"teachers_average_pay_yuan": pay, "civil_servants_average_pay_yuan": pay - 500}
        figures |= self._popularisation(pupils)
        for fact, value in figures.items():
            yield self._fact(fact, value=value)
        for number, subject in enumerate(_SUBJECTS):
            yield self._fact("monitoring_level", breakdown=subject, value=3 + (self.rng.random() < 0.4))
            yield self._fact("monitoring_difference_rate", breakdown=subject, value=round(0.09 + 0.015 * number, 4))
        yield from self._surveys()

    def _sum(self, field: str, *, special: bool = False) -> int:
        """A field over the county's schools, or over its schools of special education."""
        is_special = pl.col("school_type_code").str.starts_with("51")
        return int(self.schools.filter(is_special if special else ~is_special)[field].fill_null(0).sum())

    def _rate(self, low: float, high: float) -> float:
        """A rate between two ends; a model county has the better one. Which end is better is the caller's to say."""
        return high if self.is_model and high < 1 and low > 0.05 else self.rng.uniform(low, high)

    def _finance(self, period: int) -> Iterator[Row]:
        """The appropriation grows by more than the revenue, but for one county in one year.

        What is said of a year stays the same in every later return.
        """
        grown = 1.09 ** (period - 2014)
        if self.county.code == _FALLS[0] and period == _FALLS[1]:
            grown *= 0.88
        base = 3_200_000 * sum(self.county.kinds.values())
        yield self._fact("education_appropriation_yuan", period=period, value=round(base * grown, -3))
        revenue = round(base * 9 * 1.06 ** (period - 2014), -3)
        yield self._fact("recurrent_revenue_yuan", period=period, value=revenue)
        yield self._fact("budgetary_education_yuan", period=period, value=round(base * 1.6 * grown, -3))
        yield self._fact("fiscal_expenditure_yuan", period=period, value=revenue * 2)
        for stage, expense, funds in (("primary", 9000, 700), ("junior", 12_000, 900)):
            years = period - 2014
            yield self._fact(f"education_expense_yuan_per_pupil_{stage}", period=period, value=expense + 600 * years)
            yield self._fact(f"public_funds_yuan_per_pupil_{stage}", period=period, value=funds + 20 * years)
        yield self._fact("staff_average_pay_yuan", period=period, value=62_000 + 3500 * (period - 2014))

    def _popularisation(self, pupils: Mapping[str, int]) -> dict[str, float]:
        entering = {stage: round(count / years) for (stage, count), years in zip(pupils.items(), (6, 3), strict=True)}
        left = {stage: round(count * (0 if self.is_model else 0.001)) for stage, count in pupils.items()}
        receivers = round(sum(pupils.values()) * 0.2)
        return {
            **{f"entry_age_children_{stage}": count for stage, count in entering.items()},
            **{f"entry_age_children_entered_{stage}": count for stage, count in entering.items()},
            "grade_1_pupils_nine_years_before": entering["junior"],
            "transfers_in_nine_years": 0,
            "transfers_out_nine_years": round(entering["junior"] * 0.04),
            "children_aged_12": entering["primary"],
            "children_aged_12_completed_primary": entering["primary"]
            + (12 if self.county.code == _CONTRADICTS else -2),
            "children_aged_15": entering["junior"],
            "children_aged_15_completed_junior": entering["junior"] - round(entering["junior"] * 0.03),
            **{f"enrolled_pupils_{stage}": count for stage, count in pupils.items()},
            **{f"left_without_transfer_{stage}": count for stage, count in left.items()},
            "boarder_subsidy_receivers": receivers,
            "boarder_subsidy_yuan": receivers * 1000 + (0 if self.county.code != _CONTRADICTS else receivers * 66),
            "boarder_subsidy_stated_yuan_per_pupil": 1000,
            "nutrition_meal_receivers": receivers * 2,
            "nutrition_meal_yuan": receivers * 2 * 800,
            "nutrition_meal_stated_yuan_per_pupil": 800,
        }

    def _surveys(self) -> Iterator[Row]:
        """Questionnaires by group of people, and together."""
        if self.county.code == _LATE and self.year == YEARS[-1]:
            return
        low, high = (0.88, 0.97) if self.county.code not in _WEAK else (0.78, 0.92)
        for name in ("satisfaction", "approval"):
            totals = [0, 0, 0]
            for people in _GROUPS_OF_PEOPLE:
                issued = 40 + self.rng.randrange(160)
                valid = issued - self.rng.randrange(5)
                numbers = (issued, valid, min(valid, round(valid * self.rng.uniform(low, high)) + 1))
                for position, (kind, number) in enumerate(zip(("issued", "valid", "satisfied"), numbers, strict=True)):
                    totals[position] += number
                    yield self._fact(f"{name}_questionnaires_{kind}", breakdown=people, value=number)
            for kind, number in zip(("issued", "valid", "satisfied"), totals, strict=True):
                yield self._fact(f"{name}_questionnaires_{kind}", value=number)
        yield self._fact("satisfaction_visited", value=120)
        yield self._fact("satisfaction_visited_satisfied", value=round(120 * self.rng.uniform(low, high)))

    def _measures(self, asked: Sequence[Standard]) -> Iterator[Row]:
        """Who mends what: given in two years only, so that the others live on what was given before."""
        if self.year not in _MEASURED:
            return
        for standard in asked:
            for position, item in enumerate(standard.items):
                if item.part in ("government", "quality") and self.rng.random() < 0.5:
                    yield {
                        "standard": standard.id,
                        "item": item.id,
                        "school_id": "",
                        "problem_class": _CLASS_OF_GROUP.get(item.under or item.part, "教师配置"),
                        "priority": position + 1,
                        "lead_office": self.rng.choice(_OFFICES),
                        "co_leads": "财政局",
                        "person": self.rng.choice(("李明", "王芳", "张强", "赵敏")),
                        "signed_on": dt.date(self.year, 9, 20),
                        "measure": f"制定“{item.label.zh[:14]}”整改方案，逐校销号",
                        "expected_by": dt.date(self.year + self.rng.randrange(1, 3), 8, 31),
                    }

    def _assessments(self) -> Iterator[Row]:
        """Self-evaluation and the city's review every year; the model county goes on to the end."""
        steps = [("self_evaluation", "县教育局", 3), ("municipal_review", "市教育督导室", 5)]
        if self.is_model:
            steps += [("provincial_evaluation", "省教育督导室", 10), ("national_recognition", "国家教育督导局", 12)]
        for assessment, body, month in steps:
            late = self.rng.random() < 0.15
            is_open = month > _YEAR_ENDS and self.year == YEARS[-1]
            yield {
                "standard": "cn-quality-2017",
                "assessment": assessment,
                "body": body,
                "due_on": dt.date(self.year, month, 28),
                "done_on": None if is_open else dt.date(self.year, month, 10 + 20 * late),
                "result": None
                if is_open
                else "passed"
                if self.is_model or assessment == "self_evaluation"
                else "not_passed",
                "findings": None if self.is_model else "部分学校指标未达标",
                "open_rectifications": 0 if self.is_model else self.rng.randrange(1, 9),
            }

    def _documents(self, asked: Sequence[Standard]) -> Iterator[Row]:
        for standard in asked:
            for item in standard.items:
                if self.is_model or self.rng.random() < 0.4:
                    yield {
                        "standard": standard.id,
                        "item": item.id,
                        "title": f"{self.year}年{item.label.zh[:20]}汇编",
                        "sha256": None,
                        "dated": dt.date(self.year, 5, 31),
                        "valid_until": dt.date(self.year + 1, 8, 31),
                    }

    def _plans(self) -> Iterator[Row]:
        """School standardisation in two zones, and a yearly pledge."""
        passed = self.year - YEARS[0] + 1
        for zone, target, planned in (("城区片", 2021, 12), ("乡镇片", 2024, 20)):
            pace = 1 if self.is_model or self.county.code not in _WEAK else 0.6
            done = min(planned, int(planned * passed / (target - YEARS[0] + 1) * pace))
            yield {
                "plan": "学校标准化建设",
                "zone": zone,
                "period": self.year,
                "unit": "所",
                "first_year": YEARS[0],
                "target_year": target,
                "base": planned,
                "planned": planned,
                "done": done,
                "promised": 3,
                "delivered": 3 if pace == 1 else 2,
            }

    def _groups(self) -> Iterator[Row]:
        """School districts: the schools of the county in three lists, in the order of their identifiers."""
        ids = self.schools.filter(pl.col("is_counted")).get_column("school_id").sort().to_list()
        for position, school_id in enumerate(ids[: len(ids) * 3 // 4]):
            yield {
                "grouping": "学区",
                "group": f"第{'一二三'[position % 3]}学区",
                "school_id": school_id,
                "since": dt.date(2017, 9, 1),
            }


def _keys(standard: Standard, item: Item, *, is_veto: bool) -> Iterator[tuple[str, bool]]:
    """The findings of an item, each with the answer that keeps it."""
    own = f"{standard.id}/{item.id}"
    findings = [check for check in item.checks if isinstance(check, Finding)]
    for check in findings:
        yield (f"{own}/{check.id}" if check.id else own), check.expects
    if not findings and (item.is_in_source or item.checks):
        yield own, not is_veto
