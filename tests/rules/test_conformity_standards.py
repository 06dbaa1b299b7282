"""Totals that clear their parts, what kept a batch from a grade, and several standards at once."""

import json
from dataclasses import replace
from datetime import date

import pytest

from products.requirements import Bound, BoundKind, Certainty, Edition, Nature, Scope
from tests.rules.tea import (
    BATCH,
    EVERY_BATCH,
    LEAD,
    MOISTURE,
    PLAN,
    SURE,
    judged,
    lines_of,
    outcomes,
    result,
    row,
    with_rows,
)
from trace.inspections.by_standard import by_standard, table_of_lines
from trace.inspections.verdicts import LineOutcome, Outcome

PART, TOTAL = "甲基汞（以Hg计）", "总汞（以Hg计）"
UNASKED = replace(PLAN, type_items=())
LIMIT = Bound(BoundKind.NUMBER, upper="0.5", cleared_by=TOTAL)
MERCURY = row("R005", PART, "methylmercury", LEAD.edition, bound=LIMIT, clause="4.3", **SURE)
RULES = with_rows(MERCURY)


def with_values(*values, rules=RULES, plan=UNASKED, types=(), **more):
    return judged((*EVERY_BATCH, *values), rules=rules, plan=plan, types=types, **more)


def total(typed, id_="total", **more):
    return result(id_, TOTAL, typed, "mg/kg", **more)


def part(typed, **more):
    return result("part", PART, typed, "mg/kg", **more)


# --- totals --------------------------------------------------------------------------------


def test_a_total_within_the_limit_clears_its_part():
    verdict = with_values(total("0.5"))
    (line,) = lines_of(verdict, PART)
    assert line.outcome is LineOutcome.CONFORMING
    assert line.reason.zh == "总汞（以Hg计） 0.5 mg/kg，不超过本项限量 ≤ 0.5 mg/kg，本项免测"
    assert (line.value, line.as_dict()["cleared_by"]) == ("", TOTAL)
    assert verdict.outcome is Outcome.CONFORMING


@pytest.mark.parametrize("typed", ["0.51", "<0.6", "未检出"])
def test_a_total_that_does_not_clear_asks_for_the_part(typed):
    verdict = with_values(total(typed))
    assert outcomes(verdict, PART) == ["undetermined"]
    assert "请测本项" in lines_of(verdict, PART)[0].reason.zh
    assert verdict.outcome is Outcome.UNDETERMINED


def test_the_part_itself_decides_as_soon_as_it_is_measured():
    assert with_values(total("0.9"), part("0.4")).outcome is Outcome.CONFORMING
    assert with_values(total("0.3"), part("0.6")).outcome is Outcome.NONCONFORMING
    assert outcomes(with_values(total("0.9"), part("0.4")), PART) == ["conforming"]


def test_a_total_of_another_matrix_clears_nothing():
    gills = with_rows(replace(MERCURY, scope=Scope(matrices=("肌肉",))))
    assert outcomes(with_values(total("0.3", matrix="肝脏"), rules=gills), PART) == ["not_tested"]
    assert outcomes(with_values(total("0.3", matrix="肌肉"), rules=gills), PART) == ["conforming"]


def test_the_source_that_was_asked_must_have_measured_the_total():
    asked = replace(UNASKED, every_batch=(*PLAN.every_batch, _item(PART)))
    assert with_values(plan=asked).outcome is Outcome.UNDETERMINED
    assert with_values(total("0.4"), plan=asked).outcome is Outcome.CONFORMING
    above = with_values(total("0.6"), plan=asked)
    assert above.outcome is Outcome.UNDETERMINED
    assert [line.asked for line in lines_of(above, PART)] == [True]


def _item(name):
    return replace(PLAN.every_batch[0], characteristic=name)


def test_a_total_in_doubt_or_taken_back_clears_nothing():
    from_doubt = with_values(total("0.3", doubt=LEAD_DOUBT))
    assert from_doubt.outcome is Outcome.UNDETERMINED
    assert outcomes(with_values(total("0.3", withdrawn=True)), PART) == ["not_tested"]


LEAD_DOUBT = judged().lines[0].reason


# --- grades --------------------------------------------------------------------------------


def test_the_verdict_says_what_kept_the_batch_from_the_next_better_grade():
    wet = replace(EVERY_BATCH[2], typed="1.2")
    verdict = judged((*EVERY_BATCH[:2], wet, EVERY_BATCH[3]), batch=replace(BATCH, grade="三级"))
    assert verdict.grade_reached == "三级"
    assert verdict.kept_from.grade == "二级"
    (barrier,) = verdict.kept_from.barriers
    assert (barrier.characteristic, barrier.limit.zh) == ("粉末", "≤ 1.0 %")
    assert "超过限量" in barrier.reason.zh
    told = verdict.kept_from.as_dict()
    assert json.loads(json.dumps(told))["barriers"][0]["edition"] == "GB/T 14456.3-2016"


def test_the_best_grade_was_kept_from_nothing():
    verdict = judged()
    assert (verdict.grade_reached, verdict.kept_from) == ("特级", None)


