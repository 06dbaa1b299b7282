"""Which edition is in force on a day, and which requirements of a product apply to a batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from products.requirements import Bound, Edition, Requirement, Scope, Subject, declared_standards


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

    @cached_property
    def bounds(self) -> dict[str, tuple[tuple[Bound, str], ...]]:
        """The different bounds of each characteristic with their units, over all editions.

        A total without a limit of its own has those of the parts that it clears.
        """
        rows = {**self._cleared, **self.by_characteristic}
        return {name: _different((r.bound, r.unit) for r in found) for name, found in rows.items()}

    @cached_property
    def _cleared(self) -> dict[str, tuple[Requirement, ...]]:
        names = {r.bound.cleared_by for r in self.requirements} - {None}
        return {
            str(name): tuple(r for r in self.requirements if r.bound.cleared_by == name)
            for name in names
        }

    @cached_property
    def own_standards(self) -> frozenset[str]:
        """The standards of single producers (企业标准, 采购方规格) among them."""
        return frozenset(edition.standard for edition in self.editions if edition.own)

    def declaring(self, declared: Iterable[str]) -> Rulebook:
        """The rules of goods that declare these standards: of producers' own ones only those."""
        wanted = self.own_standards & declared_standards(declared)
        if wanted == self.own_standards:
            return self
        if wanted not in self._narrowed:
            self._narrowed[wanted] = Rulebook(
                self.grades,
                tuple(e for e in self.editions if not e.own or e.standard in wanted),
                tuple(
                    r
                    for r in self.requirements
                    if not r.edition.own or r.edition.standard in wanted
                ),
            )
        return self._narrowed[wanted]

    @cached_property
    def _narrowed(self) -> dict[frozenset[str], Rulebook]:
        return {}


def _different(bounds: Iterable[tuple[Bound, str]]) -> tuple[tuple[Bound, str], ...]:
    """Each once, in their order."""
    found: list[tuple[Bound, str]] = []
    for bound in bounds:
        if bound not in found:
            found.append(bound)
    return tuple(found)


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
