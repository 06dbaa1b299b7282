"""A batch as the authority sees it, and what the authority decides about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.http.acting import current_act, writes
from core.http.language import language
from core.identity.models import Party
from core.pages.typography import thousands
from core.pages.views import say
from core.words import Words
from desks.authority_waiting import lines_to_verify
from desks.by_standard import standards_of
from desks.checklist import Said
from desks.concessions import STATES, concessions_on
from desks.cooperative_sheet import StageSheet, measured, nine_sheets, said_of
from desks.entered import posted, under
from desks.form_texts import texts
from desks.forms import Entered, attempt, loaded
from desks.standings import standing_of
from labels.models import LabelRun
from labels.service import run_view
from trace.batches import service as log
from trace.batches.models import Batch
from trace.inspections import rejudge
from trace.inspections.dispositions import current_disposition, decide, dispositions_of
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
from trace.inspections.schemas import DispositionIn, ReasonIn
from trace.inspections.service import reports_of, visible_report
from trace.inspections.verdicts import LineOutcome

authority_batch = Blueprint(
    "authority_batch", __name__, url_prefix="/gov/batches", template_folder="templates"
)
DECISION = "decision"
KIND_WORDS = {
    RELEASE: Words("放行", "released"),
    HOLD: Words("封存", "on hold"),
    LIFT: Words("解除封存", "hold lifted"),
    REJECT: Words("拒收", "rejected"),
    RECALL: Words("召回", "recalled"),
    CONCESSION: Words("让步放行", "released as ordinary goods"),
}
_CHOICES = {
    HOLD: Words("封存：先停下来查，标签显示封存", "Hold: stop it and look; labels say so"),
    LIFT: Words("解除封存：按判定来，合格就放行", "Lift the hold: the verdict counts again"),
    REJECT: Words("拒收：这批不再放行", "Reject: it is never released"),
    RECALL: Words("召回：标签显示停止销售，请退回", "Recall: labels say stop, bring it back"),
}
_OPEN = {
    None: (HOLD, REJECT),
    RELEASE: (HOLD, REJECT),
    LIFT: (HOLD, REJECT),
    HOLD: (LIFT, REJECT),
    REJECT: (),
    CONCESSION: (),
    RECALL: (),
}


@authority_batch.get("/<uuid:batch_id>")
def batch(batch_id: UUID) -> str:
    """A batch: facts, verdict, reports, events, decisions, labels."""
    return batch_page(batch_id, Entered())


def batch_page(batch_id: UUID, entered: Entered) -> str:
    """The page of a batch, with what was typed into one of its forms."""
    act = current_act()
    row = log.visible_batch(act, batch_id)
    said = said_of(act.session, row)
    last = current_disposition(act.session, row.id)
    return render_template(
        "authority/batch.html",
        batch=row,
        entered=entered,
        standing=standing_of(last.kind if last else None, said.outcome),
        sentence=_sentence(said, last),
        reasons=[say(reason) for reason in said.reasons],
        to_verify=lines_to_verify(said.lines),
        place=log.place_words(act.session, row),
        standards=standards_of(act.session, row),
        steps=[_step(sheet) for sheet in nine_sheets(act.session, row, said)],
        choices=_choices(row, act, last),
        kind_words=KIND_WORDS,
        concessions=concessions_on(act, row),
        concession_states=STATES,
        **_results(said.lines),
        **_papers(act, row),
    )


def _sentence(said: Said, last: Disposition | None) -> str:
    """Why the batch stands as it does: what a person decided, else the verdict's first reason."""
    if last is not None and last.kind != RELEASE and last.verdict_id is None and last.reason:
        return last.reason
    return say(said.reasons[0]) if said.reasons else ""


def _choices(batch: Batch, act: Act, last: Disposition | None) -> list[tuple[str, str]]:
    """What can be decided now; nobody decides on a batch of their own party.

    A recall goes further than the batch and is decided on a page of its own.
    """
    if batch.party_id == act.actor.party:
        return []
    return [(kind, say(_CHOICES[kind])) for kind in _OPEN[last.kind if last else None]]


