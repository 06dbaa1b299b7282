"""The built-in catalogue into the database: again and again, and never over what a person edited.

A changed limit becomes a new revision and the old one is retired; a new edition closes the one
before it; a row that a person has edited stays as it is, and that is said.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal

from sqlalchemy import func, select

from core.act import ADMIN, Act
from products.catalogue import rows
from products.catalogue.reader import read_catalogue
from products.models import CATALOGUE, Division, DivisionAlias, GiRecord, Product
from products.plans.models import ReleasePlan
from products.plans.service import plan_facts, plan_values, put_plan
from products.requirements import Certainty
from products.requirements import Edition as EditionRule
from products.requirements import ReleasePlan as PlanRule
from products.service import Parts, gi_facts, product_facts, set_parts
from products.standards.models import (
    Characteristic,
    Clause,
    Edition,
    ProductStandard,
    Requirement,
    Standard,
)
from products.standards.rules import bound_json, scope_json
from products.standards.service import edition_facts, requirement_facts, standard_facts

Action = Literal["added", "updated", "kept", "retired"]


@dataclass(frozen=True)
class Change:
    """One thing that loading did. `kept`: the catalogue says otherwise, but a person edited it.

    `product_id` None: it concerns no product, or every one.
    """

    action: Action
    kind: str
    name: str
    id: uuid.UUID | None = None
    product_id: uuid.UUID | None = None


@dataclass
class _Loading:
    """What one loading knows, by the names that the catalogue uses, and has done so far."""

    act: Act
    changes: list[Change] = field(default_factory=list)
    products: dict[str, Product] = field(default_factory=dict)
    standards: dict[str, Standard] = field(default_factory=dict)
    editions: dict[str, Edition] = field(default_factory=dict)
    characteristics: dict[str, Characteristic] = field(default_factory=dict)
    clauses: dict[tuple[uuid.UUID, str], Clause] = field(default_factory=dict)

    def did(
        self, action: Action, kind: str, name: str, row: Any = None, product: Any = None
    ) -> None:
        """Remember a change."""
        self.changes.append(Change(action, kind, name, getattr(row, "id", None), product))

    def add(self, kind: str, name: str, row: Any, facts: Callable[[Any], dict[str, object]]) -> Any:
        """A new row, put on record."""
        self.act.session.add(row)
        self.act.session.flush()
        self.act.record(kind, row.id, **facts(row))
        self.did("added", kind, name, row, getattr(row, "product_id", None))
        return row

    def settle(
        self,
        kind: str,
        name: str,
        row: Any,
        wanted: dict[str, Any],
        facts: Callable[[Any], dict[str, object]],
    ) -> None:
        """Bring an existing row to what is `wanted`, unless a person entered or edited it."""
        if all(getattr(row, column) == value for column, value in wanted.items()):
            return
        if _by_a_person(row):
            self.did("kept", kind, name, row)
            return
        for column, value in wanted.items():
            setattr(row, column, value)
        row.version += 1
        self.act.record(f"{kind}-changed", row.id, **facts(row))
        self.did("updated", kind, name, row)


def load_catalogue(act: Act, catalogue: rows.Catalogue | None = None) -> list[Change]:
    """Bring the database to the catalogue (the built-in one unless given); what changed.

    A second time nothing changes and nothing is put on record.
    """
    act.need(ADMIN)
    catalogue = catalogue or read_catalogue()
    load = _Loading(act)
    _load_divisions(load, catalogue.divisions)
    _load_standards(load, catalogue.standards)
    _load_products(load, catalogue.products)
    _load_requirements(load, catalogue.requirements)
    _load_plans(load, catalogue.plans)
    act.session.flush()
    return load.changes


def _by_a_person(row: Any) -> bool:
    return row.origin != CATALOGUE or row.edited_at is not None


def _load_divisions(load: _Loading, divisions: rows.Divisions) -> None:
    known = {row.code: row for row in load.act.session.scalars(select(Division))}
    layers: tuple[Iterable[tuple[rows.Division, str | None]], ...] = (
        [(divisions.city, None)],
        [(county, divisions.city.code) for county in divisions.counties],
        [(town, county.code) for county in divisions.counties for town in county.townships],
    )
    for layer in layers:
        for division, parent in layer:
            _division(load, known.get(division.code), division, parent, divisions.certainty)
        load.act.session.flush()
    _load_old_names(load, divisions)


def _division(
    load: _Loading,
    row: Division | None,
    division: rows.Division,
    parent: str | None,
    certainty: Certainty,
) -> None:
    if row is None:
        row = Division(
            code=division.code, name=division.name, parent=parent, certainty=certainty.value
        )
        load.act.session.add(row)
        load.did("added", "division", division.name)
    elif (row.name, row.parent) != (division.name, parent):
        row.name, row.parent = division.name, parent
        load.did("updated", "division", division.name)


def _load_old_names(load: _Loading, divisions: rows.Divisions) -> None:
    session = load.act.session
    known = {(row.county, row.name): row for row in session.scalars(select(DivisionAlias))}
    for old in (*divisions.aliases, *divisions.abolished):
        row = known.get((old.county, old.name))
        if row is None:
            session.add(DivisionAlias(county=old.county, name=old.name, code=old.code))
            load.did("added", "division-alias", old.name)
        elif row.code != old.code:
            row.code = old.code
            load.did("updated", "division-alias", old.name)


def _load_standards(load: _Loading, standards: tuple[rows.Standard, ...]) -> None:
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
            made = Standard(
                id=uuid.uuid4(), number=standard.number, origin=CATALOGUE, version=1,
                created_at=load.act.at - timedelta(microseconds=place), **wanted,
            )  # fmt: skip
            row = load.add("standard", standard.number, made, standard_facts)
            load.standards[standard.number] = row
        else:
            load.settle("standard", standard.number, row, wanted, standard_facts)
        _load_editions(load, standard, row)


def _load_editions(load: _Loading, standard: rows.Standard, row: Standard) -> None:
    for edition in _closed(standard.editions):
        own_source = None if edition.source == standard.source else edition.source
        wanted = {
            "year": edition.year,
            "starts": edition.starts,
            "ends": edition.ends,
            "status": edition.status,
            "certainty": edition.certainty.value,
            "note": _joined(edition.note, f"来源：{own_source}" if own_source else None),
        }
        name = edition.designation
        known = load.editions.get(name)
        if known is None:
            made = Edition(
                id=uuid.uuid4(), standard_id=row.id, designation=name, origin=CATALOGUE, version=1,
                created_at=load.act.at, **wanted,
            )  # fmt: skip
            load.editions[name] = load.add("edition", name, made, edition_facts)
        else:
            load.settle("edition", name, known, wanted, edition_facts)


def _closed(editions: tuple[rows.Edition, ...]) -> Iterator[rows.Edition]:
    """An edition without a last day ends the day before its successor starts."""
    for before, after in pairwise(editions):
        closed = before.ends is None and after.starts is not None
        last = after.starts - timedelta(days=1) if closed and after.starts else before.ends
        yield replace(before, ends=last)
    yield from editions[-1:]


def _joined(*notes: str | None) -> str | None:
    return "；".join(note for note in notes if note) or None


def _load_products(load: _Loading, products: tuple[rows.Product, ...]) -> None:
    known = list(load.act.session.scalars(select(Product)))
    load.products = {row.key: row for row in known}
    by_name = {row.name: row for row in known}
    for place, product in enumerate(products):
        row = load.products.get(product.key) or by_name.get(product.name)
        row = _product(load, row, product, place)
        load.products[product.key] = row
        _load_gi_records(load, row, product.gi_records)
        _link_standards(load, row, product.standards)


def _product(
    load: _Loading, row: Product | None, product: rows.Product, place: int
) -> Product:
    """The row of a product; new ones in the order of the catalogue, as lists show the newest first.
    """
    columns, parts = _product_values(product)
    if row is None:
        row = Product(
            id=uuid.uuid4(), key=product.key, origin=CATALOGUE, version=1,
            created_at=load.act.at - timedelta(microseconds=place), **columns,
        )  # fmt: skip
        load.act.session.add(row)
        set_parts(load.act.session, row, parts)
        load.act.record("product", row.id, **product_facts(row))
        load.did("added", "product", product.name, row, row.id)
        return row
    same = all(getattr(row, name) == value for name, value in columns.items())
    if same and Parts.of(row) == parts:
        return row
    if _by_a_person(row):
        load.did("kept", "product", product.name, row, row.id)
        return row
    for name, value in columns.items():
        setattr(row, name, value)
    row.version += 1
    set_parts(load.act.session, row, parts)
    load.act.record("product-changed", row.id, **product_facts(row))
    load.did("updated", "product", product.name, row, row.id)
    return row


def _product_values(product: rows.Product) -> tuple[dict[str, Any], Parts]:
    """A product's columns and parts; an area that is not known whole is never confirmed."""
    area = product.area
    sure = area.complete or area.certainty is not Certainty.CONFIRMED
    columns = {
        "name": product.name,
        "name_en": product.name_en,
        "category": product.category,
        "in_plan": product.in_plan,
        "default_form": product.vocabulary.default_form,
        "area_text": area.text or product.place,
        "area_certainty": (area.certainty if sure else Certainty.ONE_SOURCE).value,
        "quality": [asdict(q) | {"certainty": q.certainty.value} for q in product.quality],
        "note": product.note,
    }
    codes = tuple(sorted({*area.counties, *area.townships}))
    return columns, Parts(product.vocabulary, tuple(sorted(product.aliases)), codes)


