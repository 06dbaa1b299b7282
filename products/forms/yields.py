"""RULE: whether what came out of a processing lies within what the form can give.

Amounts are in the bases of their forms, milligrams or a count; a range is in its own units, and is
held against the amounts exactly, as fractions.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from products.units import Dimension, unit


@dataclass(frozen=True)
class Range:
    """At least `low` and at most `high` of `unit` for one `per_unit`, both included.

    `proven`: it has a source. Without one it is 待核实 and nothing falls outside of it.
    """

    low: Decimal
    high: Decimal
    unit: str
    per_unit: str
    proven: bool


def in_unit(amount: int, symbol: str) -> Fraction:
    """An amount of a base in a unit: milligrams in a mass unit, a count as it is."""
    told = unit(symbol)
    return Fraction(amount) / (told.factor if told.dimension is Dimension.MASS else 1)


def yielded(went_in: int, came_out: int, within: Range) -> Fraction:
    """How many `unit` came out for one `per_unit`; ValueError where nothing went in."""
    if went_in <= 0:
        raise ValueError("nothing went in")
    return in_unit(came_out, within.unit) / in_unit(went_in, within.per_unit)


def falls_outside(went_in: int, came_out: int, within: Range | None) -> bool:
    """Whether a proven range was left; nothing falls outside of none."""
    if within is None or not within.proven:
        return False
    found = yielded(went_in, came_out, within)
    return not Fraction(within.low) <= found <= Fraction(within.high)
