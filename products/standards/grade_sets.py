"""The grade limits of an edition as sets, checked before one is entered or corrected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import FieldFault
from products.grading import FaultKind, GradeLimit, GradingFault, grading_faults
from products.models import Product
from products.requirements import Bound, Scope
from products.standards.models import Clause, Requirement
from products.standards.rules import bound_of, scope_of

CODES = {
    FaultKind.TWICE: "grades-twice",
    FaultKind.OVERLAP: "grades-overlap",
    FaultKind.LOOSER: "grades-looser",
    FaultKind.GAP: "grades-gap",
}


@dataclass(frozen=True)
class SetLimit:
    """A limit as it would stand: `pointer` is where it was typed, None for one that stands."""

    id: str
    characteristic: str
    subject: str
    scope: Scope
    bound: Bound
    unit: str
    pointer: str | None = None


def set_faults(
    session: Session,
    edition_id: UUID,
    product: Product | None,
    typed: Sequence[SetLimit],
    *,
    whole: bool = False,
    corrects: str | None = None,
) -> Iterator[tuple[str, FieldFault]]:
    """Code and fault of every limit typed that does not fit the others of its set.

    `whole`: gaps are told too. `corrects` is the code of the limit that a correction takes the place
    of: one grade is then corrected before the other, so that only an overlap is told. What stood
    before and does not fit is not held against what is typed.
    """
    if product is None:
        return
    standing = _standing(session, edition_id, product.id, corrects)
    pointers = {limit.id: limit.pointer for limit in typed}
    for limits in _sets([*standing, *typed], typed):
        for found in grading_faults(product.names("grade"), limits, whole=whole):
            pointer = pointers.get(found.other) or pointers.get(found.one)
            passing = corrects is not None and found.kind is FaultKind.LOOSER
            if pointer is not None and not passing:
                yield CODES[found.kind], FieldFault(pointer, found.words)


def faults_of_edition(session: Session, edition_id: UUID) -> list[GradingFault]:
    """What does not fit among all grade limits that an edition has now, gaps among it."""
    query = select(Product).where(
        Product.id.in_(
            select(Requirement.product_id)
            .join(Clause, Clause.id == Requirement.clause_id)
            .where(Clause.edition_id == edition_id)
        )
    )
    found: list[GradingFault] = []
    for product in session.scalars(query.order_by(Product.key)):
        standing = _standing(session, edition_id, product.id, None)
        for limits in _sets(standing, standing):
            found += grading_faults(product.names("grade"), limits, whole=True)
    return found


def _standing(
    session: Session, edition_id: UUID, product_id: UUID, left_out: str | None
) -> list[SetLimit]:
    query = (
        select(Requirement)
        .join(Clause, Clause.id == Requirement.clause_id)
        .where(
            Clause.edition_id == edition_id,
            Requirement.product_id == product_id,
            Requirement.retired_at.is_(None),
        )
        .order_by(Requirement.code)
    )
    return [_as_standing(row) for row in session.scalars(query) if row.code != left_out]


def _as_standing(row: Requirement) -> SetLimit:
    return SetLimit(
        id=row.code,
        characteristic=row.characteristic.name,
        subject=row.subject,
        scope=scope_of(row.scope),
        bound=bound_of(row.bound),
        unit=row.unit,
    )


def _sets(limits: Iterable[SetLimit], typed: Iterable[SetLimit]) -> Iterator[list[GradeLimit]]:
    """The sets that the typed limits belong to, as the rule takes them."""
    sets: dict[tuple[str, str, Scope], list[GradeLimit]] = {}
    for limit in limits:
        if limit.scope.grades:
            one = GradeLimit(limit.id, limit.scope.grades, limit.bound, limit.unit)
            sets.setdefault(_key(limit), []).append(one)
    for key in dict.fromkeys(_key(limit) for limit in typed if limit.scope.grades):
        yield sets[key]


def _key(limit: SetLimit) -> tuple[str, str, Scope]:
    return limit.characteristic, limit.subject, replace(limit.scope, grades=())
