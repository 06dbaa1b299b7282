"""How often a limit holds: a share with its interval, and a plain count where there are few."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

FEW = 20
"""Below so many values a share would say more than is known: only the counts are told."""
_Z = Decimal("1.959964")
_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Rate:
    """`holds` values out of `of` that were held against a limit."""

    holds: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.holds <= self.of:
            raise ValueError(f"{self.holds} of {self.of} cannot hold")

    @property
    def few(self) -> bool:
        """Whether there are too few for a percentage."""
        return self.of < FEW

    @property
    def share(self) -> Decimal | None:
        """The share from 0 to 1; None where there are too few."""
        return None if self.few else Decimal(self.holds) / self.of

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        """The share's 95 % interval; None where there are too few."""
        return None if self.few else wilson(self.holds, self.of)


def wilson(holds: int, of: int) -> tuple[Decimal, Decimal]:
    """The 95 % score interval of a share, from 0 to 1; ValueError for a share of nothing.

    E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212. Unlike the
    usual one it stays within 0 and 1 and keeps a width where all or none hold.
    """
    if of <= 0 or not 0 <= holds <= of:
        raise ValueError(f"there is no share {holds} of {of}")
    share, squared = Decimal(holds) / of, _Z * _Z
    stretch = _ONE + squared / of
    middle = (share + squared / (2 * of)) / stretch
    spread = (share * (_ONE - share) / of + squared / (4 * of * of)).sqrt() * _Z / stretch
    low = Decimal(0) if holds == 0 else max(middle - spread, Decimal(0))
    high = _ONE if holds == of else min(middle + spread, _ONE)
    return low, high
