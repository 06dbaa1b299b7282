"""Looking up standards: lists, single rows, and the nine links of a product on a day."""

from __future__ import annotations

from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, Text, or_, select, type_coerce
from sqlalchemy.orm import Session

from core.act import Act
from core.errors import not_found
from core.words import Words
from products.requirements import Certainty
from products.standards.keeping import seen_by
from products.standards.links import EditionFacts, StageView, nine_links
from products.standards.models import Clause, Edition, ProductStandard, Requirement, Standard
from products.standards.rules import rulebook_for

Row = TypeVar("Row")


def links_on(session: Session, product_id: UUID, on: date) -> tuple[StageView, ...]:
    """The nine links of a product on a day."""
    rulebook = rulebook_for(session, product_id)
    return nine_links(rulebook, _shown_facts(session, product_id), on)


def _shown_facts(session: Session, product_id: UUID) -> dict[str, EditionFacts]:
    linked = set(
        session.scalars(
            select(ProductStandard.standard_id).where(ProductStandard.product_id == product_id)
        )
    )
    return {
        str(row.id): EditionFacts(
            title=Words(row.standard.title, row.standard.title_en),
            status=row.status,
            certainty=Certainty(row.certainty),
            stages=tuple(row.standard.stages),
            linked=row.standard_id in linked,
        )
        for row in session.scalars(select(Edition))
    }


def find_standards(
    act: Act, words: str | None, level: str | None, stage: str | None
) -> Select[Standard]:
    """Standards that the actor may know of, by number or title, level and stage."""
    query = select(Standard).where(seen_by(act))
    if words:
        title = Standard.title.contains(words, autoescape=True)
        title_en = Standard.title_en.icontains(words, autoescape=True)
        query = query.where(or_(Standard.number.icontains(words, autoescape=True), title, title_en))
    if level:
        query = query.where(Standard.level == level)
    if stage:
        query = query.where(type_coerce(Standard.stages, Text).contains(f'"{stage}"'))
    return query


def standard_by_id(session: Session, standard_id: UUID) -> Standard:
    """One standard; NotFound where there is none."""
    return _one(session, Standard, standard_id, "标准", "standard")


def edition_by_id(session: Session, edition_id: UUID) -> Edition:
    """One edition; NotFound where there is none."""
    return _one(session, Edition, edition_id, "标准版本", "edition")


def clause_by_id(session: Session, clause_id: UUID) -> Clause:
    """One clause; NotFound where there is none."""
    return _one(session, Clause, clause_id, "条款", "clause")


def requirement_by_id(session: Session, requirement_id: UUID) -> Requirement:
    """One revision of a requirement, retired ones too; NotFound where there is none."""
    return _one(session, Requirement, requirement_id, "要求", "requirement")


def _one(session: Session, model: type[Row], identity: UUID, zh: str, en: str) -> Row:
    row = session.get(model, identity)
    if row is None:
        raise not_found(zh, en)
    return row


def clauses_of(session: Session, edition_id: UUID) -> list[Clause]:
    """The clauses of an edition, by their numbers."""
    query = select(Clause).where(Clause.edition_id == edition_id)
    return list(session.scalars(query.order_by(Clause.number)))


def requirements_of(session: Session, edition_id: UUID) -> list[Requirement]:
    """The current requirements of an edition, by their codes."""
    query = (
        select(Requirement)
        .join(Clause, Clause.id == Requirement.clause_id)
        .where(Clause.edition_id == edition_id, Requirement.retired_at.is_(None))
        .order_by(Requirement.code)
    )
    return list(session.scalars(query))


def revisions_of(session: Session, code: str) -> list[Requirement]:
    """Every revision of a requirement, newest first: what was corrected stays to be seen."""
    query = select(Requirement).where(Requirement.code == code)
    return list(session.scalars(query.order_by(Requirement.revision.desc())))
