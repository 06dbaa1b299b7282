"""REST of concessions: asked for a batch, confirmed or refused by another person."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import fields

from core.http.acting import current_act, writes
from core.http.fields import Strict
from trace.batches import service as log
from trace.inspections import concessions as verbs
from trace.inspections.concession_models import Concession
from trace.inspections.models import Disposition
from trace.inspections.schemas import DispositionOut, ReasonIn

concessions = Blueprint("concessions", __name__, description="让步放行 goods that go as ordinary")


class ConcessionOut(Strict):
    """A concession; `state` is waiting, confirmed or refused."""

    id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    verdict_id = fields.UUID(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True)
    quantity = fields.String(
        required=True,
        metadata={"description": "milligrams or pieces, as the batch has it"},
    )
    party_id = fields.UUID(required=True)
    asked_at = fields.AwareDateTime(required=True)
    confirmed_at = fields.AwareDateTime(required=True, allow_none=True)
    refused_at = fields.AwareDateTime(required=True, allow_none=True)
    refusal = fields.String(required=True, allow_none=True)


@concessions.route("/batches/<uuid:batch_id>/concessions", methods=["POST"])
@writes
@concessions.arguments(ReasonIn)
@concessions.response(201, ConcessionOut)
def ask_concession(draft: dict[str, Any], batch_id: UUID) -> tuple[Concession, dict[str, str]]:
    """Ask that a batch which does not conform may go as ordinary goods."""
    made = verbs.ask_concession(current_act(), batch_id, draft["reason"])
    return made, {"Location": f"/api/v1/batches/{batch_id}/concessions"}


@concessions.route("/batches/<uuid:batch_id>/concessions")
@concessions.response(200, ConcessionOut(many=True))
def list_concessions(batch_id: UUID) -> Sequence[Concession]:
    """The concessions asked for a batch, newest first."""
    act = current_act()
    log.visible_batch(act, batch_id)
    return verbs.concessions_of(act.session, batch_id)


@concessions.route("/concessions/<uuid:concession_id>/confirmation", methods=["POST"])
@writes
@concessions.response(201, DispositionOut)
def confirm_concession(concession_id: UUID) -> tuple[Disposition, dict[str, str]]:
    """Confirm what another person asked: the goods are ordinary goods from now on."""
    made = verbs.confirm_concession(current_act(), concession_id)
    return made, {"Location": f"/api/v1/batches/{made.batch_id}/dispositions"}


@concessions.route("/concessions/<uuid:concession_id>/refusal", methods=["POST"])
@writes
@concessions.arguments(ReasonIn)
@concessions.response(201, ConcessionOut)
def refuse_concession(
    draft: dict[str, Any], concession_id: UUID
) -> tuple[Concession, dict[str, str]]:
    """Refuse it, with a reason."""
    made = verbs.refuse_concession(current_act(), concession_id, draft["reason"])
    return made, {"Location": f"/api/v1/batches/{made.batch_id}/concessions"}
