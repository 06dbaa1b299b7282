"""The verbs of products and their geographical-indication records."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.errors import Conflict, FieldFault, Invalid, fault, not_found
from core.words import Words
from products.areas import checked_area
from products.drafts import GiDraft, ProductDraft, check_product, gi_faults
from products.evidence import checked_evidence
from products.models import ENTERED, WHOLE, GiRecord, Product, ProductAlias
from products.naming import is_found_by, look_alikes
from products.parts import TERM_FIELDS, Parts, parts_of, set_parts
from products.requirements import Certainty

AsSeen = Callable[[UUID, int], object]
_COLUMNS = ("name", "name_en", "category", "in_plan", "area_text", "note")
_RECORD_COLUMNS = (
    "type", "name", "number", "announcement", "registrant", "status", "source", "note",
)  # fmt: skip


def product_named(session: Session, name: str) -> Product:
    """A product by its id or key; NotFound where there is none."""
    if not name.isprintable():
        raise not_found("产品", "product")
    try:
        which = Product.id == UUID(name)
    except ValueError:
        which = Product.key == name
    product = session.scalars(select(Product).where(which)).first()
    if product is None:
        raise not_found("产品", "product")
    return product


def find_products(
    session: Session, words: str | None, category: str | None, in_plan: bool | None
) -> Select[Product]:
    """Products by name, other name or pinyin (whole or initials), category, in the plan or not."""
    query = select(Product).options(*WHOLE)
    if category is not None:
        query = query.where(Product.category == category)
    if in_plan is not None:
        query = query.where(Product.in_plan == in_plan)
    if words:
        found = [id_ for id_, names in _all_names(session).items() if is_found_by(words, names)]
        query = query.where(Product.id.in_(found))
    return query


def _all_names(session: Session) -> dict[UUID, list[str]]:
    """Every product's licensed name, then its other names."""
    names = {id_: [name] for id_, name in session.execute(select(Product.id, Product.name))}
    for id_, alias in session.execute(select(ProductAlias.product_id, ProductAlias.name)):
        names[id_].append(alias)
    return names


def register_product(act: Act, draft: ProductDraft) -> Product:
    """The authority enters a product with its vocabulary, area and records.

    Raises Invalid naming the fields, Conflict where key or name is taken.
    """
    act.need(AUTHORITY)
    check_product(draft, act.today)
    product = Product(
        id=uuid.uuid4(), key=draft.key, quality=[], origin=ENTERED, created_at=act.at,
        edited_at=act.at, version=1, default_form=draft.default_form,
    )  # fmt: skip
    _write(act, product, draft)
    for record in draft.gi_records:
        _add_record(act, product, record)
    act.record("product", product.id, **product_facts(product))
    return product


def update_product(
    act: Act, product_id: UUID, changes: Mapping[str, Any], as_seen: AsSeen
) -> Product:
    """Change a product; `changes` are fields of ProductDraft except key and gi_records.

    `as_seen` refuses another version than the one that was looked at. Words are only added, and a
    form keeps its base: batches tell of themselves in them.
    """
    act.need(AUTHORITY)
    product = _locked(act, product_id)
    as_seen(product.id, product.version)
    draft = replace(draft_of(product), **changes)
    check_product(draft, act.today)
    _check_words_stay(product, draft)
    product.edited_at = act.at
    product.version += 1
    _write(act, product, draft)
    act.record("product-changed", product.id, **product_facts(product))
    return product


def draft_of(product: Product) -> ProductDraft:
    """A product as it stands, to be changed; its records are not in it."""
    parts = parts_of(product)
    words = parts.vocabulary
    return ProductDraft(
        key=product.key,
        name=product.name,
        name_en=product.name_en,
        category=product.category,
        forms=words.forms,
        default_form=words.default_form,
        grades=words.grades,
        processes=words.processes,
        conditions=words.conditions,
        matrices=words.matrices,
        in_plan=product.in_plan,
        aliases=parts.aliases,
        area=parts.area,
        area_confirmed=product.area_certainty == Certainty.CONFIRMED.value,
        area_text=product.area_text,
        note=product.note,
    )


