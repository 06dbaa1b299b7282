"""REST of certificates of promise (承诺达标合格证)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import current_app
from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from core.http.acting import current_act, writes
from core.http.paging import page_arguments, page_of
from labels import promise_service as verbs
from labels.press import press_of
from labels.promise_face import STATE_WORDS, promise_url
from labels.promise_finding import (
    contact_of,
    older_than,
    receipts_of,
    search_promises,
    states_of,
    visible_promise,
)
from labels.promise_models import Promise, PromiseReceipt, PromiseWithdrawal
from labels.promise_schemas import (
    PromiseIn,
    PromiseOut,
    PromiseQuery,
    PromiseWithdrawalIn,
    PromiseWithdrawalOut,
    ReceiptIn,
    ReceiptOut,
)
from labels.report_address import address_of

promises = Blueprint("promises", __name__, description="承诺达标合格证 certificates of promise")
_AS_THEY_ARE = tuple(
    name
    for name in PromiseOut().fields
    if name not in ("address", "pdf", "state", "state_words", "contact", "older")
)


@promises.route("/batches/<uuid:batch_id>/promises", methods=["POST"])
@writes
@promises.arguments(PromiseIn)
@promises.response(201, PromiseOut)
def issue_promise(draft: dict[str, Any], batch_id: UUID) -> tuple[Any, dict[str, str]]:
    """Issue a certificate of promise for a batch of one's own."""
    act = current_act()
    made = verbs.issue_promise(act, batch_id, verbs.PromiseDraft(**draft))
    return _told(act.session, [made])[0], {"Location": f"/api/v1/promises/{made.id}"}


@promises.route("/promises")
@promises.arguments(PromiseQuery, location="query")
@promises.response(200, PromiseOut(many=True))
def list_promises(args: dict[str, Any]) -> tuple[Any, dict[str, str]]:
    """Those that one issued or collected, newest first; all of them for the authority."""
    act, paging = current_act(), page_arguments(args)
    query = search_promises(act, args.get("q"))
    page = page_of(act.session, query, Promise.issued_at, Promise.id, **paging)
    return _told(act.session, page.rows), page.headers()


@promises.route("/promises/<uuid:promise_id>")
@promises.response(200, PromiseOut)
def get_promise(promise_id: UUID) -> dict[str, Any]:
    """One of them."""
    act = current_act()
    return _told(act.session, [visible_promise(act, promise_id)])[0]


@promises.route("/promise-receipts", methods=["POST"])
@writes
@promises.arguments(ReceiptIn)
@promises.response(201, ReceiptOut)
def collect_promise(draft: dict[str, Any]) -> tuple[PromiseReceipt, dict[str, str]]:
    """Record that one collected a certificate."""
    receipt = verbs.collect_promise(current_act(), draft["certificate"])
    return receipt, {"Location": f"/api/v1/promises/{receipt.promise_id}"}


@promises.route("/promises/<uuid:promise_id>/receipts")
@promises.response(200, ReceiptOut(many=True))
def list_receipts(promise_id: UUID) -> Sequence[PromiseReceipt]:
    """Who collected it; a buyer sees only its own receipt."""
    act = current_act()
    promise = visible_promise(act, promise_id)
    rows = receipts_of(act.session, promise.id)
    if act.actor.is_a("authority") or promise.party_id == act.actor.party:
        return rows
    return [row for row in rows if row.party_id == act.actor.party]


@promises.route("/promises/<uuid:promise_id>/withdrawal", methods=["POST"])
@writes
@promises.arguments(PromiseWithdrawalIn)
@promises.response(201, PromiseWithdrawalOut)
def withdraw_promise(
    draft: dict[str, Any], promise_id: UUID
) -> tuple[PromiseWithdrawal, dict[str, str]]:
    """Take a certificate back, with a reason."""
    row = verbs.withdraw_promise(current_act(), promise_id, draft["reason"])
    return row, {"Location": f"/api/v1/promises/{promise_id}"}


def _told(session: Session, rows: Sequence[Promise]) -> list[dict[str, Any]]:
    states = states_of(session, rows)
    origin = press_of(current_app.config["SETTINGS"]).origin
    told = []
    for row in rows:
        address = promise_url(origin, address_of(row.token))
        told.append(
            {name: getattr(row, name) for name in _AS_THEY_ARE}
            | {
                "address": address,
                "pdf": f"{address}.pdf",
                "state": states[row.id],
                "state_words": STATE_WORDS[states[row.id]][1]._asdict(),
                "contact": contact_of(session, row),
                "older": [one.id for one in older_than(session, row)],
            }
        )
    return told
