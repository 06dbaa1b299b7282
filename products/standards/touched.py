"""What a verb on standards changed, and which products may have to be judged again for it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from products.models import Product
from products.standards.models import Clause, Edition, ProductStandard, Requirement


@dataclass(frozen=True)
class Touched:
    """Which limits changed and which products they concern: what may have to be judged again."""

    requirements: tuple[UUID, ...]
    products: tuple[UUID, ...]


@dataclass(frozen=True)
class Published:
    """A new edition, and the editions that it closed."""

    edition: Edition
    closed: tuple[Edition, ...]
    touched: Touched


@dataclass(frozen=True)
class Revised:
    """A new revision of a limit, and the one that it retired (None: the limit is new)."""

    requirement: Requirement
    replaced: Requirement | None
    touched: Touched


def touched_by(session: Session, *rows: Requirement) -> Touched:
    """What these limits concern; one for every product concerns them all."""
    products = {row.product_id for row in rows}
    found = products - {None} if None not in products else session.scalars(select(Product.id))
    return Touched(tuple(row.id for row in rows), tuple(id_ for id_ in found if id_))


def touched_by_standard(session: Session, standard_id: UUID) -> Touched:
    """Every current limit of a standard, and the products that it concerns."""
    rows = list(
        session.scalars(
            select(Requirement)
            .join(Clause, Clause.id == Requirement.clause_id)
            .join(Edition, Edition.id == Clause.edition_id)
            .where(Edition.standard_id == standard_id, Requirement.retired_at.is_(None))
        )
    )
    named = session.scalars(
        select(ProductStandard.product_id).where(ProductStandard.standard_id == standard_id)
    )
    touched = touched_by(session, *rows)
    return Touched(touched.requirements, tuple({*touched.products, *named}))