def _load_gi_records(
    load: _Loading, product: Product, records: tuple[rows.GiRecord, ...]
) -> None:
    query = select(GiRecord).where(GiRecord.product_id == product.id)
    known = {(row.type, row.name): row for row in load.act.session.scalars(query)}
    for place, record in enumerate(records):
        wanted = {
            "number": record.number,
            "announcement": record.announcement,
            "date_text": record.date,
            "registrant": record.registrant,
            "status": record.status,
            "certainty": record.certainty.value,
            "source": record.source,
            "note": record.note,
        }
        row = known.get((record.type, record.name))
        if row is None:
            made = GiRecord(
                id=uuid.uuid4(), product_id=product.id, ordinal=place, type=record.type,
                name=record.name, origin=CATALOGUE, version=1, **wanted,
            )  # fmt: skip
            load.add("gi-record", record.name, made, gi_facts)
        else:
            load.settle("gi-record", record.name, row, wanted, gi_facts)
    load.act.session.expire(product, ["gi_records"])


def _link_standards(load: _Loading, product: Product, numbers: tuple[str, ...]) -> None:
    query = select(ProductStandard.standard_id).where(ProductStandard.product_id == product.id)
    linked = set(load.act.session.scalars(query))
    for number in numbers:
        standard = load.standards[number]
        if standard.id not in linked:
            load.act.session.add(
                ProductStandard(product_id=product.id, standard_id=standard.id)
            )
            load.did("added", "product-standard", f"{product.name} {number}", None, product.id)


