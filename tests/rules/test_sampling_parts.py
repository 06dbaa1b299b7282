"""The numbers of parts, and what recorded on a batch holds for a part of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trace.batches.lineage import recorded_before
from trace.batches.numbers import NUMBER, number_fits, part_number

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "taken", "part"),
    [
        ("CSLC-20261108-01", set(), "CSLC-20261108-01-P1"),
        ("CSLC-20261108-01", {"CSLC-20261108-01-P1"}, "CSLC-20261108-01-P2"),
        ("CSLC-20261108-01-P2", {"CSLC-20261108-01-P1"}, "CSLC-20261108-01-P3"),
        ("ABCDEFGHIJKLMNOPQRST", set(), "ABCDEFGHIJKLMNOPQ-P1"),
        ("ABCDEFGHIJKLMNOP-RST", set(), "ABCDEFGHIJKLMNOP-P1"),
    ],
)
def test_parts_are_numbered_after_their_batch(number: str, taken: set[str], part: str) -> None:
    assert part_number(number, taken | {number}) == part


@given(st.from_regex(NUMBER, fullmatch=True).filter(number_fits), st.integers(1, 120))
@settings(max_examples=60, deadline=None)
def test_every_part_has_a_fitting_number_of_its_own(number: str, parts: int) -> None:
    taken = {number}
    for _ in range(parts):
        made = part_number(number, taken)
        assert number_fits(made), made
        assert made not in taken
        taken.add(made)


@dataclass(frozen=True)
class Row:
    """An event or a report."""

    id: UUID
    corrects_id: UUID | None
    recorded_at: datetime


def row(number: int, hours: int, corrects: int | None = None) -> Row:
    return Row(
        UUID(int=number),
        None if corrects is None else UUID(int=corrects),
        NOON + timedelta(hours=hours),
    )


def test_what_came_before_the_split_holds_and_so_do_its_corrections() -> None:
    rows = [row(1, -2), row(2, 1), row(3, 2, corrects=1), row(4, 3, corrects=3), row(5, 4, 2)]
    assert {one.id.int for one in recorded_before(rows, NOON)} == {1, 3, 4}
    assert recorded_before(rows, None) == rows


@given(st.lists(st.tuples(st.integers(-9, 9), st.none() | st.integers(0, 20)), max_size=15))
@settings(max_examples=80, deadline=None)
def test_a_chain_of_corrections_holds_as_a_whole_or_not_at_all(
    drawn: list[tuple[int, int | None]],
) -> None:
    rows = [
        row(place + 1, hours, None if older is None or older >= place else older + 1)
        for place, (hours, older) in enumerate(drawn)
    ]
    held = {one.id for one in recorded_before(rows, NOON)}
    for one in rows:
        if one.corrects_id is not None:
            assert (one.id in held) == (one.corrects_id in held)
        else:
            assert (one.id in held) == (one.recorded_at <= NOON)
