"""RULE: every posting sums to zero per form, and goods never fall below nothing.

Amounts are whole numbers in the form's base: milligrams, or a count.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from core.words import Words
from products.numbers import plain_text

COUNTER_ACCOUNTS = frozenset({"harvest", "process", "loss", "market", "destroyed"})


class UnbalancedError(ValueError):
    """A posting whose lines do not sum to zero: a mistake of the program, never of a person."""


class NotEnoughError(ValueError):
    """Goods are asked for that are not there: `there` stands on the account, `asked` was wanted."""

    def __init__(self, account: str, there: int, asked: int, batch: Hashable = None) -> None:
        super().__init__(f"{account}: {asked} asked, {there} there")
        self.account, self.there, self.asked, self.batch = account, there, asked, batch


@dataclass(frozen=True)
class Line:
    """`amount` is added to `account` of one form of a batch; negative takes away."""

    account: str
    amount: int
    form: str
    batch: Hashable = None


Key = tuple[Hashable, str, str]


def check_posting(lines: Iterable[Line], balances: Mapping[Key, int]) -> None:
    """Whether `lines` may be booked on `balances`, keyed by (batch, form, account).

    Raises UnbalancedError where a form does not sum to zero, NotEnoughError where a goods account
    would fall below nothing.
    """
    sums: dict[str, int] = defaultdict(int)
    after: dict[Key, int] = defaultdict(int)
    for line in lines:
        sums[line.form] += line.amount
        after[line.batch, line.form, line.account] += line.amount
    broken = sorted(form for form, total in sums.items() if total != 0)
    if broken:
        raise UnbalancedError(f"does not sum to zero: {', '.join(broken)}")
    for key, change in after.items():
        there = balances.get(key, 0)
        if key[2] not in COUNTER_ACCOUNTS and there + change < 0:
            raise NotEnoughError(key[2], there, -change, key[0])


def reversed_lines(lines: Iterable[Line]) -> list[Line]:
    """The posting that undoes these lines."""
    return [replace(line, amount=-line.amount) for line in lines]


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """`total` divided by `weights` into whole amounts that sum to it exactly.

    By largest remainder, the first of equals first: rounding is booked and never lost. Raises
    ValueError where there is nothing to divide by.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be positive together, and none below nothing")
    shares = [total * weight // whole for weight in weights]
    rest = total - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for place in by_remainder[:rest]:
        shares[place] += 1
    return shares


def amount_words(amount: int, base: str) -> Words:
    """An amount of a base for people: kilograms, or pieces."""
    if base != "mass":
        return Words(f"{amount} 个", f"{amount} pieces")
    text = plain_text(Fraction(amount, 1_000_000))
    return Words(f"{text} 公斤", f"{text} kg")


def labels_possible(stock: int, net_content: int) -> int:
    """How many whole packs of `net_content` the stock still gives."""
    if net_content <= 0:
        raise ValueError("net content must be positive")
    return max(0, stock) // net_content
