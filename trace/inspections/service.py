"""Recording, correcting and withdrawing reports. What follows from them is in rejudge.py."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, INSPECTOR, Act
from core.documents.models import Document
from core.errors import Conflict, Forbidden, Invalid, fault, invalid_field, not_found
from core.identity.models import Party
from core.words import Words
from products.models import Product
from products.plans.service import plan_on
from products.standards.rules import rulebook_for
from trace.batches.models import Batch
from trace.inspections.entry import checked_values
from trace.inspections.models import Inspection, Result, Withdrawal
from trace.inspections.validity import last_day

BATCH = "batch"
TYPE = "type"


@dataclass(frozen=True)
class ReportDraft:
    """What a laboratory reports: on a batch, or (type inspection) on a party's product."""

    number: str
    sampled_on: date
    reported_on: date
    results: Sequence[Mapping[str, Any]]
    note: str | None = None
    report: uuid.UUID | None = None
    grade: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Subject:
    """What a report is about."""

    kind: str
    party: uuid.UUID
    product: Product
    batch: Batch | None = None


def subject_of_batch(act: Act, batch: Batch) -> Subject:
    """A batch as the subject of a report by the actor; never one of the actor's own party."""
    act.need(INSPECTOR)
    _check_other_party(act, batch.party_id)
    return Subject(BATCH, batch.party_id, batch.product, batch)


def subject_of_type(act: Act, party_id: uuid.UUID, product: Product) -> Subject:
    """A party's product as the subject of a type inspection by the actor."""
    act.need(INSPECTOR)
    _check_other_party(act, party_id)
    if act.session.get(Party, party_id) is None:
        raise invalid_field("no-such-party", "/party", "没有这个主体", "There is no such party")
    return Subject(TYPE, party_id, product)


def _check_other_party(act: Act, owner: uuid.UUID) -> None:
    if owner == act.actor.party:
        raise Forbidden(
            "own-batch",
            Words("不能检验自己单位的产品。", "Nobody inspects the goods of their own party."),
        )


def record_report(
    act: Act, subject: Subject, draft: ReportDraft, corrects: Inspection | None = None,
    reason: str | None = None,
) -> Inspection:  # fmt: skip
    """Put a report on file; Invalid names every value that cannot be taken."""
    _check_dates(act, subject, draft)
    _check_number(act, draft.number)
    _check_document(act, draft.report)
    values = _values(act.session, subject, draft)
    valid_from, valid_to = _validity(act.session, subject, draft)
    report = Inspection(
        id=uuid.uuid4(), kind=subject.kind, number=draft.number, laboratory_id=act.party,
        party_id=subject.party, product_id=subject.product.id,
        batch_id=subject.batch.id if subject.batch else None, grade=draft.grade,
        sampled_on=draft.sampled_on, reported_on=draft.reported_on, valid_from=valid_from,
        valid_to=valid_to, note=draft.note, report_id=draft.report,
        corrects_id=corrects.id if corrects else None, reason=reason,
        account_id=act.actor.account, recorded_at=act.at,
    )  # fmt: skip
    report.results = [
        Result(id=uuid.uuid4(), ordinal=place, **value) for place, value in enumerate(values)
    ]
    act.session.add(report)
    act.session.flush()
    act.session.refresh(report)
    _put_on_record(act, report, values)
    return report


def _put_on_record(act: Act, report: Inspection, values: list[dict[str, Any]]) -> None:
    act.record(
        "inspection", report.id, inspection=report.kind, number=report.number,
        laboratory=report.laboratory_id, party=report.party_id, product=report.product_id,
        batch=report.batch_id, grade=report.grade, sampled_on=report.sampled_on,
        reported_on=report.reported_on, valid_from=report.valid_from, valid_to=report.valid_to,
        report=report.report_id, corrects=report.corrects_id, reason=report.reason,
        note=report.note, results=values,
    )  # fmt: skip


def _check_dates(act: Act, subject: Subject, draft: ReportDraft) -> None:
    faults = []
    if draft.reported_on > act.today:
        faults.append(
            fault("/reported_on", "报告日期不能在今天以后", "The report is dated in the future")
        )
    if draft.sampled_on > draft.reported_on:
        faults.append(fault("/sampled_on", "抽样不能晚于报告", "Sampled after the report was made"))
    if subject.batch is not None and draft.sampled_on < subject.batch.production_date:
        faults.append(
            fault("/sampled_on", "抽样不能早于生产日期", "Sampled before it was produced")
        )
    if draft.grade is not None and draft.grade not in subject.product.names("grade"):
        faults.append(fault("/grade", "产品没有这个等级", "The product has no such grade"))
    if draft.valid_from is not None and draft.valid_from < draft.sampled_on:
        faults.append(
            fault("/valid_from", "有效期不能早于抽样", "Valid before the sample was taken")
        )
    if draft.valid_to is not None and draft.valid_to < (draft.valid_from or draft.reported_on):
        faults.append(fault("/valid_to", "有效期止不能早于起", "Ends before it begins"))
    if faults:
        raise Invalid("report-invalid", faults[0].message, faults)


