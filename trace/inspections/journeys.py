"""全程记录: the readings of a journey, with or without their times, against the limits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from fractions import Fraction
from itertools import pairwise

from core.words import Words
from products.numbers import half_width, parse_decimal, plain_text, visible
from products.phrases import limit_text
from products.requirements import Bound
from trace.inspections.findings import Comparison, Finding
from trace.inspections.numeric import meet
from trace.inspections.readings import Reading, ReadingError, numbers, read, read_series
from trace.inspections.results import Result
from trace.inspections.uncertainty import uncertainty_of

_CLOCK = re.compile(r"[0-9]:[0-9]")
_ENTRIES = re.compile(r"[;；\r\n]+")
_ENTRY = re.compile(
    r"(?:(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt]|[ \t]+))?"
    r"(?P<clock>[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)[ \t,，]+(?P<reading>.+)"
)
_DOUBLE_POINT = str.maketrans("：", ":")


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of a record; `at` None where the record has no times. `told`: as typed."""

    reading: Reading
    at: datetime | None = None
    told: str = ""


def read_journey(
    typed: str, symbol: str = "", detection_limit: str | None = None
) -> tuple[Moment, ...]:
    """The record as typed: plain readings, or one `08:00 3.2` or `2026-11-20T08:00 3.2` an entry.

    Entries with times stand on lines of their own or between `;`. Every entry has a time or none
    has, every one a date or none has, and times ascend (a record over midnight needs dates).
    Raises ReadingError saying which entry is not so.
    """
    text = half_width(typed).translate(_DOUBLE_POINT)
    if not _CLOCK.search(text):
        readings = numbers(read_series(typed, symbol, detection_limit))
        return tuple(Moment(reading) for reading in readings)
    entries = [part.strip() for part in _ENTRIES.split(text) if part.strip()]
    moments = [_moment(entry, symbol, detection_limit) for entry in entries]
    numbers([moment.reading for moment in moments])
    _check_times(moments)
    return tuple(moments)


def _moment(entry: str, symbol: str, detection_limit: str | None) -> Moment:
    found = _ENTRY.fullmatch(entry)
    if found is None:
        raise ReadingError(
            "time_unreadable",
            f"“{visible(entry)}”读不懂：每行写时间和读数，例如 08:00 3.2 或 2026-11-20T08:00 3.2",
            f'"{visible(entry)}" cannot be read: write time and reading on each line, for example '
            "08:00 3.2 or 2026-11-20T08:00 3.2",
        )
    told = f"{found['day']} {found['clock']}" if found["day"] else found["clock"]
    try:
        day = date.fromisoformat(found["day"]) if found["day"] else date.min
        clock = found["clock"].zfill(8 if found["clock"].count(":") == 2 else 5)
        at = datetime.combine(day, time.fromisoformat(clock))
    except ValueError as error:
        raise ReadingError(
            "time_unreadable", f"没有“{told}”这个时间", f'There is no time "{told}"'
        ) from error
    return Moment(read(found["reading"], symbol, detection_limit), at, told)


def _check_times(moments: Sequence[Moment]) -> None:
    dated = {" " in moment.told for moment in moments}
    for before, after in pairwise(moments):
        if len(dated) > 1 or before.at is None or after.at is None or before.at >= after.at:
            raise ReadingError(
                "time_order",
                f"{before.told} 后面是 {after.told}：时间要从早到晚；跨过半夜的每行都写日期",
                f"{before.told} is followed by {after.told}: times must ascend; over midnight "
                "write the date on every line",
            )


# --- judging -------------------------------------------------------------------------------


def journey(bound: Bound, symbol: str, result: Result) -> Comparison:
    """Every reading against the limits, with what the bound lets the record leave.

    Time is weighted by step: a reading lasts until the next one. Order: broken, then gaps, then
    readings that say nothing; docs/judge.md has it exactly.
    """
    moments = read_journey(result.typed, result.unit, result.detection_limit)
    spread = uncertainty_of(result)
    met = [meet(bound, symbol, moment.reading, spread) for moment in moments]
    said = Words(f"{len(met)} 个读数", f"{len(met)} readings")
    for check in (_beyond, _gap, _open_reading):
        found = check(bound, moments, met, said)
        if found is not None:
            return found
    return Comparison(Finding.HOLDS, _all_hold(bound, symbol, moments, met, said), said)


def _named(place: int, one: Comparison, moment: Moment, said: Words) -> Comparison:
    """What one reading says, for the whole record."""
    at = f"（{moment.told}）" if moment.told else ""
    at_en = f" ({moment.told})" if moment.told else ""
    reason = Words(
        f"第 {place} 个读数{at}：{one.reason.zh}", f"reading {place}{at_en}: {one.reason.en}"
    )
    return Comparison(one.finding, reason, said, one.value)


