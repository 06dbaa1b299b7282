"""The verbs of limits: entering one or a set, confirming and correcting.

They touch batches that were judged already: verbs of trace/inspections call these, and judge again
what `Touched` names.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import Conflict, FieldFault, Invalid, NotFound, fault, invalid_field
from core.words import Words
from products.evidence import checked_evidence
from products.models import ENTERED, Product
from products.requirements import Certainty
from products.service import product_named
from products.standards import drafts
from products.standards.drafts import Amendment, Proof, RequirementDraft
from products.standards.facts import requirement_facts
from products.standards.grade_sets import SetLimit, set_faults
from products.standards.keeping import need_keeper
from products.standards.models import Characteristic, Clause, ProductStandard, Requirement
from products.standards.queries import clause_by_id, requirement_by_id
from products.standards.rules import bound_json, bound_of, scope_json, scope_of
from products.standards.touched import Revised, touched_by
from products.units import unit

_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_KEPT = (
    "clause", "product_id", "characteristic", "stage", "subject", "scope", "bound", "unit",
    "method", "nature", "enforce", "note",
)  # fmt: skip


def link_product(act: Act, product_id: UUID, standard_id: UUID) -> None:
    """Say that a standard concerns a product, once."""
    if act.session.get(ProductStandard, (product_id, standard_id)) is None:
        act.session.add(ProductStandard(product_id=product_id, standard_id=standard_id))
        act.session.flush()
        act.record("product-standard", product_id, standard=standard_id)


def characteristic_named(session: Session, name: str, name_en: str) -> Characteristic:
    """What is measured, by its Chinese name; a new one gets its English name."""
    row = session.scalars(select(Characteristic).where(Characteristic.name == name)).first()
    if row is None:
        row = Characteristic(id=uuid.uuid4(), name=name, name_en=name_en or name)
        session.add(row)
        session.flush()
    return row


def add_requirement(act: Act, clause_id: UUID, draft: RequirementDraft) -> Revised:
    """Who keeps a standard enters a limit that a clause asks.

    Raises Invalid naming the fields, also where it overlaps or contradicts the limits of other
    grades; a gap that another limit may still fill is none. Conflict where the clause asks it
    already.
    """
    clause = _kept_clause(act, clause_id)
    product = _product(act.session, draft.product)
    refuse("requirement-invalid", _faults(act.session, clause, product, draft))
    _refuse_set(act.session, clause, product, [_in_set(draft, "")])
    return _enter(act, clause, product, draft)


def add_requirements(
    act: Act, clause_id: UUID, entered: Sequence[RequirementDraft]
) -> list[Revised]:
    """Who keeps a standard enters several limits of a clause at once: all of them, or none.

    Limits of one item that differ by grade are then a whole set, in which a gap is refused too.
    Raises as add_requirement does; pointers begin with /requirements/0 …
    """
    clause = _kept_clause(act, clause_id)
    products = [_product(act.session, draft.product) for draft in entered]
    faults: list[FieldFault] = []
    for place, (draft, product) in enumerate(zip(entered, products, strict=True)):
        found = _faults(act.session, clause, product, draft)
        faults += [replace(f, pointer=f"/requirements/{place}{f.pointer}") for f in found]
    refuse("requirement-invalid", faults)
    for product in dict.fromkeys(products):
        own = [
            _in_set(draft, f"/requirements/{place}")
            for place, draft in enumerate(entered)
            if products[place] is product
        ]
        _refuse_set(act.session, clause, product, own, whole=True)
    return [
        _enter(act, clause, product, draft)
        for draft, product in zip(entered, products, strict=True)
    ]


def _kept_clause(act: Act, clause_id: UUID) -> Clause:
    act.need(AUTHORITY, PRODUCER)
    clause = clause_by_id(act.session, clause_id)
    need_keeper(act, clause.edition.standard, "条款", "clause")
    return clause


def _faults(
    session: Session, clause: Clause, product: Product | None, draft: RequirementDraft
) -> list[FieldFault]:
    own = clause.edition.standard.owner_id is not None
    return [
        *drafts.requirement_faults(draft, product),
        *(drafts.own_faults(draft) if own else ()),
        *_new_name_faults(session, draft, own=own),
    ]


def _in_set(draft: RequirementDraft, at: str) -> SetLimit:
    return SetLimit(
        id=f"typed{at}",
        characteristic=draft.characteristic,
        subject=draft.subject,
        scope=draft.scope,
        bound=draft.bound,
        unit=draft.unit,
        pointer=f"{at}/bound",
    )


def _refuse_set(
    session: Session,
    clause: Clause,
    product: Product | None,
    typed: Sequence[SetLimit],
    *,
    whole: bool = False,
    corrects: str | None = None,
) -> None:
    found = list(
        set_faults(session, clause.edition_id, product, typed, whole=whole, corrects=corrects)
    )
    if found:
        refuse(found[0][0], [one for _, one in found])


def _enter(act: Act, clause: Clause, product: Product | None, draft: RequirementDraft) -> Revised:
    """Store a checked limit."""
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
    row = _store(act, f"E{new_code()}", 1, values)
    if product is not None:
        link_product(act, product.id, clause.edition.standard_id)
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


def _new_name_faults(
    session: Session, draft: RequirementDraft, *, own: bool
) -> Iterator[FieldFault]:
    query = select(Characteristic.id).where(Characteristic.name == draft.characteristic)
    if own and session.scalar(query) is None:
        yield fault(
            "/characteristic",
            f"目录里没有“{draft.characteristic}”这一项，请用已有项目，或请主管部门先登记",
            f"There is no {draft.characteristic}: use a known one, or ask the authority to add it",
        )
    elif not draft.characteristic_en and session.scalar(query) is None:
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
            raise conflict(
                "requirement-taken",
                "/characteristic",
                f"这一条款已有同样范围的要求 {row.code}，请确认或更正它。",
                f"The clause asks this already for the same scope ({row.code}); confirm or "
                "correct that one.",
            )


def new_code() -> str:
    """Seven characters by which people refer to what was entered: E… is a limit; R… are ours."""
    return "".join(secrets.choice(_CODE_ALPHABET) for _ in range(7))


def confirm_requirement(act: Act, requirement_id: UUID, proof: Proof) -> Revised:
    """Who keeps a standard confirms a limit as it stands, with the official text as evidence."""
    row = _kept_requirement(act, requirement_id)
    _check_proof(proof.source, proof.evidence)
    enforce = row.enforce if proof.enforce is None else proof.enforce
    refuse(
        "requirement-invalid",
        drafts.weight_faults(row.nature, Certainty.CONFIRMED, enforce, row.subject),
    )
    changes = {"enforce": enforce, "note": proof.note or row.note}
    return _revise(act, row, changes, proof, "确认")


def correct_requirement(act: Act, requirement_id: UUID, amendment: Amendment) -> Revised:
    """Who keeps a standard corrects a limit by its text; the old revision stays to be seen."""
    row = _kept_requirement(act, requirement_id)
    _check_proof(amendment.source, amendment.evidence)
    bound = bound_of(row.bound) if amendment.bound is None else amendment.bound
    scope = scope_of(row.scope) if amendment.scope is None else amendment.scope
    symbol = row.unit if amendment.unit is None else amendment.unit
    nature = amendment.nature or row.nature
    enforce = row.enforce if amendment.enforce is None else amendment.enforce
    product = act.session.get(Product, row.product_id) if row.product_id else None
    refuse(
        "requirement-invalid",
        [
            *drafts.unit_faults(bound, symbol),
            *drafts.scope_faults(scope, row.subject, product),
            *drafts.weight_faults(nature, Certainty.CONFIRMED, enforce, row.subject),
            *_own_nature_faults(row, amendment),
        ],
    )
    corrected = SetLimit(
        "typed", row.characteristic.name, row.subject, scope, bound, symbol, "/bound"
    )
    _refuse_set(act.session, row.clause, product, [corrected], corrects=row.code)
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


def _kept_requirement(act: Act, requirement_id: UUID) -> Requirement:
    act.need(AUTHORITY, PRODUCER)
    row = requirement_by_id(act.session, requirement_id)
    need_keeper(act, row.clause.edition.standard, "要求", "requirement")
    return row


def _own_nature_faults(row: Requirement, amendment: Amendment) -> Iterator[FieldFault]:
    if row.clause.edition.standard.owner_id is not None:
        yield from drafts.own_nature_faults(amendment.nature)


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


def refuse(code: str, found: Iterable[FieldFault]) -> None:
    """Raise Invalid with what was found wrong; nothing where nothing was."""
    faults = list(found)
    if faults:
        raise Invalid(code, faults[0].message, faults)


def conflict(code: str, pointer: str, zh: str, en: str) -> Conflict:
    """A Conflict about one field."""
    return Conflict(code, Words(zh, en), [fault(pointer, zh, en)])
