"""Uncertainty and its decision rule, values in doubt, and values that were taken back."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.words import Words
from products.errors import RuleError
from products.requirements import Bound, BoundKind
from tests.rules.tea import BATCH, EVERY_BATCH, LEAD, PLAN, TYPE, judged, lines_of, outcomes, result
from trace.inspections.comparison import Finding, check_entry, compare
from trace.inspections.results import Result
from trace.inspections.verdicts import Outcome

HOLDS, BROKEN, OPEN = Finding.HOLDS, Finding.BROKEN, Finding.OPEN
UPPER = Bound(BoundKind.NUMBER, upper="5.0")
BOTH = Bound(BoundKind.NUMBER, lower="1.0", upper="5.0")
EXPIRED = Words("仪器校准到 2026-09-30，已过期", "the calibration ran out on 2026-09-30")
UNASKED = replace(PLAN, type_items=())


def typed(text, uncertainty=None, *, guarded=True, unit="mg/kg", **more):
    return Result("1", "铅", text, unit, uncertainty=uncertainty, guarded=guarded, **more)


def finding(bound, *args, **more):
    return compare(bound, "mg/kg", typed(*args, **more)).finding


# --- the decision rule ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bound", "text", "expected"),
    [
        (UPPER, "4.7", HOLDS),
        (UPPER, "4.8", OPEN),
        (UPPER, "5.0", OPEN),
        (UPPER, "5.3", OPEN),
        (UPPER, "5.31", BROKEN),
        (BOTH, "0.6", BROKEN),
        (BOTH, "0.7", OPEN),
        (BOTH, "1.29", OPEN),
        (BOTH, "1.3", HOLDS),
        (Bound(BoundKind.NUMBER, upper="5.0", upper_open=True), "4.7", OPEN),
        (Bound(BoundKind.NUMBER, upper="5.0", upper_open=True), "5.3", BROKEN),
        (Bound(BoundKind.NUMBER, upper="5.0", rounded=True), "4.74", HOLDS),
        (Bound(BoundKind.NUMBER, upper="5.0", rounded=True), "5.35", OPEN),
    ],
)
def test_a_guard_band_keeps_a_value_near_the_limit_undecided(bound, text, expected):
    assert finding(bound, text, "0.3") is expected


def test_by_the_plain_rule_uncertainty_is_shown_and_decides_nothing():
    met = compare(UPPER, "mg/kg", typed("5.0", "0.3", guarded=False))
    assert met.finding is HOLDS
    assert met.reason.zh == (
        "测得 5.0 mg/kg（U=0.3 mg/kg，k=2），符合限量 ≤ 5.0 mg/kg（全数值比较，简单接受）"
    )
    assert finding(UPPER, "5.1", "0.3", guarded=False) is BROKEN


def test_the_reason_says_the_guard_band():
    met = compare(UPPER, "mg/kg", typed("4.9", "200", unit="μg/kg"))
    assert "保护带 w=U" in met.reason.zh
    assert "guard band w = U" in met.reason.en
    near = compare(UPPER, "mg/kg", typed("4900", "200", unit="μg/kg"))
    assert near.finding is OPEN
    assert near.reason.zh.startswith(
        "测得 4900 μg/kg（U=200 μg/kg，k=2），即 4.9 mg/kg，离限值不到 U"
    )


def test_a_guard_band_without_uncertainty_is_refused_and_decides_nothing():
    assert finding(UPPER, "1.0") is OPEN
    with pytest.raises(RuleError) as refused:
        check_entry(UPPER, "mg/kg", typed("1.0"))
    assert refused.value.code == "uncertainty_missing"
    assert finding(UPPER, "<0.01") is HOLDS


@pytest.mark.parametrize("text", ["0", "-0.1", "abc", "1,2", "0.00"])
def test_an_uncertainty_is_a_number_above_nothing(text):
    with pytest.raises(RuleError) as refused:
        check_entry(UPPER, "mg/kg", typed("1.0", text, guarded=False))
    assert refused.value.code.startswith("uncertainty")
    assert finding(UPPER, "1.0", text, guarded=False) is OPEN


def test_what_must_not_be_found_is_found_only_beyond_its_guard_band():
    bound = Bound(BoundKind.NOT_DETECTED, detection_limit="0.10")
    got = [finding(bound, text, "0.03") for text in ("0.06", "0.07", "0.12", "0.13", "0.2")]
    assert got == [HOLDS, OPEN, OPEN, BROKEN, BROKEN]
    assert finding(bound, "0.12", "0.03", guarded=False) is BROKEN
    unsaid = Bound(BoundKind.NOT_DETECTED)
    assert finding(unsaid, "0.02", "0.03") is OPEN
    assert finding(unsaid, "0.04", "0.03") is BROKEN


def test_the_line_carries_the_uncertainty_and_the_rule():
    lead = result("l", LEAD.characteristic, "4.9", "mg/kg", uncertainty="0.3", guarded=True)
    verdict = judged((*EVERY_BATCH, lead))
    (line,) = [x for x in lines_of(verdict, LEAD.characteristic) if x.result == lead]
    assert line.outcome.value == "undetermined"
    told = line.as_dict()
    assert (told["uncertainty"], told["guarded"], told["typed"]) == ("0.3", True, "4.9")
    assert verdict.outcome is Outcome.UNDETERMINED


@settings(max_examples=200, deadline=None)
@given(
    st.decimals(0, 10, places=2),
    st.decimals("0.01", 2, places=2),
    st.booleans(),
    st.sampled_from([UPPER, BOTH]),
)
def test_a_guarded_finding_is_the_plain_one_or_nothing(value, spread, is_open, bound):
    bound = replace(bound, upper_open=is_open)
    guarded = finding(bound, f"{value}", f"{spread}")
    plain = finding(bound, f"{value}", f"{spread}", guarded=False)
    ends = {
        finding(bound, f"{max(value + sign * spread, Decimal(0))}", guarded=False)
        for sign in (1, -1)
    }
    assert guarded in (plain, OPEN)
    if guarded is HOLDS:
        assert ends == {HOLDS}
    if guarded is BROKEN:
        assert ends == {BROKEN}


# --- doubt ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1.0", "9.9", "<0.01", "未检出", "乱"])
def test_a_value_in_doubt_neither_passes_nor_fails(text):
    met = compare(UPPER, "mg/kg", typed(text, guarded=False, doubt=EXPIRED))
    assert (met.finding, met.reason) == (OPEN, EXPIRED)


def test_a_value_in_doubt_leaves_the_batch_undetermined_and_says_why():
    doubtful = replace(EVERY_BATCH[1], doubt=EXPIRED)
    verdict = judged((EVERY_BATCH[0], doubtful, *EVERY_BATCH[2:]))
    assert verdict.outcome is Outcome.UNDETERMINED
    assert any(EXPIRED.zh in reason.zh for reason in verdict.reasons)
    assert verdict.grade_reached is None
    signed = replace(EVERY_BATCH[0], doubt=EXPIRED)
    assert judged((signed, *EVERY_BATCH[1:])).outcome is Outcome.UNDETERMINED


# --- withdrawn -----------------------------------------------------------------------------

BAD = result("bad", LEAD.characteristic, "9", "mg/kg")
GONE = replace(BAD, withdrawn=True)


def test_a_result_taken_back_turns_failed_into_undetermined_and_never_into_passed():
    assert judged((*EVERY_BATCH, BAD), plan=UNASKED, types=()).outcome is Outcome.NONCONFORMING
    verdict = judged((*EVERY_BATCH, GONE), plan=UNASKED, types=())
    assert verdict.outcome is Outcome.UNDETERMINED
    assert "结果已撤回，还没有新的结果" in verdict.reasons[0].zh


def test_a_new_result_ends_the_waiting():
    after = replace(BAD, id="new", typed="1.0", at=GONE.at + timedelta(days=1))
    verdict = judged((*EVERY_BATCH, GONE, after), plan=UNASKED, types=())
    assert verdict.outcome is Outcome.CONFORMING
    assert all(line.result != GONE for line in verdict.lines)


@pytest.mark.parametrize(
    "other",
    [
        replace(BAD, id="old", typed="1.0", at=BAD.at - timedelta(days=1)),
        replace(BAD, id="stem", typed="1.0", matrix="茎"),
        replace(BAD, id="empty", typed=" "),
        replace(BAD, id="gone too", typed="1.0", withdrawn=True),
        replace(BAD, id="corrected", typed="1.0", superseded=True),
    ],
)
def test_what_is_older_or_of_another_matrix_or_gone_itself_does_not_stand_in(other):
    verdict = judged((*EVERY_BATCH, GONE, other), plan=UNASKED, types=())
    assert verdict.outcome is Outcome.UNDETERMINED


def test_a_signed_item_taken_back_waits_too():
    gone = replace(EVERY_BATCH[0], withdrawn=True)
    verdict = judged((gone, *EVERY_BATCH[1:]))
    assert outcomes(verdict, "感官品质") == ["undetermined"]
    assert verdict.outcome is Outcome.UNDETERMINED


def test_what_nobody_decides_by_is_taken_back_without_consequence():
    gone = result("c", "叶绿素", "3", "mg/kg", withdrawn=True)
    assert judged((*EVERY_BATCH, gone)) == judged(EVERY_BATCH)


def test_a_type_inspection_taken_back_covers_nothing_until_a_new_one():
    back = replace(TYPE, results=tuple(replace(r, withdrawn=True) for r in TYPE.results))
    verdict = judged(types=(back,))
    assert verdict.outcome is Outcome.UNDETERMINED
    assert any("没有有效的型式检验" in reason.zh for reason in verdict.reasons)
    newer = replace(TYPE, id="t2", valid_from=date(2026, 9, 20))
    newer = replace(newer, results=tuple(replace(r, id=f"n{r.id}") for r in TYPE.results))
    assert judged(types=(back, newer)).outcome is judged().outcome


def test_the_grade_waits_for_what_was_taken_back():
    gone = replace(EVERY_BATCH[1], withdrawn=True)
    verdict = judged((EVERY_BATCH[0], gone, *EVERY_BATCH[2:]), batch=BATCH)
    assert verdict.grade_reached is None
