"""Where goods came from: by weight, to whole per cent that sum to 100, through whatever was done."""

import uuid
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.origins import (
    Link,
    Origins,
    Share,
    mixing_words,
    origins_of,
    place_words,
    whole_percents,
)
from trace.batches.genealogy import LoopError

A, B, C, D, E = (uuid.UUID(int=n) for n in range(1, 6))
JINJING, LUKOU = "长沙县金井镇", "长沙县路口镇"


def test_a_blend_is_told_by_weight_the_largest_first() -> None:
    links = [Link(A, C, 40, "merge"), Link(B, C, 60, "merge")]
    told = origins_of(links, C, {A: JINJING, B: LUKOU})
    assert told == Origins((Share(LUKOU, 60), Share(JINJING, 40)), 2, True, True)
    assert place_words(told).zh == "60 % 长沙县路口镇，40 % 长沙县金井镇（按重量）"
    assert mixing_words(told).zh == "混配：由 2 批混成"


def test_parts_hand_overs_and_packing_pass_the_origin_on() -> None:
    links = [Link(A, B, 10, "split"), Link(B, C, 8, "transfer"), Link(C, D, 8, "repack")]
    told = origins_of(links, D, {A: JINJING, B: LUKOU})
    assert told == Origins((Share(JINJING, 100),), 1, False, True)
    assert mixing_words(told) == ("", "")


def test_what_was_made_follows_its_inputs_and_a_blend_of_it_stays_one() -> None:
    links = [
        Link(A, C, 300, "transform"), Link(B, C, 100, "transform"),  # leaf
        Link(C, E, 30, "merge"), Link(D, E, 10, "merge"),
    ]  # fmt: skip
    told = origins_of(links, E, {A: JINJING, B: LUKOU, D: LUKOU})
    assert [(one.place, one.percent) for one in told.shares] == [(JINJING, 56), (LUKOU, 44)]
    assert told.blended and told.batches == 3
    made = origins_of(links[:2], C, {A: JINJING, B: LUKOU})
    assert not made.blended and mixing_words(made).zh == "由 2 批原料一起做成"


def test_what_nobody_kept_is_said_and_what_was_counted_is_no_weight() -> None:
    links = [Link(A, C, 1, "merge", "count"), Link(B, C, 2, "merge", "count")]
    told = origins_of(links, C, {A: JINJING})
    assert place_words(told).zh == "67 % 产地没有记，33 % 长沙县金井镇（按数量）"
    assert place_words(told).en == "67 % place not recorded, 33 % 长沙县金井镇 (by number)"


def test_a_trace_of_a_place_is_less_than_one_per_cent_and_not_nothing() -> None:
    links = [Link(A, C, 999, "merge"), Link(B, C, 1, "merge")]
    told = origins_of(links, C, {A: JINJING, B: LUKOU})
    assert place_words(told).zh == "100 % 长沙县金井镇，不到 1 % 长沙县路口镇（按重量）"


def test_many_places_end_in_a_rest() -> None:
    roots = [uuid.UUID(int=n) for n in range(10, 20)]
    told = origins_of([Link(one, C, 1, "merge") for one in roots], C,
                      {one: f"{n}镇" for n, one in enumerate(roots)})  # fmt: skip
    assert place_words(told).zh.endswith("，40 % 另外 4 处（按重量）")


def test_a_loop_has_no_origin() -> None:
    with pytest.raises(LoopError):
        origins_of([Link(A, B, 1, "merge"), Link(B, A, 1, "merge")], B, {})


def test_shares_that_are_not_one_are_a_mistake() -> None:
    for wrong in ([], [Fraction(1, 2)], [Fraction(3, 2), Fraction(-1, 2)]):
        with pytest.raises(ValueError, match="sum to 1"):
            whole_percents(wrong)


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_whole_per_cent_sum_to_100_and_none_is_off_by_one(weights: list[int]) -> None:
    parts = [Fraction(weight, sum(weights)) for weight in weights]
    whole = whole_percents(parts)
    assert sum(whole) == 100
    assert all(abs(n - part * 100) < 1 for n, part in zip(whole, parts, strict=True))


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=6), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_however_often_goods_are_passed_on_their_origin_stays(
    amounts: list[int], steps: int
) -> None:
    roots = [uuid.UUID(int=100 + n) for n in range(len(amounts))]
    places = {root: f"{n % 3}镇" for n, root in enumerate(roots)}
    chain = [uuid.UUID(int=n) for n in range(1, steps + 2)]
    mixed = [Link(r, chain[0], n, "merge") for r, n in zip(roots, amounts, strict=True)]
    passed = [Link(a, b, sum(amounts), "transfer") for a, b in pairwise(chain)]
    told = origins_of(mixed + passed, chain[-1], places)
    assert told == origins_of(mixed, chain[0], places)
    by_place: dict[str, int] = {}
    for root, amount in zip(roots, amounts, strict=True):
        by_place[places[root]] = by_place.get(places[root], 0) + amount
    assert {one.place for one in told.shares} == set(by_place)
    for one in told.shares:
        assert abs(one.percent - Fraction(100 * by_place[one.place], sum(amounts))) < 1
