"""The vocabulary of what ought to be: editions, requirements, scopes, release plans.

Also what a requirement may do to a batch. Which rows are in force and apply is in
products/rulebook.py, how they read as sentences in products/phrases.py.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from core.words import Words
from products.bounds import Bound as Bound
from products.bounds import BoundKind as BoundKind
from products.bounds import RequirementError as RequirementError
from products.units import unit

STAGES = (
    "grading",
    "production",
    "processing",
    "preservation",
    "storage",
    "transport",
    "packaging",
    "marking",
    "testing",
)
STAGE_NAMES = {
    "grading": Words("分级", "grading"),
    "production": Words("生产", "production"),
    "processing": Words("加工", "processing"),
    "preservation": Words("保鲜", "preservation"),
    "storage": Words("存储", "storage"),
    "transport": Words("运输", "transport"),
    "packaging": Words("包装", "packaging"),
    "marking": Words("标志", "marking"),
    "testing": Words("质量检测", "testing"),
}


ENTERPRISE, BUYER = "enterprise", "buyer"
"""The levels of standards that a producer may have of its own."""


class Nature(StrEnum):
    """性质: what kind of statement a requirement is."""

    MANDATORY = "mandatory"
    RECOMMENDED = "recommended"
    REFERENCE = "reference"
    PROCEDURE = "procedure"
    BENCHMARK = "benchmark"


class Certainty(StrEnum):
    """How sure the catalogue is of a fact."""

    CONFIRMED = "confirmed"
    ONE_SOURCE = "one-source"
    UNVERIFIED = "unverified"


class Subject(StrEnum):
    """对象: what a requirement is about. A party's duty never reaches the judge."""

    BATCH = "batch"
    PACKAGE = "package"
    PARTY = "party"


class Weight(StrEnum):
    """What a broken requirement does to a batch: fail it, hold it until verified, or nothing."""

    FAILS = "fails"
    HOLDS = "holds"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class When:
    """A condition on the package under which a row applies: 售价 > 200 元."""

    characteristic: str
    bound: Bound
    unit: str


@dataclass(frozen=True, slots=True)
class Scope:
    """适用范围: a row applies when every field matches; an empty field matches everything.

    `matrices` (肌肉, 肝脏 …) are matched by what each result was measured on.
    """

    grades: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    matrices: tuple[str, ...] = ()
    when: When | None = None


@dataclass(frozen=True)
class Edition:
    """版本: `standard` is the number without year, `designation` with it.

    `starts` is the first day in force, None where it is not known; `ends` is the LAST day in
    force (inclusive), None while it is open. `own`: of a producer's own standard, which is there
    only for goods that declare it.
    """

    id: str
    standard: str
    designation: str
    level: str = ""
    starts: date | None = None
    ends: date | None = None
    own: bool = False

    @property
    def starts_certain(self) -> bool:
        """False: shown with the mark 起始日待核实."""
        return self.starts is not None

    @cached_property
    def effective_start(self) -> date:
        """The first day it counts from.

        An unknown first day is 1 January after the year in the number (GB 2762-2022: 2023-01-01);
        without a year in the number it counts from ever.
        """
        if self.starts is not None:
            return self.starts
        year = _YEAR.search(self.designation)
        return date(int(year[1]) + 1, 1, 1) if year else date.min


