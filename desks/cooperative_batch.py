"""The page of one batch: the checklist of nine links and everything that can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import INSPECTOR, Act
from core.documents.service import read_document
from core.documents.views import content
from core.errors import Conflict, not_found
from core.http.acting import current_act, writes
from core.http.versions import check_if_match
from core.identity.models import Party, PartyRole
from core.pages.views import say
from core.words import Words
from desks.amounts import STATE_WORDS, balance_of, in_unit, labels_left
from desks.by_standard import standards_of
from desks.checklist import TESTING, Said
from desks.cooperative_sheet import StageSheet, measured, nine_sheets, said_of
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.part_blocks import part_blocks
from desks.plot_shares import at_plots, plot_shares, posted_shares
from desks.promise_blocks import promise_block
from desks.reinspection_parts import reinspection_parts
from desks.standings import ENDED, FAILING, HELD, KINDS, RELEASED, Standing, standing_of
from desks.transfer_parts import transfer_blocks
from labels.models import LabelRun
from labels.release import check_fresh, licence_for, release_of
from labels.service import run_view, search_runs
from labels.sheet_formats import SHEET_FORMATS
from labels.views import current_press
from products.licences.models import TradeItem
from trace.batches import service as log
from trace.batches.drafts import PlotShare
from trace.batches.models import Batch
from trace.batches.schemas import QuantityIn, SubmissionIn
from trace.inspections import rejudge
from trace.inspections.dispositions import current_disposition, dispositions_of
from trace.inspections.handing_over import report_with_goods
from trace.inspections.models import Disposition
from trace.inspections.service import reports_of
from trace.inspections.verdicts import LineOutcome

cooperative_batch = Blueprint(
    "cooperative_batch", __name__, url_prefix="/coop/batches", template_folder="templates"
)
QUANTITY, SUBMISSION, RUN = "quantity", "submission", "run"


@dataclass(frozen=True)
class Step:
    """One thing between the batch and its release, and the part of the page where it is mended."""

    text: str
    anchor: str
    where: str


def own_batch(act: Act, batch_id: UUID) -> Batch:
    """A batch of the actor's party, for reading; NotFound for any other."""
    batch = log.visible_batch(act, batch_id)
    if batch.party_id != act.party:
        raise not_found("批次", "batch")
    return batch


@cooperative_batch.get("/<uuid:batch_id>")
def batch(batch_id: UUID) -> str:
    """A batch as a checklist."""
    return batch_page(batch_id, Entered())


def batch_page(batch_id: UUID, entered: Entered) -> str:
    """The page of a batch, with what was typed into one of its forms."""
    act = current_act()
    row = own_batch(act, batch_id)
    said = said_of(act.session, row)
    last = current_disposition(act.session, row.id)
    standing = standing_of(last.kind if last else None, said.outcome)
    sheets = nine_sheets(act.session, row, said)
    steps = _steps(row, sheets, standing)
    return render_template(
        "cooperative/batch.html",
        batch=row,
        entered=entered,
        today=act.today,
        standing=standing,
        sheets=sheets,
        steps=steps,
        sentence=_sentence(standing, steps, said, last),
        place=log.place_words(act.session, row),
        balance=balance_of(act.session, row),
        declared_amount=in_unit(row, row.quantity),
        units=units_of(row),
        plot_shares=None if row.confirmed_at else plot_shares(act, row),
        standards=standards_of(act.session, row),
        **_inspection_parts(act, row, said),
        **_label_parts(act, row),
        **part_blocks(act, row),
        **transfer_blocks(act, row),
        **promise_block(act, row),
        **reinspection_parts(act, row),
    )


def units_of(batch: Batch) -> list[tuple[str, str]]:
    """The units in which amounts of the batch may be typed."""
    term = next(t for t in batch.product.terms if t.kind == "form" and t.name == batch.form)
    return [(symbol, symbol) for symbol in term.units or [batch.quantity_unit]]


# --- what is between the batch and its release ----------------------------------------------


def _steps(batch: Batch, sheets: Sequence[StageSheet], standing: Standing) -> list[Step]:
    """The verdict's reasons, row by row, then what only a person decides."""
    steps = [
        Step(say(todo.text), sheet.row.stage, say(sheet.row.names))
        for sheet in sheets
        for todo in sheet.row.todos
    ]
    if batch.confirmed_at is None:
        steps.append(Step(_("确认数量"), QUANTITY, _("数量")))
    if standing is HELD:
        steps.append(Step(_("等待解除封存"), "decisions", _("处置")))
    return [] if standing in ENDED else steps


def _sentence(
    standing: Standing, steps: Sequence[Step], said: Said, last: Disposition | None
) -> str:
    """The line beside the seal."""
    if standing is RELEASED:
        return str(_("检验合格，数量已确认，可以打标签。"))
    if standing is FAILING and said.reasons:
        return say(said.reasons[0])
    if last is not None and last.reason:
        return last.reason
    return str(_("还差 %(count)s 件，一件一件来。", count=len(steps))) if steps else ""


# --- the laboratory -------------------------------------------------------------------------


def _inspection_parts(act: Act, batch: Batch, said: Said) -> dict[str, Any]:
    submissions = log.submissions_of(act.session, batch.id)
    sent = {party.id for _row, party in submissions}
    reports = reports_of(act.session, batch.id)
    return {
        "submissions": submissions,
        "laboratories": [
            (party.id, party.name)
            for party in _laboratories(act)
            if party.id not in sent | {batch.party_id}
        ],
        "reports": reports,
        "newer": {report.corrects_id: report for report in reports if report.corrects_id},
        "decisions": dispositions_of(act.session, batch.id),
        "kinds": KINDS,
        "deciders": _deciders(act, batch),
        **_results(said),
    }


