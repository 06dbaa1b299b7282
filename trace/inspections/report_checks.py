"""Whether a report may be published as it stands: every fault of it at once, by its box."""

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from core.act import Act
from core.documents.models import Document
from core.errors import Conflict, FieldFault, Invalid, fault
from core.identity.models import Account
from core.words import Words
from products.errors import RuleError
from products.plans.service import plan_on
from products.standards.rules import rulebook_for
from trace.inspections.entry import checked_values
from trace.inspections.life_models import SUBMITTED, Worksheet
from trace.inspections.models import Inspection
from trace.inspections.service import Checked, ReportDraft
from trace.inspections.subjects import BATCH, Subject
from trace.inspections.validity import last_day
from trace.laboratories.service import check_instrument, check_method


def checked_report(
    act: Act, laboratory: uuid.UUID, subject: Subject, draft: ReportDraft
) -> Checked:
    """The report as it may be published; Invalid names everything that cannot stand."""
    faults = [*_missing(draft), *_date_faults(act, subject, draft), *_paper_faults(act, draft)]
    values: list[dict[str, Any]] = []
    try:
        values = _values(act.session, laboratory, subject, draft)
    except Invalid as refusal:
        faults += refusal.faults
    begins, ends = None, None
    if not faults:
        begins, ends, unsaid = _validity(act.session, subject, draft)
        faults += unsaid
    if faults:
        raise Invalid("report-invalid", faults[0].message, faults)
    number, sampled_on, reported_on = draft.number, draft.sampled_on, draft.reported_on
    assert number is not None
    assert sampled_on is not None
    assert reported_on is not None
    return Checked(draft, number, sampled_on, reported_on, values, begins, ends)


def check_number(
    session: Session, laboratory: uuid.UUID, number: str, sheet: uuid.UUID, submitted: bool
) -> None:
    """Conflict where another report of the laboratory has the number.

    Where it is about to be submitted, one that waits for a second person counts as well.
    """
    taken = exists().where(
        Inspection.laboratory_id == laboratory, Inspection.number == number, Inspection.id != sheet
    )
    waiting = exists().where(
        Worksheet.laboratory_id == laboratory, Worksheet.number == number,
        Worksheet.state == SUBMITTED, Worksheet.id != sheet,
    )  # fmt: skip
    if session.scalar(select(taken if submitted else or_(taken, waiting))):
        raise Conflict(
            "number-taken",
            Words(f"报告编号 {number} 已经用过。", f"Report number {number} is in use."),
        )


def _missing(draft: ReportDraft) -> Iterator[FieldFault]:
    if not draft.number:
        yield fault("/number", "请填报告编号", "Give the report its number")
    if draft.sampled_on is None:
        yield fault("/sampled_on", "请填抽样日期", "Say when the sample was taken")
    if draft.reported_on is None:
        yield fault("/reported_on", "请填报告日期", "Say the day of the report")


def _date_faults(act: Act, subject: Subject, draft: ReportDraft) -> Iterator[FieldFault]:
    sampled, reported = draft.sampled_on, draft.reported_on
    if reported is not None and reported > act.today:
        yield fault("/reported_on", "报告日期不能在今天以后", "The report is dated in the future")
    if sampled is not None and reported is not None and sampled > reported:
        yield fault("/sampled_on", "抽样不能晚于报告", "Sampled after the report was made")
    if subject.batch is not None and sampled and sampled < subject.batch.production_date:
        yield fault("/sampled_on", "抽样不能早于生产日期", "Sampled before it was produced")
    if draft.grade is not None and draft.grade not in subject.product.names("grade"):
        yield fault("/grade", "产品没有这个等级", "The product has no such grade")
    begins = draft.valid_from or reported
    if draft.valid_from is not None and sampled is not None and draft.valid_from < sampled:
        yield fault("/valid_from", "有效期不能早于抽样", "Valid before the sample was taken")
    if draft.valid_to is not None and begins is not None and draft.valid_to < begins:
        yield fault("/valid_to", "有效期止不能早于起", "Ends before it begins")


