"""The time, always with its zone; a day is a day in Changsha."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHANGSHA = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def day_of(moment: datetime) -> date:
    """The calendar day in Changsha at `moment`."""
    return moment.astimezone(CHANGSHA).date()