def _locked(act: Act, product_id: UUID) -> Product:
    product = act.session.scalars(
        select(Product).where(Product.id == product_id).with_for_update(of=Product, key_share=True)
    ).first()
    if product is None:
        raise not_found("产品", "product")
    return product


def _write(act: Act, product: Product, draft: ProductDraft) -> None:
    """Put the draft into the rows; Conflict where key, name or an other name is taken."""
    _check_names(act.session, product, draft)
    area = checked_area(act.session, draft.area)
    for name in _COLUMNS:
        setattr(product, name, getattr(draft, name))
    product.area_certainty = _area_certainty(draft, area)
    act.session.add(product)
    try:
        act.session.flush()
    except IntegrityError as clash:
        raise _taken("/name", draft.name, draft.name) from clash
    set_parts(act.session, product, Parts(draft.vocabulary, tuple(sorted(draft.aliases)), area))


def _area_certainty(draft: ProductDraft, area: Sequence[str]) -> str:
    """Without a single division nothing is known; confirmed only where the authority says so."""
    if not area:
        return Certainty.UNVERIFIED.value
    return (Certainty.CONFIRMED if draft.area_confirmed else Certainty.ONE_SOURCE).value


def _check_names(session: Session, product: Product, draft: ProductDraft) -> None:
    query = select(Product.id).where(Product.key == draft.key, Product.id != product.id)
    if session.scalar(query) is not None:
        raise _taken("/key", draft.key, draft.key)
    names = _all_names(session)
    names.pop(product.id, None)
    owners = {name: held[0] for held in names.values() for name in held}
    if draft.name in owners:
        raise _taken("/name", draft.name, owners[draft.name])
    for place, alias in enumerate(draft.aliases):
        if alias in owners:
            raise _taken(f"/aliases/{place}", alias, owners[alias])


def _taken(pointer: str, text: str, owner: str) -> Conflict:
    words = Words(
        f"“{text}”已经是产品“{owner}”的名称或代号，请换一个或改那个产品。",
        f"“{text}” already belongs to the product “{owner}”; choose another or change that one.",
    )
    return Conflict("name-taken", words, [FieldFault(pointer, words)])


def _check_words_stay(product: Product, draft: ProductDraft) -> None:
    faults = [*_dropped_words(product, draft), *_changed_bases(product, draft)]
    if faults:
        raise Invalid("word-in-use", faults[0].message, faults)


def _dropped_words(product: Product, draft: ProductDraft) -> Iterator[FieldFault]:
    for name, kind in TERM_FIELDS.items():
        for word in product.names(kind):
            if word not in draft.vocabulary.terms(name):
                yield fault(
                    f"/{name}",
                    f"“{word}”不能删去：批次和要求可能已在用，只能增加",
                    f"{word} cannot go: batches and requirements may use it; words are only added",
                )


def _changed_bases(product: Product, draft: ProductDraft) -> Iterator[FieldFault]:
    for place, form in enumerate(draft.forms):
        if product.base_of(form.name) not in (None, form.base):
            yield fault(
                f"/forms/{place}/base",
                f"“{form.name}”的计量方式不能改，账已按它记",
                f"{form.name} keeps its base; the books are kept in it",
            )


def name_warnings(act: Act, product: Product) -> list[Words]:
    """A sentence for each other product whose name looks or sounds like this one's."""
    names = _all_names(act.session)
    own = names.pop(product.id)
    found = {
        (held[0], other)
        for held in names.values()
        for name in own
        for other in look_alikes(name, held)
    }
    return [
        Words(
            f"名称与产品“{owner}”的名称“{other}”看上去或读起来相近，请核对不是同一个产品。",
            f"The name looks or sounds like “{other}” of the product “{owner}”; make sure "
            "they are not the same.",
        )
        for owner, other in sorted(found)
    ]


