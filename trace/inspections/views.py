"""REST of inspections: every verb here may change a verdict, and what follows is done at once."""

from datetime import date
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from sqlalchemy import select

from core.errors import not_found
from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from core.http.versions import check_if_match, etag
from trace.batches import service as log
from trace.batches.drafts import EventDraft, PlotShare
from trace.batches.models import Batch, Event
from trace.batches.schemas import BatchOut, CorrectionIn, EventIn, EventOut, QuantityIn
from trace.inspections import dispositions, judging, reinspections, rejudge, service
from trace.inspections.life_models import CalendarDay
from trace.inspections.models import Disposition, Inspection, Reinstatement, Withdrawal
from trace.inspections.schemas import (
    CalendarDayIn,
    CalendarDayOut,
    DispositionIn,
    DispositionOut,
    ReasonIn,
    ReinspectionIn,
    ReinspectionOut,
    ReinstatementOut,
    ReportOut,
    ReportQuery,
    VerdictOut,
    WithdrawalOut,
)
from trace.inspections.standards_schemas import VerdictWholeOut
from trace.inspections.standards_told import told_of_verdict

inspections = Blueprint(
    "inspections", __name__, description="检验与判定 inspections, verdicts and dispositions"
)


@inspections.route("/batches/<uuid:batch_id>/events", methods=["POST"])
@writes
@inspections.arguments(EventIn)
@inspections.response(201, EventOut)
def log_event(draft: dict[str, Any], batch_id: UUID) -> tuple[Event, dict[str, str]]:
    """Log a fact of one stage."""
    event = rejudge.log_stage(current_act(), batch_id, EventDraft(**draft))
    return event, {"Location": f"/api/v1/events/{event.id}"}


@inspections.route("/events/<uuid:event_id>")
@inspections.response(200, EventOut)
def get_event(event_id: UUID) -> Event:
    """One event."""
    return log.visible_event(current_act(), event_id)


@inspections.route("/events/<uuid:event_id>/corrections", methods=["POST"])
@writes
@inspections.arguments(CorrectionIn)
@inspections.response(201, EventOut)
def correct_event(draft: dict[str, Any], event_id: UUID) -> tuple[Event, dict[str, str]]:
    """Correct an event by a new one."""
    reason = draft.pop("reason")
    event = rejudge.correct_stage(current_act(), event_id, EventDraft(**draft), reason)
    return event, {"Location": f"/api/v1/events/{event.id}"}


@inspections.route("/batches/<uuid:batch_id>/quantity", methods=["PUT"])
@writes
@inspections.arguments(QuantityIn)
@inspections.response(200, BatchOut)
def confirm_quantity(draft: dict[str, Any], batch_id: UUID) -> tuple[Batch, dict[str, str]]:
    """Confirm how much there is; a conforming batch is then released."""
    act = current_act()
    seen = log.visible_batch(act, batch_id)
    check_if_match(seen.id, seen.version)
    plots = [PlotShare(**share) for share in draft.get("plots", ())]
    batch = rejudge.confirm_batch(
        act, batch_id, draft.get("quantity"), draft.get("unit"), plots
    )  # fmt: skip
    return batch, {"ETag": etag(batch.id, batch.version)}


@inspections.route("/batches/<uuid:batch_id>/inspections")
@inspections.response(200, ReportOut(many=True))
def list_batch_inspections(batch_id: UUID) -> list[Inspection]:
    """The reports on a batch, newest first."""
    act = current_act()
    log.visible_batch(act, batch_id)
    return service.reports_of(act.session, batch_id)


