"""Typography: pure text filters that keep together what belongs together.

Plain text goes in and is escaped; Markup comes out with standard numbers, clauses, dates, and
numbers with their units unbreakable. Only the places where a line may break change, no character.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from markupsafe import Markup, escape

from core.clock import CHANGSHA, day_of

NO_BREAK = "\u00a0"
BREAK_MARK = "|"
_CODE_GROUPS = (4, 4, 4, 5)
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

_NUMERAL = r"[0-9〇零一二三四五六七八九十百]+"
_HELD = re.compile(
    rf"""
    (?P<day>(?<![0-9-])[0-9]{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9-]))
    | (?P<whole>
        # a standard with its number and year: GB/T 14456.3-2016, DB43/T 123, ISO 3720:2011
        (?<![A-Za-z0-9/])[A-Z]{{1,6}}[0-9]{{0,6}}(?:/[A-Z]{{1,10}})?\ [0-9]+(?:\.[0-9]+)*
            [A-Z]?(?:[-—:][0-9]{{4}})?(?![0-9])
        # a clause and its table, 4.1 表1, or either alone
        | (?<![0-9.])[0-9]+(?:\.[0-9]+)+\ ?[表图]\ ?[0-9]+ | [表图]\ [0-9]+
        | (?:附录|附表)\ ?[A-Z0-9]+
        # 第四十六条, 第 18 204 条第二款
        | (?:第\ ?{_NUMERAL}(?:\ {_NUMERAL})*\ ?[条款项章号])+
        # a unit with a slash would break behind it: 0.62 mg/kg, 5 mg/100g
        | (?<![0-9.])[0-9]+(?:\.[0-9]+)?\ ?[A-Za-zµμ]{{1,3}}/[0-9]{{0,3}}[A-Za-z]{{1,3}}(?![A-Za-z])
      )
    # the space between a number and its unit, inside 18 204, and behind a sign of comparison
    | (?:(?<=[0-9])(?=\ (?:[A-Za-zµμ%‰℃°\u4e00-\u9fff]|[0-9]{{3}}(?![0-9])))
        | (?<=[≤≥<>=≈±])(?=\ [0-9]))(?P<gap>\ )
    """,
    re.VERBOSE,
)


def keep(value: object) -> Markup:
    """The text of `value` escaped, unbreakable inside numbers of standards, clauses, dates, amounts.

    Markup is returned as it is: it has been through here, or is not plain text.
    """
    if isinstance(value, Markup):
        return value
    text = str(value)
    pieces: list[str] = []
    end = 0
    for found in _HELD.finditer(text):
        pieces.append(str(escape(text[end : found.start()])))
        pieces.append(_held(found, behind_held=end == found.start() > 0))
        end = found.end()
    pieces.append(str(escape(text[end:])))
    return Markup("".join(pieces))


def _held(found: re.Match[str], *, behind_held: bool) -> str:
    if found["gap"]:
        return " " if behind_held else NO_BREAK  # GB 2763-2026 茶叶 may break before 茶叶
    inside = str(escape(found.group()))
    return f"<time>{inside}</time>" if found["day"] else f'<span class="nb">{inside}</span>'


def breakable(text: str) -> Markup:
    """A short title escaped, that may break only where `|` stands: 标签|尚未启用."""
    return Markup("<wbr>").join(text.split(BREAK_MARK))


def day(value: date) -> Markup:
    """A calendar day (of a moment: in Changsha) as `<time>`, 2026-09-26 in every language."""
    here = day_of(value) if isinstance(value, datetime) else value
    return Markup("<time>{}</time>").format(here.isoformat())


def long_day(value: date, language: str) -> str:
    """A day in words that stay on one line: 2026 年 9 月 26 日, 26 September 2026."""
    if language.startswith("en"):
        parts = [str(value.day), _MONTHS[value.month - 1], str(value.year)]
    else:
        parts = [str(value.year), "年", str(value.month), "月", str(value.day), "日"]
    return NO_BREAK.join(parts)


def moment(value: datetime) -> Markup:
    """A moment as the clock in Changsha shows it, 2026-09-26 14:05; ValueError without a zone."""
    if value.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    here = value.astimezone(CHANGSHA)
    return Markup('<time datetime="{}">{}</time>').format(
        here.isoformat(timespec="seconds"), f"{here:%Y-%m-%d %H:%M}"
    )


def thousands(number: int | Decimal) -> str:
    """The number with its own digits, its whole part in threes by no-break spaces: 18 204.50."""
    sign, digits = "", format(Decimal(number), "f")
    if digits.startswith("-"):
        sign, digits = "−", digits[1:]
    whole, point, fraction = digits.partition(".")
    return sign + f"{int(whole):,}".replace(",", NO_BREAK) + point + fraction


def amount(number: int | Decimal, unit: str) -> str:
    """A number and its unit on one line: 1 020.0 kg."""
    return f"{thousands(number)}{NO_BREAK}{unit}" if unit else thousands(number)


def code_groups(code: str) -> str:
    """A label code as people read it, in groups 4-4-4-5; anything of another length as it is."""
    if len(code) != sum(_CODE_GROUPS):
        return code
    ends = [sum(_CODE_GROUPS[:count]) for count in range(len(_CODE_GROUPS) + 1)]
    return " ".join(code[start:end] for start, end in pairwise(ends))


FILTERS = {
    "keep": keep,
    "breakable": breakable,
    "day": day,
    "long_day": long_day,
    "moment": moment,
    "thousands": thousands,
    "amount": amount,
    "code_groups": code_groups,
}