def _laboratories(act: Act) -> list[Party]:
    query = select(Party).join(PartyRole, PartyRole.party_id == Party.id)
    return list(
        act.session.scalars(query.where(PartyRole.role == INSPECTOR).order_by(Party.name)).unique()
    )


def _deciders(act: Act, batch: Batch) -> dict[UUID | None, str]:
    """The names of the parties that decided anything about the batch."""
    ids = {row.party_id for row in dispositions_of(act.session, batch.id) if row.party_id}
    query = select(Party.id, Party.name).where(Party.id.in_(ids))
    return {row.id: row.name for row in act.session.execute(query)}


# --- labels ---------------------------------------------------------------------------------


def _label_parts(act: Act, batch: Batch) -> dict[str, Any]:
    """The label panel: why there are none yet, or what can be drawn and what was."""
    query = search_runs(act, current_press(), batch.id).order_by(LabelRun.drawn_at.desc())
    return {
        "blocked_why": _label_refusal(act, batch),
        "default_net_unit": "g" if batch.base == "mass" else batch.quantity_unit,
        "runs": [run_view(run) for run in act.session.scalars(query).unique()],
        "left": labels_left(act.session, batch),
        "formats": [
            (sheet.key, say(Words(sheet.zh, sheet.en))) for sheet in SHEET_FORMATS.values()
        ],
        "gtins": _gtins(act, batch),
        "label_words": {state: say(name) for state, (_look, name) in STATE_WORDS.items()},
    }


def _label_refusal(act: Act, batch: Batch) -> str:
    """The sentence why no label can be drawn today; empty where one can."""
    try:
        release_of(act.session, batch)
        check_fresh(batch, act.today)
        licence_for(act, batch)
    except Conflict as refusal:
        return say(refusal.detail)
    return ""


def _gtins(act: Act, batch: Batch) -> list[tuple[str, str]]:
    query = select(TradeItem.gtin).where(
        TradeItem.party_id == batch.party_id, TradeItem.product_id == batch.product_id
    )
    return [(gtin, gtin) for gtin in act.session.scalars(query.order_by(TradeItem.gtin))]


# --- what was found -------------------------------------------------------------------------


def _results(said: Said) -> dict[str, Any]:
    """What laboratories measured, failing first; how much of it on this batch; how many are 未检."""
    tested = [line for line in said.lines if line.get("result") and line["source"] != "event"]
    shown = [measured(line) for line in tested]
    wanting = ("fail", "wait")
    return {
        "failing": [result for result in shown if result.state in wanting],
        "passing": [result for result in shown if result.state not in wanting],
        "own_results": sum(line["source"] == "inspection" for line in tested),
        "type_results": sum(line["source"] == "type_inspection" for line in tested),
        "untested": sum(line["outcome"] == LineOutcome.NOT_TESTED for line in said.lines),
    }


@cooperative_batch.post("/<uuid:batch_id>/submissions")
def submit(batch_id: UUID) -> Response:
    """送检: send the batch to a laboratory."""
    return attempt(
        lambda: _submit(batch_id),
        lambda entered: batch_page(batch_id, under(SUBMISSION, entered)),
    )


@writes
def _submit(batch_id: UUID) -> AnyResponse:
    draft = loaded(SubmissionIn(), posted(SUBMISSION, "laboratory", "note"))
    log.submit_batch(current_act(), batch_id, draft["laboratory"], draft.get("note"))
    flash(_("已送检，检验机构现在能看到这一批。"), "pass")
    return _back(batch_id, TESTING)


@cooperative_batch.get("/<uuid:batch_id>/reports/<uuid:report_id>/content")
def report_file(batch_id: UUID, report_id: UUID) -> Response:
    """The report as the laboratory uploaded it."""
    act = current_act()
    report, row = report_with_goods(act, report_id), own_batch(act, batch_id)
    held = {one.id for one in reports_of(act.session, row.id)}
    if report.id not in held or report.report_id is None:
        raise not_found("文件", "document")
    return content(read_document(act, report.report_id, also=lambda _act, _document: True))


# --- the quantity ---------------------------------------------------------------------------


@cooperative_batch.post("/<uuid:batch_id>/quantity")
def confirm(batch_id: UUID) -> Response:
    """Say how much there really is."""
    return attempt(
        lambda: _confirm(batch_id),
        lambda entered: batch_page(batch_id, at_plots(QUANTITY, entered)),
    )


@writes
def _confirm(batch_id: UUID) -> AnyResponse:
    act = current_act()
    shares = posted_shares(QUANTITY)
    boxes = posted(QUANTITY, "quantity", "unit")
    draft = loaded(QuantityIn(), {**boxes, **({"plots": shares} if shares else {})})
    row = own_batch(act, batch_id)
    check_if_match(row.id, row.version)
    plots = [PlotShare(**share) for share in draft.get("plots", ())]
    rejudge.confirm_batch(act, batch_id, draft.get("quantity"), draft.get("unit"), plots)
    last = current_disposition(act.session, batch_id)
    released = standing_of(last.kind if last else None, None) is RELEASED
    flash(_("数量已确认，这一批已放行。") if released else _("数量已确认。"), "pass")
    return _back(batch_id, "labels" if released else QUANTITY)


def _back(batch_id: UUID, anchor: str) -> AnyResponse:
    return redirect(url_for("cooperative_batch.batch", batch_id=batch_id, _anchor=anchor), 303)
