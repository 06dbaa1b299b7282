"""How a typed result is read: numbers, `<0.01`, 未检出, 符合, choices, several readings of a series.

What was typed is kept by the caller; a Reading is worked out from it each time it is judged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from core.words import Words
from products.bounds import MOST_READINGS
from products.errors import RuleError
from products.numbers import half_width, parse_decimal, plain_text, visible
from products.phrases import unit_text
from products.units import BELOW_ZERO, unit


class ReadingKind(StrEnum):
    """What a typed result says: a number, less than a number, nothing found, a word, nothing."""

    VALUE = "value"
    BELOW = "below"
    NOT_DETECTED = "not_detected"
    YES = "yes"
    NO = "no"
    CHOICE = "choice"
    EMPTY = "empty"


class ReadingError(RuleError):
    """A typed result that cannot be read; nothing is guessed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A result as read: `value` of a VALUE, `limit` (not reached) of BELOW and NOT_DETECTED.

    `limit` None on NOT_DETECTED: nobody gave the detection limit. Both are in `unit`.
    """

    kind: ReadingKind
    unit: str = ""
    value: Decimal | None = None
    limit: Decimal | None = None
    choice: str = ""


_YES = frozenset({"是", "符合", "yes"})
_NO = frozenset({"否", "不符合", "no"})
_ABSENT = re.compile(
    r"(?:未检出|not\s*detected|n\.?d\.?)\s*(?:\(?\s*(?:<|检出限:?|lod:?)\s*(?P<limit>[^()\s]+)\s*\)?)?"
)
_FULL_WIDTH_FORMS = {0xFF01 + step: 0x21 + step for step in range(94)}
_DOCUMENT_WORDS = {"有": ReadingKind.YES, "无": ReadingKind.NO, "没有": ReadingKind.NO}
_VALID_TO = re.compile(
    r"(?:(?:是|符合|yes)\s*[,;，；、]?\s*)?"
    r"(?:(?:有效期?)?[至到]|valid\s*(?:to|until|till))?\s*[:：]?\s*"
    r"(?P<year>[0-9]{4})[-/.年](?P<month>[0-9]{1,2})[-/.月](?P<day>[0-9]{1,2})日?",
    re.ASCII,
)
_NUMBERS = (ReadingKind.VALUE, ReadingKind.BELOW, ReadingKind.NOT_DETECTED)
_SMALLER_APART = re.compile(r"([<＜])\s+")
_SERIES_BREAKS = re.compile(r"[;；、\s]+")


def read(
    typed: str,
    symbol: str = "",
    detection_limit: str | None = None,
    options: Iterable[str] = (),
) -> Reading:
    """What `typed` says, in the unit `symbol`; `options` are the answers of a choice.

    Understood: `0.62`, `<0.01`, 未检出 / ND / N.D. with or without `（<0.01）`, 是/否, 符合/不符合,
    yes/no in any case, full-width forms, blanks around. `detection_limit` is the laboratory's own
    as typed: where the result names one too, the larger counts, and a number under it is read as
    below it. Raises ReadingError or UnitError, each saying what to type instead.
    """
    return _read(typed, symbol, detection_limit, tuple(options))


@lru_cache(maxsize=4096)
def _read(
    typed: str, symbol: str, detection_limit: str | None, options: tuple[str, ...]
) -> Reading:
    text = half_width(typed)
    if not text:
        return Reading(ReadingKind.EMPTY)
    for option in options:
        if _folded(option) == _folded(typed):
            return Reading(ReadingKind.CHOICE, choice=option)
    answer = yes_or_no(text)
    if answer is not None:
        return Reading(answer)
    own = None if detection_limit in (None, "") else _limit(str(detection_limit), symbol)
    absent = _ABSENT.fullmatch(_bare(text))
    if absent:
        return Reading(ReadingKind.NOT_DETECTED, symbol, limit=_named(absent["limit"], symbol, own))
    if text[0] in "<＜":
        return Reading(ReadingKind.BELOW, symbol, limit=_named(text[1:], symbol, own))
    value = _value(text, symbol)
    if own is not None and value < own:
        return Reading(ReadingKind.BELOW, symbol, limit=own)
    return Reading(ReadingKind.VALUE, symbol, value=value)


def yes_or_no(typed: str) -> ReadingKind | None:
    """YES or NO where `typed` is one of their words (是/否, 符合/不符合, yes/no), else None."""
    word = _folded(typed)
    if word in _YES:
        return ReadingKind.YES
    return ReadingKind.NO if word in _NO else None


def read_series(
    typed: str, symbol: str = "", detection_limit: str | None = None
) -> tuple[Reading, ...]:
    """Each of several readings, as typed with blanks, line breaks, `;` or 、 between.

    `< 10` with a blank is one reading.
    """
    whole = _SMALLER_APART.sub(r"\1", typed)
    parts = [part for part in _SERIES_BREAKS.split(whole) if part]
    return tuple(read(part, symbol, detection_limit) for part in parts)


def numbers(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings, if each says a number or less than one.

    Raises ReadingError otherwise, for none at all, and for more than MOST_READINGS.
    """
    if not readings:
        raise ReadingError("empty", "没有读数", "There are no readings")
    if len(readings) > MOST_READINGS:
        raise ReadingError(
            "too_many_readings",
            f"最多 {MOST_READINGS} 个读数，这里有 {len(readings)} 个",
            f"At most {MOST_READINGS} readings; here are {len(readings)}",
        )
    for place, reading in enumerate(readings, start=1):
        if reading.kind not in _NUMBERS:
            raise ReadingError(
                "number-needed",
                f"第 {place} 个读数不是数：“{describe(reading).zh}”",
                f'Reading {place} is no number: "{describe(reading).en}"',
            )
    return tuple(readings)