def _step(sheet: StageSheet) -> dict[str, Any]:
    """One of the nine links as a standing row."""
    days = sorted(entry.event.happened_on.isoformat() for entry in sheet.entries)
    texts_of = [
        f"{value.name} {value.got} {value.unit}".strip()
        for entry in sheet.entries
        for value in entry.values
    ]
    texts_of += [
        text for entry in sheet.entries for text in (entry.event.place, entry.event.note) if text
    ]
    texts_of += [named["name"] for entry in sheet.entries for named in entry.event.documents]
    return {
        "state": sheet.state,
        "title": say(sheet.row.names),
        "text": _("；").join(texts_of) or say(sheet.row.word),
        "when": " – ".join(dict.fromkeys((days[0], days[-1]))) if days else "",
        "who": _("、").join(dict.fromkeys(entry.by for entry in sheet.entries if entry.by)),
    }


def _results(lines: Any) -> dict[str, Any]:
    """The lines with a value, failing and waiting ones apart; how many have none."""
    shown = [measured(line) for line in lines if line.get("result")]
    asked = [line for line in lines if line.get("asked") and not line.get("result")]
    missing = {line["characteristic"]: line for line in reversed(asked)}
    return {
        "failing": [one for one in shown if one.state in ("fail", "wait")],
        "passing": [one for one in shown if one.state not in ("fail", "wait")],
        "missing": [measured(line) for line in missing.values()],
        "untested": sum(line["outcome"] == LineOutcome.NOT_TESTED for line in lines),
    }


def _papers(act: Act, batch: Batch) -> dict[str, Any]:
    """Reports, decisions with who took them, and label runs with their serial ranges."""
    reports = reports_of(act.session, batch.id)
    decisions = dispositions_of(act.session, batch.id)
    parties = {row.party_id for row in decisions if row.party_id}
    names = act.session.execute(select(Party.id, Party.name).where(Party.id.in_(parties)))
    runs = act.session.scalars(
        select(LabelRun).where(LabelRun.batch_id == batch.id).order_by(LabelRun.drawn_at.desc())
    ).unique()
    return {
        "submissions": log.submissions_of(act.session, batch.id),
        "reports": reports,
        "replaced": {row.corrects_id for row in reports if row.corrects_id},
        "decisions": decisions,
        "deciders": {row.id: row.name for row in names},
        "runs": [run_view(run) for run in runs],
        "serial": thousands,
        "tongue": language(),
    }


@authority_batch.post("/<uuid:batch_id>/dispositions")
def dispose(batch_id: UUID) -> Response:
    """Hold, lift a hold, reject or recall, with a reason."""
    log.visible_batch(current_act(), batch_id)
    return attempt(
        lambda: _dispose(batch_id), lambda entered: batch_page(batch_id, under(DECISION, entered))
    )


@writes
def _dispose(batch_id: UUID) -> AnyResponse:
    draft = loaded(DispositionIn(), posted(DECISION, "kind", "reason"))
    made = decide(current_act(), batch_id, draft["kind"], draft["reason"])
    flash(_("已记下：%(what)s。", what=say(KIND_WORDS[made.kind])), "pass")
    return _back(batch_id)


def _back(batch_id: UUID) -> AnyResponse:
    return redirect(url_for("authority_batch.batch", batch_id=batch_id, _anchor="decisions"), 303)


@authority_batch.get("/reports/<uuid:report_id>/withdrawal")
def withdrawal(report_id: UUID) -> str:
    """What taking a report back does, and the form that does it."""
    return _withdrawal_page(report_id, Entered())


@authority_batch.post("/reports/<uuid:report_id>/withdrawal")
def withdraw(report_id: UUID) -> Response:
    """Take a report back: what rested on it is judged again at once."""
    visible_report(current_act(), report_id)
    return attempt(lambda: _withdraw(report_id), lambda e: _withdrawal_page(report_id, e))


def _withdrawal_page(report_id: UUID, entered: Entered) -> str:
    act = current_act()
    report = visible_report(act, report_id)
    return render_template(
        "authority/withdrawal.html",
        report=report,
        batch=act.session.get(Batch, report.batch_id) if report.batch_id else None,
        counts=_counts(act, report),
        entered=entered,
    )


def _counts(act: Act, report: Inspection) -> bool:
    """Whether the report still counts: neither withdrawn nor corrected."""
    newer = select(Inspection.id).where(Inspection.corrects_id == report.id)
    return report.withdrawal is None and act.session.scalar(newer) is None


@writes
def _withdraw(report_id: UUID) -> AnyResponse:
    act = current_act()
    reason = loaded(ReasonIn(), texts(("reason",)))["reason"]
    rejudge.withdraw(act, report_id, reason)
    flash(_("报告已撤回，靠它的批次已经重判。"), "pass")
    batch_id = visible_report(act, report_id).batch_id
    if batch_id is None:
        return redirect(url_for("authority.overview"), 303)
    return _back(batch_id)
