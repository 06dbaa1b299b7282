"""Reports: putting them on file, looking at them, taking them back and reinstating them.

What follows from each is in rejudge.py; how a report comes about is in worksheets.py.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, VERIFIER, Act
from core.errors import Conflict, Forbidden, not_found
from core.identity.models import Account, Party
from core.words import Words
from trace.inspections.judging import reports_on
from trace.inspections.life_models import Attachment, Reinspection, Retest, Worksheet
from trace.inspections.models import Inspection, Reinstatement, Result, Withdrawal
from trace.inspections.subjects import Subject, check_not_corrected


@dataclass(frozen=True)
class ReportDraft:
    """What a laboratory reports: on a batch, or (type inspection) on a party's product.

    As long as a worksheet is worked on, anything of it may still be missing.
    """

    number: str | None = None
    sampled_on: date | None = None
    reported_on: date | None = None
    results: Sequence[Mapping[str, Any]] = ()
    note: str | None = None
    report: uuid.UUID | None = None
    photos: Sequence[uuid.UUID] = ()
    grade: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Checked:
    """A report that may be published: its values with their units, and how long it counts."""

    draft: ReportDraft
    number: str
    sampled_on: date
    reported_on: date
    values: list[dict[str, Any]]
    valid_from: date | None
    valid_to: date | None


def record_report(act: Act, sheet: Worksheet, subject: Subject, said: Checked) -> Inspection:
    """Put a worksheet with both its signatures on file, under the worksheet's id."""
    draft = said.draft
    report = Inspection(
        id=sheet.id, kind=subject.kind, number=said.number,
        laboratory=act.session.get_one(Party, sheet.laboratory_id),
        party_id=subject.party, product_id=subject.product.id,
        batch_id=subject.batch.id if subject.batch else None, grade=draft.grade,
        sampled_on=said.sampled_on, reported_on=said.reported_on, valid_from=said.valid_from,
        valid_to=said.valid_to, note=draft.note, report_id=draft.report,
        corrects_id=subject.corrects.id if subject.corrects else None,
        reason=subject.reason if subject.corrects else None,
        account_id=sheet.changed_by, recorded_at=act.at,
    )  # fmt: skip
    report.results = [
        Result(id=uuid.uuid4(), ordinal=place, **value) for place, value in enumerate(said.values)
    ]
    act.session.add(report)
    act.session.flush()
    _record_beside(act, report, subject, draft)
    _put_on_record(act, report, subject, said, sheet.content_sha256)
    return report


def _record_beside(act: Act, report: Inspection, subject: Subject, draft: ReportDraft) -> None:
    if subject.retests is not None and subject.retest is not None:
        act.session.add(
            Retest(
                inspection_id=report.id,
                first_id=subject.retests.id,
                ground=subject.retest.ground,
                both_count=subject.retest.both_count,
                reason=subject.retest.reason,
            )
        )
    act.session.add_all(
        Attachment(id=uuid.uuid4(), inspection_id=report.id, document_id=photo)
        for photo in draft.photos
    )
    act.session.flush()


def _put_on_record(
    act: Act, report: Inspection, subject: Subject, said: Checked, content_sha256: str
) -> None:
    act.record(
        "inspection", report.id, inspection=report.kind, number=report.number,
        laboratory=report.laboratory_id, party=report.party_id, product=report.product_id,
        batch=report.batch_id, grade=report.grade, sampled_on=report.sampled_on,
        reported_on=report.reported_on, valid_from=report.valid_from, valid_to=report.valid_to,
        report=report.report_id, photos=list(said.draft.photos), corrects=report.corrects_id,
        retests=subject.retests.id if subject.retests else None, reason=subject.reason,
        note=report.note, results=said.values, content_sha256=content_sha256,
    )  # fmt: skip


def reports_seen_by(act: Act) -> Select[Inspection]:
    """The reports that the actor may know of: its own, on its goods, all for the authority."""
    query = select(Inspection)
    if act.actor.is_a(AUTHORITY):
        return query
    asked = select(Reinspection.first_id).where(Reinspection.laboratory_id == act.party)
    return query.where(
        or_(
            Inspection.laboratory_id == act.party,
            Inspection.party_id == act.party,
            Inspection.id.in_(asked),
        )
    )


def visible_report(act: Act, report_id: uuid.UUID) -> Inspection:
    """A report that the actor may know of; NotFound otherwise."""
    report = act.session.scalars(reports_seen_by(act).where(Inspection.id == report_id)).first()
    if report is None:
        raise not_found("检验报告", "report")
    return report


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
    if act.session.scalar(select(Withdrawal.id).where(Withdrawal.inspection_id == report.id)):
        raise Conflict(
            "reinstated-before",
            Words(
                "这份报告撤回过又恢复了，不能再撤回；请更正它。",
                "It was withdrawn and reinstated before; correct it instead.",
            ),
        )
    row = Withdrawal(
        id=uuid.uuid4(), inspection_id=report.id, reason=reason,
        account_id=act.actor.account, withdrawn_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record("withdrawal", row.id, inspection=report.id, reason=reason)
    return row


def reinstate_report(act: Act, report: Inspection, reason: str) -> Reinstatement:
    """Another person than the one who took a report back says that it counts after all."""
    if report.withdrawal is None:
        raise Conflict("not-withdrawn", Words("这份报告没有撤回。", "It was not withdrawn."))
    check_not_corrected(act.session, report)
    by = act.session.get(Account, report.withdrawal.account_id) if report.withdrawal else None
    own = report.laboratory_id == act.actor.party and act.actor.is_a(VERIFIER)
    by_itself = by is not None and by.party_id == report.laboratory_id
    if not (own and by_itself) and not act.actor.is_a(AUTHORITY):
        raise Forbidden(
            "not-your-report",
            Words(
                "机构自己撤回的，由它的复核人或主管部门恢复；主管部门撤回的，只有主管部门可以恢复。",
                "Its laboratory's verifier reinstates what the laboratory withdrew, else the authority.",
            ),
        )
    if report.withdrawal.account_id == act.actor.account:
        raise Forbidden(
            "same-person",
            Words("撤回的人不能自己恢复，要由另一个人来。", "Another person has to reinstate it."),
        )
    row = Reinstatement(
        withdrawal_id=report.withdrawal.id, reason=reason,
        account_id=act.actor.account, reinstated_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record("reinstatement", row.withdrawal_id, inspection=report.id, reason=reason)
    act.session.expire(report, ["withdrawal"])
    return row


def check_counts(session: Session, report: Inspection) -> None:
    """Conflict where the report was corrected or withdrawn already."""
    check_not_corrected(session, report)
    if report.withdrawal is not None:
        raise Conflict("withdrawn", Words("这份报告已经撤回。", "The report was withdrawn."))


def reports_of(session: Session, batch_id: uuid.UUID) -> list[Inspection]:
    """Every report on a batch, corrected and withdrawn ones too, newest first."""
    return reports_on(session, batch_id)[::-1]
