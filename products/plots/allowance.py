"""RULE: what the approved plots of a party may give in a year, and when the season is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction


def granted(areas: Sequence[Decimal], per_mu: int) -> int:
    """The allowance of a year: the sum of the approved `areas` (亩) times `per_mu`, rounded down.

    `per_mu` and the answer are in the base of the form: whole milligrams, or a count.
    ValueError for a negative area or cap.
    """
    if per_mu < 0 or any(area < 0 for area in areas):
        raise ValueError("areas and caps are not negative")
    total = sum((Fraction(area) for area in areas), Fraction(0)) * per_mu
    return total.numerator // total.denominator


def in_season(day: date, first: date | None, last: date | None) -> bool:
    """Whether `day` lies in the season, both ends included; an end that nobody set is open."""
    return (first is None or first <= day) and (last is None or day <= last)
