"""Columns say of very many batches what the judge says of each."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.requirements import Certainty
from tests.rules.market import MARKET, Market, market
from trace.inspections.alike import alike, fold
from trace.inspections.columns import Facts, gathered
from trace.inspections.outcomes import OUTCOMES, outcomes, verdict_of
from trace.inspections.verdicts import Outcome


def differences(drawn: Market, rules=None) -> list[tuple[Facts, Outcome, Outcome]]:
    """Where columns and judge disagree; at least once each outcome must have been said."""
    rules = rules or drawn.rules
    said = outcomes(gathered(drawn.batches), rules, drawn.plan_on)
    found = []
    for batch, place in zip(drawn.batches, said.of, strict=True):
        one = verdict_of(batch, rules, drawn.plan_on).outcome
        if one is not OUTCOMES[place]:
            found.append((batch, one, OUTCOMES[place]))
    return found


@pytest.mark.parametrize("wild", [0.02, 0.3, 1.0])
def test_columns_say_what_the_judge_says(wild: float) -> None:
    assert differences(market(1, 250, wild)) == []


@pytest.mark.long
@pytest.mark.parametrize("wild", [0.02, 0.3])
def test_columns_say_what_the_judge_says_of_a_hundred_thousand(wild: float) -> None:
    assert differences(market(7, 100_000, wild, parties=300)) == []


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10**9), st.floats(0, 1))
def test_columns_say_what_the_judge_says_of_any_market(seed: int, wild: float) -> None:
    assert differences(market(seed, 30, wild, parties=4)) == []


def test_every_outcome_is_said_and_one_batch_speaks_for_many() -> None:
    drawn = market(3, 2000, 0.02)
    said = outcomes(gathered(drawn.batches), drawn.rules, drawn.plan_on)
    assert set(said.of) == {0, 1, 2}
    assert said.parts < len(drawn.batches) / 3
    assert said.apart < len(drawn.batches) / 50


def test_a_changed_rulebook_changes_what_columns_say_as_it_changes_the_judge() -> None:
    drawn = market(5, 200, 0.1)
    stricter = replace(
        MARKET,
        requirements=tuple(
            replace(r, bound=replace(r.bound, upper="5.0"), certainty=Certainty.CONFIRMED)
            if r.characteristic == "水分"
            else r
            for r in MARKET.requirements
        ),
    )
    assert differences(drawn, stricter) == []
    columns = gathered(drawn.batches)
    before = outcomes(columns, MARKET, drawn.plan_on).of
    after = outcomes(columns, stricter, drawn.plan_on).of
    assert Counter(after)[2] > Counter(before)[2]


def test_no_batches_are_no_trouble() -> None:
    said = outcomes(gathered(()), MARKET, Market.plan_on)
    assert (len(said.of), said.parts, said.apart) == (0, 0, 0)


@given(st.lists(st.lists(st.integers(0, 3), max_size=6), min_size=1, max_size=12))
def test_units_fold_together_exactly_when_they_own_the_same(owned: list[list[int]]) -> None:
    owner = np.array([u for u, codes in enumerate(owned) for _ in codes], dtype=np.int64)
    codes = np.array([code for one in owned for code in one], dtype=np.int64)
    state = fold(len(owned), owner, codes)
    for (a, one), (b, other) in pairwise(enumerate(owned)):
        assert (state[a] == state[b]) == (sorted(one) == sorted(other))


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2**40)), min_size=1, max_size=20))
def test_things_are_alike_exactly_when_their_rows_are(things: list[tuple[int, int]]) -> None:
    firsts, number = alike(np.array(things, dtype=np.int64).T)
    for (a, one), (b, other) in pairwise(enumerate(things)):
        assert (number[a] == number[b]) == (one == other)
    assert [number[f] for f in firsts] == list(range(len(set(things))))
