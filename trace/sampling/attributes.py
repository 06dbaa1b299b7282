"""RULE: how many units of a lot are drawn, and how many bad ones are borne.

GB/T 2828.1 single sampling by attributes (normal and tightened), GB/T 8302 for packages of tea. A
standard whose table is not held gives no number: it is drawn as agreed with the sender, and said
so. Every answer names its standard and how sure its table is. The tables are read by reader.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.words import Words
from products.errors import RuleError
from products.requirements import Certainty

NORMAL, TIGHTENED = "normal", "tightened"
SEVERITIES = (NORMAL, TIGHTENED)
LARGEST_LOT = 1_000_000
"""More units in one lot are not numbered by hand; sample them in several lots."""


@dataclass(frozen=True)
class Scheme:
    """One column of the master table: severity and AQL, and by letter n, Ac and Re."""

    severity: str
    aql: str
    certainty: Certainty
    plans: Mapping[str, tuple[int, int, int]]


@dataclass(frozen=True)
class AttributeTable:
    """GB/T 2828.1: for each smallest lot the letters of all levels, and the schemes."""

    standard: str
    title: str
    source: str
    levels: tuple[str, ...]
    letters_certainty: Certainty
    letters: tuple[tuple[int, tuple[str, ...]], ...]
    schemes: tuple[Scheme, ...]

    def aqls(self, severity: str) -> tuple[str, ...]:
        """The acceptance quality limits that there is a column for."""
        return tuple(scheme.aql for scheme in self.schemes if scheme.severity == severity)


@dataclass(frozen=True)
class PackageRow:
    """From `least` packages on: take + ceil((packages - over) / per); per 0 adds nothing."""

    least: int
    take: int
    over: int
    per: int


@dataclass(frozen=True)
class PackageTable:
    """GB/T 8302: how many packages are opened."""

    standard: str
    title: str
    source: str
    certainty: Certainty
    rows: tuple[PackageRow, ...]


@dataclass(frozen=True)
class UnreadTable:
    """A sampling standard that is known to stand, but whose table is not held."""

    standard: str
    title: str
    source: str
    certainty: Certainty


@dataclass(frozen=True)
class HowMany:
    """The answer: `n` of `lot` units; None: no table is held, as agreed with the sender.

    `accept` bad units still pass the lot, `reject` fail it; None where the rule knows no such
    number. `whole`: every unit is looked at.
    """

    standard: str
    certainty: Certainty
    source: str
    lot: int
    n: int | None
    accept: int | None = None
    reject: int | None = None
    letter: str | None = None
    level: str | None = None
    aql: str | None = None
    severity: str | None = None

    @property
    def whole(self) -> bool:
        """Whether every unit of the lot is looked at."""
        return self.n is not None and self.n >= self.lot

    @property
    def words(self) -> Words:
        """The answer as a sentence."""
        if self.n is None:
            return Words(
                f"{self.standard} 的抽样数量表还没有录入，按与送检方的约定抽",
                f"The table of {self.standard} is not entered; drawn as agreed with the sender",
            )
        if self.whole:
            return Words(
                f"{self.standard}：全数检验，{self.lot} 件都看",
                f"{self.standard}: all {self.lot} units are inspected",
            )
        return Words(
            f"{self.standard}：{self.lot} 件里抽 {self.n} 件",
            f"{self.standard}: {self.n} of {self.lot} units",
        )


def checked_lot(lot: int) -> int:
    """A number of units that can be drawn from; RuleError otherwise."""
    if not 1 <= lot <= LARGEST_LOT:
        raise RuleError(
            "lot-out-of-range",
            f"批量要在 1 至 {LARGEST_LOT} 件之间；更多的分成几个检验批",
            f"A lot has 1 to {LARGEST_LOT} units; inspect more in several lots",
        )
    return lot


def code_letter(table: AttributeTable, lot: int, level: str) -> str | None:
    """The code letter of a lot (table 1); None for a single unit, which has none."""
    if level not in table.levels:
        listed = "、".join(table.levels)
        raise RuleError(
            "no-such-level",
            f"没有检验水平 {level}，可选：{listed}",
            f"There is no inspection level {level}; known: {', '.join(table.levels)}",
        )
    row = [letters for least, letters in table.letters if least <= checked_lot(lot)]
    return row[-1][table.levels.index(level)] if row else None


def by_attributes(
    table: AttributeTable, lot: int, level: str, aql: str, severity: str = NORMAL
) -> HowMany:
    """n, Ac and Re of a lot by GB/T 2828.1; n at or above the lot means all of it.

    Raises RuleError for a level, an AQL or a lot that the tables do not have.
    """
    letter = code_letter(table, lot, level)
    scheme = _scheme(table, aql, severity)
    sure = weaker(table.letters_certainty, scheme.certainty)
    said = HowMany(
        table.standard, sure, table.source, lot, 1, 0, 1, None, level, scheme.aql, severity
    )
    if letter is None:
        return said
    n, accept, reject = scheme.plans[letter]
    return replace(said, n=min(n, lot), accept=accept, reject=reject, letter=letter)


def _scheme(table: AttributeTable, aql: str, severity: str) -> Scheme:
    for scheme in table.schemes:
        if (scheme.severity, scheme.aql) == (severity, aql):
            return scheme
    known = table.aqls(severity)
    if not known:
        raise RuleError(
            "no-such-severity",
            "只有正常检验和加严检验的一次抽样方案",
            "Only normal and tightened single sampling are held",
        )
    raise RuleError(
        "no-such-aql",
        f"没有 AQL {aql} 这一栏，可选：{'、'.join(known)}",
        f"There is no column for AQL {aql}; known: {', '.join(known)}",
    )


def packages_to_open(table: PackageTable, packages: int) -> HowMany:
    """How many packages of tea are opened by GB/T 8302; a begun step counts as a whole one."""
    row = [one for one in table.rows if one.least <= checked_lot(packages)][-1]
    more = -(-(packages - row.over) // row.per) if row.per else 0
    n = min(row.take + more, packages)
    return HowMany(table.standard, table.certainty, table.source, packages, n)


def as_agreed(table: UnreadTable, lot: int, agreed: int | None = None) -> HowMany:
    """A standard without a table: the number that sender and laboratory agreed on, if any."""
    if agreed is not None and not 1 <= agreed <= checked_lot(lot):
        raise RuleError(
            "agreed-out-of-range",
            f"约定抽的件数要在 1 至 {lot} 之间",
            f"The agreed number lies between 1 and {lot}",
        )
    return HowMany(table.standard, table.certainty, table.source, checked_lot(lot), agreed)


def weaker(one: Certainty, other: Certainty) -> Certainty:
    """The less sure of two."""
    order = list(Certainty)
    return max(one, other, key=order.index)
