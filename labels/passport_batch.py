"""What stands behind the labels of a batch: its verdict, reports, events and standards.

Five queries, which read only what belongs to the batch, so that the answer can be kept for as long
as the batch, its reports and its standards stay as they are. No column that may name a person is
read: no notes, no operators, no accounts, no free places.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session, aliased

from core.clock import day_of
from core.identity.models import Party
from core.words import Words
from labels.origin_reading import read_origins
from labels.origins import Origins
from labels.passport import BatchPassport, EditionFact, Entry, GiFact, Named, Report
from labels.passport_content import (
    count_unmet,
    count_untested,
    editions_named,
    in_public,
    items_of,
    links_of,
    without_personal_numbers,
)
from products.models import GiRecord
from products.standards.models import Edition, Standard
from trace.batches.models import Batch, Event
from trace.batches.service import events_of
from trace.inspections.judging import reports_on
from trace.inspections.models import Inspection, Reinstatement, Result, Verdict, Withdrawal


def batch_passport(session: Session, row: Any) -> BatchPassport:
    """What the batch of a label has to show for itself; `row` names the batch, its product and
    its party.
    """
    lines = in_public(session.scalar(_LINES, {"batch": row.batch_id}) or [])
    reports = _reports(session, row, lines)
    origins = read_origins(session, row.batch_id) if row.made_of_others else None
    return BatchPassport(
        number=row.number,
        product=Words(row.product, row.product_en),
        grade=row.grade or "",
        maker=Named(row.maker, row.maker_sample),
        place=_place(row, origins),
        produced_on=row.production_date,
        best_before=row.best_before,
        items=items_of(lines),
        unmet=count_unmet(lines),
        untested=count_untested(lines),
        links=links_of(lines, _entries(session, row), reports),
        reports=reports,
        editions=_editions(session, editions_named(lines)),
        gi=_gi(session, row.product_id),
        origins=origins,
    )


_LINES = (
    select(Verdict.lines)
    .where(Verdict.batch_id == bindparam("batch"))
    .order_by(Verdict.number.desc())
    .limit(1)
)
_HUNAN = "43"


def _place(row: Any, origins: Origins | None) -> str:
    """Province, county and township by their code (GB/T 2260): 湖南省长沙县金井镇.

    Of goods that came out of others the one place where all of that came from, if it is one.
    """
    if origins is not None and len(origins.shares) == 1 and origins.shares[0].place:
        return f"湖南省{origins.shares[0].place}"
    if row.place_code is None:
        return ""
    province = "湖南省" if row.place_code.startswith(_HUNAN) else ""
    return f"{province}{row.county or ''}{row.township}"


_older, _newer, _correction = aliased(Inspection), aliased(Inspection), aliased(Event)
_once_covered = and_(
    Inspection.kind == "type",
    Inspection.party_id == bindparam("party"),
    Inspection.product_id == bindparam("product"),
    Inspection.valid_from <= bindparam("made"),
    Inspection.valid_to >= bindparam("made"),
    Withdrawal.id.is_not(None),
)
_covers = Inspection.id.in_(bindparam("covering", expanding=True))
_REPORTS = (
    select(
        Inspection.id, Inspection.number, Inspection.kind, Inspection.reported_on,
        Inspection.valid_from, Inspection.valid_to, Inspection.reason,
        Party.name, Party.sample, _older.number.label("corrects"), _newer.id.label("newer"),
        Withdrawal.withdrawn_at, Withdrawal.reason.label("why_withdrawn"),
    )
    .select_from(Inspection)
    .join(Party, Party.id == Inspection.laboratory_id)
    .outerjoin(_older, _older.id == Inspection.corrects_id)
    .outerjoin(_newer, _newer.corrects_id == Inspection.id)
    .outerjoin(
        Withdrawal,
        and_(
            Withdrawal.inspection_id == Inspection.id,
            Withdrawal.id.not_in(select(Reinstatement.withdrawal_id)),
        ),
    )
    .where(or_(Inspection.batch_id == bindparam("batch"), _covers, _once_covered))
    .order_by(Inspection.recorded_at.desc())
)  # fmt: skip
_VALUES = (
    select(Result.inspection_id, Result.characteristic, Result.typed, Result.unit)
    .where(Result.inspection_id.in_(bindparam("replaced", expanding=True)))
    .order_by(Result.ordinal)
)
_ENTRIES = (
    select(
        Event.stage,
        Event.happened_on,
        Event.party_id,
        Party.name,
        Party.sample,
        Batch.party_id.label("owner"),
    )
    .join(Party, Party.id == Event.party_id)
    .join(Batch, Batch.id == Event.batch_id)
    .outerjoin(_correction, _correction.corrects_id == Event.id)
    .where(
        or_(
            Event.batch_id == bindparam("batch"),
            Event.id.in_(bindparam("inherited", expanding=True)),
        ),
        _correction.id.is_(None),
    )
)
_EDITIONS = (
    select(Edition.designation, Edition.starts, Standard.title, Standard.title_en)
    .join(Standard, Standard.id == Edition.standard_id)
    .where(Edition.designation.in_(bindparam("designations", expanding=True)))
)
_GI = (
    select(GiRecord.type, GiRecord.name, GiRecord.number, GiRecord.date_text, GiRecord.evidence_id)
    .where(GiRecord.product_id == bindparam("product"))
    .order_by(GiRecord.ordinal)
)


def _reports(session: Session, row: Any, lines: Iterable[dict[str, Any]]) -> tuple[Report, ...]:
    """The reports on the batch and the type inspections that cover it or did until they were
    withdrawn, newest first; also those of the batches whose goods it is.
    """
    covering = {uuid.UUID(line["origin"]) for line in lines if _is_covered(line)}
    if row.made_of_others:
        covering |= {report.id for report in reports_on(session, row.batch_id)}
    asked = {
        "batch": row.batch_id, "party": row.party_id, "product": row.product_id,
        "made": row.production_date, "covering": list(covering),
    }  # fmt: skip
    found = session.execute(_REPORTS, asked).all()
    values = _values(session, [one.id for one in found if one.newer is not None])
    return tuple(_report(one, values.get(one.id, [])) for one in found)


def _is_covered(line: dict[str, Any]) -> bool:
    return line.get("source") == "type_inspection" and bool(line["origin"])


def _report(row: Any, values: Sequence[tuple[str, str]]) -> Report:
    return Report(
        number=row.number,
        kind=row.kind,
        laboratory=Named(row.name, row.sample),
        reported_on=row.reported_on,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        corrects=row.corrects or "",
        reason=without_personal_numbers(row.reason or ""),
        replaced=row.newer is not None,
        withdrawn_on=day_of(row.withdrawn_at) if row.withdrawn_at else None,
        why_withdrawn=without_personal_numbers(row.why_withdrawn or ""),
        values=tuple(values),
    )


def _values(
    session: Session, replaced: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[tuple[str, str]]]:
    """What reports said before they were corrected; no query where none was."""
    found: dict[uuid.UUID, list[tuple[str, str]]] = {}
    if replaced:
        for row in session.execute(_VALUES, {"replaced": replaced}):
            value = row.characteristic, f"{row.typed} {row.unit}".strip()
            found.setdefault(row.inspection_id, []).append(value)
    return found


def _entries(session: Session, row: Any) -> list[Entry]:
    inherited: list[uuid.UUID] = []
    if row.made_of_others:
        inherited = [event.id for event in events_of(session, row.batch_id)]
    asked = {"batch": row.batch_id, "inherited": inherited}
    return [
        Entry(
            one.stage,
            one.happened_on,
            None if one.party_id == one.owner else Named(one.name, one.sample),
        )
        for one in session.execute(_ENTRIES, asked)
    ]


def _editions(session: Session, designations: Sequence[str]) -> tuple[EditionFact, ...]:
    found = {
        row.designation: EditionFact(row.designation, Words(row.title, row.title_en), row.starts)
        for row in session.execute(_EDITIONS, {"designations": list(designations)})
    }
    return tuple(found[name] for name in designations if name in found)


def _gi(session: Session, product_id: uuid.UUID) -> tuple[GiFact, ...]:
    return tuple(
        GiFact(
            kind=row.type,
            name=row.name,
            number=row.number or "",
            day=row.date_text or "",
            proven=row.number is not None and row.evidence_id is not None,
        )
        for row in session.execute(_GI, {"product": product_id})
    )