def _first(
    finding: Finding, moments: Sequence[Moment], met: Sequence[Comparison], said: Words
) -> Comparison | None:
    for place, (one, moment) in enumerate(zip(met, moments, strict=True), start=1):
        if one.finding is finding:
            return _named(place, one, moment, said)
    return None


def _beyond(
    bound: Bound, moments: Sequence[Moment], met: Sequence[Comparison], said: Words
) -> Comparison | None:
    """What readings beyond the limit make of the record; None where there is none, or few enough.

    A reading before too long a gap, and the last one, last for an unknown time.
    """
    first = _first(Finding.BROKEN, moments, met, said)
    if first is None or bound.longest_beyond is None:
        return first
    if moments[0].at is None:
        without = Words("；没有时间，不能算超出多久", "; without times nobody knows for how long")
        reason = Words(f"{first.reason.zh}{without.zh}", f"{first.reason.en}{without.en}")
        return Comparison(Finding.OPEN, reason, said, first.value)
    total, known = _time_beyond(bound, moments, met)
    allowed = parse_decimal(bound.longest_beyond)
    told = Words(
        f"{said.zh}，超出限量合计 {plain_text(total)} min",
        f"{said.en}, {plain_text(total)} min beyond the limit in total",
    )
    if total > allowed:
        reason = Words(
            f"{told.zh}，多于允许的 {allowed:f} min", f"{told.en}: more than {allowed:f} min"
        )
        return Comparison(Finding.BROKEN, reason, said, first.value)
    if known:
        return None
    reason = Words(
        f"{told.zh}，另有超出的读数不知道持续多久，不能判定",
        f"{told.en}, and nobody knows how long another reading beyond it lasted: undecided",
    )
    return Comparison(Finding.OPEN, reason, said, first.value)


def _time_beyond(
    bound: Bound, moments: Sequence[Moment], met: Sequence[Comparison]
) -> tuple[Fraction, bool]:
    """Minutes surely beyond the limit, and whether the length of every reading beyond is known."""
    longest = None if bound.longest_gap is None else parse_decimal(bound.longest_gap)
    total, known = Fraction(0), met[-1].finding is not Finding.BROKEN
    for (before, after), one in zip(pairwise(moments), met, strict=False):
        if one.finding is not Finding.BROKEN:
            continue
        step = _minutes(before, after)
        if longest is not None and step > longest:
            known = False
        else:
            total += step
    return total, known


def _minutes(before: Moment, after: Moment) -> Fraction:
    if before.at is None or after.at is None:
        return Fraction(0)
    return Fraction(int((after.at - before.at).total_seconds()), 60)


def _gap(
    bound: Bound, moments: Sequence[Moment], met: Sequence[Comparison], said: Words
) -> Comparison | None:
    """The first gap of the record that is too long."""
    if bound.longest_gap is None:
        return None
    if moments[0].at is None or len(moments) < 2:
        reason = Words(
            f"{said.zh}，没有时间，看不出有没有间断",
            f"{said.en}: without times nobody can see gaps in the record",
        )
        return Comparison(Finding.OPEN, reason, said)
    for before, after in pairwise(moments):
        step = _minutes(before, after)
        if step > parse_decimal(bound.longest_gap):
            reason = Words(
                f"{before.told} 到 {after.told} 之间 {plain_text(step)} min 没有读数，"
                f"多于允许的 {bound.longest_gap} min，不能判定",
                f"no reading for {plain_text(step)} min between {before.told} and {after.told}, "
                f"more than {bound.longest_gap} min: undecided",
            )
            return Comparison(Finding.OPEN, reason, said)
    return None


def _open_reading(
    bound: Bound, moments: Sequence[Moment], met: Sequence[Comparison], said: Words
) -> Comparison | None:
    return _first(Finding.OPEN, moments, met, said)


def _all_hold(
    bound: Bound, symbol: str, moments: Sequence[Moment], met: Sequence[Comparison], said: Words
) -> Words:
    zh, en = limit_text(bound, symbol), limit_text(bound, symbol, "en")
    if all(one.finding is Finding.HOLDS for one in met):
        return Words(f"{said.zh}都符合 {zh}", f"all {said.en} are {en}")
    total = plain_text(_time_beyond(bound, moments, met)[0])
    return Words(
        f"{said.zh}，超出限量合计 {total} min，符合 {zh}",
        f"{said.en}, {total} min beyond the limit in total: within {en}",
    )
