"""What must hold of every verdict, whatever was typed."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from products.numbers import exact_decimal
from products.requirements import Bound, BoundKind, Certainty, Nature, Scope
from products.units import UNITS, comparable, convert, ratio
from tests.rules.tea import (
    BATCH,
    EVERY_BATCH,
    LEAD,
    PLAN,
    RULES,
    TYPE,
    judged,
    lines_of,
    result,
    row,
    with_rows,
)
from trace.inspections.results import StageEvent
from trace.inspections.verdicts import LineOutcome, Outcome

SMALL = settings(max_examples=60, deadline=None)
LARGE = settings(max_examples=5000, deadline=None)

UNASKED = replace(PLAN, type_items=())
NAMES = [*sorted(RULES.by_characteristic), "感官品质", "净含量", "叶绿素"]
TYPED = st.one_of(
    st.decimals(0, 50, places=2).map(str),
    st.decimals("0.01", 10, places=2).map(lambda limit: f"<{limit}"),
    st.sampled_from(["未检出", "ND（<0.01）", "符合", "不符合", "", "5.0", "7.0", "1,2", "36.0"]),
)
READINGS = st.builds(
    result,
    st.uuids().map(str),
    st.sampled_from(NAMES),
    TYPED,
    st.sampled_from(["mg/kg", "μg/kg", "%", "g/100g", "kg", ""]),
    detection_limit=st.sampled_from([None, "0.01", "20"]),
)
MANY = st.lists(READINGS, max_size=12, unique_by=lambda reading: reading.id)
CHANGES = st.fixed_dictionaries(
    {
        "nature": st.sampled_from(Nature),
        "certainty": st.sampled_from(Certainty),
        "enforce": st.booleans(),
        "scope": st.sampled_from(
            [Scope(), Scope(grades=("一级",)), Scope(processes=("晒青",)), Scope(matrices=("茎",))]
        ),
    }
)
BATCHES = st.builds(
    replace,
    st.just(BATCH),
    grade=st.sampled_from([None, "特级", "四级"]),
    process=st.sampled_from([None, "烘青"]),
    declared=st.sampled_from([(), ("GB/T 14456.1-2017",)]),
)


@st.composite
def cases(draw):
    """Rules, a batch, results, events and type inspections of any kind."""
    chosen = draw(st.lists(st.sampled_from(RULES.requirements), unique=True))
    rules = with_rows(*(replace(r, **draw(CHANGES)) for r in chosen))
    events = (StageEvent("e", "processing", TYPE.valid_from, tuple(draw(MANY))),)
    types = (replace(TYPE, results=tuple(draw(MANY))),) if draw(st.booleans()) else (TYPE,)
    plan = draw(st.sampled_from([PLAN, UNASKED, None]))
    return {
        "rules": rules,
        "batch": draw(BATCHES),
        "types": types,
        "events": events,
        "plan": plan,
        "results": tuple(draw(MANY)) + draw(st.sampled_from([(), EVERY_BATCH])),
    }


def check_order_of_results(case, shuffled):
    verdict = judged(**case)
    assert judged(**{**case, "results": tuple(shuffled)}) == verdict
    events = tuple(replace(e, values=e.values[::-1]) for e in case["events"][::-1])
    types = tuple(replace(t, results=t.results[::-1]) for t in case["types"][::-1])
    assert judged(**{**case, "events": events, "types": types}) == verdict


def check_a_broken_limit_never_helps(case, reading):
    """One more result; where its line fails the batch, the batch fails."""
    before = judged(**case)
    after = judged(**{**case, "results": (*case["results"], reading)})
    broken = [line for line in after.lines if line.result == reading and line.decides]
    if any(line.outcome is LineOutcome.NONCONFORMING for line in broken):
        assert after.outcome is Outcome.NONCONFORMING
    if before.outcome is Outcome.NONCONFORMING:
        assert after.outcome is Outcome.NONCONFORMING


def check_what_is_asked_is_measured(case):
    verdict = judged(**case)
    if verdict.outcome is not Outcome.CONFORMING:
        return
    measured = {r.characteristic for r in case["results"] if r.typed.strip()}
    assert {item.characteristic for item in case["plan"].every_batch} <= measured
    for item in case["plan"].every_batch:
        own = [line for line in lines_of(verdict, item.characteristic) if line.source]
        assert any(line.outcome is LineOutcome.CONFORMING for line in own)
    assert {line.outcome for line in verdict.lines if line.decides} <= {
        LineOutcome.CONFORMING,
        LineOutcome.NOT_TESTED,
    }


@SMALL
@given(cases(), st.randoms())
def test_the_order_of_results_never_matters(case, rng):
    shuffled = list(case["results"])
    rng.shuffle(shuffled)
    check_order_of_results(case, shuffled)


@SMALL
@given(cases(), READINGS)
def test_adding_a_nonconforming_line_never_makes_a_batch_conform(case, reading):
    check_a_broken_limit_never_helps(case, reading)


@SMALL
@given(cases())
def test_a_batch_without_a_reading_that_its_plan_asks_never_conforms(case):
    check_what_is_asked_is_measured(case)


@SMALL
@given(st.sampled_from(PLAN.every_batch), st.lists(READINGS, max_size=6))
def test_no_other_reading_stands_in_for_the_one_that_is_missing(item, others):
    kept = [r for r in EVERY_BATCH if r.characteristic != item.characteristic]
    others = [r for r in others if r.characteristic != item.characteristic]
    assert judged((*kept, *others)).outcome is not Outcome.CONFORMING


@SMALL
@given(st.decimals(0, 100, places=3))
def test_a_limit_outside_the_plan_decides_as_soon_as_it_is_measured(value):
    assert judged(plan=UNASKED, types=()).outcome is Outcome.CONFORMING
    measured = (*EVERY_BATCH, result("lead", LEAD.characteristic, str(value), "mg/kg"))
    fails = value > Decimal("5.0")
    expected = Outcome.NONCONFORMING if fails else Outcome.CONFORMING
    assert judged(measured, plan=UNASKED, types=()).outcome is expected


PAIRS = [
    (one, other)
    for one, other in product(UNITS, UNITS)
    if one is not other and comparable(one, other)
]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(PAIRS),
    st.decimals("0.001", 1000, places=3),
    st.decimals("0.001", 1000, places=3),
    st.sampled_from(["", "<"]),
    st.sampled_from(list(product(("upper", "lower"), (False, True), (False, True)))),
)
def test_unit_conversion_never_changes_a_verdict(pair, value, limit, sign, shape):
    source, target = pair
    side, is_open, rounded = shape
    there = exact_decimal(Fraction(value) * ratio(source, target))
    assume(there is not None)
    sides = {side: f"{limit:f}", f"{side}_open": is_open, "rounded": rounded}
    bound = Bound(BoundKind.NUMBER, **sides)
    rules = with_rows(replace(LEAD, bound=bound, unit=target.symbol))

    def verdict(number, unit):
        reading = result("lead", LEAD.characteristic, f"{sign}{number:f}", unit.symbol)
        return judged((*EVERY_BATCH, reading), rules=rules, plan=UNASKED, types=())

    assert verdict(value, source).outcome is verdict(there, target).outcome


@SMALL
@given(
    st.decimals(1, 100, places=2),
    st.sampled_from(["upper", "lower"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["mg/kg", "μg/kg"]),
)
def test_a_value_at_a_closed_bound_conforms_and_at_an_open_bound_does_not(
    limit, side, is_open, rounded, symbol
):
    sides = {side: f"{limit:f}", f"{side}_open": is_open, "rounded": rounded}
    rules = with_rows(replace(LEAD, bound=Bound(BoundKind.NUMBER, **sides)))
    at = convert(limit, "mg/kg", symbol)
    reading = result("lead", LEAD.characteristic, f"{at:f}", symbol)
    verdict = judged((*EVERY_BATCH, reading), rules=rules, plan=UNASKED, types=())
    expected = Outcome.NONCONFORMING if is_open else Outcome.CONFORMING
    assert verdict.outcome is expected


@SMALL
@given(cases())
def test_judging_twice_says_the_same(case):
    assert judged(**case) == judged(**case)


@SMALL
@given(cases())
def test_every_verdict_that_does_not_conform_says_why_in_both_languages(case):
    verdict = judged(**case)
    assert bool(verdict.reasons) is (verdict.outcome is not Outcome.CONFORMING)
    assert all(reason.zh and reason.en for reason in verdict.reasons)
    assert all(line.reason.zh and line.reason.en for line in verdict.lines)


@SMALL
@given(cases())
def test_only_a_confirmed_binding_limit_broken_by_the_batchs_own_value_fails_it(case):
    verdict = judged(**case)
    failing = [line for line in verdict.lines if line.outcome is LineOutcome.NONCONFORMING]
    assert (verdict.outcome is Outcome.NONCONFORMING) is bool(failing)
    own = {r.id for r in (*case["results"], *case["events"][0].values)}
    for line in failing:
        assert line.requirement.certainty is Certainty.CONFIRMED
        assert line.requirement.enforce
        assert line.requirement.nature in (Nature.MANDATORY, Nature.RECOMMENDED)
        assert line.result.id in own


@SMALL
@given(MANY)
def test_a_further_row_that_decides_nothing_changes_no_outcome(results):
    shown = row(
        "Z", LEAD.characteristic, "lead", LEAD.edition, upper="0.001", nature=Nature.REFERENCE
    )
    results = (*EVERY_BATCH, *results)
    assert judged(results).outcome is judged(results, rules=with_rows(shown)).outcome


@pytest.mark.long
@LARGE
@given(cases(), st.randoms(), READINGS)
def test_the_judge_keeps_its_promises_at_full_size(case, rng, reading):
    shuffled = list(case["results"])
    rng.shuffle(shuffled)
    check_order_of_results(case, shuffled)
    check_a_broken_limit_never_helps(case, reading)
    check_what_is_asked_is_measured(case)
