"""Measurement uncertainty and the laboratory's decision rule: plain, or with a guard band of U."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.words import Words
from products.errors import RuleError
from products.numbers import parse_decimal, visible
from trace.inspections.findings import Finding, amount, scaled
from trace.inspections.results import Result


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """U (k = 2) of a result in the unit `symbol`. `guarded`: it decides; otherwise it is shown."""

    amount: Decimal | None = None
    guarded: bool = False
    symbol: str = ""

    def guard(self, target: str) -> Fraction:
        """How far from the limit a value must be, in the unit `target`; 0 by the plain rule.

        Raises RuleError where the rule is guarded and nobody gave U.
        """
        if not self.guarded:
            return Fraction(0)
        if self.amount is None:
            raise RuleError(
                "uncertainty_missing",
                "按保护带判定要给出扩展不确定度 U",
                "To decide with a guard band give the expanded uncertainty U",
            )
        return scaled(self.amount, self.symbol, target)

    def told(self) -> Words:
        """U in brackets behind a value; empty where nobody gave it."""
        if self.amount is None:
            return Words("", "")
        said = amount(self.amount, self.symbol)
        return Words(f"（U={said.zh}，k=2）", f" (U = {said.en}, k = 2)")

    def rule(self) -> Words:
        """The decision rule, to follow how the value was compared; empty without U."""
        if self.guarded:
            return Words("，保护带 w=U", ", guard band w = U")
        if self.amount is None:
            return Words("", "")
        return Words("，简单接受", ", simple acceptance")


NO_UNCERTAINTY = Uncertainty()


def uncertainty_of(result: Result) -> Uncertainty:
    """What the laboratory says of a result; RuleError unless U is a number above 0."""
    if result.uncertainty is None or result.uncertainty == "":
        return Uncertainty(None, result.guarded, result.unit)
    try:
        found = parse_decimal(result.uncertainty)
    except RuleError as error:
        raise RuleError(
            "uncertainty_unreadable",
            f"不确定度“{visible(result.uncertainty)}”读不懂：请填一个大于 0 的数，单位与结果相同",
            f'The uncertainty "{visible(result.uncertainty)}" cannot be read: give a number '
            "above 0 in the unit of the result",
        ) from error
    if found <= 0:
        raise RuleError(
            "uncertainty_not_positive", "不确定度要大于 0", "An uncertainty must be above 0"
        )
    return Uncertainty(found, result.guarded, result.unit)


def beside(held_by_worst: bool, held_by_best: bool) -> Finding:
    """One side of a limit: it holds if even the worst end of the value holds, and so on."""
    if held_by_worst:
        return Finding.HOLDS
    return Finding.OPEN if held_by_best else Finding.BROKEN
