"""发货: which labels went to whom, and what came back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.errors import Conflict
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.pages.typography import thousands
from core.pages.views import say
from core.words import Words
from desks.cooperative_labels import own_run, serial_typed
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.trace_graph import quantity
from labels import shipments as shipping
from labels.models import LabelRun
from labels.ranges import ACTIVATED
from labels.release import check_labels_stand
from labels.service import spans_in
from labels.shipment_models import AS_LABELLED, DESTROYED, Shipment
from labels.shipment_schemas import ShipmentIn, ShipmentReturnIn
from labels.shipments import ReturnDraft, ShipmentDraft, ShipmentView
from labels.spans import Span, without
from labels.whereabouts import whereabouts

cooperative_shipments = Blueprint(
    "cooperative_shipments", __name__, url_prefix="/coop", template_folder="templates"
)
SHIP, BACK = "ship", "back"
PAGE = 30
_SHIP = ("first", "last", "shipped_on", "receiver", "consignee", "phone", "address", "note")
_BACK = ("first", "last", "fate", "returned_on", "reason")
FATE_WORDS = {
    AS_LABELLED: Words("退回，还能再卖", "came back, can be sold again"),
    DESTROYED: Words("销毁了", "destroyed"),
}


@cooperative_shipments.get("/shipments")
def shipments() -> str:
    """What one's party sent and received, newest first."""
    act = current_act()
    page = page_of(
        act.session, shipping.shipments_seen_by(act), Shipment.at, Shipment.id,
        after=request.args.get("after"), size=PAGE,
    )  # fmt: skip
    return render_template(
        "shipments/shipments.html",
        page=page,
        rows=[_row(view) for view in shipping.shipment_views(act, page.rows)],
        own=act.party,
    )


@cooperative_shipments.get("/labels/<uuid:run_id>/shipments")
def run(run_id: UUID) -> str:
    """The shipments of a run, and the form of the next."""
    return _page(run_id, Entered())


def _row(view: ShipmentView) -> dict[str, Any]:
    batch = view.shipment.run.batch
    return {
        "view": view,
        "row": view.shipment,
        "quantity": quantity(batch.base, batch.quantity_unit, view.shipment.quantity),
        "contact": " ".join(text for text in (view.phone, view.address) if text),
        "out": _listed(view.out),
        "next": view.out[0] if view.out else None,
        "form": f"{BACK}-{view.shipment.id}",
    }


def _listed(spans: tuple[Span, ...]) -> str:
    return str(_("、")).join(f"{span.first}–{span.last}" for span in spans)


def _page(run_id: UUID, entered: Entered) -> str:
    act = current_act()
    found = own_run(act, run_id)
    free = _free(found)
    return render_template(
        "shipments/run.html",
        run=found,
        entered=entered,
        rows=[_row(view) for view in shipping.shipments_of_run(act, run_id)],
        free=_listed(free),
        next=free[0] if free else None,
        stopped=_stopped(found),
        fates=[(fate, say(words)) for fate, words in FATE_WORDS.items()],
        fate_words=FATE_WORDS,
        today=act.today.isoformat(),
    )


def _free(found: LabelRun) -> tuple[Span, ...]:
    """The serials that can be shipped: activated and here."""
    gone = whereabouts(current_act().session, found.id).gone
    return without(spans_in(found, ACTIVATED), gone)


def _stopped(found: LabelRun) -> str:
    """Why nothing of the run may be shipped now; empty where it may."""
    try:
        check_labels_stand(current_act(), found)
    except Conflict as refusal:
        return say(refusal.detail)
    return ""


@cooperative_shipments.post("/labels/<uuid:run_id>/shipments")
def ship(run_id: UUID) -> Response:
    """Labels went to a consignee."""
    return attempt(lambda: _ship(run_id), lambda entered: _page(run_id, under(SHIP, entered)))


@writes
def _ship(run_id: UUID) -> AnyResponse:
    act = current_act()
    found = own_run(act, run_id)
    boxes: dict[str, Any] = posted(SHIP, *_SHIP)
    boxes |= {name: serial_typed(act, found, boxes.get(name, ""), name) for name in _SHIP[:2]}
    row = shipping.ship(act, run_id, ShipmentDraft(**loaded(ShipmentIn(), boxes)))
    flash(_("已记下发货 %(count)s 枚。", count=thousands(row.count)), "pass")
    return redirect(url_for("cooperative_shipments.run", run_id=run_id), 303)


@cooperative_shipments.post("/shipments/<uuid:shipment_id>/returns")
def take_back(shipment_id: UUID) -> Response:
    """Labels of a shipment came back, or were destroyed."""
    row = shipping.visible_shipment(current_act(), shipment_id)
    form = f"{BACK}-{shipment_id}"
    return attempt(
        lambda: _take_back(row.run_id, shipment_id, form),
        lambda entered: _page(row.run_id, under(form, entered)),
    )


@writes
def _take_back(run_id: UUID, shipment_id: UUID, form: str) -> AnyResponse:
    act = current_act()
    found = own_run(act, run_id)
    boxes: dict[str, Any] = posted(form, *_BACK)
    boxes |= {name: serial_typed(act, found, boxes.get(name, ""), name) for name in _BACK[:2]}
    made = shipping.take_back(act, shipment_id, ReturnDraft(**loaded(ShipmentReturnIn(), boxes)))
    flash(_("已记下：%(what)s。", what=say(FATE_WORDS[made.fate])), "pass")
    return redirect(url_for("cooperative_shipments.run", run_id=run_id), 303)
