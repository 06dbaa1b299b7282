"""Gathering a certificate of analysis from the tables: one report, and how it stands now."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import day_of
from core.identity.models import Party
from core.record.canonical import canonical
from core.words import Words
from labels.analysis import (
    Analysis,
    Body,
    Finding,
    Other,
    Signing,
    Standing,
    Subject,
    conclusions_of,
    content_of,
    judged,
)
from labels.passport_content import without_personal_numbers
from labels.report_address import address_of
from products.models import Product
from products.phrases import unit_text
from products.plans.service import plan_on
from products.rulebook import BatchFacts
from products.standards.rules import rulebook_for
from trace.batches.models import Batch
from trace.inspections import conformity, judging
from trace.inspections.life_models import SUBMITTED, VERIFIED, Retest, Signature
from trace.inspections.models import Inspection, Result, Verdict
from trace.inspections.report_links import link_of
from trace.sampling.models import InspectionOrder, Sample

Line = dict[str, Any]
_SHORT = 8
"""So many digits of an account's id tell two signatories apart and name nobody."""


def address_of_report(session: Session, report_id: uuid.UUID) -> str:
    """The public address of a report, for a link on a desk."""
    return address_of(link_of(session, report_id))


def digest_of(analysis: Analysis) -> str:
    """The SHA-256 of the content that is signed."""
    return hashlib.sha256(canonical(content_of(analysis))).hexdigest()


def analysis_for(session: Session, report: Inspection) -> Analysis:
    """The certificate of a report as it is to be told now."""
    judged_on, judged_at, lines = _said(session, report)
    findings = tuple(
        _finding(row, lines) for row in sorted(report.results, key=lambda row: row.ordinal)
    )
    standing, changed_at = _standing(session, report)
    retest = session.get(Retest, report.id)
    return Analysis(
        address=address_of_report(session, report.id),
        number=report.number,
        laboratory=_body(session, report.laboratory_id),
        subject=_subject(session, report),
        sampled_on=report.sampled_on,
        reported_on=report.reported_on,
        published_at=report.recorded_at,
        judged_on=judged_on,
        as_of=max(report.recorded_at, judged_at, changed_at),
        valid_from=report.valid_from,
        valid_to=report.valid_to,
        samples=tuple(_samples(session, report)),
        findings=findings,
        conclusions=conclusions_of(findings),
        signatures=tuple(_signatures(session, report)),
        note=without_personal_numbers(report.note or ""),
        standing=standing,
        corrects=_other(session, report.corrects_id, report.reason or ""),
        retests=None if retest is None else _other(session, retest.first_id, retest.reason),
        ground="" if retest is None else retest.ground,
        both_count=retest is not None and retest.both_count,
    )


def _body(session: Session, party_id: uuid.UUID) -> Body:
    party = session.get_one(Party, party_id)
    return Body(party.name, party.credit_code, party.sample)


def _subject(session: Session, report: Inspection) -> Subject:
    product = session.get_one(Product, report.product_id)
    batch = session.get(Batch, report.batch_id) if report.batch_id else None
    return Subject(
        kind=report.kind,
        party=_body(session, report.party_id),
        product=Words(product.name, product.name_en),
        grade=report.grade or (batch.grade if batch else None) or "",
        batch=batch.number if batch else "",
        quantity=f"{batch.quantity_typed} {batch.quantity_unit}" if batch else "",
        produced_on=batch.production_date if batch else None,
    )


def _finding(row: Result, lines: Sequence[Line]) -> Finding:
    own = [line for line in lines if line.get("result") == str(row.id)]
    name_en = own[0]["characteristic_en"] if own else row.characteristic
    return Finding(
        name=Words(row.characteristic, name_en),
        matrix=row.matrix or "",
        typed=row.typed,
        unit=Words(unit_text(row.unit), unit_text(row.unit, "en")),
        detection_limit=row.detection_limit or "",
        uncertainty=row.uncertainty or "",
        guarded=row.guarded,
        method=row.method or "",
        limits=judged(own, str(row.id)),
    )


# --- what the judge said --------------------------------------------------------------------


def _said(session: Session, report: Inspection) -> tuple[date, datetime, Sequence[Line]]:
    """The day whose rules counted, when the judge said it, and its lines.

    Of a batch: the verdict that came with the report. A type inspection is judged by itself, by
    the rules of its day as they are entered now.
    """
    if report.batch_id is None:
        return report.reported_on, report.recorded_at, _type_lines(session, report)
    query = select(Verdict).where(
        Verdict.batch_id == report.batch_id, Verdict.judged_at >= report.recorded_at
    )
    verdict = session.scalars(query.order_by(Verdict.number).limit(1)).first()
    if verdict is None:
        return report.reported_on, report.recorded_at, ()
    return verdict.on_date, verdict.judged_at, verdict.lines


