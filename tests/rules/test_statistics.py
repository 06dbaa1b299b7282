"""Rates, histograms, control charts and what counts: against the library and by brute force."""

import json
import statistics
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trace.inspections.verdicts import LineOutcome, Source
from trace.statistics.control import RULES, control_chart, rules_completed
from trace.statistics.histogram import Limits, histogram
from trace.statistics.lines import LABORATORY, Counted, Finding, LineReader
from trace.statistics.rates import FEW, Rate, wilson
from trace.statistics.tally import Spread, Tally

NORMAL_95 = statistics.NormalDist().inv_cdf(0.975)
FEW_EXAMPLES = settings(max_examples=60, deadline=None)
readings = st.decimals(min_value=-50, max_value=50, places=2)

# --- rates ---------------------------------------------------------------------------------


@given(st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
@FEW_EXAMPLES
def test_the_interval_ends_where_the_score_test_just_rejects(counts: tuple[int, int]) -> None:
    holds, of = counts
    low, high = wilson(holds, of)
    assert 0 <= low <= Decimal(holds) / of <= high <= 1
    for end in (float(low), float(high)):
        if 0 < end < 1:
            score = abs(holds / of - end) / sqrt(end * (1 - end) / of)
            assert score == pytest.approx(NORMAL_95, rel=1e-5)


def test_all_or_none_still_have_a_width() -> None:
    assert wilson(0, 20)[0] == 0 and Decimal("0.16") < wilson(0, 20)[1] < Decimal("0.17")
    assert wilson(20, 20)[1] == 1 and Decimal("0.83") < wilson(20, 20)[0] < Decimal("0.84")


@pytest.mark.parametrize(("holds", "of"), [(1, 0), (0, 0), (3, 2), (-1, 2)])
def test_there_is_no_share_of_nothing(holds: int, of: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(holds, of)


def test_few_values_have_no_percentage() -> None:
    few, enough = Rate(FEW - 2, FEW - 1), Rate(FEW - 1, FEW)
    assert (few.share, few.interval) == (None, None)
    assert enough.share == Decimal(FEW - 1) / FEW and enough.interval == wilson(FEW - 1, FEW)


# --- histograms ----------------------------------------------------------------------------

bounds = st.tuples(
    st.one_of(st.none(), readings), st.one_of(st.none(), readings), st.booleans(), st.booleans()
).filter(
    lambda b: (
        (b[0] is not None or b[1] is not None) and (b[0] is None or b[1] is None or b[0] < b[1])
    )
)


@given(st.lists(readings, max_size=80), bounds)
@FEW_EXAMPLES
def test_every_value_is_in_one_bin_on_its_side_of_the_limit(
    values: list[Decimal], bound: tuple[Decimal | None, Decimal | None, bool, bool]
) -> None:
    limits = Limits(*bound)
    bins = histogram(values, limits)
    assert sum(one.count for one in bins) == len(values)
    assert sum(one.count for one in bins if one.beyond) == sum(
        breaks(value, limits) for value in values
    )
    edges = [one.high for one in bins[:-1]]
    assert edges == [one.low for one in bins[1:]] and None not in edges
    assert len(bins) <= 45
    if values:
        assert set(limits.marks) <= set(edges)


def breaks(value: Decimal, limits: Limits) -> bool:
    """The limit itself, said the long way."""
    if limits.upper is not None and (
        value > limits.upper or (value == limits.upper and limits.upper_open)
    ):
        return True
    if limits.lower is None or value > limits.lower:
        return False
    return value < limits.lower or limits.lower_open


@given(st.lists(readings, min_size=1, max_size=60))
@FEW_EXAMPLES
def test_a_bin_counts_what_lies_between_its_edges(values: list[Decimal]) -> None:
    for one in histogram(values, Limits(upper=Decimal(5))):
        inside = [
            value
            for value in values
            if (one.low is None or value > one.low or (value == one.low and value != 5))
            and (one.high is None or value < one.high or (value == one.high == 5))
        ]
        assert one.count == len(inside)


def test_a_value_ten_times_off_does_not_flatten_the_rest() -> None:
    usual = [Decimal(n) / 10 for n in range(50, 70)]
    bins = histogram([*usual, Decimal(58)], Limits(upper=Decimal("7.0")))
    assert bins[-1].high is None and bins[-1].count == 1 and bins[-1].beyond
    assert sum(one.count > 0 for one in bins) > 6


def test_values_far_from_two_narrow_limits_are_counted_at_the_end() -> None:
    bins = histogram([Decimal(900)] * 5, Limits(Decimal(1), Decimal(2)))
    assert bins[-1].count == 5 and bins[-1].beyond and len(bins) < 45


def test_nothing_measured_has_no_bins_and_no_limit_no_histogram() -> None:
    assert histogram([], Limits(upper=Decimal(5))) == ()
    with pytest.raises(ValueError, match="needs a limit"):
        Limits()


# --- control charts ------------------------------------------------------------------------


@given(st.lists(readings, min_size=2, max_size=60))
@FEW_EXAMPLES
def test_the_limits_are_those_of_the_books(values: list[Decimal]) -> None:
    chart = control_chart(values)
    ranges = [abs(b - a) for a, b in pairwise(values)]
    mean, mean_range = float(statistics.mean(values)), float(statistics.mean(ranges))
    assert list(chart.ranges) == ranges
    assert float(chart.centre) == pytest.approx(mean)
    # 3 ÷ 1.128 and 1 + 3 × 0.853 ÷ 1.128, as tables of factors give them
    assert float(chart.upper) == pytest.approx(mean + 2.6596 * mean_range, abs=1e-2)
    assert float(chart.lower) == pytest.approx(mean - 2.6596 * mean_range, abs=1e-2)
    assert float(chart.range_upper) == pytest.approx(3.267 * mean_range, rel=1e-2)
    assert chart.firm == (len(values) >= 20)


def test_one_value_makes_no_chart() -> None:
    with pytest.raises(ValueError, match="at least two"):
        control_chart([Decimal(1)])


def test_equal_values_are_nothing_unusual() -> None:
    chart = control_chart([Decimal("5.5")] * 40)
    assert chart.upper == chart.lower == Decimal("5.5")
    assert set(chart.rules) == {()} and not chart.wide


def z(*numbers: float) -> tuple[tuple[int, ...], ...]:
    """The rules completed by values in standard deviations round a centre of nothing."""
    return rules_completed([Fraction(n) for n in numbers], Fraction(0), Fraction(1))


@pytest.mark.parametrize(
    ("rule", "numbers"),
    [
        (1, [0.5, -3.5]),
        (2, [0.2, 0.9, 0.1, 0.8, 0.3, 0.7, 0.2, 0.9, 0.1]),
        (3, [-0.5, -0.3, -0.1, 0.1, 0.3, 0.5]),
        (4, [0.5, -0.5] * 7),
        (5, [2.5, 0.5, 2.1]),
        (6, [1.5, 1.2, -0.5, 1.1, 1.9]),
        (7, [0.5, -0.4, -0.3] * 5),
        (8, [1.5, -1.2, -1.5, 1.1, -1.9, -1.2, 1.5, -1.1]),
    ],
)
def test_a_rule_is_completed_by_the_last_value_and_not_before(
    rule: int, numbers: list[float]
) -> None:
    found = z(*numbers)
    assert rule in found[-1]
    assert all(rule not in before for before in found[:-1])


def brute(values: list[Fraction]) -> list[set[int]]:
    """The rules by looking at every window, as they are written in the books."""
    return [
        {rule for rule in RULES if _written(rule, values[: end + 1])} for end in range(len(values))
    ]


def _written(rule: int, up_to: list[Fraction]) -> bool:
    last, n = up_to[-1], len(up_to)
    window = {2: 9, 3: 6, 4: 14, 7: 15, 8: 8}.get(rule, 1)
    if n < window:
        return False
    seen = up_to[-window:]
    steps = [b - a for a, b in pairwise(seen)]
    if rule == 1:
        return last > 3 or last < -3
    if rule == 2:
        return all(v > 0 for v in seen) or all(v < 0 for v in seen)
    if rule == 3:
        return all(s > 0 for s in steps) or all(s < 0 for s in steps)
    if rule == 4:
        return all(a * b < 0 for a, b in pairwise(steps))
    if rule in (5, 6):
        wanted, of, line = (2, 3, 2) if rule == 5 else (4, 5, 1)
        above = [v > line for v in up_to[-of:]]
        below = [v < -line for v in up_to[-of:]]
        return any(side[-1] and sum(side) >= wanted for side in (above, below))
    return all((abs(v) < 1) if rule == 7 else (abs(v) > 1) for v in seen)


SIGMAS = st.sampled_from([Fraction(n, 4) for n in range(-14, 15)])


@given(st.lists(SIGMAS, max_size=50))
@settings(max_examples=80, deadline=None)
def test_the_rules_fire_where_the_books_say(values: list[Fraction]) -> None:
    found = rules_completed(values, Fraction(0), Fraction(1))
    assert [set(one) for one in found] == brute(values)


@given(st.lists(st.tuples(st.sampled_from([1, -1]), SIGMAS), max_size=60))
@settings(max_examples=60, deadline=None)
def test_long_runs_too(shaped: list[tuple[int, Fraction]]) -> None:
    values, here = [], Fraction(0)
    for turn, size in shaped:
        here = abs(size) / 3 * turn if size < 1 else here + size / 8
        values.append(here)
    assert [set(one) for one in rules_completed(values, Fraction(0), Fraction(1))] == brute(values)


@pytest.mark.long
@given(st.lists(SIGMAS, max_size=120))
@settings(max_examples=2000, deadline=None)
def test_the_rules_fire_where_the_books_say_for_long(values: list[Fraction]) -> None:
    found = rules_completed(values, Fraction(0), Fraction(1))
    assert [set(one) for one in found] == brute(values)


@given(st.lists(readings, min_size=2, max_size=40), readings)
@FEW_EXAMPLES
def test_where_the_scale_begins_changes_no_signal(values: list[Decimal], shift: Decimal) -> None:
    moved = control_chart([value + shift for value in values])
    assert moved.rules == control_chart(values).rules


# --- what counts ---------------------------------------------------------------------------


def line(**more: object) -> dict[str, object]:
    """A stored line: moisture of a batch, conforming."""
    return {
        "asked": True, "at": "2026-11-01", "broken": False, "by": "示例·检验",
        "characteristic": "水分", "characteristic_en": "moisture", "clause": "5.1 表1",
        "decides": True, "edition": "GB/T 14456.3-2016", "limit": "≤ 7.0 %",
        "limit_en": "≤ 7.0 %", "lower": "", "lower_open": False, "method": "",
        "outcome": "conforming", "requirement": "r1", "result": "x1", "source": "inspection",
        "typed": "5.8", "typed_unit": "%", "unit": "%", "upper": "7.0", "upper_open": False,
        "value": "5.8", "withdrawn": False, **more,
    }  # fmt: skip


def stored(*lines: dict[str, object]) -> str:
    """The text of a verdict's lines as the database keeps it."""
    return json.dumps(lines, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


UNTESTED = {"characteristic": "铅", "outcome": "not_tested", "limit": "≤ 5.0 mg/kg"}


def counted(*lines: dict[str, object]) -> list[Counted]:
    """What laboratories measured, of these lines."""
    return LineReader(LABORATORY).counted(stored(*lines))


@pytest.mark.parametrize(
    ("more", "finding"),
    [
        ({}, Finding.HOLDS),
        ({"outcome": "nonconforming", "broken": True}, Finding.BROKEN),
        ({"outcome": "to_verify", "broken": True}, Finding.UNSURE),
        ({"outcome": "undetermined"}, Finding.OPEN),
        ({"outcome": "undetermined", "broken": True, "source": "type_inspection"}, Finding.BROKEN),
    ],
)
def test_a_line_says_whether_its_limit_holds(more: dict[str, object], finding: Finding) -> None:
    (one,) = counted(line(**more), dict(UNTESTED))
    assert one.finding is finding


@pytest.mark.parametrize(
    "more",
    [
        {"decides": False, "outcome": LineOutcome.REFERENCE.value},
        {"result": ""},
        {"source": "event"},
        {"withdrawn": True, "outcome": "undetermined"},
    ],
)
def test_what_decides_nothing_was_taken_back_or_is_the_producers_own_does_not_count(
    more: dict[str, object],
) -> None:
    assert counted(line(**more)) == []


def test_the_producers_own_values_are_counted_apart() -> None:
    text = stored(line(), line(source="event", result="e1"))
    assert [one.result for one in LineReader({Source.EVENT}).counted(text)] == ["e1"]


def test_a_type_inspection_counts_once_for_all_its_batches() -> None:
    made = Tally()
    for batch in range(30):
        made.add(counted(line(source="type_inspection", result="t1"), line(result=f"x{batch}")))
    assert made.by_limit["r1"].found == Counter({Finding.HOLDS: 31})


def test_a_shared_result_counts_as_what_any_batch_settles() -> None:
    made = Tally()
    for outcome in ("undetermined", "undetermined", "conforming", "undetermined"):
        made.add(counted(line(outcome=outcome)), shared=True)
    assert made.by_limit["r1"].found[Finding.OPEN] == 0
    assert made.by_limit["r1"].rate == Rate(1, 1)


def test_a_value_beyond_an_unverified_limit_does_not_count_as_holding() -> None:
    made = Tally()
    made.add(
        counted(
            line(),
            line(result="x2", outcome="to_verify", broken=True),
            line(result="x3", outcome="nonconforming", broken=True),
            line(result="x4", outcome="undetermined"),
        )
    )
    (count,) = made.limits()
    assert (count.rate, count.beyond, count.compared) == (Rate(1, 3), 2, 3)


def test_the_ten_clauses_that_fail_most_are_ten_and_all_grades_count_together() -> None:
    made = Tally()
    failed = {"outcome": "nonconforming", "broken": True}
    for clause in range(14):
        lines = [line(clause=str(clause), requirement=f"r{clause}-{n % 2}", result=f"{clause}/{n}", **failed)
                 for n in range(clause)]  # fmt: skip
        made.add(counted(*lines, line(clause=str(clause), requirement=f"r{clause}-0")))
    clauses = made.failing_clauses()
    assert [(one.clause, one.beyond, one.compared) for one in clauses] == [
        (str(n), n, n + 1) for n in range(13, 3, -1)
    ]


def test_a_clause_that_never_fails_is_not_among_them() -> None:
    made = Tally()
    made.add(counted(line()))
    assert made.failing_clauses() == []


def test_a_spread_counts_what_has_no_number_and_draws_the_rest() -> None:
    made = Spread("r1")
    made.add(counted(line(), line(result="x2", value="", typed="<0.01"), line(requirement="r2")))
    assert (made.values, made.unread, made.count[Finding.HOLDS]) == ([Decimal("5.8")], 1, 2)


AWKWARD = st.text(alphabet='},{"\\:[]ab水result', max_size=12)
SOURCES = st.sampled_from([source.value for source in Source])


@given(st.lists(st.tuples(AWKWARD, AWKWARD, st.booleans(), SOURCES, st.booleans()), max_size=5))
@FEW_EXAMPLES
def test_no_typed_text_makes_a_line_be_read_wrongly(
    rows: list[tuple[str, str, bool, str, bool]],
) -> None:
    lines = [
        line(method=method, typed=typed, result=f"x{place}" if has else "", source=source,
             decides=decides)
        for place, (method, typed, has, source, decides) in enumerate(rows)
    ]  # fmt: skip
    text = stored(*lines, dict(UNTESTED))
    for deciding in (True, False):
        expected = [
            (one["result"], f"{one['typed']} %".strip())
            for one in lines
            if one["result"] and one["source"] != "event" and (one["decides"] or not deciding)
        ]
        for holding in ("", "水分", "r1"):
            reader = LineReader(LABORATORY, holding=holding, deciding=deciding)
            for _ in range(2):
                read = reader.counted(text)
                assert [(one.result, one.typed) for one in read] == expected
