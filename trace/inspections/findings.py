"""What holding one value against one limit can say: it holds, it is broken, or nobody can say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from core.words import Words
from products.errors import RuleError
from products.numbers import exact_decimal, plain_text, round_to
from products.phrases import unit_text
from products.units import ratio, unit


class Finding(StrEnum):
    """What comparing says; `open` means that it cannot be said."""

    HOLDS = "holds"
    BROKEN = "broken"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A finding with its reason; `value` is the number in the limit's unit, for drawing."""

    finding: Finding
    reason: Words
    read: Words | None = None
    value: str = ""


def worst(findings: Iterable[Finding]) -> Finding:
    """Broken if any is broken, else open if any is open or there is none, else holds."""
    found = set(findings)
    if Finding.BROKEN in found:
        return Finding.BROKEN
    return Finding.OPEN if Finding.OPEN in found or not found else Finding.HOLDS


def scaled(number: Decimal, source: str, target: str) -> Fraction:
    """`number` of the unit `source` in the unit `target`, exactly; RuleError where it cannot be."""
    if source == target:
        return Fraction(number)
    if not source:
        raise RuleError(
            "unit_missing",
            f"没有填单位，不能与以 {target} 计的限量比较",
            f"Without a unit it cannot be compared with a limit in {target}",
        )
    return Fraction(number) * ratio(unit(source), unit(target))


def drawn(value: Fraction) -> str:
    """A number as text for drawing, cut to six digits where it never ends."""
    exact = exact_decimal(value)
    return plain_text(exact if exact is not None else round_to(value, 6))


def amount(number: Decimal | Fraction, symbol: str) -> Words:
    """A number with its unit: 5.01 mg/kg."""
    text = plain_text(number)
    return Words(
        f"{text} {unit_text(symbol)}".rstrip(), f"{text} {unit_text(symbol, 'en')}".rstrip()
    )
