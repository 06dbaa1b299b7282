"""RULE: counting working days. The calendar is data; without it Monday to Friday are worked."""

from collections.abc import Mapping
from datetime import date, timedelta

REINSPECTION_DAYS = 5
"""复检: 农产品质量安全法 art. 51, within five working days of hearing the result."""


def is_worked(day: date, calendar: Mapping[date, bool]) -> bool:
    """Whether `day` is worked: as the calendar says of it, else Monday to Friday."""
    said = calendar.get(day)
    return day.weekday() < 5 if said is None else said


def last_working_day(heard: date, days: int, calendar: Mapping[date, bool]) -> date:
    """The `days`-th working day after the day on which something was heard."""
    day = heard
    while days > 0:
        day += timedelta(days=1)
        days -= is_worked(day, calendar)
    return day