def test_without_any_grade_the_lowest_one_says_what_is_missing():
    without = tuple(r for r in EVERY_BATCH if r.characteristic != "水分")
    verdict = judged(without)
    assert verdict.grade_reached is None
    assert verdict.kept_from.grade == "五级"
    assert [b.characteristic for b in verdict.kept_from.barriers] == ["水分"]
    declared = replace(BATCH, declared=("GB/T 14456.3-2016",))
    empty = judged((), plan=None, types=(), batch=declared)
    assert empty.kept_from.barriers[0].reason.zh == "这一等级的项目都还没有测"


# --- several standards ---------------------------------------------------------------------

NEW_YEAR = date(2026, 1, 1)
OWN = Edition("Q/CS 1-2026", "Q/CS 1", "Q/CS 1-2026", "enterprise", NEW_YEAR)
BUYER = Edition("B 7-2026", "B 7", "B 7-2026", "buyer", NEW_YEAR)
GROUP = Edition("T/X 3-2025", "T/X 3", "T/X 3-2025", "group", NEW_YEAR)
NATIONAL = replace(LEAD.edition, level="national-mandatory")
CONFIRMED = {"certainty": Certainty.CONFIRMED, "unit": "mg/kg"}


def lead_of(code, edition, upper, **more):
    facts = {**CONFIRMED, "nature": Nature.RECOMMENDED, **more}
    return row(code, "铅（以Pb计）", "lead", edition, upper=upper, **facts)


SEVERAL = with_rows(
    lead_of("N", NATIONAL, "5.0", nature=Nature.MANDATORY),
    lead_of("E", OWN, "2.0"),
    lead_of("B", BUYER, "1.0"),
    lead_of("G", GROUP, "1.0", certainty=Certainty.ONE_SOURCE),
    lead_of("F", GROUP, "0.5", nature=Nature.REFERENCE, enforce=False),
    row("D", "粒径", "size", OWN, upper="3", **{**CONFIRMED, "unit": "mm"}),
    without=("R001",),
)


def table(lead="1.5", declared=("Q/CS 1-2026",)):
    batch = replace(BATCH, declared=declared)
    reading = result("lead", "铅（以Pb计）", lead, "mg/kg")
    verdict = with_values(reading, rules=SEVERAL, batch=batch)
    return verdict, {one.edition: one for one in by_standard(verdict)}


def test_every_standard_says_by_itself_what_it_makes_of_the_results():
    verdict, by = table()
    assert verdict.outcome is Outcome.CONFORMING
    said = {edition: by[edition].outcome.value for edition in ("B 7-2026", "Q/CS 1-2026")}
    assert said == {"B 7-2026": "nonconforming", "Q/CS 1-2026": "conforming"}
    assert by["T/X 3-2025"].outcome is LineOutcome.TO_VERIFY
    assert by["GB 2762-2025"].outcome is LineOutcome.CONFORMING
    assert (by["B 7-2026"].decides, by["Q/CS 1-2026"].decides) == (False, True)


def test_the_strictest_standard_comes_first():
    verdict, by = table()
    first, second = [one.edition for one in by_standard(verdict)][:2]
    assert {first, second} == {"B 7-2026", "T/X 3-2025"}
    assert by["B 7-2026"].strictest == by["T/X 3-2025"].strictest == 1
    assert by["GB 2762-2025"].strictest == 0


def test_limits_are_counted_once_and_those_for_reference_not_at_all():
    _, by = table()
    own, group = by["Q/CS 1-2026"], by["T/X 3-2025"]
    assert (own.limits, own.conforming, own.not_tested) == (2, 1, 1)
    assert group.limits == 1


def test_a_declared_standard_that_is_broken_fails_the_batch_and_its_own_row():
    verdict, by = table("2.5")
    assert verdict.outcome is Outcome.NONCONFORMING
    assert by["Q/CS 1-2026"].outcome is LineOutcome.NONCONFORMING
    verdict, by = table("2.5", declared=())
    assert verdict.outcome is Outcome.CONFORMING
    assert by["Q/CS 1-2026"].outcome is LineOutcome.NONCONFORMING


def test_the_table_is_the_same_from_stored_lines():
    verdict, _ = table()
    stored = json.loads(json.dumps([line.as_dict() for line in verdict.lines]))
    assert table_of_lines(stored) == by_standard(verdict)
    told = json.loads(json.dumps([one.as_dict() for one in by_standard(verdict)]))
    buyer = next(one for one in told if one["level"] == "buyer")
    assert (buyer["level_zh"], buyer["outcome_zh"]) == ("采购方规格", "不合格")


def test_lines_kept_short_are_counted_as_not_tested():
    short = {"outcome": "not_tested", "characteristic": "锡", "edition": "GB 9", "limit": "≤ 1"}
    (one,) = table_of_lines([short])
    assert (one.outcome, one.limits, one.not_tested) == (LineOutcome.NOT_TESTED, 1, 1)
    assert one.as_dict()["outcome_zh"] == "没有检验结果"
    assert table_of_lines([{**short, "edition": ""}]) == ()


def test_the_lines_say_the_level_of_their_standard():
    verdict, _ = table()
    levels = {line.edition: line.as_dict()["level"] for line in verdict.lines}
    assert levels["B 7-2026"] == "buyer"
    assert levels["GB 2762-2025"] == "national-mandatory"
    assert MOISTURE.edition.level == ""
