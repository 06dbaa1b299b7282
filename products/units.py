"""The closed table of units: what can be compared with what, and by which exact factor.

Nothing is converted by way of floats, and nothing across dimensions. A mass is kept in whole
milligrams, goods that are counted in whole pieces.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from core.words import Words
from products.errors import RuleError
from products.numbers import PADDING, exact_decimal, plain_text, visible


class Dimension(StrEnum):
    """What a unit measures; each count is a dimension of its own (three 头 are not three 只)."""

    MASS_FRACTION = "mass_fraction"
    RATIO = "ratio"
    MASS = "mass"
    TEMPERATURE = "temperature"
    LENGTH = "length"
    TIME = "time"
    MONTHS = "months"
    WORKING_DAYS = "working_days"
    FREQUENCY = "frequency"
    MONEY = "money"
    AREA = "area"
    LAYERS = "layers"
    MULTIPLE = "multiple"
    PLAIN = "plain"
    PLANTS = "plants"
    HEADS = "heads"
    ANIMALS = "animals"
    FISH = "fish"
    COLONIES_BY_MASS = "colonies_by_mass"
    COLONIES_BY_VOLUME = "colonies_by_volume"
    PROBABLE_NUMBER = "probable_number"
    BAGS = "bags"
    BOXES = "boxes"


COUNTS = frozenset(
    {
        Dimension.PLANTS,
        Dimension.HEADS,
        Dimension.ANIMALS,
        Dimension.FISH,
        Dimension.BAGS,
        Dimension.BOXES,
    }
)
BELOW_ZERO = frozenset({Dimension.TEMPERATURE, Dimension.PLAIN})


class UnitError(RuleError):
    """An unknown unit, or units that cannot be compared, or an amount that is not whole."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of the table: `factor` is its size in the base unit of its dimension.

    Bases: 1 (mass fraction, ratio), mg (mass), mm (length), min (time); otherwise the unit itself.
    `names` are the words printed beside a number; `also` are other ways of writing the symbol.
    """

    symbol: str
    dimension: Dimension
    factor: Fraction
    names: Words
    also: tuple[str, ...] = ()


def _of(
    symbol: str, dimension: Dimension, factor: str = "1", en: str = "", also: str = "", zh: str = ""
) -> Unit:
    names = Words(zh or symbol, en or symbol)
    return Unit(symbol, dimension, Fraction(factor), names, tuple(also.split()))


D = Dimension
UNITS: tuple[Unit, ...] = (
    _of("mg/kg", D.MASS_FRACTION, "1/1000000", also="毫克/千克"),
    _of("μg/kg", D.MASS_FRACTION, "1/1000000000", also="ug/kg 微克/千克"),
    _of("g/kg", D.MASS_FRACTION, "1/1000", also="克/千克"),
    _of("g/100g", D.MASS_FRACTION, "1/100", en="g/100 g", also="克/100克"),
    _of("mg/100g", D.MASS_FRACTION, "1/100000", en="mg/100 g", also="毫克/100克"),
    _of("mg/g", D.MASS_FRACTION, "1/1000", also="毫克/克"),
    _of("%（质量分数）", D.MASS_FRACTION, "1/100", zh="%", en="%"),
    _of("%", D.RATIO, "1/100"),
    _of("℃", D.TEMPERATURE, en="°C", also="°C 摄氏度"),
    _of("mg", D.MASS, "1", also="毫克"),
    _of("g", D.MASS, "1000", also="克"),
    _of("kg", D.MASS, "1000000", also="千克 公斤"),
    _of("t", D.MASS, "1000000000", also="吨"),
    _of("斤", D.MASS, "500000", en="jin (500 g)", also="市斤"),
    _of("mm", D.LENGTH, "1", also="毫米"),
    _of("cm", D.LENGTH, "10", also="厘米"),
    _of("m", D.LENGTH, "1000", also="米"),
    _of("min", D.TIME, "1", also="分钟"),
    _of("h", D.TIME, "60", also="小时"),
    _of("d", D.TIME, "1440", zh="天", en="days", also="天 日"),
    _of("月", D.MONTHS, zh="个月", en="months", also="个月"),
    _of("工作日", D.WORKING_DAYS, zh="个工作日", en="working days", also="个工作日"),
    _of("次/年", D.FREQUENCY, en="times a year"),
    _of("元", D.MONEY, en="yuan"),
    _of("亩", D.AREA, en="mu"),
    _of("层", D.LAYERS, en="layers"),
    _of("倍", D.MULTIPLE, en="times"),
    _of("CFU/g", D.COLONIES_BY_MASS, also="cfu/g"),
    _of("CFU/mL", D.COLONIES_BY_VOLUME, also="cfu/mL cfu/ml CFU/ml"),
    _of("MPN/g", D.PROBABLE_NUMBER),
    _of("MPN/100g", D.PROBABLE_NUMBER, "1/100", en="MPN/100 g"),
    _of("—", D.PLAIN, zh=" ", en=" ", also="-"),
    _of("株", D.PLANTS, en="plants"),
    _of("头", D.HEADS, en="head"),
    _of("只", D.ANIMALS, en="animals"),
    _of("尾", D.FISH, en="fish"),
    _of("袋", D.BAGS, en="bags"),
    _of("盒", D.BOXES, en="boxes"),
)


def _key(text: str) -> str:
    """One spelling for one unit: µ is μ, ％ is %, （ is (, ℃ is °C, blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", text).split())


_BY_NAME = {_key(name): unit for unit in UNITS for name in (unit.symbol, *unit.also)}
_BY_NAME |= {unit.symbol: unit for unit in UNITS}


@lru_cache(maxsize=512)
def unit(text: str) -> Unit:
    """The unit that `text` writes, in any spelling of the table; UnitError for any other."""
    found = _BY_NAME.get(text) or _BY_NAME.get(_key(text.strip(PADDING)))
    if found is None:
        raise UnitError(
            "unit_unknown",
            f"没有“{visible(text)}”这个单位，请从单位表中选一个",
            f'"{visible(text)}" is not a unit of the table: choose one from the list',
        )
    return found


def comparable(one: Unit, other: Unit) -> bool:
    """Whether values in the two units can be compared.

    A bare % says nothing of what it is a part of (moisture, humidity, a price), so it meets mass
    fractions only where they are hundredths too: %（质量分数） and g/100g, never mg/kg.
    """
    if one.dimension is other.dimension:
        return True
    hundredths = one.factor == other.factor == Fraction(1, 100)
    return hundredths and {one.dimension, other.dimension} == {
        Dimension.MASS_FRACTION,
        Dimension.RATIO,
    }


def ratio(source: Unit, target: Unit) -> Fraction:
    """How many `target` one `source` is, exactly; UnitError where they cannot be compared."""
    if not comparable(source, target):
        raise UnitError(
            "unit_of_another_dimension",
            f"单位 {source.symbol} 与 {target.symbol} 不能互相换算，请改用 {target.symbol}",
            f"{source.symbol} cannot be converted to {target.symbol}: "
            f"give the value in {target.symbol}",
        )
    return source.factor / target.factor


def convert(value: Decimal, source: str, target: str) -> Decimal:
    """`value` in `source` as exactly the same amount in `target`.

    Raises UnitError for unknown units, for units of different dimensions, and where the digits
    would never end (20 min in h).
    """
    exact = exact_decimal(Fraction(value) * ratio(unit(source), unit(target)))
    if exact is None:
        raise UnitError(
            "unit_not_exact",
            f"{plain_text(value)} {source} 换算成 {target} 除不尽",
            f"{plain_text(value)} {source} is not an exact number of {target}",
        )
    return exact


def to_milligrams(quantity: Decimal, symbol: str) -> int:
    """A mass as whole milligrams; UnitError if `symbol` is no mass or a milligram would be cut."""
    source = unit(symbol)
    if source.dimension is not Dimension.MASS:
        raise UnitError(
            "unit_not_mass",
            f"单位 {source.symbol} 不是质量单位，请用公斤、斤、吨或克",
            f"{source.symbol} is not a unit of mass: use kg, jin, t or g",
        )
    return _whole(Fraction(quantity) * source.factor, "mg")


def from_milligrams(milligrams: int, symbol: str) -> Decimal:
    """Whole milligrams in the mass unit `symbol`, exactly."""
    return convert(Decimal(milligrams), "mg", symbol)


def to_count(quantity: Decimal, symbol: str) -> int:
    """Goods that are counted, as a whole number of pieces; UnitError otherwise."""
    counted = unit(symbol)
    if counted.dimension not in COUNTS:
        raise UnitError(
            "unit_not_count",
            f"单位 {counted.symbol} 不是计数单位，请用株、头、只、尾、袋或盒",
            f"{counted.symbol} does not count pieces: use 株, 头, 只, 尾, 袋 or 盒",
        )
    return _whole(Fraction(quantity), counted.symbol)


def _whole(amount: Fraction, symbol: str) -> int:
    if amount.denominator != 1:
        raise UnitError(
            "quantity_not_whole",
            f"数量太细：折合 {plain_text(amount)} {symbol}，最小到 1 {symbol}",
            f"The quantity is too fine: it is {plain_text(amount)} {symbol}, "
            f"the smallest step is 1 {symbol}",
        )
    return amount.numerator
