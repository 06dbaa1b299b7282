"""REST of processing: batches go into others in one act."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from trace.batches.models import Processing
from trace.batches.processing import origins_written, processings_seen_by, visible_processing
from trace.batches.processing_checks import InputDraft, OutputDraft, ProcessDraft
from trace.inspections import goods as verbs
from trace.inspections.goods_schemas import ProcessIn, ProcessingOut, ProcessingQuery

goods = Blueprint("goods", __name__, description="加工 batches that go into others")


@goods.route("/processings", methods=["POST"])
@writes
@goods.arguments(ProcessIn)
@goods.response(201, ProcessingOut)
def process(draft: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Mix, pack anew or make batches into others; what comes out is judged at once."""
    inputs = [InputDraft(**one) for one in draft.pop("inputs")]
    outputs = [OutputDraft(**one) for one in draft.pop("outputs")]
    act = current_act()
    made = verbs.process_batches(act, ProcessDraft(inputs=inputs, outputs=outputs, **draft))
    return _told(made.row), {"Location": f"/api/v1/processings/{made.row.id}"}


@goods.route("/processings")
@goods.arguments(ProcessingQuery, location="query")
@goods.response(200, ProcessingOut(many=True))
def list_processings(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The acts of processing that one may know of, newest first."""
    act = current_act()
    query = processings_seen_by(act)
    page = page_of(act.session, query, Processing.at, Processing.id, **page_arguments(args))
    return [_told(row) for row in page.rows], page.headers()


@goods.route("/processings/<uuid:processing_id>")
@goods.response(200, ProcessingOut)
def get_processing(processing_id: UUID) -> dict[str, Any]:
    """One act of processing with what went into what."""
    return _told(visible_processing(current_act(), processing_id))


def _told(row: Processing) -> dict[str, Any]:
    told = {column.key: getattr(row, column.key) for column in Processing.__table__.columns}
    return {**told, "origins": origins_written(current_act().session, row.id)}
