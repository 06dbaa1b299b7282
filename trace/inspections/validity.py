"""RULE: how long a type inspection counts."""

import calendar
from datetime import MAXYEAR, date, timedelta


def last_day(begins: date, months: int) -> date:
    """The last day of a period of whole months: from 15 March, six months end on 14 September.

    Where the month at the end is shorter, it ends with that month; at the latest with the calendar.
    """
    year, month = divmod(begins.month - 1 + months, 12)
    year, month = begins.year + year, month + 1
    if year > MAXYEAR:
        return date.max
    days = calendar.monthrange(year, month)[1]
    if begins.day > days:
        return date(year, month, days)
    return date(year, month, begins.day) - timedelta(days=1)
