"""REST of the batch log. Verbs with consequences above (events, confirming) are in inspections."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from sqlalchemy import select

from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from core.http.versions import etag
from products.models import Product
from trace.batches import service
from trace.batches.drafts import BatchDraft
from trace.batches.models import Batch, Event, Submission
from trace.batches.schemas import (
    BatchIn,
    BatchOut,
    BatchQuery,
    EventOut,
    SubmissionIn,
    SubmissionOut,
)

batches = Blueprint("batches", __name__, description="批次 batches and their log")


@batches.route("/batches", methods=["POST"])
@writes
@batches.arguments(BatchIn)
@batches.response(201, BatchOut)
def open_batch(draft: dict[str, Any]) -> tuple[Batch, dict[str, str]]:
    """Open a batch."""
    batch = service.open_batch(current_act(), BatchDraft(**draft))
    return batch, {
        "Location": f"/api/v1/batches/{batch.id}",
        "ETag": etag(batch.id, batch.version),
    }


@batches.route("/batches")
@batches.arguments(BatchQuery, location="query")
@batches.response(200, BatchOut(many=True))
def list_batches(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The batches that one may know of, newest first."""
    act, paging = current_act(), page_arguments(args)
    query = service.batches_seen_by(act)
    if args.get("q"):
        query = query.where(Batch.number.contains(args["q"].upper(), autoescape=True))
    if args.get("product"):
        named = select(Product.id).where(Product.key == args["product"])
        query = query.where(Batch.product_id.in_(named))
    page = page_of(act.session, query, Batch.created_at, Batch.id, **paging)
    return page.rows, page.headers()


@batches.route("/batches/<uuid:batch_id>")
@batches.response(200, BatchOut)
def get_batch(batch_id: UUID) -> tuple[Batch, dict[str, str]]:
    """One batch."""
    batch = service.visible_batch(current_act(), batch_id)
    return batch, {"ETag": etag(batch.id, batch.version)}


@batches.route("/batches/<uuid:batch_id>/events")
@batches.response(200, EventOut(many=True))
def list_events(batch_id: UUID) -> list[Event]:
    """The events of a batch, corrected ones too."""
    act = current_act()
    service.visible_batch(act, batch_id)
    return service.events_of(act.session, batch_id)


@batches.route("/batches/<uuid:batch_id>/submissions", methods=["POST"])
@writes
@batches.arguments(SubmissionIn)
@batches.response(201, SubmissionOut)
def submit_batch(draft: dict[str, Any], batch_id: UUID) -> tuple[Submission, dict[str, str]]:
    """送检: send the batch to a laboratory."""
    sent = service.submit_batch(current_act(), batch_id, draft["laboratory"], draft.get("note"))
    return sent, {"Location": f"/api/v1/batches/{batch_id}/submissions"}


@batches.route("/batches/<uuid:batch_id>/submissions")
@batches.response(200, SubmissionOut(many=True))
def list_submissions(batch_id: UUID) -> list[Submission]:
    """Where the batch was sent; a laboratory sees only its own submission."""
    act = current_act()
    batch = service.visible_batch(act, batch_id)
    sent = [row for row, _ in service.submissions_of(act.session, batch_id)]
    if act.actor.is_a("authority") or batch.party_id == act.actor.party:
        return sent
    return [row for row in sent if row.laboratory_id == act.actor.party]
