"""Rows of the database as the frozen values that the rules know, and back."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.words import Words
from products.models import Product, ProductTerm
from products.requirements import Bound, BoundKind, Certainty, Nature, Scope, Subject, When
from products.requirements import Edition as EditionRule
from products.requirements import Requirement as RequirementRule
from products.rulebook import Rulebook
from products.standards.models import Characteristic, Clause, Edition, Requirement, Standard
from products.standards.stamp import kept

_COLUMNS = (
    "id", "code", "stage", "subject", "scope", "bound", "unit", "method", "nature", "certainty",
    "enforce", "note",
)  # fmt: skip


def rulebook_for(session: Session, product_id: UUID, declared: Iterable[str] = ()) -> Rulebook:
    """What is written about a product: its grades, every edition, its current requirements.

    Ids are those of the rows as text; `product` of a requirement is the product's key. Requirements
    that hold for every product are among them, a producer's own standard only where goods declare
    it. Kept in the process until a rule changes.
    """
    return whole_rulebook(session, product_id).declaring(declared)


def whole_rulebook(session: Session, product_id: UUID) -> Rulebook:
    """The same with the own standards of every producer; not to be shown to anybody as it is."""
    return kept(session, "rulebook", product_id, lambda: _rulebook(session, product_id))


def _rulebook(session: Session, product_id: UUID) -> Rulebook:
    grades = session.scalars(
        select(ProductTerm.name)
        .where(ProductTerm.product_id == product_id, ProductTerm.kind == "grade")
        .order_by(ProductTerm.rank)
    )
    editions = _editions(session)
    return Rulebook(
        grades=tuple(grades),
        editions=tuple(editions.values()),
        requirements=tuple(_requirements(session, product_id, editions)),
    )


def _editions(session: Session) -> dict[UUID, EditionRule]:
    query = (
        select(
            Edition.id, Edition.designation, Edition.starts, Edition.ends,
            Standard.number, Standard.level, Standard.owner_id,
        )
        .join(Standard, Standard.id == Edition.standard_id)
        .order_by(Edition.designation)
    )  # fmt: skip
    return {
        row.id: _edition(row, row.number, row.level, row.owner_id) for row in session.execute(query)
    }


def _requirements(
    session: Session, product_id: UUID, editions: dict[UUID, EditionRule]
) -> list[RequirementRule]:
    """The current rows, read by column: this runs at every inspection."""
    query = (
        select(
            *(getattr(Requirement, name) for name in _COLUMNS),
            Clause.edition_id,
            Clause.number,
            Characteristic.name,
            Characteristic.name_en,
            Product.key,
        )
        .join(Clause, Clause.id == Requirement.clause_id)
        .join(Characteristic, Characteristic.id == Requirement.characteristic_id)
        .outerjoin(Product, Product.id == Requirement.product_id)
        .where(or_(Requirement.product_id == product_id, Requirement.product_id.is_(None)))
        .where(Requirement.retired_at.is_(None))
        .order_by(Requirement.code)
    )
    return [
        _requirement(
            row, editions[row.edition_id], row.number, Words(row.name, row.name_en), row.key
        )
        for row in session.execute(query)
    ]


def edition_rule(edition: Edition) -> EditionRule:
    """An edition of the database as the rules know it."""
    standard = edition.standard
    return _edition(edition, standard.number, standard.level, standard.owner_id)


def requirement_rule(session: Session, row: Requirement) -> RequirementRule:
    """One requirement, of whatever revision, as the rules know it."""
    product = session.get(Product, row.product_id) if row.product_id else None
    names = Words(row.characteristic.name, row.characteristic.name_en)
    return _requirement(
        row,
        edition_rule(row.clause.edition),
        row.clause.number,
        names,
        product.key if product else None,
    )


def _edition(row: Any, standard: str, level: str, owner: UUID | None) -> EditionRule:
    return EditionRule(
        id=str(row.id),
        standard=standard,
        designation=row.designation,
        level=level,
        starts=row.starts,
        ends=row.ends,
        own=owner is not None,
    )


def _requirement(
    row: Any, edition: EditionRule, clause: str, names: Words, product: str | None
) -> RequirementRule:
    return RequirementRule(
        id=str(row.id),
        code=row.code,
        characteristic=names.zh,
        characteristic_en=names.en,
        stage=row.stage,
        bound=bound_of(row.bound),
        nature=Nature(row.nature),
        certainty=Certainty(row.certainty),
        enforce=row.enforce,
        edition=edition,
        clause=clause,
        product=product,
        subject=Subject(row.subject),
        scope=scope_of(row.scope),
        unit=row.unit,
        method=row.method or "",
        note=row.note or "",
    )


def bound_json(bound: Bound) -> dict[str, Any]:
    """A bound as it is kept: its kind and what differs from the default."""
    return {"kind": bound.kind.value} | _stated(bound, "kind")


def bound_of(raw: dict[str, Any]) -> Bound:
    """A kept bound; raises RuleError where it cannot be one."""
    return Bound(**_tuples(raw) | {"kind": BoundKind(raw["kind"])})


def scope_json(scope: Scope) -> dict[str, Any]:
    """A scope as it is kept; empty fields are left out."""
    kept = _stated(scope, "when")
    if scope.when is not None:
        kept["when"] = {
            "characteristic": scope.when.characteristic,
            "bound": bound_json(scope.when.bound),
            "unit": scope.when.unit,
        }
    return kept


def scope_of(raw: dict[str, Any]) -> Scope:
    """A kept scope."""
    values = _tuples(raw)
    when = values.pop("when", None)
    if when is not None:
        when = When(when["characteristic"], bound_of(when["bound"]), when["unit"])
    return Scope(**values, when=when)


def _stated(value: Bound | Scope, skipped: str) -> dict[str, Any]:
    """The fields of `value` that differ from their default, tuples as lists."""
    kept: dict[str, Any] = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if field.name == skipped or (field.default is not MISSING and held == field.default):
            continue
        kept[field.name] = list(held) if isinstance(held, tuple) else held
    return kept


def _tuples(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(held) if isinstance(held, list) else held for name, held in raw.items()}
