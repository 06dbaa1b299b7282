"""REST of the parts of a batch: splitting judges, so its route stands here."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import fields, post_load

from core.http.acting import current_act, writes
from core.http.fields import AtMost, CleanText, DecimalString, Strict
from core.http.versions import check_if_match
from trace.batches import service as log
from trace.batches.lineage import parts_of
from trace.batches.schemas import BatchOut
from trace.batches.splitting import MOST_PARTS, PartDraft
from trace.inspections import rejudge

parts = Blueprint("parts", __name__, description="拆分 parts of a batch, each with its own verdict")


class PartIn(Strict):
    """A part: how much, in the batch's unit unless another is given, and which part it is."""

    quantity = DecimalString(required=True)
    unit = CleanText(10)
    note = CleanText(200)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> PartDraft:
        """The draft."""
        return PartDraft(**data)


class PartsIn(Strict):
    """The parts that are split off; the rest stays."""

    parts = fields.List(fields.Nested(PartIn), required=True, validate=AtMost(MOST_PARTS))


class PartOut(Strict):
    """A part as it was split off; `batch` is the batch that it became."""

    quantity = fields.String(
        required=True, metadata={"description": "milligrams or pieces, as the batch has it"}
    )
    note = fields.String(required=True, allow_none=True)
    at = fields.AwareDateTime(required=True)
    batch = fields.Nested(BatchOut, required=True)


@parts.route("/batches/<uuid:batch_id>/parts", methods=["POST"])
@writes
@parts.arguments(PartsIn)
@parts.response(201, BatchOut(many=True))
def split_batch(draft: dict[str, Any], batch_id: UUID) -> tuple[Any, dict[str, str]]:
    """Split parts off a batch; each is judged for itself from now on."""
    act = current_act()
    seen = log.visible_batch(act, batch_id)
    check_if_match(seen.id, seen.version)
    made = rejudge.split_batch(act, batch_id, draft["parts"])
    return made, {"Location": f"/api/v1/batches/{batch_id}/parts"}


@parts.route("/batches/<uuid:batch_id>/parts")
@parts.response(200, PartOut(many=True))
def list_parts(batch_id: UUID) -> list[dict[str, Any]]:
    """The parts that were split off a batch."""
    act = current_act()
    log.visible_batch(act, batch_id)
    return [
        {"quantity": str(origin.quantity), "note": origin.note, "at": origin.at, "batch": part}
        for origin, part in parts_of(act.session, batch_id)
    ]
