"""REST of recalls and drills: looking ahead, deciding, answers of holders, closing."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from core.http.paging import Page, page_arguments, page_of
from labels import recalls as calling
from labels.recall_answers import answer
from labels.recall_booking import AnswerDraft
from labels.recall_closing import ClosingDraft, close_recall
from labels.recall_models import Recall
from labels.recall_reading import RecallView, recall_view
from labels.recall_schemas import (
    AheadOut,
    RecallAnswerIn,
    RecallAnswerOut,
    RecallClosingIn,
    RecallIn,
    RecallOut,
    RecallQuery,
    StartQuery,
)
from labels.recalls import RecallDraft
from labels.trace_starts import Start
from labels.views import current_press

recalls = Blueprint("recalls", __name__, description="召回 recalls and drills")


def _shown(row: Recall) -> RecallView:
    return recall_view(current_act(), row)


def ahead_of(asked: dict[str, Any]) -> calling.Ahead:
    """What a recall from there would reach."""
    start = Start(asked["start"], asked["id"], asked["clause"])
    return calling.look_ahead(current_act(), current_press(), start)


@recalls.route("/recall-reach")
@recalls.arguments(StartQuery, location="query")
@recalls.response(200, AheadOut)
def look_ahead(asked: dict[str, Any]) -> dict[str, Any]:
    """What a recall from there would reach; nothing is stored."""
    ahead = ahead_of(asked)
    return {
        "start": ahead.started.words._asdict(),
        "batches": ahead.batches,
        "labels": ahead.labels,
        "holders": ahead.holders,
        "shares": ahead.shares,
        "unreached": [
            {"batch": one.batch, "kind": one.kind, "quantity": one.quantity,
             "why": one.why._asdict()}
            for one in ahead.unreached
        ],
    }  # fmt: skip


@recalls.route("/recalls", methods=["POST"])
@writes
@recalls.arguments(RecallIn)
@recalls.response(201, RecallOut)
def open_recall(draft: dict[str, Any]) -> tuple[RecallView, dict[str, str]]:
    """Decide a recall, which holds every batch that it reaches; or hold a drill, which does not."""
    start = Start(draft["start"], draft["id"], draft["clause"])
    decided = RecallDraft(draft["kind"], start, draft["reason"])
    row = calling.open_recall(current_act(), current_press(), decided)
    return _shown(row), {"Location": f"/api/v1/recalls/{row.id}"}


@recalls.route("/recalls")
@recalls.arguments(RecallQuery, location="query")
@recalls.response(200, RecallOut(many=True))
def list_recalls(args: dict[str, Any]) -> tuple[list[RecallView], dict[str, str]]:
    """Recalls that one may know of, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = calling.recalls_seen_by(act)
    if "kind" in args:
        query = query.where(Recall.kind == args["kind"])
    if "open" in args:
        query = query.where(Recall.closed_at.is_(None) == args["open"])
    page: Page[Recall] = page_of(act.session, query, Recall.opened_at, Recall.id, **paging)
    return [_shown(row) for row in page.rows], page.headers()


@recalls.route("/recalls/<uuid:recall_id>")
@recalls.response(200, RecallOut)
def get_recall(recall_id: UUID) -> RecallView:
    """One recall with its holders and what they said."""
    return _shown(calling.visible_recall(current_act(), recall_id))


@recalls.route("/recalls/<uuid:recall_id>/holders/<uuid:holder_id>/answers", methods=["POST"])
@writes
@recalls.arguments(RecallAnswerIn)
@recalls.response(201, RecallAnswerOut)
def answer_recall(
    draft: dict[str, Any], recall_id: UUID, holder_id: UUID
) -> tuple[Any, dict[str, str]]:
    """A holder says what became of the goods; what came back or was destroyed is booked."""
    made = answer(current_act(), recall_id, holder_id, AnswerDraft(**draft))
    return made, {"Location": f"/api/v1/recalls/{recall_id}"}


@recalls.route("/recalls/<uuid:recall_id>/closing", methods=["POST"])
@writes
@recalls.arguments(RecallClosingIn)
@recalls.response(201, RecallOut)
def close(draft: dict[str, Any], recall_id: UUID) -> tuple[RecallView, dict[str, str]]:
    """Close a recall: every holder has answered, or it is said why not."""
    reasons = {one["holder"]: one["reason"] for one in draft["reasons"]}
    closing = ClosingDraft(draft["note"], reasons, draft.get("otherwise"))
    row = close_recall(current_act(), recall_id, closing)
    return _shown(row), {"Location": f"/api/v1/recalls/{recall_id}"}
