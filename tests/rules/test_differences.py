"""What was counted against what was sent: nothing appears, nothing disappears."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.transfers.differences import arrival, days_waiting, difference_words

AMOUNT = st.integers(min_value=1, max_value=10**15)


@given(AMOUNT, AMOUNT)
def test_what_was_sent_is_booked_or_lost_and_a_surplus_is_neither(sent: int, counted: int) -> None:
    came = arrival(sent, counted)
    assert came.booked + came.lost == sent
    assert came.booked + came.surplus == counted
    assert came.difference == sent - counted
    assert min(came.lost, came.surplus) == 0 <= came.lost + came.surplus


@pytest.mark.parametrize(("sent", "counted"), [(0, 1), (1, 0), (-1, 1)])
def test_nothing_is_no_arrival(sent: int, counted: int) -> None:
    with pytest.raises(ValueError, match="above nothing"):
        arrival(sent, counted)


def test_a_difference_is_said_in_both_languages_with_its_amount() -> None:
    assert difference_words(0, "mass").zh == "数量一致"
    assert difference_words(2_500_000, "mass") == (
        "少收 2.5 公斤，已记为损耗",
        "2.5 kg short, booked as a loss",
    )
    assert difference_words(-3, "count") == (
        "多收 3 个，未入账",
        "3 pieces more than sent, not booked",
    )


def test_waiting_is_counted_in_days_and_never_below_none() -> None:
    assert days_waiting(date(2026, 11, 19), date(2026, 11, 23)) == 4
    assert days_waiting(date(2026, 11, 24), date(2026, 11, 23)) == 0