def _check_number(act: Act, number: str) -> None:
    query = select(Inspection.id).where(
        Inspection.laboratory_id == act.party, Inspection.number == number
    )
    if act.session.scalar(query) is not None:
        raise Conflict(
            "number-taken",
            Words(f"报告编号 {number} 已经用过。", f"Report number {number} is in use."),
        )


def _check_document(act: Act, document_id: uuid.UUID | None) -> None:
    if document_id is None:
        return
    document = act.session.get(Document, document_id)
    if document is None or document.party_id != act.actor.party:
        raise invalid_field(
            "no-such-document",
            "/report",
            "没有这份文件，请先上传",
            "No such document; upload it first",
        )


def _values(session: Session, subject: Subject, draft: ReportDraft) -> list[dict[str, Any]]:
    if not draft.results:
        raise invalid_field("no-results", "/results", "至少要有一个结果", "At least one result")
    on = subject.batch.production_date if subject.batch else draft.reported_on
    plan = plan_on(session, subject.product.id, on)
    items = frozenset(item.characteristic for item in plan.every_batch) if plan else frozenset()
    rules = rulebook_for(session, subject.product.id)
    values = checked_values(rules, items, draft.results, "/results")
    known = subject.product.names("matrix")
    faults = [
        fault(f"/results/{place}/matrix", "产品没有这个部位", "The product has no such matrix")
        for place, value in enumerate(values)
        if value.get("matrix") is not None and value["matrix"] not in known
    ]
    if faults:
        raise Invalid("value-invalid", faults[0].message, faults)
    return values


def _validity(
    session: Session, subject: Subject, draft: ReportDraft
) -> tuple[date | None, date | None]:
    """From the report's day, for as long as the release plan says (12/n months for n a year)."""
    if subject.kind == BATCH:
        return None, None
    begins = draft.valid_from or draft.reported_on
    if draft.valid_to is not None:
        return begins, draft.valid_to
    plan = plan_on(session, subject.product.id, begins)
    months = plan.validity_months if plan else None
    if months is None:
        raise invalid_field(
            "validity-missing",
            "/valid_to",
            "放行方案没有规定型式检验的有效期，请填有效期止",
            "The release plan sets no validity for type inspections; give valid_to",
        )
    return begins, last_day(begins, months)


def reports_seen_by(act: Act) -> Select[Inspection]:
    """The reports that the actor may know of: its own, on its goods, all for the authority."""
    query = select(Inspection)
    if act.actor.is_a(AUTHORITY):
        return query
    return query.where(or_(Inspection.laboratory_id == act.party, Inspection.party_id == act.party))


def visible_report(act: Act, report_id: uuid.UUID) -> Inspection:
    """A report that the actor may know of; NotFound otherwise."""
    report = act.session.scalars(reports_seen_by(act).where(Inspection.id == report_id)).first()
    if report is None:
        raise not_found("检验报告", "report")
    return report


def own_report(act: Act, report_id: uuid.UUID) -> Inspection:
    """A report of the actor's laboratory that still counts."""
    report = visible_report(act, report_id)
    if report.laboratory_id != act.actor.party:
        raise Forbidden(
            "not-your-report",
            Words("只有出具报告的机构可以更正。", "Only its own laboratory corrects a report."),
        )
    check_counts(act.session, report)
    return report


def check_counts(session: Session, report: Inspection) -> None:
    """Conflict where the report was corrected or withdrawn already."""
    query = select(Inspection.id).where(Inspection.corrects_id == report.id)
    if session.scalar(query) is not None:
        raise Conflict(
            "already-corrected",
            Words("这份报告已经更正过，请更正新的那份。", "Corrected already; correct the newer."),
        )
    if report.withdrawal is not None:
        raise Conflict("withdrawn", Words("这份报告已经撤回。", "The report was withdrawn."))


def withdraw_report(act: Act, report: Inspection, reason: str) -> Withdrawal:
    """The laboratory, or the authority, takes a report back."""
    if report.laboratory_id != act.actor.party and not act.actor.is_a(AUTHORITY):
        raise Forbidden(
            "not-your-report",
            Words(
                "只有出具报告的机构或主管部门可以撤回。", "Only its laboratory or the authority."
            ),
        )
    check_counts(act.session, report)
    row = Withdrawal(
        id=uuid.uuid4(), inspection_id=report.id, reason=reason,
        account_id=act.actor.account, withdrawn_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record("withdrawal", row.id, inspection=report.id, reason=reason)
    return row


def reports_of(session: Session, batch_id: uuid.UUID) -> list[Inspection]:
    """Every report on a batch, corrected and withdrawn ones too, newest first."""
    query = select(Inspection).where(Inspection.batch_id == batch_id)
    return list(session.scalars(query.order_by(Inspection.recorded_at.desc())).unique())