def _load_requirements(load: _Loading, requirements: tuple[rows.Requirement, ...]) -> None:
    session = load.act.session
    load.characteristics = {row.name: row for row in session.scalars(select(Characteristic))}
    load.clauses = {(row.edition_id, row.number): row for row in session.scalars(select(Clause))}
    query = select(Requirement).where(Requirement.retired_at.is_(None))
    current = {row.code: row for row in session.scalars(query)}
    latest = dict(
        session.execute(
            select(Requirement.code, func.max(Requirement.revision)).group_by(Requirement.code)
        ).tuples()
    )
    for requirement in requirements:
        row = current.pop(requirement.code, None)
        _requirement(load, row, requirement, latest.get(requirement.code, 0) + 1)
    for row in current.values():
        if row.origin == CATALOGUE:
            _retire(load, row)
            load.did("retired", "requirement", row.code, row, row.product_id)


def _requirement(
    load: _Loading, row: Requirement | None, requirement: rows.Requirement, revision: int
) -> None:
    wanted = _requirement_values(load, requirement)
    if row is not None and all(getattr(row, name) == value for name, value in wanted.items()):
        return
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
    load.add("requirement", name, made, requirement_facts)
    if row is not None:
        load.changes[-1] = replace(load.changes[-1], action="updated")


def _retire(load: _Loading, row: Requirement) -> None:
    row.retired_at = load.act.at
    load.act.session.flush()
    load.act.record("requirement-retired", row.id, code=row.code, revision=row.revision)


def _requirement_values(load: _Loading, requirement: rows.Requirement) -> dict[str, Any]:
    product = load.products[requirement.product] if requirement.product else None
    measured = _characteristic(load, requirement.characteristic, requirement.characteristic_en)
    return {
        "clause_id": _clause(load, requirement.edition, requirement.clause or "").id,
        "product_id": product.id if product else None,
        "characteristic_id": measured.id,
        "stage": requirement.stage,
        "subject": requirement.subject.value,
        "scope": scope_json(requirement.scope),
        "bound": bound_json(requirement.bound),
        "unit": requirement.unit,
        "method": requirement.method,
        "nature": requirement.nature.value,
        "certainty": requirement.certainty.value,
        "enforce": requirement.enforce,
        "note": _joined(requirement.note, requirement.edition_note),
        "sources": list(requirement.sources),
    }


def _clause(load: _Loading, designation: str, number: str) -> Clause:
    edition = load.editions[designation]
    row = load.clauses.get((edition.id, number))
    if row is None:
        row = Clause(id=uuid.uuid4(), edition_id=edition.id, number=number)
        load.act.session.add(row)
        load.clauses[edition.id, number] = row
        load.act.session.flush()
        load.did("added", "clause", f"{designation} {number}".rstrip(), row)
    return row


def _characteristic(load: _Loading, name: str, name_en: str) -> Characteristic:
    row = load.characteristics.get(name)
    if row is None:
        row = Characteristic(id=uuid.uuid4(), name=name, name_en=name_en or name)
        load.act.session.add(row)
        load.characteristics[name] = row
        load.act.session.flush()
        load.did("added", "characteristic", name, row)
    return row
