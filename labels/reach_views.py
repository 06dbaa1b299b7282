"""REST of how far a batch reaches: how many batches, and the exact serials of their labels."""

from typing import Any

from flask import Response, current_app
from flask_smorest import Blueprint
from marshmallow import fields
from sqlalchemy import select

from core.errors import not_found
from core.http.acting import current_act
from core.http.fields import AtMost, Choice, Strict
from labels.reach_index import Reached, reached
from labels.reach_state import BACKWARD, FORWARD
from trace.batches.models import Batch

MOST_STARTS = 500

reach = Blueprint("reach", __name__, description="谱系 how far batches reach, and their labels")


class ReachQuery(Strict):
    """From which batches, and whether to what they went into or to what went into them."""

    batch = fields.List(fields.UUID(), required=True, validate=AtMost(MOST_STARTS))
    direction = Choice((FORWARD, BACKWARD), load_default=FORWARD)


class SerialsOut(Strict):
    """Serials of one epoch: [first, last], both included, in order, as few as possible."""

    epoch = fields.Integer(required=True)
    serials = fields.List(fields.List(fields.Integer()), required=True)


class ReachOut(Strict):
    """How many batches are reached, the asked ones included, by how many links, and their labels.

    `labels` are those that were ever drawn, whatever their state.
    """

    direction = fields.String(required=True)
    batches = fields.Integer(required=True)
    links = fields.Integer(required=True)
    labels = fields.Integer(required=True)
    ranges = fields.List(fields.Nested(SerialsOut), required=True)


@reach.route("/reach")
@reach.arguments(ReachQuery, location="query")
@reach.response(200, ReachOut)
def how_far(asked: dict[str, Any]) -> Response:
    """How far batches reach, forward or backward, with the serials of all labels on the way."""
    session, starts = current_act().session, set(asked["batch"])
    if set(session.scalars(select(Batch.id).where(Batch.id.in_(starts)))) != starts:
        raise not_found("批次", "batch")
    folder = current_app.config["SETTINGS"].reach
    found = reached(session, folder, starts, asked["direction"])
    # Tens of thousands of ranges: written as they are, not field by field through the schema.
    return Response(current_app.json.dumps(told(found)), mimetype="application/json")


def told(found: Reached) -> dict[str, Any]:
    """What was reached, for ReachOut."""
    return {
        "direction": found.direction,
        "batches": found.count,
        "links": found.link_count,
        "labels": found.label_count,
        "ranges": [{"epoch": epoch, "serials": serials} for epoch, serials in found.ranges.items()],
    }
