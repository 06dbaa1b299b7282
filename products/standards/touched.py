"""What a verb on standards changed, and which products may have to be judged again for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from products.models import Product
from products.standards.models import Clause, Edition, ProductStandard, Requirement, Standard


@dataclass(frozen=True)
class Touched:
    """Which limits changed and which products they concern: what may have to be judged again.

    `owner`: the only party whose goods they can concern; None where it is everybody's.
    """

    requirements: tuple[UUID, ...]
    products: tuple[UUID, ...]
    owner: UUID | None = None


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
    owners = [row.clause.edition.standard.owner_id for row in rows]
    return Touched(
        tuple(row.id for row in rows),
        tuple(id_ for id_ in found if id_),
        owners[0] if owners else None,
    )


def together(parts: Iterable[Touched]) -> Touched:
    """What several changes of one standard concern."""
    parts = tuple(parts)
    return Touched(
        tuple(one for part in parts for one in part.requirements),
        tuple({one for part in parts for one in part.products}),
        parts[0].owner if parts else None,
    )


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
    owner = session.scalar(select(Standard.owner_id).where(Standard.id == standard_id))
    return Touched(touched.requirements, tuple({*touched.products, *named}), owner)