@inspections.route("/inspections")
@inspections.arguments(ReportQuery, location="query")
@inspections.response(200, ReportOut(many=True))
def list_inspections(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The reports that one may know of, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.reports_seen_by(act)
    if args.get("kind"):
        query = query.where(Inspection.kind == args["kind"])
    page = page_of(act.session, query, Inspection.recorded_at, Inspection.id, **paging)
    return page.rows, page.headers()


@inspections.route("/inspections/<uuid:report_id>")
@inspections.response(200, ReportOut)
def get_inspection(report_id: UUID) -> Inspection:
    """One report."""
    return service.visible_report(current_act(), report_id)


@inspections.route("/inspections/<uuid:report_id>/withdrawal", methods=["POST"])
@writes
@inspections.arguments(ReasonIn)
@inspections.response(201, WithdrawalOut)
def withdraw_inspection(
    draft: dict[str, Any], report_id: UUID
) -> tuple[Withdrawal, dict[str, str]]:
    """Take a report back."""
    row = rejudge.withdraw(current_act(), report_id, draft["reason"])
    return row, {"Location": f"/api/v1/inspections/{report_id}"}


@inspections.route("/inspections/<uuid:report_id>/reinstatement", methods=["POST"])
@writes
@inspections.arguments(ReasonIn)
@inspections.response(201, ReinstatementOut)
def reinstate_inspection(
    draft: dict[str, Any], report_id: UUID
) -> tuple[Reinstatement, dict[str, str]]:
    """Take a withdrawal back; another person than the one who withdrew."""
    row = rejudge.reinstate(current_act(), report_id, draft["reason"])
    return row, {"Location": f"/api/v1/inspections/{report_id}"}


@inspections.route("/inspections/<uuid:report_id>/reinspections", methods=["POST"])
@writes
@inspections.arguments(ReinspectionIn)
@inspections.response(201, ReinspectionOut)
def ask_reinspection(draft: dict[str, Any], report_id: UUID) -> tuple[Any, dict[str, str]]:
    """复检: the owner asks another laboratory to test again what failed."""
    row = reinspections.ask_reinspection(
        current_act(), report_id, draft["laboratory"], draft["sample"], draft["reason"]
    )
    return row, {"Location": f"/api/v1/batches/{row.batch_id}/reinspections"}


@inspections.route("/batches/<uuid:batch_id>/reinspections")
@inspections.response(200, ReinspectionOut(many=True))
def list_reinspections(batch_id: UUID) -> Any:
    """The re-inspections that were asked for on a batch."""
    act = current_act()
    log.visible_batch(act, batch_id)
    return reinspections.reinspections_of(act.session, batch_id)


@inspections.route("/calendar-days/<day>", methods=["PUT"])
@writes
@inspections.arguments(CalendarDayIn)
@inspections.response(200, CalendarDayOut)
def set_calendar_day(draft: dict[str, Any], day: str) -> Any:
    """Enter a day of the public calendar."""
    try:
        named = date.fromisoformat(day)
    except ValueError as wrong:
        raise not_found("日期", "day") from wrong
    return reinspections.set_calendar_day(current_act(), named, draft["works"], draft["source"])


@inspections.route("/calendar-days")
@inspections.response(200, CalendarDayOut(many=True))
def list_calendar_days() -> Any:
    """The days on which the country works or rests otherwise than Monday to Friday."""
    return current_act().session.scalars(select(CalendarDay).order_by(CalendarDay.day)).all()


@inspections.route("/batches/<uuid:batch_id>/verdicts")
@inspections.response(200, VerdictOut(many=True))
def list_verdicts(batch_id: UUID) -> Any:
    """Every verdict of a batch, newest first."""
    act = current_act()
    log.visible_batch(act, batch_id)
    return judging.verdicts_of(act.session, batch_id)


@inspections.route("/batches/<uuid:batch_id>/verdict")
@inspections.response(200, VerdictWholeOut)
def get_verdict(batch_id: UUID) -> dict[str, Any]:
    """The verdict that counts, with what each standard says by itself."""
    act = current_act()
    batch = log.visible_batch(act, batch_id)
    verdict = judging.latest_verdict(act.session, batch_id)
    if verdict is None:
        raise not_found("判定", "verdict")
    told = told_of_verdict(act.session, verdict, judging.judge_now(act.session, batch))
    return {
        **{name: getattr(verdict, name) for name in VerdictOut().fields},
        "by_standard": [one.as_dict() for one in told.standards],
        "contested": [one.as_dict() for one in told.contested],
        "kept_from": told.kept_from.as_dict() if told.kept_from else None,
    }


@inspections.route("/batches/<uuid:batch_id>/dispositions", methods=["POST"])
@writes
@inspections.arguments(DispositionIn)
@inspections.response(201, DispositionOut)
def decide(draft: dict[str, Any], batch_id: UUID) -> tuple[Disposition, dict[str, str]]:
    """Hold, lift a hold, reject or recall."""
    made = dispositions.decide(current_act(), batch_id, draft["kind"], draft["reason"])
    return made, {"Location": f"/api/v1/batches/{batch_id}/dispositions"}


@inspections.route("/batches/<uuid:batch_id>/dispositions")
@inspections.response(200, DispositionOut(many=True))
def list_dispositions(batch_id: UUID) -> list[Disposition]:
    """Every disposition of a batch, newest first."""
    act = current_act()
    log.visible_batch(act, batch_id)
    return dispositions.dispositions_of(act.session, batch_id)
