"""The inspector's desk: what was sent to the laboratory, its reports, its type inspections."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from core.act import Act
from core.clock import day_of
from core.errors import not_found
from core.http.acting import current_act
from core.http.paging import page_of
from core.identity.models import Party
from desks.form_texts import LONGEST_SEARCH, printable
from desks.inspector_begun import begun_on, state_words, wanted_on
from desks.standings import Standing, last_kind, standings_of
from products.models import Product
from products.plans.service import plan_on
from trace.batches.models import Batch, Submission
from trace.batches.service import laboratories_of, visible_batch
from trace.inspections import results
from trace.inspections.case import last_day
from trace.inspections.judging import withdrawn_reports
from trace.inspections.models import (
    HOLD,
    RECALL,
    REJECT,
    Disposition,
    Inspection,
)
from trace.inspections.subjects import BATCH, TYPE

inspector = Blueprint("inspector", __name__, url_prefix="/lab", template_folder="templates")
MOST_WAITING = 100


def sent_batch(act: Act, batch_id: uuid.UUID) -> Batch:
    """A batch of somebody else that was sent to the actor's laboratory; NotFound for any other."""
    batch = visible_batch(act, batch_id)
    if batch.party_id == act.party or act.party not in laboratories_of(act.session, batch.id):
        raise not_found("批次", "batch")
    return batch


@dataclass(frozen=True)
class Sent:
    """A batch that was sent to the laboratory, and since how many days it is here."""

    submission: Submission
    batch: Batch
    days: int


@inspector.get("/")
def today() -> str:
    """What waits for a report, what has one, what the laboratory holds."""
    act, text = current_act(), asked("q")
    here = _sent_here(act, text)
    ended = func.coalesce(last_kind(), "").in_((REJECT, RECALL))
    finished = or_(Submission.batch_id.in_(_reported(act)), ended)
    oldest = (Submission.sent_at, Submission.id)
    waiting = act.session.scalars(
        here.where(~finished).order_by(*oldest).limit(MOST_WAITING + 1)
    ).all()
    page = page_of(
        act.session, here.where(finished), Submission.sent_at, Submission.id,
        after=request.args.get("after"), size=20,
    )  # fmt: skip
    done, held = _sent(act, page.rows), _held(act, text)
    listed = _sent(act, waiting[:MOST_WAITING])
    here_now = [sent.batch.id for sent in listed]
    return render_template(
        "inspector/today.html",
        text=text,
        waiting=listed,
        begun=begun_on(act, here_now),
        wanted=wanted_on(act, here_now),
        state_words=state_words,
        more_waiting=len(waiting) > MOST_WAITING,
        done=done,
        page=page,
        held=held,
        standings=standings_of(act.session, [sent.batch.id for sent in done]),
    )


def asked(name: str) -> str:
    """A search box, cut to what can be searched for."""
    return printable(request.args.get(name, ""))[:LONGEST_SEARCH]


def _sent_here(act: Act, text: str) -> Select[Submission]:
    """What was sent to the laboratory by others, found by batch number."""
    query = select(Submission).join(Batch, Batch.id == Submission.batch_id)
    query = query.where(Submission.laboratory_id == act.party, Batch.party_id != act.party)
    return query.where(_number_has(Batch.number, text.upper())) if text else query


def _number_has(column: InstrumentedAttribute[str], text: str) -> Any:
    return column.contains(text, autoescape=True)


def _reported(act: Act) -> Select[Any]:
    """The batches on which the laboratory has a report that counts."""
    corrected = select(Inspection.corrects_id).where(Inspection.corrects_id.is_not(None))
    return select(Inspection.batch_id).where(
        Inspection.laboratory_id == act.party,
        Inspection.batch_id.is_not(None),
        Inspection.id.not_in(corrected),
        Inspection.id.not_in(withdrawn_reports()),
    )


def _sent(act: Act, submissions: Iterable[Submission]) -> list[Sent]:
    submissions = list(submissions)
    query = select(Batch).where(Batch.id.in_([row.batch_id for row in submissions]))
    batches = {batch.id: batch for batch in act.session.scalars(query).unique()}
    return [
        Sent(row, batches[row.batch_id], (act.today - day_of(row.sent_at)).days)
        for row in submissions
    ]


