"""REST of inputs (投入品) of batches."""

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint

from core.http.acting import current_act, writes
from trace.batches import inputs as verbs
from trace.batches.input_models import BatchInput
from trace.batches.input_schemas import InputCorrectionIn, InputIn, InputOut, InputQuery
from trace.batches.models import Batch
from trace.batches.schemas import BatchOut
from trace.batches.service import batches_seen_by, visible_batch

inputs = Blueprint("inputs", __name__, description="投入品 inputs of batches")
MOST_FOUND = 200


@inputs.route("/batches/<uuid:batch_id>/inputs", methods=["POST"])
@writes
@inputs.arguments(InputIn)
@inputs.response(201, InputOut)
def log_input(draft: dict[str, Any], batch_id: UUID) -> tuple[BatchInput, dict[str, str]]:
    """Put down an input."""
    row = verbs.log_input(current_act(), batch_id, verbs.InputDraft(**draft))
    return row, {"Location": f"/api/v1/inputs/{row.id}"}


@inputs.route("/batches/<uuid:batch_id>/inputs")
@inputs.response(200, InputOut(many=True))
def list_inputs(batch_id: UUID) -> list[BatchInput]:
    """The inputs of a batch in the order of their use, corrected ones too."""
    act = current_act()
    visible_batch(act, batch_id)
    return verbs.inputs_of(act.session, batch_id)


@inputs.route("/inputs/<uuid:input_id>")
@inputs.response(200, InputOut)
def get_input(input_id: UUID) -> BatchInput:
    """One input."""
    return verbs.visible_input(current_act(), input_id)


@inputs.route("/inputs/<uuid:input_id>/corrections", methods=["POST"])
@writes
@inputs.arguments(InputCorrectionIn)
@inputs.response(201, InputOut)
def correct_input(draft: dict[str, Any], input_id: UUID) -> tuple[BatchInput, dict[str, str]]:
    """Put a new entry in the place of an old one, with a reason."""
    reason = draft.pop("reason")
    row = verbs.correct_input(current_act(), input_id, verbs.InputDraft(**draft), reason)
    return row, {"Location": f"/api/v1/inputs/{row.id}"}


@inputs.route("/inputs/batches")
@inputs.arguments(InputQuery, location="query")
@inputs.response(200, BatchOut(many=True))
def list_batches_of(args: dict[str, Any]) -> list[Batch]:
    """The batches that one may know of on which goods of a supplier's number were used.

    The newest two hundred; what they went into is found from them.
    """
    act = current_act()
    found = verbs.batches_with_input(act.session, args["supplier_number"])
    query = batches_seen_by(act).where(Batch.id.in_(found))
    newest = query.order_by(Batch.created_at.desc(), Batch.id).limit(MOST_FOUND)
    return list(act.session.scalars(newest).unique())
