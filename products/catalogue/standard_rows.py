"""Standards, editions, clauses, requirements and release plans from the catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select

from products.catalogue import rows
from products.catalogue.changes import Loading, is_so, joined
from products.models import CATALOGUE
from products.plans.models import ReleasePlan
from products.plans.service import plan_facts, plan_values, plans_of, put_plan
from products.standards.facts import edition_facts, requirement_facts, standard_facts
from products.standards.models import Characteristic, Clause, Edition, Requirement, Standard
from products.standards.rules import bound_json, edition_rule, scope_json


def load_standards(load: Loading, standards: tuple[rows.Standard, ...]) -> None:
    """The standards with their editions."""
    load.standards = {row.number: row for row in load.act.session.scalars(select(Standard))}
    load.editions = {row.designation: row for row in load.act.session.scalars(select(Edition))}
    for place, standard in enumerate(standards):
        wanted = {
            "title": standard.title,
            "title_en": standard.title_en,
            "level": standard.level,
            "stages": list(standard.stages),
            "certainty": standard.certainty.value,
            "source": standard.source,
        }
        row = load.standards.get(standard.number)
        if row is None:
            row = Standard(
                id=uuid.uuid4(), number=standard.number, origin=CATALOGUE, version=1,
                created_at=load.act.at - timedelta(microseconds=place), **wanted,
            )  # fmt: skip
            load.add("standard", standard.number, row, standard_facts)
            load.standards[standard.number] = row
        else:
            load.settle("standard", standard.number, row, wanted, standard_facts)
        for edition in _closed(standard.editions):
            _load_edition(load, standard, row, edition)


def _closed(editions: tuple[rows.Edition, ...]) -> Iterator[rows.Edition]:
    """An edition without a last day ends the day before its successor starts."""
    for before, after in pairwise(editions):
        if before.ends is None and after.starts is not None:
            yield replace(before, ends=after.starts - timedelta(days=1))
        else:
            yield before
    yield from editions[-1:]


def _load_edition(
    load: Loading, standard: rows.Standard, row: Standard, edition: rows.Edition
) -> None:
    own_source = edition.source if edition.source != standard.source else None
    wanted = {
        "year": edition.year,
        "starts": edition.starts,
        "ends": edition.ends,
        "status": edition.status,
        "certainty": edition.certainty.value,
        "note": joined(edition.note, f"来源：{own_source}" if own_source else None),
    }
    name = edition.designation
    known = load.editions.get(name)
    if known is not None:
        load.settle("edition", name, known, wanted, edition_facts)
        return
    made = Edition(
        id=uuid.uuid4(), standard=row, designation=name, origin=CATALOGUE, version=1,
        created_at=load.act.at, **wanted,
    )  # fmt: skip
    load.add("edition", name, made, edition_facts)
    load.editions[name] = made


@dataclass
class _Terms:
    """Clauses and characteristics, made when they are first needed."""

    load: Loading
    clauses: dict[tuple[uuid.UUID, str], Clause] = field(default_factory=dict)
    characteristics: dict[str, Characteristic] = field(default_factory=dict)

    @classmethod
    def of(cls, load: Loading) -> _Terms:
        """Those that are there."""
        session = load.act.session
        return cls(
            load,
            {(row.edition_id, row.number): row for row in session.scalars(select(Clause))},
            {row.name: row for row in session.scalars(select(Characteristic))},
        )

    def clause(self, designation: str, number: str) -> Clause:
        """A clause of an edition; the number is empty where the source does not tell it."""
        edition = self.load.editions[designation]
        row = self.clauses.get((edition.id, number))
        if row is None:
            row = Clause(id=uuid.uuid4(), edition=edition, number=number)
            self.load.put(row)
            self.load.did("added", "clause", f"{designation} {number}".rstrip(), row)
            self.clauses[edition.id, number] = row
        return row

    def characteristic(self, name: str, name_en: str) -> Characteristic:
        """What is measured, by its Chinese name."""
        row = self.characteristics.get(name)
        if row is None:
            row = Characteristic(id=uuid.uuid4(), name=name, name_en=name_en or name)
            self.load.put(row)
            self.load.did("added", "characteristic", name, row)
            self.characteristics[name] = row
        return row


def load_requirements(load: Loading, requirements: tuple[rows.Requirement, ...]) -> None:
    """The limits; one that the catalogue no longer has is retired unless a person stands by it."""
    terms = _Terms.of(load)
    session = load.act.session
    query = select(Requirement).where(Requirement.retired_at.is_(None))
    current = {row.code: row for row in session.scalars(query)}
    newest = select(Requirement.code, func.max(Requirement.revision)).group_by(Requirement.code)
    latest = {code: revision for code, revision in session.execute(newest)}
    for requirement in requirements:
        row = current.pop(requirement.code, None)
        wanted = _values(load, terms, requirement)
        if row is None or not is_so(row, wanted):
            _load_requirement(load, row, requirement, wanted, latest.get(requirement.code, 0) + 1)
    for row in current.values():
        if row.origin == CATALOGUE:
            _retire(load, row)
            load.did("retired", "requirement", row.code, row, row.product_id)


def _load_requirement(
    load: Loading,
    row: Requirement | None,
    requirement: rows.Requirement,
    wanted: dict[str, Any],
    revision: int,
) -> None:
    """A new revision in the place of `row`, unless a person confirmed or corrected it."""
    name = f"{requirement.code} {requirement.characteristic}"
    if row is not None and row.origin != CATALOGUE:
        load.did("kept", "requirement", name, row, row.product_id)
        return
    if row is not None:
        _retire(load, row)
    made = Requirement(
        id=uuid.uuid4(), code=requirement.code, revision=revision, origin=CATALOGUE,
        created_at=load.act.at, **wanted,
    )  # fmt: skip
    load.put(made)
    load.act.record("requirement", made.id, **requirement_facts(made))
    load.did("added" if row is None else "updated", "requirement", name, made, made.product_id)


def _retire(load: Loading, row: Requirement) -> None:
    row.retired_at = load.act.at
    load.act.session.flush()
    load.act.record("requirement-retired", row.id, code=row.code, revision=row.revision)


def _values(load: Loading, terms: _Terms, requirement: rows.Requirement) -> dict[str, Any]:
    product = load.products[requirement.product] if requirement.product else None
    measured = terms.characteristic(requirement.characteristic, requirement.characteristic_en)
    return {
        "clause": terms.clause(requirement.edition, requirement.clause or ""),
        "product_id": product.id if product else None,
        "characteristic": measured,
        "stage": requirement.stage,
        "subject": requirement.subject.value,
        "scope": scope_json(requirement.scope),
        "bound": bound_json(requirement.bound),
        "unit": requirement.unit,
        "method": requirement.method,
        "nature": requirement.nature.value,
        "certainty": requirement.certainty.value,
        "enforce": requirement.enforce,
        "note": joined(requirement.note, requirement.edition_note),
        "sources": list(requirement.sources),
    }


def load_plans(load: Loading, plans: tuple[rows.Plan, ...]) -> None:
    """The plans that standards lay down, and the characteristics that only they name."""
    terms = _Terms.of(load)
    for plan in plans:
        product = load.products[plan.product]
        for item in plan.plan.every_batch:
            terms.characteristic(item.characteristic, item.characteristic_en)
        starts = plan.plan.starts or edition_rule(load.editions[plan.plan.standard]).effective_start
        wanted = plan_values(plan.plan) | {"starts": starts}
        earlier = plans_of(load.act.session, product.id)
        if earlier and is_so(earlier[0], wanted):
            continue
        if any(row.origin != CATALOGUE for row in earlier):
            load.did("kept", "release-plan", product.name, earlier[0], product.id)
            continue
        made = ReleasePlan(
            id=uuid.uuid4(), product_id=product.id, origin=CATALOGUE, created_at=load.act.at,
            **wanted,
        )  # fmt: skip
        put_plan(load.act.session, made)
        load.act.record("release-plan", made.id, **plan_facts(made))
        load.did("updated" if earlier else "added", "release-plan", product.name, made, product.id)
