"""The shape of a trace: reach step by step, columns, ranges of serials, shares, what is not reached."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.spans import Back, Sent, Span, away, common, count, joined, without
from labels.trace_shape import (
    BULK,
    BUYER,
    FOREIGN,
    HERE,
    LOST,
    TRANSIT,
    UNCONFIRMED,
    UNSHIPPED,
    Link,
    Range,
    columns,
    ranges_of_run,
    shares,
    step_by_step,
)
from labels.trace_unreached import BatchFacts, unreached_of

AT = datetime(2026, 11, 23, tzinfo=UTC)
spans = st.builds(
    lambda first, more: Span(first, first + more), st.integers(0, 60), st.integers(0, 20)
)


def nodes(number: int) -> list[uuid.UUID]:
    return [uuid.UUID(int=place) for place in range(number)]


def links(pairs: list[tuple[int, int]]) -> list[Link]:
    return [
        Link("split", uuid.UUID(int=a), uuid.UUID(int=b), 1, "mass", AT, number=place)
        for place, (a, b) in enumerate(pairs)
    ]


def serials(found: Iterable[Span]) -> set[int]:
    return {one for span in found for one in range(span.first, span.last + 1)}


@settings(max_examples=150, deadline=None)
@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6))
def test_spans_behave_like_sets_of_serials(some: list[Span], others: list[Span]) -> None:
    assert serials(joined(some)) == serials(some)
    assert serials(without(some, others)) == serials(some) - serials(others)
    assert serials(common(some, others)) == serials(some) & serials(others)
    assert count(joined(some)) == len(serials(some))
    for pair in (joined(some), without(some, others)):
        assert all(a.last + 1 < b.first for a, b in pairwise(pair))


def test_what_came_back_is_not_away_and_may_go_again() -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    sent = [Sent(first, Span(0, 9)), Sent(second, Span(3, 5))]
    back = [Back(first, Span(2, 6)), Back(second, Span(4, 4), destroyed=True)]
    assert away(sent, back) == [
        (first, Span(0, 1)), (first, Span(7, 9)), (second, Span(3, 3)), (second, Span(5, 5)),
    ]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30), st.data())
def test_the_walk_equals_a_plain_search_and_stops_at_strangers(
    pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    told = links([(min(a, b), max(a, b)) for a, b in pairs if a != b])
    own = set(data.draw(st.lists(st.sampled_from(nodes(12)))))
    for passable in (None, own):
        for forward in (True, False):
            found, kept = step_by_step([nodes(12)[4]], told, passable, forward)
            plain, new = {nodes(12)[4]}, {nodes(12)[4]}
            while new:
                ends = {
                    (link.child if forward else link.parent)
                    for link in told
                    if (link.parent if forward else link.child) in new
                    and (passable is None or (link.parent if forward else link.child) in passable)
                }
                new = ends - plain
                plain |= new
            assert found == plain
            assert {one.child for one in kept} | {one.parent for one in kept} <= plain


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_every_batch_stands_right_of_all_that_went_into_it(pairs: list[tuple[int, int]]) -> None:
    told = links([(min(a, b), max(a, b)) for a, b in pairs if a != b])
    place = columns(nodes(10), told)
    assert all(place[link.parent] < place[link.child] for link in told)
    fed = {link.child for link in told}
    assert all(place[one] == 0 for one in nodes(10) if one not in fed)


def test_a_loop_is_refused() -> None:
    with pytest.raises(ValueError, match="into itself"):
        columns(nodes(2), links([(0, 1), (1, 0)]))


@settings(max_examples=100, deadline=None)
@given(st.lists(spans, max_size=3), st.lists(spans, max_size=2))
def test_every_serial_of_a_run_stands_in_exactly_one_range(
    out: list[Span], broken: list[Span]
) -> None:
    apart = without(out, broken)
    shipped = [(uuid.uuid4(), span) for span in apart]
    whole = Range(uuid.uuid4(), uuid.uuid4(), 0, 0, 99, "", HERE)
    cut = [(Span(0, 49), "activated"), (Span(50, 99), "void")]
    found = ranges_of_run(whole, cut, shipped, joined(broken))
    covered = [one for part in found for one in range(part.first, part.last + 1)]
    assert covered == list(range(100))
    assert {one for part in found if part.shipment for one in range(part.first, part.last + 1)} == {
        one for one in serials(apart) if one < 100
    }


def test_shares_leave_out_what_never_left_and_what_is_no_goods_any_more() -> None:
    start, made = nodes(2)
    held = {
        start: {"stock": 5, "labelled": 2, "market": 4, "loss": 9, "transit": 1},
        made: {"stock": 3, "market": 2, "destroyed": 1},
    }
    bases = dict.fromkeys((start, made), "mass")
    found = shares(held, bases, {start: 3, made: 2}, [start])
    assert (found["mass"].left, found["mass"].found) == (11, 6)
    assert shares({start: {"stock": 5}}, bases, {}, [start]) == {}


def test_masses_and_counts_are_never_added_up() -> None:
    pig, meat = nodes(2)
    held = {pig: {"market": 2}, meat: {"stock": 70}}
    found = shares(held, {pig: "count", meat: "mass"}, {}, [])
    assert {base: one.left for base, one in found.items()} == {"count": 2, "mass": 70}


def test_each_thing_that_cannot_be_reached_has_a_reason_in_both_languages() -> None:
    one = uuid.uuid4()
    held = {"market": 10, "loss": 1, "transit": 2}
    facts = BatchFacts(one, True, "示例", True, held, shipped=4, idle=3, named=5)
    found = {gap.kind: gap.quantity for gap in unreached_of(facts)}
    assert found == {BULK: 1, BUYER: 5, LOST: 1, TRANSIT: 2, UNSHIPPED: 3}
    declared = BatchFacts(one, True, "示例", False, {}, 0, 0)
    assert [gap.kind for gap in unreached_of(declared)] == [UNCONFIRMED]
    foreign = list(unreached_of(BatchFacts(one, False, "示例·别家", True, {}, 0, 0)))
    assert [gap.kind for gap in foreign] == [FOREIGN] and "示例·别家" in foreign[0].why.zh
    assert all(gap.why.zh and gap.why.en for gap in [*unreached_of(facts), *foreign])


def test_a_batch_with_nothing_gone_is_wholly_reached() -> None:
    facts = BatchFacts(uuid.uuid4(), True, "示例", True, {"stock": 5, "market": 4}, 4, 0)
    assert list(unreached_of(facts)) == []
