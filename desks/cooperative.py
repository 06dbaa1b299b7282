"""The cooperative's desk: what to do today, its batches, its labels."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select

from core.act import Act
from core.http.acting import current_act
from core.http.language import language
from core.http.paging import DEFAULT_SIZE, Page, page_of
from core.pages.typography import long_day, thousands
from core.pages.views import say
from desks.amounts import STATE_WORDS, LabelsLeft, labels_left
from desks.cooperative_needs import batches_in_hand, batches_to_label, hands_of, needs_of
from desks.form_texts import asked as asked_for
from desks.standings import STANDINGS, UNDER_WAY, standings_of, stands
from labels.models import LabelRun
from labels.service import RunView, run_view, search_runs
from labels.views import current_press
from products.models import Product
from trace.batches.models import Batch

cooperative = Blueprint("cooperative", __name__, url_prefix="/coop", template_folder="templates")
MOST_LOOKED_THROUGH = 500


@cooperative.get("/")
def today() -> str:
    """What there is to do."""
    act = current_act()
    under_way, to_label = batches_in_hand(act), batches_to_label(act)
    hands = hands_of(act, [*under_way, *to_label])
    mine = hands[: len(under_way)]
    return render_template(
        "cooperative/today.html",
        day=long_day(act.today, language()),
        weekday=_weekday(act),
        needs=needs_of(act, mine),
        hands=hands,
        open_hands=len(mine),
        labels_text=_labels_text(act, to_label),
        log_href=_log_href(under_way),
    )


def _weekday(act: Act) -> str:
    named = [
        _("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日"),
    ]  # fmt: skip
    return str(named[act.today.weekday()])


def _labels_text(act: Act, released: list[Batch]) -> str:
    """How much can still be labelled, in labels where their net content is known."""
    if not released:
        return str(_("还没有放行的批次；放行以后才能打。"))
    left = [labels_left(act.session, batch) for batch in released]
    return str(_("%(batches)s 批已放行，还能打 %(left)s。", batches=len(released), left=_sum(left)))


def _sum(left: list[LabelsLeft]) -> str:
    if all(one.labels is not None for one in left):
        return str(_("%(count)s 枚", count=thousands(sum(one.labels or 0 for one in left))))
    return str(_("、").join(one.text for one in left[:2])) + ("…" if len(left) > 2 else "")


def _log_href(under_way: list[Batch]) -> str:
    """Where the second door leads: to the one batch in hand, or to their list."""
    if len(under_way) == 1:
        return url_for("cooperative_batch.batch", batch_id=under_way[0].id, _anchor="nine")
    return url_for("cooperative.batches", state=UNDER_WAY.key)


@cooperative.get("/batches")
def batches() -> str:
    """The party's batches, newest first; found by number, product and how they stand."""
    act = current_act()
    asked = asked_for("q", "product", "state")
    query = select(Batch).where(Batch.party_id == act.party)
    if asked["q"]:
        query = query.where(Batch.number.contains(asked["q"].upper(), autoescape=True))
    if asked["product"]:
        query = query.where(Batch.product.has(Product.key == asked["product"]))
    if asked["state"]:
        query = query.where(stands(asked["state"]))
    page = page_of(act.session, query, Batch.created_at, Batch.id, after=request.args.get("after"))
    return render_template(
        "cooperative/batches.html",
        page=page,
        asked=asked,
        searched=any(asked.values()),
        standings=standings_of(act.session, [batch.id for batch in page.rows]),
        products=_products_of(act),
        states=[(standing.key, say(standing.word)) for standing in STANDINGS],
    )


def _products_of(act: Act) -> list[tuple[str, str]]:
    """The products of which the party has batches."""
    made = select(Batch.product_id).where(Batch.party_id == act.party)
    query = select(Product.key, Product.name).where(Product.id.in_(made)).order_by(Product.name)
    return [(row.key, row.name) for row in act.session.execute(query)]


@cooperative.get("/labels")
def labels() -> str:
    """The party's label runs, newest first; found by batch number or by the code on a label, and
    by the state that some of their labels are in.
    """
    act = current_act()
    asked = asked_for("q", "state")
    query = search_runs(act, current_press(), text=asked["q"] or None)
    page = _runs(act, query.where(LabelRun.party_id == act.party), asked["state"])
    return render_template(
        "cooperative/labels.html",
        page=page,
        asked=asked,
        searched=any(asked.values()),
        words={state: (look, say(name)) for state, (look, name) in STATE_WORDS.items()},
        released=[(batch, labels_left(act.session, batch)) for batch in batches_to_label(act)],
    )


def _runs(act: Act, query: Select[LabelRun], state: str) -> Page[RunView]:
    """A page of runs; with a state, of those among the next MOST_LOOKED_THROUGH that have labels
    in it, because how a run stands is worked out and not stored.
    """
    size = MOST_LOOKED_THROUGH if state in STATE_WORDS else DEFAULT_SIZE
    page = page_of(
        act.session,
        query,
        LabelRun.drawn_at,
        LabelRun.id,
        after=request.args.get("after"),
        size=size,
    )
    views = [run_view(run) for run in page.rows]
    return Page([v for v in views if v.counts.get(state, 1)], page.after)
