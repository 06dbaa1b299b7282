"""Products and their geographical-indication records: registering, changing, proving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import FieldFault
from core.http.acting import current_act, writes
from core.http.versions import check_if_match
from core.pages.views import say
from core.words import Words
from desks import product_form
from desks.form_texts import cleared, texts
from desks.forms import Entered, attempt, loaded
from desks.public_product import gi_line
from products import service
from products.areas import division_tree
from products.drafts import GiDraft, ProductDraft, label_rules
from products.models import GiRecord, Product
from products.schemas import GiChange, GiIn, ProductChange, ProductIn

authority_products = Blueprint(
    "authority_products", __name__, url_prefix="/gov/products", template_folder="templates"
)
_RECORD = ("type", "name", "number", "announcement", "date", "registrant", "status", "source", "note")  # fmt: skip
_REQUIRED = ("type", "name", "status")


# --- the product -----------------------------------------------------------------------------


@authority_products.get("/new")
def register() -> str:
    """The form that registers a product."""
    return _form(Entered())


@authority_products.post("/new")
def register_product() -> Response:
    """Register a product with its vocabulary and area."""
    return attempt(_register, lambda entered: _form(_placed(entered)))


@authority_products.get("/<key>/edit")
def change(key: str) -> str:
    """The form that changes a product."""
    return _form(Entered(), service.product_named(current_act().session, key))


@authority_products.post("/<key>/edit")
def change_product(key: str) -> Response:
    """Change a product; words of its vocabulary are only added."""
    service.product_named(current_act().session, key)
    return attempt(
        lambda: _change(key),
        lambda e: _form(_placed(e), service.product_named(current_act().session, key)),
    )


def _placed(entered: Entered) -> Entered:
    """Faults at the boxes as the form calls them."""
    places = product_form.places()
    faults = [FieldFault(f"/{_place(f.pointer, places)}", f.message) for f in entered.faults]
    return Entered(faults, entered.sentence)


def _place(pointer: str, places: dict[str, str]) -> str:
    """The box of a pointer: its own, that of the thing that it is in, or the pointer itself."""
    inside = pointer.strip("/")
    parts = inside.split("/")
    for count in range(len(parts), 0, -1):
        found = places.get("/".join(parts[:count]))
        if found is not None:
            return found
    return inside


def _form(entered: Entered, product: Product | None = None) -> str:
    act = current_act()
    held = product_form.boxes_of(product, _area_names(act, product))
    return render_template(
        "authority/product_form.html",
        product=product,
        entered=entered,
        held=held,
        rows=product_form.rows_shown(held),
        measures=product_form.measures(),
        categories=act.session.scalars(
            select(Product.category).distinct().order_by(Product.category)
        ).all(),
        counties=[county.name for county in division_tree(act.session).counties],
    )


def _area_names(act: Act, product: Product | None) -> list[str]:
    """The names of a product's divisions, each after its county, so that they can be told apart."""
    codes = {part.code for part in product.area} if product else set()
    names = []
    for county in division_tree(act.session).counties if codes else ():
        names += [county.name] if county.code in codes else []
        names += [county.name + town.name for town in county.townships if town.code in codes]
    return names


@writes
def _register() -> AnyResponse:
    act = current_act()
    values = product_form.posted_product() | texts(("key",))
    draft = loaded(ProductIn(), _without_blanks(values))
    product = service.register_product(act, ProductDraft(**draft))
    flash(_("%(name)s已登记。接下来登记地理标志、定放行方案。", name=product.name), "pass")
    _warn(act, product)
    return redirect(url_for("public.product", key=product.key), 303)


def _without_blanks(values: dict[str, Any]) -> dict[str, Any]:
    """A text that was left empty is absent, so that it is told as missing."""
    return {name: held for name, held in values.items() if held != ""}


@writes
def _change(key: str) -> AnyResponse:
    act = current_act()
    product = service.product_named(act.session, key)
    changes = loaded(ProductChange(), product_form.posted_product(product))
    changed = service.update_product(act, product.id, changes, check_if_match)
    flash(_("已改好。"), "pass")
    _warn(act, changed)
    return redirect(url_for("public.product", key=changed.key), 303)


def _warn(act: Act, product: Product) -> None:
    for words in service.name_warnings(act, product):
        flash(say(words), "wait")


# --- its records -----------------------------------------------------------------------------


@authority_products.get("/<key>/gi-records/new")
def add_record(key: str) -> str:
    """The form that adds a geographical-indication record."""
    return _record_form(key, Entered())


@authority_products.post("/<key>/gi-records/new")
def add_gi_record(key: str) -> Response:
    """Add a record; with its number and evidence it is proven."""
    service.product_named(current_act().session, key)
    return attempt(lambda: _add_record(key), lambda entered: _record_form(key, entered))


@authority_products.get("/<key>/gi-records/<uuid:record_id>")
def change_record(key: str, record_id: UUID) -> str:
    """The form that fills in or proves a record."""
    return _record_form(key, Entered(), record_id)


@authority_products.post("/<key>/gi-records/<uuid:record_id>")
def change_gi_record(key: str, record_id: UUID) -> Response:
    """Fill in or prove a record with its evidence."""
    _record_form(key, Entered(), record_id)
    return attempt(
        lambda: _change_record(key, record_id),
        lambda entered: _record_form(key, entered, record_id),
    )


def _record_form(key: str, entered: Entered, record_id: UUID | None = None) -> str:
    session = current_act().session
    product = service.product_named(session, key)
    record: GiRecord | None = None
    if record_id is not None:
        record = service.gi_record_of(session, product.id, record_id)
    rules = label_rules()
    return render_template(
        "authority/record_form.html",
        product=product,
        record=record,
        line=gi_line(record) if record else None,
        entered=entered,
        types=[(kind.key, say(Words(kind.name, kind.name_en))) for kind in rules.gi_types],
        examples=_("；").join(f"{one.name} {one.example}" for one in rules.number_formats),
    )


@receives
@writes
def _add_record(key: str) -> AnyResponse:
    act = current_act()
    draft = loaded(GiIn(), texts(_RECORD) | _evidence())
    product = service.product_named(act.session, key)
    record = service.add_gi_record(act, product.id, GiDraft(**draft))
    return _told(product, record)


@receives
@writes
def _change_record(key: str, record_id: UUID) -> AnyResponse:
    act = current_act()
    optional = tuple(name for name in _RECORD if name not in _REQUIRED)
    values = texts(_REQUIRED) | cleared(optional) | _evidence()
    changes = loaded(GiChange(), values)
    product = service.product_named(act.session, key)
    record = service.update_gi_record(act, product.id, record_id, changes, check_if_match)
    return _told(product, record)


def _evidence() -> dict[str, str]:
    kept = store_received("evidence")
    return {"evidence": str(kept[0].id)} if kept else {}


def _told(product: Product, record: GiRecord) -> AnyResponse:
    if record.proven:
        flash(_("登记已核实，可以带专用标志核准了。"), "pass")
    else:
        missing = _("、").join(gi_line(record).missing)
        flash(_("已存下，还缺%(what)s，仍是待核实。", what=missing), "wait")
    return redirect(url_for("public.product", key=product.key), 303)
