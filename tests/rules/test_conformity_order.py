"""Strictness is a total order; judging again, taking back and putting back change nothing."""

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.words import Words
from products.requirements import Bound, BoundKind, strictness
from products.units import UNITS
from tests.rules.tea import EVERY_BATCH, LEAD, RULES, judged, with_rows
from tests.rules.test_conformity_properties import MANY, cases
from trace.inspections.comparison import Finding, compare
from trace.inspections.results import Result
from trace.inspections.verdicts import LineOutcome, Outcome

SMALL = settings(max_examples=60, deadline=None)
LARGE = settings(max_examples=2000, deadline=None)
NUMBERS = st.decimals(-20, 20, places=1).map(lambda number: f"{number:f}")
MASSES = ("mg/kg", "μg/kg", "g/100g")
DOUBT = Words("仪器校准已过期", "the calibration had run out")


@st.composite
def bounds(draw):
    """A bound of any kind."""
    kind = draw(st.sampled_from(list(BoundKind)))
    low, high = sorted((Decimal(draw(NUMBERS)), Decimal(draw(NUMBERS))))
    if kind in (BoundKind.NUMBER, BoundKind.SERIES, BoundKind.MEAN):
        sides = draw(st.sampled_from([{"lower"}, {"upper"}, {"lower", "upper"}]))
        opens = {f"{side}_open": low < high and draw(st.booleans()) for side in sides}
        ends = {"lower": f"{low:f}", "upper": f"{high:f}"}
        more = {"readings": 2} if kind is BoundKind.MEAN else {}
        return Bound(kind, **{side: ends[side] for side in sides}, **opens, **more)
    if kind is BoundKind.CLASSES:
        low, high = abs(low), abs(low) + abs(high)
        top = f"{high:f}" if high > low and draw(st.booleans()) else None
        return Bound(kind, n=5, c=draw(st.integers(0, 4)), m=f"{low:f}", M=top)
    return Bound(kind, choices=("甲",) if kind is BoundKind.CHOICE else ())


ROWS = st.builds(
    lambda code, bound, unit: replace(LEAD, id=code, code=code, bound=bound, unit=unit),
    st.uuids().map(str),
    bounds(),
    st.sampled_from([unit.symbol for unit in UNITS]),
)


def key(row):
    return row.strictness, row.id


def check_total_order(one, other, third):
    for a, b in permutations((one, other, third), 2):
        assert (key(a) < key(b)) or (key(b) < key(a)) or a.id == b.id
        assert not (key(a) < key(b) and key(b) < key(a))
        if key(a) == key(b):
            assert a.id == b.id
    for a, b, c in permutations((one, other, third)):
        if key(a) <= key(b) <= key(c):
            assert key(a) <= key(c)


@SMALL
@given(ROWS, ROWS, ROWS)
def test_strictness_is_a_total_order(one, other, third):
    check_total_order(one, other, third)


@SMALL
@given(
    st.lists(st.tuples(NUMBERS, st.booleans(), st.sampled_from(MASSES)), min_size=2, max_size=5),
    st.sampled_from(["upper", "lower"]),
    st.lists(st.decimals(-40000, 40000, places=1), min_size=1, max_size=20),
)
def test_what_the_strictest_of_one_sided_limits_accepts_all_others_accept(made, side, values):
    limits = [
        (Bound(BoundKind.NUMBER, **{side: text, f"{side}_open": is_open}), unit)
        for text, is_open, unit in made
    ]
    limits.sort(key=lambda limit: strictness(*limit))
    for value in values:
        reading = Result("v", "铅", f"{abs(value):f}", "mg/kg")
        held = [compare(bound, unit, reading).finding for bound, unit in limits]
        first_held = held.index(Finding.HOLDS) if Finding.HOLDS in held else len(held)
        assert all(finding is Finding.HOLDS for finding in held[first_held:])


@SMALL
@given(st.permutations(RULES.requirements), cases())
def test_the_order_of_rows_never_matters(rows, case):
    shuffled = replace(RULES, requirements=tuple(rows))
    case = {**case, "rules": RULES}
    one, other = judged(**case), judged(**{**case, "rules": shuffled})
    assert (one.outcome, one.lines, one.kept_from) == (other.outcome, other.lines, other.kept_from)


def check_judging_again(case):
    assert judged(**case) == judged(**case)


def check_taking_back_and_putting_back(case, taken):
    """`taken` results of the batch are withdrawn, then stand again."""
    first = judged(**case)
    gone = tuple(replace(r, withdrawn=r.id in taken) for r in case["results"])
    meanwhile = judged(**{**case, "results": gone})
    if first.outcome is Outcome.NONCONFORMING:
        assert meanwhile.outcome is not Outcome.CONFORMING
    back = tuple(replace(r, withdrawn=False) for r in gone)
    assert judged(**{**case, "results": back}) == first


def check_doubt(case):
    """In doubt, no value decides: none of its lines passes or fails, and no batch passes by it."""
    doubtful = tuple(replace(r, doubt=DOUBT) for r in case["results"])
    verdict = judged(**{**case, "results": doubtful})
    own = {r.id for r in doubtful}
    for line in verdict.lines:
        if line.decides and line.result is not None and line.result.id in own:
            assert line.outcome is LineOutcome.UNDETERMINED
    without = judged(**{**case, "results": ()})
    if verdict.outcome is Outcome.CONFORMING:
        assert without.outcome is Outcome.CONFORMING


@SMALL
@given(cases())
def test_judging_again_says_the_same(case):
    check_judging_again(case)


@SMALL
@given(cases(), st.data())
def test_taking_back_never_passes_a_failed_batch_and_putting_back_restores_it(case, data):
    ids = [r.id for r in case["results"]]
    taken = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    check_taking_back_and_putting_back(case, taken)


@SMALL
@given(cases())
def test_a_value_in_doubt_never_makes_a_pass(case):
    check_doubt(case)


@SMALL
@given(st.decimals(0, 10, places=2), st.sampled_from(["0.5", "1", "4.99"]))
def test_a_guard_band_never_passes_what_the_plain_rule_fails(value, spread):
    row = with_rows(replace(LEAD, certainty=LEAD.certainty))
    outcomes = []
    for guarded in (False, True):
        reading = Result("lead", LEAD.characteristic, f"{value}", "mg/kg", uncertainty=spread,
                         guarded=guarded)  # fmt: skip
        outcomes.append(judged((*EVERY_BATCH, reading), rules=row).outcome)
    plain, guarded_outcome = outcomes
    assert guarded_outcome in (plain, Outcome.UNDETERMINED)


@pytest.mark.long
@LARGE
@given(ROWS, ROWS, ROWS, cases(), MANY, st.data())
def test_order_and_life_at_full_size(one, other, third, case, more, data):
    check_total_order(one, other, third)
    known = {r.id for r in case["results"]}
    case["results"] = (*case["results"], *(r for r in more if r.id not in known))
    check_judging_again(case)
    check_doubt(case)
    ids = [r.id for r in case["results"]]
    taken = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    check_taking_back_and_putting_back(case, taken)
