"""One order of an inspection, for everybody whom it concerns: what to draw, the samples, custody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import AUTHORITY, INSPECTOR, Act
from core.http.acting import current_act, writes
from core.identity.models import Party
from core.pages.views import say
from desks.certainty import doubt_of
from desks.entered import posted, under
from desks.form_texts import printable
from desks.forms import Entered, attempt, loaded
from desks.sampling_form import (
    BOXES,
    HAND_WORDS,
    KIND_WORDS,
    ROLE_WORDS,
    SAMPLING,
    SEVERITY_WORDS,
    WHY_WORDS,
    options,
    posted_sampling,
    said,
    sampling_choices,
)
from trace.batches.models import Batch
from trace.batches.service import batches_seen_by
from trace.sampling.drawing import ALGORITHM
from trace.sampling.models import InspectionOrder, Sample
from trace.sampling.planning import how_many_of
from trace.sampling.samples import (
    HandOverDraft,
    SampleDraft,
    draw_sample,
    hand_over_sample,
    holder_of,
    receivers_of,
    visible_sample,
)
from trace.sampling.schemas import ClosingIn, HandOverIn, SampleIn, SamplingIn
from trace.sampling.service import close_order, plan_sampling, visible_order

orders = Blueprint("orders", __name__, url_prefix="/orders", template_folder="templates")
SAMPLE, CLOSING = "sample", "closing"
_SAMPLE = ("number", "seal", "role", "amount", "unit", "drawn_on", "place", "note")
_HAND = ("kind", "to", "handed_on", "condition", "note")


@dataclass(frozen=True)
class SampleView:
    """A sample with who has it, and the form that hands it on, where the actor may."""

    sample: Sample
    holder: str
    form: str
    receivers: list[tuple[str, str]]


@orders.get("/<uuid:order_id>")
def order(order_id: UUID) -> str:
    """An order."""
    return order_page(order_id, Entered())


def order_page(order_id: UUID, entered: Entered) -> str:
    """The page of an order, with what was typed into one of its forms."""
    act = current_act()
    row = visible_order(act, order_id)
    own = row.laboratory_id == act.actor.party and act.actor.is_a(INSPECTOR)
    is_open = row.closed_at is None
    return render_template(
        "orders/order.html",
        entered=entered,
        back=_back(act),
        batch_href=_batch_href(act, row),
        samples=[_sample_view(act, sample) for sample in row.samples],
        may_plan=own and is_open and row.sampling is None,
        may_draw=own and is_open,
        may_close=is_open and act.actor.party in (row.laboratory_id, row.ordered_by),
        choices=sampling_choices(row.product),
        roles=options(ROLE_WORDS),
        hands=options(HAND_WORDS),
        today=act.today,
        **shown(act, row),
    )


def shown(act: Act, row: InspectionOrder) -> dict[str, Any]:
    """What the page and the printed sheet say of an order."""
    return {
        "order": row,
        "kind_word": say(KIND_WORDS[row.kind]),
        "ordered_by": act.session.get_one(Party, row.ordered_by).name,
        "whys": said(WHY_WORDS),
        "role_words": said(ROLE_WORDS),
        "hand_words": said(HAND_WORDS),
        "severity_words": said(SEVERITY_WORDS),
        "sampling": row.sampling,
        "said": say(how_many_of(row.sampling).words) if row.sampling else "",
        "doubt": doubt_of(row.sampling["certainty"], True) if row.sampling else "",
        "drawn": sorted(row.sampling["drawn"]) if row.sampling else [],
        "algorithm": say(ALGORITHM),
    }


def _back(act: Act) -> tuple[str, str]:
    """Where the list of orders is on the actor's desk."""
    if act.actor.is_a(INSPECTOR):
        return url_for("inspector_orders.orders"), _("抽样单")
    if act.actor.is_a(AUTHORITY):
        return url_for("authority_risks.risks"), _("风险与抽查")
    return url_for("cooperative.today"), _("今天")


