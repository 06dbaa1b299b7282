"""Divisions, products and their geographical-indication records from the catalogue."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from products.catalogue import rows
from products.catalogue.changes import Loading, by_a_person, is_so
from products.models import CATALOGUE, WHOLE, Division, DivisionAlias, GiRecord, Product
from products.parts import Parts, parts_of, set_parts
from products.requirements import Certainty
from products.service import gi_facts, product_facts
from products.standards.models import ProductStandard


def load_divisions(load: Loading, divisions: rows.Divisions) -> None:
    """The city, its counties, their townships, and the old names."""
    known = {row.code: row for row in load.act.session.scalars(select(Division))}
    layers: tuple[list[tuple[rows.Division, str | None]], ...] = (
        [(divisions.city, None)],
        [(county, divisions.city.code) for county in divisions.counties],
        [(town, county.code) for county in divisions.counties for town in county.townships],
    )
    for layer in layers:
        for division, parent in layer:
            wanted = {
                "name": division.name,
                "parent": parent,
                "certainty": divisions.certainty.value,
            }
            _settle(load, "division", known.get(division.code), {"code": division.code}, wanted)
        load.act.session.flush()
    _load_old_names(load, divisions)


def _load_old_names(load: Loading, divisions: rows.Divisions) -> None:
    query = select(DivisionAlias)
    known = {(row.county, row.name): row for row in load.act.session.scalars(query)}
    for old in (*divisions.aliases, *divisions.abolished):
        key = {"county": old.county, "name": old.name}
        _settle(load, "division-alias", known.get((old.county, old.name)), key, {"code": old.code})


def _settle(
    load: Loading,
    kind: str,
    row: Division | DivisionAlias | None,
    key: dict[str, Any],
    wanted: dict[str, Any],
) -> None:
    """Divisions are public facts that nobody edits here and that are not evidence."""
    name = wanted.get("name") or key["name"]
    if row is None:
        model = Division if kind == "division" else DivisionAlias
        load.act.session.add(model(**key, **wanted))
        load.did("added", kind, name)
    elif not is_so(row, wanted):
        for column, value in wanted.items():
            setattr(row, column, value)
        load.did("updated", kind, name)


def load_products(load: Loading, products: tuple[rows.Product, ...]) -> None:
    """The products; the standards must be there already."""
    known = list(load.act.session.scalars(select(Product).options(*WHOLE)))
    load.products = {row.key: row for row in known}
    by_name = {row.name: row for row in known}
    for place, product in enumerate(products):
        row = load.products.get(product.key) or by_name.get(product.name)
        if row is None:
            row = _new_product(load, product, place)
        else:
            _settle_product(load, row, product)
        load.products[product.key] = row
        _load_gi_records(load, row, product.gi_records)
        _link_standards(load, row, product.standards)


def _new_product(load: Loading, product: rows.Product, place: int) -> Product:
    """A new row; made a little earlier for each place, as lists show the newest first."""
    columns, parts = _values(product)
    row = Product(
        id=uuid.uuid4(), key=product.key, origin=CATALOGUE, version=1,
        created_at=load.act.at - timedelta(microseconds=place), **columns,
    )  # fmt: skip
    load.act.session.add(row)
    set_parts(load.act.session, row, parts)
    load.act.record("product", row.id, **product_facts(row))
    load.did("added", "product", product.name, row, row.id)
    return row


def _settle_product(load: Loading, row: Product, product: rows.Product) -> None:
    columns, parts = _values(product)
    if is_so(row, columns) and parts_of(row) == parts:
        return
    if by_a_person(row):
        load.did("kept", "product", product.name, row, row.id)
        return
    for name, value in columns.items():
        setattr(row, name, value)
    row.version += 1
    set_parts(load.act.session, row, parts)
    load.act.record("product-changed", row.id, **product_facts(row))
    load.did("updated", "product", product.name, row, row.id)


def _values(product: rows.Product) -> tuple[dict[str, Any], Parts]:
    """A product's columns and parts; an area that is not known whole is never confirmed."""
    area = product.area
    certainty = area.certainty
    if certainty is Certainty.CONFIRMED and not area.complete:
        certainty = Certainty.ONE_SOURCE
    columns = {
        "name": product.name,
        "name_en": product.name_en,
        "category": product.category,
        "in_plan": product.in_plan,
        "default_form": product.vocabulary.default_form,
        "area_text": area.text or product.place,
        "area_certainty": certainty.value,
        "quality": [asdict(q) | {"certainty": q.certainty.value} for q in product.quality],
        "note": product.note,
    }
    codes = tuple(sorted({*area.counties, *area.townships}))
    return columns, Parts(product.vocabulary, tuple(sorted(product.aliases)), codes)


def _load_gi_records(load: Loading, product: Product, records: tuple[rows.GiRecord, ...]) -> None:
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
        if row is not None:
            load.settle("gi-record", record.name, row, wanted, gi_facts)
            continue
        made = GiRecord(
            id=uuid.uuid4(), product_id=product.id, ordinal=len(known) + place, type=record.type,
            name=record.name, origin=CATALOGUE, version=1, **wanted,
        )  # fmt: skip
        load.add("gi-record", record.name, made, gi_facts)
    load.act.session.expire(product, ["gi_records"])


def _link_standards(load: Loading, product: Product, numbers: tuple[str, ...]) -> None:
    query = select(ProductStandard.standard_id).where(ProductStandard.product_id == product.id)
    linked = set(load.act.session.scalars(query))
    for number in numbers:
        standard = load.standards[number]
        if standard.id not in linked:
            load.put(ProductStandard(product_id=product.id, standard_id=standard.id))
            load.did("added", "product-standard", f"{product.name} {number}", None, product.id)
