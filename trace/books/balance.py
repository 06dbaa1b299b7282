"""RULE: every posting sums to zero per form, and goods never fall below nothing.

Amounts are whole numbers in the form's base: milligrams, or a count.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

COUNTER_ACCOUNTS = frozenset({"harvest", "process", "loss", "market", "destroyed"})


class UnbalancedError(ValueError):
    """A posting whose lines do not sum to zero: a mistake of the program, never of a person."""


class NotEnoughError(ValueError):
    """Goods are asked for that are not there: `there` stands on the account, `asked` was wanted."""

    def __init__(self, account: str, there: int, asked: int) -> None:
        super().__init__(f"{account}: {asked} asked, {there} there")
        self.account, self.there, self.asked = account, there, asked


@dataclass(frozen=True)
class Line:
    """`amount` is added to `account` of one form; negative takes away."""

    account: str
    amount: int
    form: str


def check_posting(lines: Iterable[Line], balances: Mapping[tuple[str, str], int]) -> None:
    """Whether `lines` may be booked on `balances`, keyed by (form, account).

    Raises UnbalancedError where a form does not sum to zero, NotEnoughError where a goods account
    would fall below nothing.
    """
    sums: dict[str, int] = defaultdict(int)
    after: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        sums[line.form] += line.amount
        after[line.form, line.account] += line.amount
    broken = sorted(form for form, total in sums.items() if total != 0)
    if broken:
        raise UnbalancedError(f"does not sum to zero: {', '.join(broken)}")
    for (form, account), change in sorted(after.items()):
        there = balances.get((form, account), 0)
        if account not in COUNTER_ACCOUNTS and there + change < 0:
            raise NotEnoughError(account, there, -change)


def labels_possible(stock: int, net_content: int) -> int:
    """How many whole packs of `net_content` the stock still gives."""
    if net_content <= 0:
        raise ValueError("net content must be positive")
    return max(0, stock) // net_content
