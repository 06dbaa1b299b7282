"""Whether an instrument or a method could give a value: calibrated on the day, able to read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from core.words import Words
from products.errors import RuleError
from products.numbers import FULL_WIDTH, parse_decimal, plain_text
from products.phrases import unit_text
from products.units import comparable, ratio, unit

DAYS_OF_WARNING = 30
_BETWEEN = re.compile(r"[;；、\s]+")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One calibration: done on a day, good until `due_on`, that day included."""

    calibrated_on: date
    due_on: date
    certificate_number: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an instrument measures: its unit, the ends of what it can read, its characteristics."""

    name: str
    unit: str
    lowest: str | None = None
    highest: str | None = None
    characteristics: tuple[str, ...] = ()
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """One characteristic of a method: its unit, and the detection limit as typed, if given."""

    characteristic: str
    unit: str
    detection_limit: str | None = None


class DueState(StrEnum):
    """How an instrument's calibration stands on a day."""

    VALID = "valid"
    SOON = "soon"
    EXPIRED = "expired"
    NEVER = "never"


def counting(calibrations: Iterable[Calibrated], on: date) -> Calibrated | None:
    """The calibration that counts on a day: the latest done by then; of one day's, the last one."""
    done = [one for one in calibrations if one.calibrated_on <= on]
    best: Calibrated | None = None
    for one in done:
        if best is None or one.calibrated_on >= best.calibrated_on:
            best = one
    return best


def due_state(calibrations: Iterable[Calibrated], on: date) -> DueState:
    """Valid, due within 30 days, expired, or never calibrated by that day."""
    last = counting(calibrations, on)
    if last is None:
        return DueState.NEVER
    if last.due_on < on:
        return DueState.EXPIRED
    return DueState.SOON if (last.due_on - on).days <= DAYS_OF_WARNING else DueState.VALID


def doubt(name: str, calibrations: Iterable[Calibrated], on: date) -> Words | None:
    """Why a value measured with the instrument `name` on a day cannot count, or None."""
    last = counting(calibrations, on)
    if last is None:
        return Words(
            f"仪器“{name}”在 {on} 以前没有校准或检定记录",
            f'Instrument "{name}" has no calibration on record by {on}',
        )
    if last.due_on < on:
        return Words(
            f"仪器“{name}”的校准有效期到 {last.due_on}，{on} 测量时已过期",
            f'The calibration of instrument "{name}" was good until {last.due_on}; '
            f"it had run out when it measured on {on}",
        )
    return None


def check_reach(reach: Reach, characteristic: str, typed: str, symbol: str) -> None:
    """Refuse with RuleError what the instrument cannot have given.

    `typed` may hold several readings; what is no number (未检出, <0.01, 符合) has no end to pass.
    """
    if reach.retired:
        raise RuleError(
            "instrument-retired",
            f"仪器“{reach.name}”已经停用，请选在用的仪器",
            f'Instrument "{reach.name}" is retired; choose one in use',
        )
    if folded(characteristic) not in {folded(one) for one in reach.characteristics}:
        listed = "、".join(reach.characteristics)
        raise RuleError(
            "instrument-not-for-it",
            f"仪器“{reach.name}”不测“{characteristic}”（它测：{listed}），请换仪器或先在仪器页加上",
            f'Instrument "{reach.name}" does not measure "{characteristic}" (it measures '
            f"{listed}); choose another, or add it on the instrument's page",
        )
    symbol = symbol or reach.unit
    if not comparable(unit(symbol), unit(reach.unit)):
        raise RuleError(
            "instrument-other-dimension",
            f"仪器“{reach.name}”读 {unit_text(reach.unit)}，不能得出以 {unit_text(symbol)} 计的值",
            f'Instrument "{reach.name}" reads {unit_text(reach.unit, "en")}; it gives no value '
            f"in {unit_text(symbol, 'en')}",
        )
    for number in _numbers(typed):
        _check_range(reach, number, symbol)


def _numbers(typed: str) -> Iterable[Decimal]:
    for part in _BETWEEN.split(typed.translate(FULL_WIDTH)):
        try:
            yield parse_decimal(part)
        except RuleError:
            continue


def _check_range(reach: Reach, number: Decimal, symbol: str) -> None:
    value = Fraction(number) * ratio(unit(symbol), unit(reach.unit))
    said = f"{plain_text(number)} {unit_text(symbol)}".rstrip()
    said_en = f"{plain_text(number)} {unit_text(symbol, 'en')}".rstrip()
    if reach.highest is not None and value > Fraction(parse_decimal(reach.highest)):
        raise RuleError(
            "above-the-instrument",
            f"{said} 超过仪器“{reach.name}”能读的最大值 {reach.highest} {unit_text(reach.unit)}，"
            "请核对数值和单位",
            f'{said_en} is above the highest reading of instrument "{reach.name}", '
            f"{reach.highest} {unit_text(reach.unit, 'en')}; check the value and its unit",
        )
    if reach.lowest is not None and value < Fraction(parse_decimal(reach.lowest)):
        raise RuleError(
            "below-the-instrument",
            f"{said} 低于仪器“{reach.name}”能读的最小值 {reach.lowest} {unit_text(reach.unit)}，"
            f"请填 <{reach.lowest} 或“未检出”",
            f'{said_en} is below the lowest reading of instrument "{reach.name}", '
            f"{reach.lowest} {unit_text(reach.unit, 'en')}; give <{reach.lowest} or ND",
        )


def check_measured(
    designation: str,
    measured: Iterable[Measured],
    characteristic: str,
    symbol: str,
    retired: bool = False,
) -> None:
    """Refuse with RuleError a characteristic or a unit that the method does not give."""
    measured = tuple(measured)
    if retired:
        raise RuleError(
            "method-retired",
            f"方法 {designation} 已经停用，请改用现行方法",
            f"Method {designation} is retired; use the one in force",
        )
    own = [one for one in measured if folded(one.characteristic) == folded(characteristic)]
    if not own:
        listed = "、".join(one.characteristic for one in measured)
        raise RuleError(
            "method-not-for-it",
            f"方法 {designation} 不测“{characteristic}”（登记的是：{listed}）",
            f'Method {designation} does not measure "{characteristic}" (registered: {listed})',
        )
    if symbol and not any(comparable(unit(symbol), unit(one.unit)) for one in own):
        raise RuleError(
            "method-other-dimension",
            f"方法 {designation} 的“{characteristic}”以 {unit_text(own[0].unit)} 计，"
            f"与 {unit_text(symbol)} 不能换算",
            f'Method {designation} gives "{characteristic}" in {unit_text(own[0].unit, "en")}, '
            f"which cannot be compared with {unit_text(symbol, 'en')}",
        )


def folded(text: str) -> str:
    """One spelling for one name: width, case and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