@dataclass(frozen=True)
class Held:
    """A batch that is on hold by the laboratory's decision or because of its report."""

    batch: Batch
    decision: Disposition


def _held(act: Act, text: str) -> list[Held]:
    """Of a batch only its last disposition counts."""
    newest = (
        select(Disposition.id)
        .where(Disposition.batch_id == Batch.id)
        .order_by(Disposition.number.desc())
        .limit(1)
        .correlate(Batch)
        .scalar_subquery()
    )
    query = (
        select(Batch, Disposition)
        .join(Disposition, Disposition.id == newest)
        .where(last_kind() == HOLD, Disposition.party_id == act.party, Batch.party_id != act.party)
        .order_by(Disposition.decided_at.desc())
        .limit(MOST_WAITING)
    )
    if text:
        query = query.where(_number_has(Batch.number, text.upper()))
    return [Held(row.Batch, row.Disposition) for row in act.session.execute(query).unique()]


# --- reports -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filed:
    """A report of the laboratory in a list: what it is about, and whether it still counts."""

    report: Inspection
    product: Product
    party: Party
    batch: Batch | None
    corrected: bool
    standing: Standing | None = None
    until: date | None = None

    @property
    def withdrawn(self) -> bool:
        """Whether it was taken back."""
        return self.report.withdrawal is not None


@inspector.get("/reports")
def reports() -> str:
    """The laboratory's own reports, newest first; found by number and kind."""
    act = current_act()
    search = {"q": asked("q"), "kind": asked("kind")}
    query = _own_reports(act, search["q"])
    if search["kind"] in (BATCH, TYPE):
        query = query.where(Inspection.kind == search["kind"])
    page = page_of(
        act.session, query, Inspection.recorded_at, Inspection.id, after=request.args.get("after")
    )
    return render_template(
        "inspector/reports.html",
        page=page,
        filed=_filed(act, page.rows),
        search=search,
        kinds=[(BATCH, _("批次检验")), (TYPE, _("型式检验"))],
    )


def _own_reports(act: Act, text: str) -> Select[Inspection]:
    query = select(Inspection).where(Inspection.laboratory_id == act.party)
    return query.where(_number_has(Inspection.number, text)) if text else query


def _filed(act: Act, found: Iterable[Inspection]) -> list[Filed]:
    found = list(found)
    session = act.session
    products = _by_id(act, Product, (row.product_id for row in found))
    parties = _by_id(act, Party, (row.party_id for row in found))
    batches = _by_id(act, Batch, (row.batch_id for row in found if row.batch_id))
    standings = standings_of(session, batches)
    replaced = select(Inspection.corrects_id).where(
        Inspection.corrects_id.in_([row.id for row in found])
    )
    corrected = set(session.scalars(replaced))
    return [
        Filed(
            report=row,
            product=products[row.product_id],
            party=parties[row.party_id],
            batch=batches.get(row.batch_id) if row.batch_id else None,
            corrected=row.id in corrected,
            standing=standings.get(row.batch_id) if row.batch_id else None,
            until=valid_until(act, row) if row.kind == TYPE else None,
        )
        for row in found
    ]


def _by_id(act: Act, table: Any, ids: Iterable[uuid.UUID]) -> Mapping[uuid.UUID, Any]:
    query = select(table).where(table.id.in_(set(ids)))
    return {row.id: row for row in act.session.scalars(query).unique()}


def valid_until(act: Act, report: Inspection) -> date | None:
    """The last day on which a type inspection counts, by itself and by today's release plan."""
    assert report.valid_from is not None
    said = results.TypeInspection(
        id=str(report.id), results=(), valid_from=report.valid_from, valid_to=report.valid_to
    )
    return last_day(said, plan_on(act.session, report.product_id, act.today))


@inspector.get("/type-inspections")
def type_inspections() -> str:
    """The laboratory's type inspections, newest first, with their validity."""
    act, text = current_act(), asked("q")
    query = _own_reports(act, text).where(Inspection.kind == TYPE)
    page = page_of(
        act.session, query, Inspection.recorded_at, Inspection.id, after=request.args.get("after")
    )
    return render_template(
        "inspector/type_inspections.html",
        page=page,
        filed=_filed(act, page.rows),
        text=text,
        today=act.today,
    )
