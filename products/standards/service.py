"""The verbs of standards: registering, linking, publishing; those of limits are in limits.py.

Publishing an edition, entering, confirming and correcting a limit touch batches that were judged
already: verbs of trace/inspections call these, and judge again what `Touched` names.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import invalid_field, not_found
from products.evidence import checked_evidence
from products.models import ENTERED
from products.requirements import Certainty
from products.service import product_named
from products.standards import drafts
from products.standards.drafts import (
    EditionDraft,
    StandardDraft,
)
from products.standards.facts import edition_facts, standard_facts
from products.standards.keeping import OWN_LEVELS, need_keeper
from products.standards.limits import conflict, link_product, new_code, refuse
from products.standards.models import (
    Clause,
    Edition,
    Standard,
)
from products.standards.queries import edition_by_id
from products.standards.rules import edition_rule
from products.standards.touched import Published, touched_by_standard


def register_standard(act: Act, draft: StandardDraft) -> Standard:
    """The authority enters a standard of everybody's, a producer its own.

    A producer's is its enterprise standard or a buyer's specification; the number of the latter is
    drawn here, so that no number tells of another's. Conflict where a number is there in any
    spelling.
    """
    owner = None
    if not act.actor.is_a(AUTHORITY) and draft.level in OWN_LEVELS:
        act.need(PRODUCER)
        owner = act.party
    else:
        act.need(AUTHORITY)
    refuse("standard-invalid", drafts.number_faults(draft, own=owner is not None))
    number = draft.number or _new_number()
    _check_number_free(act.session, number)
    row = Standard(
        id=uuid.uuid4(), number=number, owner_id=owner, title=draft.title, title_en=draft.title_en,
        level=draft.level, stages=list(draft.stages), certainty=Certainty.CONFIRMED.value,
        source=draft.source, note=draft.note, origin=ENTERED, created_at=act.at, edited_at=act.at,
        version=1,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record("standard", row.id, **standard_facts(row))
    return row


def _new_number() -> str:
    return f"采购规格 {new_code()}"


def _check_number_free(session: Session, wanted: str) -> None:
    for number in session.scalars(select(Standard.number)):
        if drafts.number_key(number) == drafts.number_key(wanted):
            raise conflict(
                "number-taken",
                "/number",
                f"标准 {number} 已经登记过。",
                f"The standard {number} is registered already.",
            )


def link_standard(act: Act, product: str, standard_id: UUID) -> Standard:
    """Say that a standard concerns a product; saying it twice changes nothing."""
    act.need(AUTHORITY)
    product_id = product_named(act.session, product).id
    standard = act.session.get(Standard, standard_id)
    if standard is None:
        raise invalid_field(
            "no-such-standard", "/standard", "没有这个标准", "There is no such standard"
        )
    link_product(act, product_id, standard_id)
    return standard


def publish_edition(act: Act, standard_id: UUID, draft: EditionDraft) -> Published:
    """Who keeps a standard publishes an edition; an open one before it ends the day before.

    Nothing else of an earlier edition changes. Conflict where the days in force would overlap.
    """
    act.need(AUTHORITY, PRODUCER)
    standard = act.session.scalars(
        select(Standard).where(Standard.id == standard_id).with_for_update(of=Standard)
    ).first()
    if standard is None:
        raise not_found("标准", "standard")
    need_keeper(act, standard, "标准", "standard")
    refuse("edition-invalid", drafts.edition_faults(draft, standard.number))
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
            raise conflict(
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
            raise conflict(
                "edition-overlap",
                "/starts",
                f"与 {other.designation}（{begins} 至 {until}）的有效期重叠。",
                f"The days in force overlap with {other.designation} ({begins} to {until}).",
            )
    return closing


def _overlap(begins: date, ends: date | None, draft: EditionDraft) -> bool:
    return (draft.ends is None or begins <= draft.ends) and (ends is None or draft.starts <= ends)


def add_clause(act: Act, edition_id: UUID, number: str, title: str | None) -> Clause:
    """Who keeps a standard enters a clause by its number as printed."""
    act.need(AUTHORITY, PRODUCER)
    edition = edition_by_id(act.session, edition_id)
    need_keeper(act, edition.standard, "标准版本", "edition")
    query = select(Clause.id).where(Clause.edition_id == edition_id, Clause.number == number)
    if act.session.scalar(query) is not None:
        raise conflict(
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