def _type_lines(session: Session, report: Inspection) -> Sequence[Line]:
    product = session.get_one(Product, report.product_id)
    said = conformity.judge(
        batch=BatchFacts(
            product=product.key,
            product_name=product.name,
            grade=report.grade,
            form=product.default_form,
        ),
        plan=plan_on(session, product.id, report.reported_on),
        rules=rulebook_for(session, product.id),
        results=judging.results_of(session, report),
        type_inspections=(),
        events=(),
        on=report.reported_on,
    )
    return judging.stored_lines(said)


# --- how it stands --------------------------------------------------------------------------


def _standing(session: Session, report: Inspection) -> tuple[Standing, datetime]:
    """How the report stands now, and since when."""
    if report.withdrawal is not None:
        at, reason = report.withdrawal.withdrawn_at, report.withdrawal.reason
        return Standing("withdrawn", day_of(at), without_personal_numbers(reason)), at
    newer = session.scalars(select(Inspection).where(Inspection.corrects_id == report.id)).first()
    if newer is not None:
        by = _other(session, newer.id, newer.reason or "")
        return Standing("corrected", by=by), newer.recorded_at
    return _tested_again(session, report) or (Standing("counts"), report.recorded_at)


def _tested_again(session: Session, report: Inspection) -> tuple[Standing, datetime] | None:
    counting = judging.standing_beside(session, report).counting
    again = tuple(row.characteristic for row in report.results if str(row.id) not in counting)
    retest = _retest_of(session, report)
    if not again or retest is None:
        return None
    newest = _newest(session, session.get_one(Inspection, retest.inspection_id))
    by = _other(session, newest.id, retest.reason)
    state = Standing(
        "retested" if len(again) == len(report.results) else "partly",
        by=by,
        tested_again=tuple(dict.fromkeys(again)),
    )
    return state, newest.recorded_at


def _retest_of(session: Session, report: Inspection) -> Retest | None:
    """The retest of a report, or of one that it corrects."""
    at: Inspection | None = report
    while at is not None:
        found = session.scalars(select(Retest).where(Retest.first_id == at.id)).first()
        if found is not None:
            return found
        at = session.get(Inspection, at.corrects_id) if at.corrects_id else None
    return None


def _newest(session: Session, report: Inspection) -> Inspection:
    """A report in its latest correction."""
    while True:
        query = select(Inspection).where(Inspection.corrects_id == report.id)
        newer = session.scalars(query).first()
        if newer is None:
            return report
        report = newer


def _other(session: Session, report_id: uuid.UUID | None, reason: str) -> Other | None:
    if report_id is None:
        return None
    number = session.get_one(Inspection, report_id).number
    return Other(number, address_of_report(session, report_id), without_personal_numbers(reason))


# --- who signed, and what was taken ---------------------------------------------------------


def _signatures(session: Session, report: Inspection) -> Iterator[Signing]:
    """The two signatures for the content that was published, in order."""
    query = select(Signature).where(
        Signature.worksheet_id == report.id, Signature.meaning.in_((SUBMITTED, VERIFIED))
    )
    made = session.scalars(query.order_by(Signature.signed_at, Signature.id)).all()
    published = next((one.content_sha256 for one in made if one.meaning == VERIFIED), None)
    for one in made:
        if one.content_sha256 == published:
            yield Signing(
                meaning=one.meaning,
                account=one.account_id.hex[:_SHORT],
                method=one.method,
                at=one.signed_at,
                content_sha256=one.content_sha256,
            )


def _samples(session: Session, report: Inspection) -> Iterator[str]:
    """Numbers and seals of what the laboratory drew of the batch, or for the type inspection."""
    query = select(Sample).join(InspectionOrder, InspectionOrder.id == Sample.order_id)
    query = query.where(
        Sample.laboratory_id == report.laboratory_id,
        InspectionOrder.party_id == report.party_id,
        InspectionOrder.product_id == report.product_id,
        InspectionOrder.batch_id == report.batch_id
        if report.batch_id
        else InspectionOrder.batch_id.is_(None),
        Sample.drawn_on == report.sampled_on,
    )
    for sample in session.scalars(query.order_by(Sample.number)):
        yield f"{sample.number}（封签 {sample.seal}）"
