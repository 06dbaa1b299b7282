"""The states of a run's sub-ranges, against a plain dictionary that knows every serial."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.ranges import (
    ACTIVATED,
    DRAWN,
    PRINTED,
    STATES,
    VOID,
    OutsideRunError,
    ReasonMissingError,
    Segment,
    StateChange,
    StateChangeError,
    TransitionError,
    check_change,
    count_by_state,
    segments,
    state_of,
)

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
FIRST, LAST = 1_000, 1_029


def change(seq: int, state: str, first: int, last: int, reason: str | None = None) -> StateChange:
    return StateChange(seq, state, first, last, NOON, reason)


PRINTED_ALL = change(1, PRINTED, FIRST, LAST)
SPOILT_SHEET = change(2, VOID, 1_010, 1_014, "打坏")
ACTIVATED_START = change(3, ACTIVATED, FIRST, 1_009)


def test_a_run_starts_drawn_and_in_one_piece() -> None:
    assert segments(FIRST, LAST, []) == (Segment(FIRST, LAST, DRAWN, None),)
    assert state_of([], FIRST) == DRAWN
    assert count_by_state(FIRST, LAST, []) == {DRAWN: 30, PRINTED: 0, ACTIVATED: 0, VOID: 0}


def test_the_last_change_that_covers_a_serial_counts() -> None:
    life = [ACTIVATED_START, SPOILT_SHEET, PRINTED_ALL]  # in whatever order the rows come
    assert segments(FIRST, LAST, life) == (
        Segment(1_000, 1_009, ACTIVATED, 3),
        Segment(1_010, 1_014, VOID, 2),
        Segment(1_015, 1_029, PRINTED, 1),
    )
    assert [state_of(life, serial) for serial in (1_009, 1_010, 1_015)] == [
        ACTIVATED,
        VOID,
        PRINTED,
    ]
    assert count_by_state(FIRST, LAST, life) == {DRAWN: 0, PRINTED: 15, ACTIVATED: 10, VOID: 5}


def test_a_spoilt_sheet_leaves_two_segments_of_one_change() -> None:
    printed = [
        piece for piece in segments(FIRST, LAST, [PRINTED_ALL, SPOILT_SHEET]) if piece.seq == 1
    ]
    assert [(piece.first, piece.last) for piece in printed] == [(1_000, 1_009), (1_015, 1_029)]


def test_a_run_of_all_serials_there_are_is_cut_without_counting_them() -> None:
    last = 2**35 - 1
    life = [change(1, PRINTED, 0, last), change(2, VOID, 7, 7, "打坏")]
    assert count_by_state(0, last, life)[PRINTED] == last
    assert [piece.state for piece in segments(0, last, life)] == [PRINTED, VOID, PRINTED]


@dataclass(frozen=True)
class Attempt:
    """A change that somebody asks for."""

    state: str
    first: int
    last: int
    reason: str | None


attempts = st.builds(
    Attempt,
    state=st.sampled_from([*STATES, PRINTED, ACTIVATED, "sold"]),
    first=st.integers(FIRST - 1, LAST),
    last=st.integers(FIRST, LAST + 1),
    reason=st.sampled_from([None, "", " ", "打坏"]),
)


def refusal_by_model(model: dict[int, str], asked: Attempt) -> type[StateChangeError] | None:
    """Say what the life of labels allows, one serial at a time."""
    allowed = {(DRAWN, PRINTED), (PRINTED, ACTIVATED)} | {
        (state, VOID) for state in (DRAWN, PRINTED, ACTIVATED)
    }
    serials = range(asked.first, asked.last + 1)
    if not serials or not all(serial in model for serial in serials):
        return OutsideRunError
    if asked.state == VOID and asked.reason != "打坏":
        return ReasonMissingError
    if any((model[serial], asked.state) not in allowed for serial in serials):
        return TransitionError
    return None


@settings(max_examples=150)
@given(asked=st.lists(attempts, max_size=25))
def test_any_life_of_a_run_agrees_with_a_dictionary_of_its_serials(asked: list[Attempt]) -> None:
    model = dict.fromkeys(range(FIRST, LAST + 1), DRAWN)
    life: list[StateChange] = []
    for wish in asked:
        expected = refusal_by_model(model, wish)
        details = (wish.state, wish.first, wish.last, wish.reason)
        if expected is None:
            check_change(FIRST, LAST, life, *details)
            life.append(change(len(life) + 1, *details))
            model.update(dict.fromkeys(range(wish.first, wish.last + 1), wish.state))
        else:
            with pytest.raises(expected):
                check_change(FIRST, LAST, life, *details)
        assert_agreement(model, life)


def assert_agreement(model: dict[int, str], life: list[StateChange]) -> None:
    cut = segments(FIRST, LAST, reversed(life))
    assert {serial: state_of(life, serial) for serial in model} == model
    assert [
        (serial, piece.state) for piece in cut for serial in range(piece.first, piece.last + 1)
    ] == (list(model.items()))
    assert all(left.seq != right.seq for left, right in pairwise(cut))
    states = list(model.values())
    assert count_by_state(FIRST, LAST, life) == {state: states.count(state) for state in STATES}


rows = st.builds(
    change,
    seq=st.just(0),
    state=st.sampled_from(STATES),
    first=st.integers(FIRST - 5, LAST + 5),
    last=st.integers(FIRST - 5, LAST + 5),
)


@settings(max_examples=150)
@given(rows=st.lists(rows, max_size=12))
def test_whatever_rows_there_are_the_segments_say_of_each_serial_what_its_state_is(
    rows: list[StateChange],
) -> None:
    life = [change(seq, row.state, row.first, row.last) for seq, row in enumerate(rows)]
    cut = segments(FIRST, LAST, life)
    said = [piece.state for piece in cut for _ in range(piece.first, piece.last + 1)]
    assert said == [state_of(life, serial) for serial in range(FIRST, LAST + 1)]
    assert (cut[0].first, cut[-1].last) == (FIRST, LAST)
    assert all(left.last + 1 == right.first for left, right in pairwise(cut))
    assert all(left.seq != right.seq for left, right in pairwise(cut))


@pytest.mark.parametrize(
    ("first", "last"), [(999, 1_005), (1_005, 1_030), (0, 5), (1_005, 1_004), (1_030, 1_030)]
)
def test_serials_outside_the_run_are_refused_with_the_serials_of_the_run(
    first: int, last: int
) -> None:
    with pytest.raises(OutsideRunError) as refusal:
        check_change(FIRST, LAST, [], PRINTED, first, last)
    assert "1000–1029" in refusal.value.words.zh
    assert "1000 to 1029" in refusal.value.words.en


@pytest.mark.parametrize("reason", [None, "", "  \n"])
def test_labels_are_not_voided_without_a_reason(reason: str | None) -> None:
    with pytest.raises(ReasonMissingError) as refusal:
        check_change(FIRST, LAST, [], VOID, FIRST, LAST, reason)
    assert "原因" in refusal.value.words.zh
    assert "why" in refusal.value.words.en


def test_labels_are_not_activated_before_somebody_says_printed() -> None:
    with pytest.raises(TransitionError) as refusal:
        check_change(FIRST, LAST, [change(1, PRINTED, FIRST, 1_009)], ACTIVATED, FIRST, LAST)
    assert "1010–1029" in refusal.value.words.zh
    assert "已打印" in refusal.value.words.zh
    assert "1010–1029 are drawn" in refusal.value.words.en


def test_nothing_leaves_void_and_the_first_labels_in_the_way_are_named() -> None:
    with pytest.raises(TransitionError, match="1010–1014 are void"):
        check_change(FIRST, LAST, [PRINTED_ALL, SPOILT_SHEET], ACTIVATED, FIRST, LAST)
    with pytest.raises(TransitionError, match="1012–1014 are void"):
        check_change(FIRST, LAST, [PRINTED_ALL, SPOILT_SHEET], VOID, 1_012, 1_020, "剩余")


@pytest.mark.parametrize("state", [DRAWN, "sold", ""])
def test_a_state_that_labels_do_not_enter_is_refused(state: str) -> None:
    with pytest.raises(TransitionError, match="labels become printed, activated or void"):
        check_change(FIRST, LAST, [], state, FIRST, LAST)