def _batch_href(act: Act, row: InspectionOrder) -> str:
    """The batch on the actor's desk, where it may see it."""
    seen = batches_seen_by(act).where(Batch.id == row.batch_id)
    if row.batch_id is None or act.session.scalars(seen).first() is None:
        return ""
    if act.actor.is_a(AUTHORITY):
        return url_for("authority_batch.batch", batch_id=row.batch_id)
    own = row.party_id == act.actor.party
    desk = "cooperative_batch.batch" if own else "inspector_batch.batch"
    return url_for(desk, batch_id=row.batch_id)


def _sample_view(act: Act, sample: Sample) -> SampleView:
    holder = holder_of(sample)
    name = act.session.get_one(Party, holder).name if holder else ""
    may = holder is not None and act.actor.party in (sample.laboratory_id, holder)
    receivers = [
        (str(party.id), party.name) for party in receivers_of(act, sample) if party.id != holder
    ]
    return SampleView(sample, name, f"hand-{sample.id}" if may else "", receivers)


@orders.get("/<uuid:order_id>/sheet")
def sheet(order_id: UUID) -> str:
    """The order as a sheet of paper for whoever draws: units, seed, boxes to sign."""
    act = current_act()
    return render_template("orders/sheet.html", **shown(act, visible_order(act, order_id)))


def _to(order_id: UUID, anchor: str) -> AnyResponse:
    return redirect(url_for("orders.order", order_id=order_id, _anchor=anchor), 303)


@orders.post("/<uuid:order_id>/sampling")
def set_sampling(order_id: UUID) -> Response:
    """Say how units are drawn; the seed is made now."""
    places = {f"{SAMPLING}/{box}": box for box in BOXES}
    return attempt(
        lambda: _set_sampling(order_id),
        lambda entered: order_page(order_id, under(SAMPLING, entered, places)),
    )


@writes
def _set_sampling(order_id: UUID) -> AnyResponse:
    act = current_act()
    plan_sampling(act, order_id, loaded(SamplingIn(), posted_sampling()))  # type: ignore[arg-type]  # the schema makes the draft
    flash(_("抽哪几件已经定了，种子写在单子上。"), "pass")
    return _to(order_id, "draw")


@orders.post("/<uuid:order_id>/samples")
def draw(order_id: UUID) -> Response:
    """Register a sample."""
    return attempt(
        lambda: _draw(order_id),
        lambda entered: order_page(order_id, under(SAMPLE, entered)),
    )


@writes
def _draw(order_id: UUID) -> AnyResponse:
    values: dict[str, Any] = dict(posted(SAMPLE, *_SAMPLE))
    units = posted(SAMPLE, "units").get("units", "")
    if units:
        values["units"] = printable(
            units.replace("、", " ").replace("，", " ").replace(",", " ")
        ).split()
    sample = draw_sample(current_act(), order_id, SampleDraft(**loaded(SampleIn(), values)))
    flash(_("样品 %(number)s 已登记。", number=sample.number), "pass")
    return _to(order_id, "samples")


@orders.post("/<uuid:order_id>/samples/<uuid:sample_id>/hand-overs")
def hand_over(order_id: UUID, sample_id: UUID) -> Response:
    """A sample goes on."""
    return attempt(
        lambda: _hand_over(order_id, sample_id),
        lambda entered: order_page(order_id, under(f"hand-{sample_id}", entered)),
    )


@writes
def _hand_over(order_id: UUID, sample_id: UUID) -> AnyResponse:
    act = current_act()
    visible_sample(act, sample_id)
    draft = loaded(HandOverIn(), posted(f"hand-{sample_id}", *_HAND))
    hand_over_sample(act, sample_id, HandOverDraft(**draft))
    flash(_("交接已登记。"), "pass")
    return _to(order_id, "samples")


@orders.post("/<uuid:order_id>/closing")
def close(order_id: UUID) -> Response:
    """Close an order."""
    return attempt(
        lambda: _close(order_id),
        lambda entered: order_page(order_id, under(CLOSING, entered)),
    )


@writes
def _close(order_id: UUID) -> AnyResponse:
    draft = loaded(ClosingIn(), posted(CLOSING, "reason"))
    close_order(current_act(), order_id, draft["reason"])
    flash(_("这张单子结束了。"), "pass")
    return _to(order_id, "top")
