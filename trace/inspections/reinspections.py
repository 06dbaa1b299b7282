"""复检: the owner of what failed asks another laboratory to test it again.

农产品质量安全法 art. 51: asked for within five working days of hearing the result.
"""

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, INSPECTOR, PRODUCER, Act
from core.clock import day_of
from core.errors import Conflict, invalid_field
from core.identity.models import Party
from core.words import Words
from trace.batches.service import laboratories_of, own_batch, submit_batch
from trace.inspections.judging import latest_verdict, standing_of_batch
from trace.inspections.life_models import CalendarDay, Reinspection
from trace.inspections.models import Inspection
from trace.inspections.service import visible_report
from trace.inspections.workdays import REINSPECTION_DAYS, last_working_day

MONDAY_TO_FRIDAY = "monday-to-friday"
ENTERED_CALENDAR = "entered"


def calendar_of(session: Session) -> dict[date, bool]:
    """The days on which the country works or rests otherwise than Monday to Friday."""
    return {row.day: row.works for row in session.scalars(select(CalendarDay))}


def set_calendar_day(act: Act, day: date, works: bool, source: str) -> CalendarDay:
    """The authority enters a day of the public calendar; entering it again replaces it."""
    act.need(AUTHORITY)
    row = act.session.get(CalendarDay, day) or CalendarDay(day=day)
    row.works, row.source = works, source
    act.session.add(row)
    act.session.flush()
    act.record("calendar-day", day.isoformat(), works=works, source=source)
    return row


def last_day_to_ask(session: Session, report: Inspection) -> tuple[date, str]:
    """Until when a re-inspection may be asked for, and by which calendar that was counted.

    Only where a day of that year has been entered is it more than Monday to Friday.
    """
    calendar = calendar_of(session)
    heard = day_of(report.recorded_at)
    last = last_working_day(heard, REINSPECTION_DAYS, calendar)
    known = any(day.year in (heard.year, last.year) for day in calendar)
    return last, ENTERED_CALENDAR if known else MONDAY_TO_FRIDAY


def ask_reinspection(
    act: Act, report_id: uuid.UUID, laboratory_id: uuid.UUID, sample: str, reason: str
) -> Reinspection:
    """The owner asks another laboratory; from then on that laboratory sees the batch."""
    act.need(PRODUCER)
    report = visible_report(act, report_id)
    if report.batch_id is None:
        raise Conflict("not-a-batch", Words("只有批次检验可以复检。", "Only of a batch's report."))
    batch = own_batch(act, report.batch_id)
    _check_failed(act.session, report)
    last, calendar = last_day_to_ask(act.session, report)
    _check_in_time(act.today, last, calendar)
    _check_laboratory(act, report, laboratory_id)
    if act.session.scalar(select(Reinspection.id).where(Reinspection.first_id == report.id)):
        raise Conflict(
            "already-asked", Words("这份报告已经申请过复检。", "It was asked for already.")
        )
    if laboratory_id not in laboratories_of(act.session, batch.id):
        submit_batch(act, batch.id, laboratory_id, None)
    row = Reinspection(
        id=uuid.uuid4(), first_id=report.id, batch_id=batch.id, laboratory_id=laboratory_id,
        sample=sample, reason=reason, last_day=last, calendar=calendar,
        account_id=act.actor.account, asked_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "reinspection", row.id, inspection=report.id, batch=batch.id, laboratory=laboratory_id,
        sample=sample, reason=reason, last_day=last, calendar=calendar,
    )  # fmt: skip
    return row


def _check_failed(session: Session, report: Inspection) -> None:
    """Only what failed, by a report that counts, is tested again at the owner's wish."""
    assert report.batch_id is not None
    verdict = latest_verdict(session, report.batch_id)
    own = {str(result.id) for result in report.results}
    failing = verdict is not None and any(
        line["outcome"] in ("nonconforming", "to_verify") and line.get("result") in own
        for line in verdict.lines
    )
    counts = str(report.id) in standing_of_batch(session, report.batch_id).reports
    if not failing or not counts:
        raise Conflict(
            "nothing-failed",
            Words(
                "这份报告没有不合格的项目，或者已经不再计入，不用复检。",
                "Nothing failed by this report, or it does not count any more.",
            ),
        )


def _check_in_time(today: date, last: date, calendar: str) -> None:
    if today <= last:
        return
    how = Words("", "")
    if calendar == MONDAY_TO_FRIDAY:
        how = Words("（没有录入节假日，按周一至周五算）", " (counted Monday to Friday)")
    raise Conflict(
        "too-late",
        Words(
            f"复检要在 {last} 以前申请，已经过了{how.zh}。",
            f"A re-inspection was to be asked for by {last}{how.en}.",
        ),
    )


def _check_laboratory(act: Act, report: Inspection, laboratory_id: uuid.UUID) -> None:
    laboratory = act.session.get(Party, laboratory_id)
    if laboratory is None or INSPECTOR not in laboratory.roles or laboratory_id == act.party:
        raise invalid_field(
            "no-such-laboratory", "/laboratory", "没有这家检验机构", "There is no such laboratory"
        )
    if laboratory_id == report.laboratory_id:
        raise invalid_field(
            "same-laboratory",
            "/laboratory",
            "复检要由另一家机构做",
            "Another laboratory has to do it",
        )


def reinspections_of(session: Session, batch_id: uuid.UUID) -> list[Reinspection]:
    """The re-inspections that were asked for on a batch, newest first."""
    query = select(Reinspection).where(Reinspection.batch_id == batch_id)
    return list(session.scalars(query.order_by(Reinspection.asked_at.desc())))
