"""RULE: batch numbers. A producer may bring its own; otherwise we make one.

Only A–Z, 0–9 and the hyphen, so that the number can stand in a GS1 lot (CSET 82, at most 20 long)
and be read aloud.
"""

import re
from collections.abc import Collection
from datetime import date

from pypinyin import Style, lazy_pinyin

NUMBER = r"[A-Z0-9](?:[A-Z0-9-]{0,18}[A-Z0-9])?"
LONGEST = 20
_NUMBER = re.compile(NUMBER)
_PART = re.compile(r"-P\d+$")


def number_fits(number: str) -> bool:
    """Whether `number` may be a batch number."""
    return _NUMBER.fullmatch(number) is not None and "--" not in number


def initials(name: str) -> str:
    """The pinyin initials of a product name: 长沙绿茶 → CSLC."""
    letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore")).upper()
    return re.sub("[^A-Z0-9]", "", letters)[:6] or "P"


def part_number(number: str, taken: Collection[str]) -> str:
    """The first free number of a part: CSLC-20261108-01-P1; parts of a part go on counting.

    A number that would grow beyond twenty characters is cut before its end.
    """
    whole, counter = _PART.sub("", number), 1
    while (made := _cut(whole, f"-P{counter}")) in taken:
        counter += 1
    return made


def _cut(number: str, end: str) -> str:
    return number[: LONGEST - len(end)].rstrip("-") + end


def next_number(name: str, made_on: date, taken: Collection[str]) -> str:
    """The first free number of the day: CSLC-20261108-01."""
    prefix = f"{initials(name)}-{made_on:%Y%m%d}-"
    counter = 1
    while f"{prefix}{counter:02d}" in taken:
        counter += 1
    return f"{prefix}{counter:02d}"