def add_gi_record(act: Act, product_id: UUID, draft: GiDraft) -> GiRecord:
    """The authority enters a record; with a number and evidence it is proven."""
    act.need(AUTHORITY)
    product = _locked(act, product_id)
    _check_record(act, draft)
    return _add_record(act, product, draft)


def _check_record(act: Act, draft: GiDraft) -> None:
    faults = list(gi_faults(draft, act.today))
    if faults:
        raise Invalid("gi-record-invalid", faults[0].message, faults)


def _add_record(act: Act, product: Product, draft: GiDraft) -> GiRecord:
    record = GiRecord(
        id=uuid.uuid4(), product_id=product.id, origin=ENTERED, edited_at=act.at, version=1,
        ordinal=max((row.ordinal for row in product.gi_records), default=-1) + 1,
    )  # fmt: skip
    _write_record(act, record, draft)
    act.session.add(record)
    act.session.flush()
    act.session.expire(product, ["gi_records"])
    act.record("gi-record", record.id, **gi_facts(record))
    return record


def gi_record_of(session: Session, product_id: UUID, record_id: UUID) -> GiRecord:
    """A record of a product; NotFound where there is none."""
    record = session.get(GiRecord, record_id, populate_existing=True)
    if record is None or record.product_id != product_id:
        raise not_found("地理标志记录", "geographical-indication record")
    return record


def update_gi_record(
    act: Act, product_id: UUID, record_id: UUID, changes: Mapping[str, Any], as_seen: AsSeen
) -> GiRecord:
    """Fill in or confirm a record with its evidence; `changes` are fields of GiDraft."""
    act.need(AUTHORITY)
    _locked(act, product_id)
    record = gi_record_of(act.session, product_id, record_id)
    as_seen(record.id, record.version)
    draft = replace(_record_draft(record), **changes)
    _check_record(act, draft)
    _write_record(act, record, draft, "evidence" in changes)
    record.edited_at = act.at
    record.version += 1
    act.session.flush()
    act.record("gi-record-changed", record.id, **gi_facts(record))
    return record


def _record_draft(record: GiRecord) -> GiDraft:
    held = {name: getattr(record, name) for name in _RECORD_COLUMNS}
    return GiDraft(date=record.date_text, evidence=record.evidence_id, **held)


def _write_record(act: Act, record: GiRecord, draft: GiDraft, new_evidence: bool = True) -> None:
    """Evidence confirms a record and what it says; another type, name or number needs its own."""
    said = (record.type, record.name, record.number)
    if new_evidence:
        record.evidence_id = checked_evidence(act, draft.evidence)
    elif said != (draft.type, draft.name, draft.number):
        record.evidence_id = None
        record.certainty = Certainty.ONE_SOURCE.value
    for name in _RECORD_COLUMNS:
        setattr(record, name, getattr(draft, name))
    record.date_text = draft.date
    if record.evidence_id is not None:
        record.certainty = Certainty.CONFIRMED.value
    elif new_evidence:
        record.certainty = Certainty.ONE_SOURCE.value


def product_facts(product: Product) -> dict[str, object]:
    """What the record keeps of a product."""
    parts = parts_of(product)
    words = {name: list(parts.vocabulary.terms(name)) for name in TERM_FIELDS if name != "forms"}
    forms = [
        {"name": f.name, "base": f.base, "units": list(f.units)} for f in parts.vocabulary.forms
    ]
    columns = {name: getattr(product, name) for name in _COLUMNS}
    return {
        "key": product.key,
        **columns,
        "default_form": product.default_form,
        "forms": forms,
        **words,
        "aliases": list(parts.aliases),
        "area": list(parts.area),
        "area_certainty": product.area_certainty,
        "version": product.version,
    }


def gi_facts(record: GiRecord) -> dict[str, object]:
    """What the record keeps of a geographical-indication record."""
    return {
        "product": record.product_id,
        "type": record.type,
        "name": record.name,
        "number": record.number,
        "announcement": record.announcement,
        "date": record.date_text,
        "registrant": record.registrant,
        "status": record.status,
        "certainty": record.certainty,
        "evidence": record.evidence_id,
        "version": record.version,
    }
