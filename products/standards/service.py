"""The verbs of standards: registering, publishing, entering, confirming and correcting.

Publishing an edition, entering, confirming and correcting a limit touch batches that were judged
already: verbs of trace/inspections call these, and judge again what `Touched` names.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.errors import Conflict, FieldFault, Invalid, NotFound, fault, invalid_field, not_found
from core.words import Words
from products.evidence import checked_evidence
from products.models import ENTERED, Product
from products.requirements import Certainty
from products.service import product_named
from products.standards import drafts
from products.standards.drafts import (
    Amendment,
    EditionDraft,
    Proof,
    RequirementDraft,
    StandardDraft,
)
from products.standards.facts import edition_facts, requirement_facts, standard_facts
from products.standards.models import (
    Characteristic,
    Clause,
    Edition,
    ProductStandard,
    Requirement,
    Standard,
)
from products.standards.queries import clause_by_id, edition_by_id, requirement_by_id
from products.standards.rules import bound_json, bound_of, edition_rule, scope_json, scope_of
from products.standards.touched import Published, Revised, touched_by, touched_by_standard
from products.units import unit

_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KEPT = (
    "clause", "product_id", "characteristic", "stage", "subject", "scope", "bound", "unit",
    "method", "nature", "enforce", "note",
)  # fmt: skip


def register_standard(act: Act, draft: StandardDraft) -> Standard:
    """The authority enters a standard. Conflict where its number is there in any spelling."""
    act.need(AUTHORITY)
    _refuse("standard-invalid", drafts.number_faults(draft.number))
    wanted = drafts.number_key(draft.number)
    for number in act.session.scalars(select(Standard.number)):
        if drafts.number_key(number) == wanted:
            raise _conflict(
                "number-taken",
                "/number",
                f"标准 {number} 已经登记过。",
                f"The standard {number} is registered already.",
            )
    row = Standard(
        id=uuid.uuid4(), number=draft.number, title=draft.title, title_en=draft.title_en,
        level=draft.level, stages=list(draft.stages), certainty=Certainty.CONFIRMED.value,
        source=draft.source, note=draft.note, origin=ENTERED, created_at=act.at, edited_at=act.at,
        version=1,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record("standard", row.id, **standard_facts(row))
    return row


def link_standard(act: Act, product: str, standard_id: UUID) -> Standard:
    """Say that a standard concerns a product; saying it twice changes nothing."""
    act.need(AUTHORITY)
    product_id = product_named(act.session, product).id
    standard = act.session.get(Standard, standard_id)
    if standard is None:
        raise invalid_field(
            "no-such-standard", "/standard", "没有这个标准", "There is no such standard"
        )
    _link(act, product_id, standard_id)
    return standard


def _link(act: Act, product_id: UUID, standard_id: UUID) -> None:
    if act.session.get(ProductStandard, (product_id, standard_id)) is None:
        act.session.add(ProductStandard(product_id=product_id, standard_id=standard_id))
        act.session.flush()
        act.record("product-standard", product_id, standard=standard_id)


def publish_edition(act: Act, standard_id: UUID, draft: EditionDraft) -> Published:
    """The authority publishes an edition; an open one before it ends the day before.

    Nothing else of an earlier edition changes. Conflict where the days in force would overlap.
    """
    act.need(AUTHORITY)
    standard = act.session.scalars(
        select(Standard).where(Standard.id == standard_id).with_for_update(of=Standard)
    ).first()
    if standard is None:
        raise not_found("标准", "standard")
    _refuse("edition-invalid", drafts.edition_faults(draft, standard.number))
    earlier = _to_close(act.session, standard, draft)
    row = Edition(
        id=uuid.uuid4(), standard=standard, designation=draft.designation,
        year=drafts.year_of(draft.designation), starts=draft.starts, ends=draft.ends,
        status=draft.status or "现行", certainty=Certainty.CONFIRMED.value,
        note="；".join(filter(None, (draft.note, f"来源：{draft.source}"))),
        evidence_id=checked_evidence(act, draft.evidence), origin=ENTERED, created_at=act.at,
        edited_at=act.at, version=1,
    )  # fmt: skip
    act.session.add(row)
    for edition in earlier:
        edition.ends = draft.starts - timedelta(days=1)
        edition.edited_at = act.at
        edition.version += 1
    act.session.flush()
    for edition in earlier:
        act.record("edition-closed", edition.id, ends=edition.ends, successor=row.designation)
    act.record("edition", row.id, **edition_facts(row))
    return Published(row, tuple(earlier), touched_by_standard(act.session, standard_id))


def _to_close(session: Session, standard: Standard, draft: EditionDraft) -> list[Edition]:
    """The open editions that began before; Conflict with the first whose days overlap."""
    query = select(Edition).where(Edition.standard_id == standard.id)
    closing = []
    for other in session.scalars(query.order_by(Edition.designation)):
        if other.designation == draft.designation:
            raise _conflict(
                "edition-taken",
                "/designation",
                f"版本 {other.designation} 已经登记过。",
                f"The edition {other.designation} is registered already.",
            )
        begins = edition_rule(other).effective_start
        if begins < draft.starts and other.ends is None:
            closing.append(other)
        elif _overlap(begins, other.ends, draft):
            until = other.ends or "…"
            raise _conflict(
                "edition-overlap",
                "/starts",
                f"与 {other.designation}（{begins} 至 {until}）的有效期重叠。",
                f"The days in force overlap with {other.designation} ({begins} to {until}).",
            )
    return closing


def _overlap(begins: date, ends: date | None, draft: EditionDraft) -> bool:
    return (draft.ends is None or begins <= draft.ends) and (ends is None or draft.starts <= ends)


def add_clause(act: Act, edition_id: UUID, number: str, title: str | None) -> Clause:
    """The authority enters a clause by its number as printed."""
    act.need(AUTHORITY)
    edition = edition_by_id(act.session, edition_id)
    query = select(Clause.id).where(Clause.edition_id == edition_id, Clause.number == number)
    if act.session.scalar(query) is not None:
        raise _conflict(
            "clause-taken",
            "/number",
            f"{edition.designation} 已有条款 {number}。",
            f"{edition.designation} has a clause {number} already.",
        )
    row = Clause(id=uuid.uuid4(), edition=edition, number=number, title=title)
    act.session.add(row)
    act.session.flush()
    act.record("clause", row.id, edition=edition.designation, number=number, title=title)
    return row


def characteristic_named(session: Session, name: str, name_en: str) -> Characteristic:
    """What is measured, by its Chinese name; a new one gets its English name."""
    row = session.scalars(select(Characteristic).where(Characteristic.name == name)).first()
    if row is None:
        row = Characteristic(id=uuid.uuid4(), name=name, name_en=name_en or name)
        session.add(row)
        session.flush()
    return row


def add_requirement(act: Act, clause_id: UUID, draft: RequirementDraft) -> Revised:
    """The authority enters a limit that a clause asks.

    Raises Invalid naming the fields, Conflict where the clause asks it already.
    """
    act.need(AUTHORITY)
    clause = clause_by_id(act.session, clause_id)
    product = _product(act.session, draft.product)
    _refuse(
        "requirement-invalid",
        [*drafts.requirement_faults(draft, product), *_new_name_faults(act.session, draft)],
    )
    measured = characteristic_named(act.session, draft.characteristic, draft.characteristic_en)
    values = {
        "clause": clause,
        "product_id": product.id if product else None,
        "characteristic": measured,
        "stage": draft.stage,
        "subject": draft.subject,
        "scope": scope_json(draft.scope),
        "bound": bound_json(draft.bound),
        "unit": unit(draft.unit).symbol if draft.unit else "",
        "method": draft.method,
        "nature": draft.nature,
        "certainty": draft.certainty,
        "enforce": draft.enforce,
        "note": draft.note,
        "sources": [draft.source],
        "evidence_id": checked_evidence(act, draft.evidence),
    }
    _check_not_asked_yet(act.session, values)
    row = _store(act, _new_code(), 1, values)
    if product is not None:
        _link(act, product.id, clause.edition.standard_id)
    return Revised(row, None, touched_by(act.session, row))


def _product(session: Session, name: str | None) -> Product | None:
    if name is None:
        return None
    try:
        return product_named(session, name)
    except NotFound as missing:
        raise invalid_field(
            "no-such-product", "/product", "没有这个产品", "There is no such product"
        ) from missing


def _new_name_faults(session: Session, draft: RequirementDraft) -> Iterator[FieldFault]:
    query = select(Characteristic.id).where(Characteristic.name == draft.characteristic)
    if not draft.characteristic_en and session.scalar(query) is None:
        yield fault(
            "/characteristic_en",
            f"“{draft.characteristic}”是新的检验项目，请填英文名；或改用已有项目",
            f"{draft.characteristic} is new: give its English name, or use a known characteristic",
        )


def _check_not_asked_yet(session: Session, values: dict[str, Any]) -> None:
    same = ("clause", "product_id", "characteristic", "stage")
    query = select(Requirement).where(Requirement.retired_at.is_(None))
    for name in same:
        query = query.where(getattr(Requirement, name) == values[name])
    for row in session.scalars(query):
        if row.scope == values["scope"]:
            raise _conflict(
                "requirement-taken",
                "/characteristic",
                f"这一条款已有同样范围的要求 {row.code}，请确认或更正它。",
                f"The clause asks this already for the same scope ({row.code}); confirm or "
                "correct that one.",
            )


def _new_code() -> str:
    """The number by which people refer to a limit: E and seven characters; R… are ours."""
    return "E" + "".join(secrets.choice(_CODE_ALPHABET) for _ in range(7))


def confirm_requirement(act: Act, requirement_id: UUID, proof: Proof) -> Revised:
    """The authority confirms a limit as it stands, with the official text as evidence."""
    act.need(AUTHORITY)
    row = requirement_by_id(act.session, requirement_id)
    _check_proof(proof.source, proof.evidence)
    enforce = row.enforce if proof.enforce is None else proof.enforce
    _refuse(
        "requirement-invalid",
        drafts.weight_faults(row.nature, Certainty.CONFIRMED, enforce, row.subject),
    )
    changes = {"enforce": enforce, "note": proof.note or row.note}
    return _revise(act, row, changes, proof, "确认")


def correct_requirement(act: Act, requirement_id: UUID, amendment: Amendment) -> Revised:
    """The authority corrects a limit by the official text; the old revision stays to be seen."""
    act.need(AUTHORITY)
    row = requirement_by_id(act.session, requirement_id)
    _check_proof(amendment.source, amendment.evidence)
    bound = bound_of(row.bound) if amendment.bound is None else amendment.bound
    scope = scope_of(row.scope) if amendment.scope is None else amendment.scope
    symbol = row.unit if amendment.unit is None else amendment.unit
    nature = amendment.nature or row.nature
    enforce = row.enforce if amendment.enforce is None else amendment.enforce
    product = act.session.get(Product, row.product_id) if row.product_id else None
    _refuse(
        "requirement-invalid",
        [
            *drafts.unit_faults(bound, symbol),
            *drafts.scope_faults(scope, row.subject, product),
            *drafts.weight_faults(nature, Certainty.CONFIRMED, enforce, row.subject),
        ],
    )
    changes = {
        "bound": bound_json(bound),
        "unit": unit(symbol).symbol if symbol else "",
        "scope": scope_json(scope),
        "method": amendment.method or row.method,
        "nature": nature,
        "enforce": enforce,
        "note": amendment.note or row.note,
    }
    return _revise(act, row, changes, amendment, amendment.reason)


def _check_proof(source: str | None, evidence: UUID | None) -> None:
    if source is None and evidence is None:
        raise invalid_field(
            "evidence-missing",
            "/evidence",
            "请附官方文本（文件）或写明出处和原文",
            "Add the official text as a document, or say where it stands and what it says",
        )


def _revise(
    act: Act, row: Requirement, changes: dict[str, Any], proof: Proof | Amendment, reason: str
) -> Revised:
    """A new, confirmed revision in the place of `row`; of two at once the second is refused."""
    evidence = checked_evidence(act, proof.evidence)
    retired = act.session.execute(
        update(Requirement)
        .where(Requirement.id == row.id, Requirement.retired_at.is_(None))
        .values(retired_at=act.at)
        .returning(Requirement.id)
    ).first()
    if retired is None:
        raise Conflict(
            "superseded",
            Words(
                f"要求 {row.code} 已有更新的版本，请看新的再改。",
                f"There is a newer revision of {row.code}; look at that one.",
            ),
        )
    kept = {name: getattr(row, name) for name in _KEPT}
    sources = [*row.sources, *([proof.source] if proof.source else [])]
    made = (
        kept
        | changes
        | {
            "certainty": Certainty.CONFIRMED.value,
            "sources": sources,
            "evidence_id": evidence,
            "reason": reason,
        }
    )
    new = _store(act, row.code, row.revision + 1, made)
    return Revised(new, row, touched_by(act.session, new, row))


def _store(act: Act, code: str, revision: int, values: dict[str, Any]) -> Requirement:
    row = Requirement(
        id=uuid.uuid4(), code=code, revision=revision, origin=ENTERED, created_at=act.at, **values
    )
    act.session.add(row)
    act.session.flush()
    act.record("requirement", row.id, **requirement_facts(row))
    return row


def _refuse(code: str, found: Iterable[FieldFault]) -> None:
    faults = list(found)
    if faults:
        raise Invalid(code, faults[0].message, faults)


def _conflict(code: str, pointer: str, zh: str, en: str) -> Conflict:
    return Conflict(code, Words(zh, en), [fault(pointer, zh, en)])
