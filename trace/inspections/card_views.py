"""REST of collectors' cards, and of what collectors book with them."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint

from core.act import Act
from core.http.acting import current_act, writes
from core.http.fields import PageQuery
from core.http.paging import page_arguments, page_of
from core.identity.proving import password_memory
from core.record.service import unsealed
from trace.inspections.card_proving import proved_card
from trace.inspections.collecting import CollectionDraft, collect
from trace.transfers.cards import (
    CardAttempt,
    CardDraft,
    cards_of,
    make_card,
    own_card,
    revoke_card,
)
from trace.transfers.models import CollectorCard
from trace.transfers.schemas import CardIn, CardOut, CollectionIn, CollectionOut, GivenReasonIn

cards = Blueprint("cards", __name__, description="收购卡 collectors' cards")
Answer = tuple[dict[str, Any], dict[str, str]]


@cards.route("/collector-cards", methods=["POST"])
@writes
@cards.arguments(CardIn)
@cards.response(201, CardOut)
def make(draft: dict[str, Any]) -> Answer:
    """Give out a card to somebody for whom collectors book under a PIN."""
    act = current_act()
    row = make_card(act, CardDraft(**draft), password_memory())
    return _told(act, row), {"Location": f"/api/v1/collector-cards/{row.id}"}


@cards.route("/collector-cards")
@cards.arguments(PageQuery, location="query")
@cards.response(200, CardOut(many=True))
def list_cards(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """The cards that one's party gave out, newest first."""
    act, paging = current_act(), page_arguments(args)
    page = page_of(act.session, cards_of(act), CollectorCard.made_at, CollectorCard.id, **paging)
    return [_told(act, row) for row in page.rows], page.headers()


@cards.route("/collector-cards/<uuid:card_id>")
@cards.response(200, CardOut)
def get_card(card_id: UUID) -> dict[str, Any]:
    """One card."""
    act = current_act()
    return _told(act, own_card(act, card_id))


@cards.route("/collector-cards/<uuid:card_id>/revocation", methods=["POST"])
@writes
@cards.arguments(GivenReasonIn)
@cards.response(201, CardOut)
def revoke(draft: dict[str, Any], card_id: UUID) -> Answer:
    """End a card."""
    act = current_act()
    row = revoke_card(act, card_id, draft["reason"])
    return _told(act, row), {"Location": f"/api/v1/collector-cards/{row.id}"}


def _told(act: Act, row: CollectorCard) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in _TOLD}
    return {**told, "holder": unsealed(act.session, [row.holder]).get(row.holder)}


_TOLD = (
    "id", "number", "code", "plots", "made_at", "locked_until", "revoked_at", "revoke_reason",
)  # fmt: skip


@cards.route("/collections", methods=["POST"])
@cards.arguments(CollectionIn)
@cards.response(201, CollectionOut)
def collect_by_card(draft: dict[str, Any]) -> Response:
    """Book a harvest for the holder of a card, and its hand-over to one's own party.

    The PIN is looked at first, on a repeat too, and is kept in nothing that is kept of a request.
    """
    attempt = proved_card(draft.pop("card"), draft.pop("pin"))
    return _collect(attempt, draft)


@writes
def _collect(attempt: CardAttempt, draft: dict[str, Any]) -> tuple[Any, int, dict[str, str]]:
    made = collect(current_act(), attempt, CollectionDraft(**draft))
    told = {
        "id": made.booking.id,
        "batch": made.batch.id,
        "transfer": made.transfer.id if made.transfer else None,
        "received": made.received,
        "at": made.booking.at,
    }
    where = f"/transfers/{made.transfer.id}" if made.transfer else f"/batches/{made.batch.id}"
    return CollectionOut().dump(told), 201, {"Location": f"/api/v1{where}"}