def _paper_faults(act: Act, draft: ReportDraft) -> Iterator[FieldFault]:
    papers = [("/report", draft.report)] if draft.report else []
    papers += [(f"/photos/{place}", photo) for place, photo in enumerate(draft.photos)]
    for pointer, document_id in papers:
        document = act.session.get(Document, document_id)
        if document is None or document.party_id != act.actor.party:
            yield fault(pointer, "没有这份文件，请先上传", "No such document; upload it first")


def _values(
    session: Session, laboratory: uuid.UUID, subject: Subject, draft: ReportDraft
) -> list[dict[str, Any]]:
    if not draft.results:
        one = fault("/results", "至少要有一个结果", "At least one result")
        raise Invalid("no-results", one.message, [one])
    on = subject.batch.production_date if subject.batch else draft.reported_on
    plan = plan_on(session, subject.product.id, on) if on else None
    items = frozenset(item.characteristic for item in plan.every_batch) if plan else frozenset()
    declared = subject.batch.declared if subject.batch else ()
    rules = rulebook_for(session, subject.product.id, declared)
    values = checked_values(rules, items, draft.results, "/results")
    faults = [
        FieldFault(f"/results/{place}{one.pointer}", one.message)
        for place, value in enumerate(values)
        for one in _resource_faults(session, laboratory, subject, value, draft.reported_on)
    ]
    if faults:
        raise Invalid("value-invalid", faults[0].message, faults)
    return [_row(value) for value in values]


def _row(value: dict[str, Any]) -> dict[str, Any]:
    """A value by the names of its columns."""
    named = {"instrument": "instrument_id", "analyst": "analyst_id"}
    return {named.get(key, key): inner for key, inner in value.items()}


def _resource_faults(
    session: Session,
    laboratory: uuid.UUID,
    subject: Subject,
    value: dict[str, Any],
    reported_on: date | None,
) -> Iterator[FieldFault]:
    """What is wrong with a value's matrix, day, analyst, method or instrument."""
    if value.get("matrix") is not None and value["matrix"] not in subject.product.names("matrix"):
        yield fault("/matrix", "产品没有这个部位", "The product has no such matrix")
    if value.get("measured_on") and reported_on and value["measured_on"] > reported_on:
        yield fault("/measured_on", "检测不能晚于报告", "Measured after the report was made")
    if value.get("analyst") is not None:
        account = session.get(Account, value["analyst"])
        if account is None or account.party_id != laboratory:
            yield fault("/analyst", "检测人不是本机构的人", "The analyst is not of this laboratory")
    for name, check in _RESOURCES.items():
        if value.get(name):
            try:
                check(session, laboratory, value, value.get("measured_on") or reported_on)
            except RuleError as wrong:
                yield FieldFault(f"/{name}", wrong.words)


Value = dict[str, Any]


def _method(session: Session, laboratory: uuid.UUID, value: Value, on: date | None) -> None:
    name, symbol = value["characteristic"], value["unit"]
    check_method(session, laboratory, value["method"], name, symbol, on)


def _instrument(session: Session, laboratory: uuid.UUID, value: Value, on: date | None) -> None:
    name, typed, symbol = value["characteristic"], value["typed"], value["unit"]
    check_instrument(session, laboratory, value["instrument"], name, typed, symbol, on)


_RESOURCES = {"method": _method, "instrument": _instrument}


def _validity(
    session: Session, subject: Subject, draft: ReportDraft
) -> tuple[date | None, date | None, list[FieldFault]]:
    """From the report's day, for as long as the release plan says (12/n months for n a year)."""
    if subject.kind == BATCH:
        return None, None, []
    begins = draft.valid_from or draft.reported_on
    assert begins is not None
    if draft.valid_to is not None:
        return begins, draft.valid_to, []
    plan = plan_on(session, subject.product.id, begins)
    months = plan.validity_months if plan else None
    if months is None:
        unsaid = fault(
            "/valid_to",
            "放行方案没有规定型式检验的有效期，请填有效期止",
            "The release plan sets no validity for type inspections; give valid_to",
        )
        return begins, None, [unsaid]
    return begins, last_day(begins, months), []
