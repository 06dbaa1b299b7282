"""One batch on the inspector's desk: how it stands, the reports on it, and what is decided on it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.errors import invalid_field
from core.http.acting import current_act, writes
from core.identity.models import Party
from core.pages.views import say
from core.words import Words
from desks.amounts import in_unit
from desks.by_standard import standards_of
from desks.concessions import STATES, concessions_on
from desks.cooperative_sheet import said_of
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.inspector import sent_batch
from desks.inspector_begun import begun_on, state_words, wanted_on
from desks.standings import standing_of
from trace.batches.models import Batch, Submission
from trace.inspections.dispositions import current_disposition, decide, dispositions_of
from trace.inspections.life_models import Retest
from trace.inspections.models import (
    CONCESSION,
    HOLD,
    LIFT,
    RECALL,
    REJECT,
    RELEASE,
    Disposition,
    Inspection,
)
from trace.inspections.schemas import DispositionIn
from trace.inspections.service import reports_of

inspector_batch = Blueprint(
    "inspector_batch", __name__, url_prefix="/lab/batches", template_folder="templates"
)
DECISION = "decision"
DECISION_WORDS = {
    RELEASE: Words("放行", "released"),
    HOLD: Words("封存", "on hold"),
    LIFT: Words("解除封存", "hold lifted"),
    REJECT: Words("拒收", "rejected"),
    RECALL: Words("召回", "recalled"),
    CONCESSION: Words("让步放行", "released as ordinary goods"),
}
_CHOICES = {
    HOLD: Words("封存：查清以前不放行，不出标签", "Hold: no release and no labels for now"),
    LIFT: Words("解除封存：按现在的判定办", "Lift the hold: its verdict decides again"),
    REJECT: Words("拒收：最后的决定，以后不能改", "Reject: final, cannot be changed"),
}


@inspector_batch.get("/<uuid:batch_id>")
def batch(batch_id: UUID) -> str:
    """A batch that was sent to the laboratory."""
    return batch_page(batch_id, Entered())


def batch_page(batch_id: UUID, entered: Entered) -> str:
    """The page of a batch, with what was typed into the form of a decision."""
    act = current_act()
    row = sent_batch(act, batch_id)
    last = current_disposition(act.session, row.id)
    said = said_of(act.session, row)
    reports = reports_of(act.session, row.id)
    decisions = dispositions_of(act.session, row.id)
    return render_template(
        "inspector/batch.html",
        batch=row,
        entered=entered,
        amount=in_unit(row, row.quantity),
        sent=sent_by(act, row),
        standing=standing_of(last.kind if last else None, said.outcome),
        reasons=[say(reason) for reason in said.reasons],
        standards=standards_of(act.session, row),
        reports=reports,
        corrected={report.corrects_id for report in reports},
        decisions=decisions,
        decision_words={kind: say(words) for kind, words in DECISION_WORDS.items()},
        deciders=_names(act, decisions),
        choices=[(kind, say(_CHOICES[kind])) for kind in _possible(last)],
        concessions=concessions_on(act, row),
        begun=begun_on(act, [row.id]).get(row.id, []),
        wanted=wanted_on(act, [row.id]).get(row.id, []),
        state_words=state_words,
        retested=_retested(act, reports),
        concession_states=STATES,
    )


def sent_by(act: Act, row: Batch) -> Submission:
    """The submission of a batch to the actor's laboratory."""
    query = select(Submission).where(
        Submission.batch_id == row.id, Submission.laboratory_id == act.party
    )
    return act.session.scalars(query.order_by(Submission.sent_at).limit(1)).one()


def _names(act: Act, decisions: list[Disposition]) -> dict[UUID, str]:
    ids = {row.party_id for row in decisions if row.party_id}
    query = select(Party.id, Party.name).where(Party.id.in_(ids))
    return {row.id: row.name for row in act.session.execute(query)}


def _retested(act: Act, reports: list[Inspection]) -> set[UUID]:
    """The reports whose items were tested again."""
    query = select(Retest.first_id).where(Retest.first_id.in_([row.id for row in reports]))
    return set(act.session.scalars(query))


def _possible(last: Disposition | None) -> tuple[str, ...]:
    """What a laboratory may still decide; nothing once a batch was rejected, recalled, conceded."""
    now = last.kind if last else None
    if now in (REJECT, RECALL, CONCESSION):
        return ()
    return (LIFT, REJECT) if now == HOLD else (HOLD, REJECT)


@inspector_batch.post("/<uuid:batch_id>/dispositions")
def dispose(batch_id: UUID) -> Response:
    """Hold, reject, or lift a hold, with the reason."""
    return attempt(
        lambda: _dispose(batch_id), lambda entered: batch_page(batch_id, under(DECISION, entered))
    )


@writes
def _dispose(batch_id: UUID) -> AnyResponse:
    act = current_act()
    sent_batch(act, batch_id)
    draft = loaded(DispositionIn(), posted(DECISION, "kind", "reason"))
    if draft["kind"] not in _CHOICES:
        raise invalid_field(
            "authority-only", "/kind", "召回由主管部门决定", "Only the authority recalls"
        )
    made = decide(act, batch_id, draft["kind"], draft["reason"])
    done = LIFT if made.kind == RELEASE else made.kind
    text = _("已记录：%(kind)s。", kind=say(DECISION_WORDS[done]))
    if made.kind == RELEASE:
        text += _("判定合格、数量已确认，这一批又放行了。")
    flash(text, "pass")
    return redirect(url_for("inspector_batch.batch", batch_id=batch_id, _anchor="decisions"), 303)
