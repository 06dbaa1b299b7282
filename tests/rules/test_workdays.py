"""Working days: Monday to Friday, and what the calendar says otherwise."""

from datetime import date, timedelta

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace.inspections.workdays import is_worked, last_working_day

NATIONAL_DAY = {date(2026, 10, day): False for day in range(1, 8)}
WORKED_SATURDAY = {date(2026, 10, 10): True}
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("heard", "last"),
    [
        (date(2026, 11, 23), date(2026, 11, 30)),  # a Monday: Tuesday is the first day
        (date(2026, 11, 27), date(2026, 12, 4)),  # a Friday
        (date(2026, 11, 28), date(2026, 12, 4)),  # a Saturday
    ],
)
def test_without_a_calendar_monday_to_friday_count(heard: date, last: date) -> None:
    assert last_working_day(heard, 5, {}) == last


def test_holidays_do_not_count_and_a_worked_saturday_does() -> None:
    heard = date(2026, 9, 30)
    assert last_working_day(heard, 5, {}) == date(2026, 10, 7)
    assert last_working_day(heard, 5, NATIONAL_DAY) == date(2026, 10, 14)
    assert last_working_day(heard, 5, NATIONAL_DAY | WORKED_SATURDAY) == date(2026, 10, 13)


@given(DAYS, st.integers(1, 30), st.lists(DAYS, max_size=8))
def test_it_agrees_with_numpys_business_days(heard: date, days: int, off: list[date]) -> None:
    """numpy's busday calendar is an independent implementation of the same counting."""
    calendar = {day: False for day in off}
    last = last_working_day(heard, days, calendar)
    counted = numpy.busday_count(
        heard + timedelta(days=1), last + timedelta(days=1), holidays=[str(day) for day in off]
    )
    assert counted == days
    assert is_worked(last, calendar)