def read_document(typed: str) -> tuple[ReadingKind | None, date | None]:
    """Whether somebody says that there is a document, and the last day on which it is valid.

    Understood: nothing, 是/符合/有/yes, 否/不符合/无/no, a date (2027-03-01, 2027/3/1, 2027年3月1日), alone
    or behind 有效至, 有效期至, 至, `valid to`; 符合 may stand before it. ReadingError otherwise.
    """
    answer = yes_or_no(typed) or _DOCUMENT_WORDS.get(_folded(typed))
    if answer is not None or not half_width(typed):
        return answer, None
    found = _VALID_TO.fullmatch(_bare(half_width(typed)))
    if found is None:
        raise ReadingError(
            "document_unreadable",
            f"“{visible(typed)}”读不懂：请填符合、不符合，或有效至哪一天，例如 有效至 2027-03-01",
            f'"{visible(typed)}" cannot be read: answer yes or no, or until when it is valid, '
            "for example valid to 2027-03-01",
        )
    try:
        until = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError as error:
        raise ReadingError(
            "date_unreadable",
            f"没有“{visible(typed)}”这一天",
            f'"{visible(typed)}" is no day of the calendar',
        ) from error
    return ReadingKind.YES, until


def describe(reading: Reading) -> Words:
    """The reading in words: 5.01 mg/kg; 低于 0.01 mg/kg; 未检出（检出限 0.01 mg/kg）."""
    if reading.kind is ReadingKind.VALUE and reading.value is not None:
        return _with_unit(reading.value, reading.unit)
    if reading.kind is ReadingKind.BELOW and reading.limit is not None:
        amount = _with_unit(reading.limit, reading.unit)
        return Words(f"低于 {amount.zh}", f"below {amount.en}")
    if reading.kind is ReadingKind.NOT_DETECTED:
        if reading.limit is None:
            return Words("未检出（检出限未给）", "not detected (detection limit not given)")
        amount = _with_unit(reading.limit, reading.unit)
        return Words(f"未检出（检出限 {amount.zh}）", f"not detected (detection limit {amount.en})")
    if reading.kind is ReadingKind.CHOICE:
        return Words(reading.choice, reading.choice)
    return _PLAIN_WORDS[reading.kind]


_PLAIN_WORDS = {
    ReadingKind.YES: Words("符合", "yes"),
    ReadingKind.NO: Words("不符合", "no"),
    ReadingKind.EMPTY: Words("未填", "empty"),
}


def _with_unit(value: Decimal, symbol: str) -> Words:
    number = plain_text(value)
    zh, en = unit_text(symbol), unit_text(symbol, "en")
    return Words(f"{number} {zh}".rstrip(), f"{number} {en}".rstrip())


def _folded(text: str) -> str:
    """One spelling for one word: full width is half width, case and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _bare(text: str) -> str:
    """`text` in lower case with full-width letters and signs as half-width ones."""
    return text.translate(_FULL_WIDTH_FORMS).casefold()


def _named(text: str | None, symbol: str, own: Decimal | None) -> Decimal | None:
    """The limit that the result itself names, or the laboratory's own: the larger of the two."""
    if text is None:
        return own
    named = _limit(text, symbol)
    return named if own is None else max(named, own)


def _limit(text: str, symbol: str) -> Decimal:
    limit = _value(text, symbol)
    if limit <= 0 and not _may_be_negative(symbol):
        raise ReadingError(
            "detection_limit_not_positive",
            "检出限要大于 0",
            "A detection limit must be above 0",
        )
    return limit


def _value(text: str, symbol: str) -> Decimal:
    try:
        value = parse_decimal(text)
    except RuleError as error:
        raise ReadingError(
            "reading_unreadable",
            f"“{visible(text)}”读不懂：请填一个数、<0.01、未检出、符合或不符合，单位另选",
            f'"{visible(text)}" cannot be read: type a number, <0.01, ND, yes or no; '
            "the unit is chosen beside it",
        ) from error
    if value < 0 and not _may_be_negative(symbol):
        raise ReadingError(
            "reading_negative",
            f"{unit_text(symbol)} 的值不能是负数",
            f"A value in {unit_text(symbol, 'en')} cannot be negative",
        )
    return value


def _may_be_negative(symbol: str) -> bool:
    return not symbol or unit(symbol).dimension in BELOW_ZERO