@dataclass(frozen=True)
class Requirement:
    """要求: a limit on a characteristic, with the place it comes from and how sure that is.

    `product` None means every product. `unit` is a unit of products/units.py, empty where the
    bound needs none. `code` is the number by which people refer to it.
    """

    id: str
    code: str
    characteristic: str
    stage: str
    bound: Bound
    nature: Nature
    certainty: Certainty
    enforce: bool
    edition: Edition
    clause: str = ""
    product: str | None = None
    characteristic_en: str = ""
    subject: Subject = Subject.BATCH
    scope: Scope = field(default_factory=Scope)
    unit: str = ""
    method: str = ""
    note: str = ""

    @cached_property
    def strictness(self) -> Strictness:
        """Sorts rows of one characteristic, the strictest first."""
        return strictness(self.bound, self.unit)


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One item that every batch needs, with the clause that asks it."""

    characteristic: str
    clause: str = ""
    characteristic_en: str = ""


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """放行方案 of a product: what must stand before a batch is released, and who says so.

    `standard` is the plan's own (it counts as declared), `starts`/`ends` first and last day.
    `type_items` None: a type inspection covers every enforced requirement of stage testing;
    empty: the plan asks no type inspection. `documents` are (stage, name of the document).
    """

    id: str
    standard: str
    clause: str
    source: str
    every_batch: tuple[PlanItem, ...]
    certainty: Certainty
    type_items: tuple[str, ...] | None = None
    type_per_year: int | None = None
    type_months: int | None = None
    stage_events: tuple[str, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    starts: date | None = None
    ends: date | None = None
    sample: bool = False

    def __post_init__(self) -> None:
        if not self.every_batch and self.type_items == ():
            raise RequirementError(
                "plan_asks_nothing",
                "放行方案至少要有一个每批检验项目或型式检验项目",
                "A release plan must ask for at least one item, of every batch or by type "
                "inspection",
            )
        unknown = [
            s for s in (*self.stage_events, *(d[0] for d in self.documents)) if s not in STAGES
        ]
        if unknown:
            raise RequirementError(
                "plan_unknown_stage",
                f"没有“{unknown[0]}”这个环节",
                f'"{unknown[0]}" is not one of the nine stages',
            )

    @property
    def validity_months(self) -> int | None:
        """How long a type inspection stays valid: as the authority set, else 12/n for n a year."""
        if self.type_months is not None:
            return self.type_months
        return max(1, 12 // self.type_per_year) if self.type_per_year else None

    def stands_on(self, on: date) -> bool:
        """Whether the plan is in force on that day."""
        started = self.starts is None or self.starts <= on
        return started and (self.ends is None or on <= self.ends)


Strictness = tuple[int, Fraction, bool, bool, Fraction, bool]
LEAST_STRICT: Strictness = (4, Fraction(0), False, False, Fraction(0), False)


def strictness(bound: Bound, symbol: str) -> Strictness:
    """A key in which a stricter limit is smaller: 不得检出, upper limits, lower limits, the rest.

    Of two equal upper limits the open one is stricter, then the one with the higher lower limit. A
    class plan stands by what no unit may exceed.
    """
    size = unit(symbol).factor if symbol else Fraction(1)
    lower, upper = bound.lower_value, bound.top_value
    low = (lower is None, -Fraction(lower or 0) * size, not bound.lower_open)
    if bound.kind is BoundKind.NOT_DETECTED:
        return 0, *LEAST_STRICT[1:]
    if upper is not None:
        return 1, Fraction(upper) * size, not bound.upper_open, *low
    if lower is not None:
        return 2, Fraction(0), False, *low
    return 3, *LEAST_STRICT[1:]


_YEAR = re.compile(r"[-—–（(](\d{4})[）)]?$")


def standard_of(designation: str) -> str:
    """The number without its year: `GB/T 14456.3-2016` → `GB/T 14456.3`."""
    return _YEAR.sub("", designation.strip())


def declared_standards(texts: Iterable[str]) -> frozenset[str]:
    """The standards that a producer declares, however their years were written."""
    return frozenset(standard_of(text) for text in texts)


def binds(requirement: Requirement, declared: Collection[str]) -> bool:
    """Whether it is a duty here: mandatory always, recommended once its standard is declared.

    `declared` are standards without year, as declared_standards gives them.
    """
    if requirement.nature is Nature.MANDATORY:
        return True
    return requirement.nature is Nature.RECOMMENDED and requirement.edition.standard in declared


def may_fail(requirement: Requirement) -> bool:
    """Whether a broken limit can fail a batch at all: sure of its number, and a real limit."""
    real = requirement.nature in (Nature.MANDATORY, Nature.RECOMMENDED)
    return real and requirement.enforce and requirement.certainty is Certainty.CONFIRMED


def weight(requirement: Requirement, declared: Collection[str]) -> Weight:
    """What breaking it does: a confirmed limit fails, a one-source limit holds (待核实).

    What is not enforced, not verified at all, not binding here, or only for reference decides
    nothing.
    """
    if not requirement.enforce or not binds(requirement, declared):
        return Weight.SHOWN
    if requirement.certainty is Certainty.CONFIRMED:
        return Weight.FAILS
    return Weight.HOLDS if requirement.certainty is Certainty.ONE_SOURCE else Weight.SHOWN
