"""收购卡: the cards that a party gives out, and booking for the holder of one under the PIN."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.errors import FieldFault, Refusal
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.identity.proving import password_memory
from core.record.service import unsealed
from desks.cooperative_new import licensed_products
from desks.entered import posted, under
from desks.forms import Entered, attempt, loaded
from desks.transfer_parts import holder_of
from labels.symbols import QUIET_MODULES, matrix, runs
from products.licences.models import Licence
from products.models import Product
from products.plots.models import Plot
from products.plots.service import cap_of
from trace.inspections.card_proving import proved_card
from trace.inspections.collecting import CollectionDraft, collect
from trace.transfers.card_codes import grouped
from trace.transfers.cards import (
    CardAttempt,
    CardDraft,
    card_named,
    cards_of,
    make_card,
    own_card,
    revoke_card,
)
from trace.transfers.models import CollectorCard
from trace.transfers.schemas import CardIn, CollectionIn, GivenReasonIn

cooperative_cards = Blueprint(
    "cooperative_cards", __name__, url_prefix="/coop", template_folder="templates"
)
_COLLECTED = ("card", "pin", "quantity", "unit", "harvested_on", "plot", "note")
_OF = "|"
"""Between product and form in the choice of goods."""


# --- a party's own cards ---------------------------------------------------------------------


@cooperative_cards.get("/cards/")
def cards() -> str:
    """The cards that the party gave out, and the form for a new one."""
    return _cards_page(Entered())


def _cards_page(entered: Entered) -> str:
    act = current_act()
    page = page_of(
        act.session, cards_of(act), CollectorCard.made_at, CollectorCard.id,
        after=request.args.get("after"),
    )  # fmt: skip
    plots = select(Plot).where(Plot.party_id == act.party, Plot.retired_at.is_(None))
    return render_template(
        "cooperative/cards.html",
        page=page,
        holders=unsealed(act.session, [row.holder for row in page.rows]),
        plots=act.session.scalars(plots.order_by(Plot.number)).all(),
        chosen=entered.values_of("plots"),
        entered=entered,
    )


@cooperative_cards.post("/cards/")
def make() -> Response:
    """Give out a card."""
    return attempt(_make, _cards_page)


@writes
def _make() -> AnyResponse:
    boxes = {name: request.form.get(name, "").strip() for name in ("holder", "pin")}
    given = {name: value for name, value in boxes.items() if value}
    draft = loaded(CardIn(), {**given, "plots": request.form.getlist("plots")})
    row = make_card(current_act(), CardDraft(**draft), password_memory())
    flash(_("第 %(number)s 号收购卡已发，打印出来交给本人。", number=row.number), "pass")
    return redirect(url_for("cooperative_cards.card", card_id=row.id), 303)


@cooperative_cards.get("/cards/<uuid:card_id>")
def card(card_id: UUID) -> str:
    """One card, to be printed, and to be revoked."""
    return _card_page(card_id, Entered())


def _card_page(card_id: UUID, entered: Entered) -> str:
    act = current_act()
    row = own_card(act, card_id)
    return render_template(
        "cooperative/card.html",
        card=row,
        holder=holder_of(act, row),
        plots=_plots_of(act, row) if row.plots else [],
        code=grouped(row.code),
        qr=_qr(row.code),
        entered=entered,
    )


def _qr(code: str) -> Markup:
    """The symbol of the address at which a collector books with the card."""
    address = url_for("cooperative_cards.collecting", card=code)
    modules = matrix(current_app.config["SETTINGS"].label_origin + address, "M")
    side = len(modules) + 2 * QUIET_MODULES
    data = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in runs(modules))
    return Markup(
        '<svg viewBox="{0} {0} {1} {1}" role="img" aria-label="{2}"><path fill="#fff" '
        'd="M{0} {0}h{1}v{1}h-{1}z"/><path shape-rendering="crispEdges" d="{3}"/></svg>'
    ).format(-QUIET_MODULES, side, _("二维码"), data)


@cooperative_cards.post("/cards/<uuid:card_id>/revocation")
def revoke(card_id: UUID) -> Response:
    """End a card."""
    return attempt(
        lambda: _revoke(card_id), lambda entered: _card_page(card_id, under("revoke", entered))
    )


@writes
def _revoke(card_id: UUID) -> AnyResponse:
    reason = loaded(GivenReasonIn(), posted("revoke", "reason"))["reason"]
    row = revoke_card(current_act(), card_id, reason)
    flash(_("第 %(number)s 号收购卡已停用。", number=row.number), "pass")
    return redirect(url_for("cooperative_cards.card", card_id=card_id), 303)


# --- at the collector's ----------------------------------------------------------------------


@cooperative_cards.get("/collect")
def collecting() -> Response:
    """First the card, scanned or typed; then what its holder brought."""
    typed = request.args.get("card", "")[:200]
    if not typed:
        return make_response(render_template("cooperative/collect_card.html", entered=Entered()))
    return attempt(lambda: _collect_page(typed, Entered()), _card_again)


def _card_again(entered: Entered) -> str:
    return render_template("cooperative/collect_card.html", entered=entered)


def _collect_page(typed: str, entered: Entered) -> str:
    act = current_act()
    row = card_named(act, typed)
    plots = _plots_of(act, row)
    grown = {plot.product_id for plot in plots}
    products = [p for p in _products_of(act, row) if not row.plots or p.id in grown]
    return render_template(
        "cooperative/collect.html",
        card=row,
        holder=holder_of(act, row, in_hand=True),
        own=row.party_id == act.party,
        goods=_goods(act, products),
        units=[(s, s) for s in dict.fromkeys(_units(products))],
        plots=[(str(plot.id), f"{plot.number} {plot.name}") for plot in plots],
        plot_needed=len(row.plots) > 1,
        entered=entered,
        today=act.today,
    )


def _products_of(act: Act, row: CollectorCard) -> list[Product]:
    """What may be collected: products that both parties are licensed for today."""
    theirs = (
        select(Licence.product_id)
        .where(Licence.party_id == row.party_id, Licence.starts <= act.today)
        .where(or_(Licence.ends.is_(None), Licence.ends >= act.today))
        .where(Licence.revoked_at.is_(None))
    )
    held = set(act.session.scalars(theirs))
    return [product for product in licensed_products(act) if product.id in held]


def _plots_of(act: Act, row: CollectorCard) -> list[Plot]:
    """The plots of a card, or of its party where it names none."""
    query = select(Plot).where(Plot.party_id == row.party_id, Plot.retired_at.is_(None))
    if row.plots:
        query = query.where(Plot.id.in_([UUID(one) for one in row.plots]))
    return list(act.session.scalars(query.order_by(Plot.number)))


def _goods(act: Act, products: list[Product]) -> list[tuple[str, str]]:
    """What can come in, product and form in one choice: the form of the cap, where there is one."""
    found = []
    for product in products:
        cap = cap_of(act.session, product.id, act.today.year)
        named = [cap.form] if cap else product.names("form")
        found += [(f"{product.key}{_OF}{form}", f"{product.name} {form}") for form in named]
    return found


def _units(products: list[Product]) -> list[str]:
    return [
        symbol
        for product in products
        for term in product.terms
        if term.kind == "form"
        for symbol in term.units
    ]


@cooperative_cards.post("/collect")
def collect_by_card() -> Response:
    """Book what the holder of a card brought; the PIN is looked at before anything else."""
    return attempt(_collect, lambda entered: _collect_again(_at_goods(entered)))


def _collect() -> Any:
    given = {name: request.form.get(name, "").strip() for name in _COLLECTED}
    given["product"], _of, given["form"] = request.form.get("goods", "").partition(_OF)
    draft = loaded(CollectionIn(), {name: value for name, value in given.items() if value})
    proven = proved_card(draft.pop("card"), draft.pop("pin"))
    return _booked(proven, draft)


@writes
def _booked(proven: CardAttempt, draft: dict[str, Any]) -> AnyResponse:
    made = collect(current_act(), proven, CollectionDraft(**draft))
    flash(_("已代记：%(number)s，两边的账都有了。", number=made.batch.number), "pass")
    if made.transfer is not None:
        where = url_for("cooperative_transfers.transfer", transfer_id=made.transfer.id)
    else:
        where = url_for("cooperative_batch.batch", batch_id=made.batch.id)
    return redirect(where, 303)


def _at_goods(entered: Entered) -> Entered:
    """What is wrong with product or form is told at the one box for both."""
    places = {"/product": "/goods", "/form": "/goods"}
    faults = [FieldFault(places.get(f.pointer, f.pointer), f.message) for f in entered.faults]
    return Entered(faults, entered.sentence)


def _collect_again(entered: Entered) -> str:
    """The form with all that was typed but the PIN; where the card will not do, its box alone."""
    try:
        return _collect_page(request.form.get("card", "")[:200], entered)
    except Refusal:
        return _card_again(entered)
