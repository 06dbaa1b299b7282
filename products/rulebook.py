"""Which edition is in force on a day, and which requirements of a product apply to a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from products.requirements import Edition, Requirement, Scope, Subject


@dataclass(frozen=True, slots=True)
class BatchFacts:
    """What a scope looks at in a batch; None: not stated. `matrix` is what the goods consist of.

    `declared`: the standards that the producer declares to follow (企业标准自我声明公开).
    """

    product: str
    product_name: str = ""
    grade: str | None = None
    form: str | None = None
    process: str | None = None
    condition: str | None = None
    matrix: str | None = None
    declared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rulebook:
    """All that is written about one product, over all editions and days.

    `grades` best first; `requirements` of all editions, so that an edition in force for which no
    limit of this product has been entered can be told from one that has none.
    """

    grades: tuple[str, ...]
    editions: tuple[Edition, ...]
    requirements: tuple[Requirement, ...]

    @cached_property
    def entered(self) -> frozenset[str]:
        """Ids of the editions with at least one requirement of this product."""
        return frozenset(r.edition.id for r in self.requirements)

    @cached_property
    def by_characteristic(self) -> dict[str, tuple[Requirement, ...]]:
        """The requirements of each characteristic, over all editions."""
        rows: dict[str, list[Requirement]] = {}
        for requirement in self.requirements:
            rows.setdefault(requirement.characteristic, []).append(requirement)
        return {name: tuple(found) for name, found in rows.items()}


def in_force(editions: Iterable[Edition], on: date) -> dict[str, Edition]:
    """For each standard the edition in force on that day: the last that had started by then.

    An earlier edition never comes back when its successor ends.
    """
    latest: dict[str, Edition] = {}
    for edition in editions:
        if edition.effective_start > on:
            continue
        known = latest.get(edition.standard)
        if known is None or _order(edition) > _order(known):
            latest[edition.standard] = edition
    return {s: e for s, e in latest.items() if e.ends is None or on <= e.ends}


def _order(edition: Edition) -> tuple[date, str]:
    return edition.effective_start, edition.designation


def scope_gaps(scope: Scope, batch: BatchFacts) -> tuple[str, ...] | None:
    """None where the row is not for this batch; else the fields that the batch does not state.

    An empty answer is a full match. A row that may apply is never dropped because a field of the
    batch was left empty (missing is never a pass). Matrices are not looked at: results have them.
    """
    gaps = []
    for name, wanted, stated in (
        ("grade", scope.grades, batch.grade),
        ("form", scope.forms, batch.form),
        ("process", scope.processes, batch.process),
        ("condition", scope.conditions, batch.condition),
    ):
        if not wanted or stated in wanted:
            continue
        if stated:
            return None
        gaps.append(name)
    return tuple(gaps)


def requirements_in_force(rulebook: Rulebook, on: date) -> tuple[Requirement, ...]:
    """Every requirement of the editions in force on that day, duties of parties included."""
    ids = {edition.id for edition in in_force(rulebook.editions, on).values()}
    return tuple(r for r in rulebook.requirements if r.edition.id in ids)


def applicable(rulebook: Rulebook, batch: BatchFacts, on: date) -> tuple[Requirement, ...]:
    """The requirements in force on that day whose scope takes in the batch, or may.

    Duties of parties are left out: they stand on the product page and never reach the judge.
    """
    return tuple(
        r
        for r in requirements_in_force(rulebook, on)
        if r.subject is not Subject.PARTY
        and r.product in (None, batch.product)
        and scope_gaps(r.scope, batch) is not None
    )
