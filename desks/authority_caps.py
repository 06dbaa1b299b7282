"""每亩产量: how much a 亩 of a product may give in a year, and the allowances that follow."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import invalid_field
from core.http.acting import current_act, writes
from core.identity.models import Party
from desks.authority_plots import product_options, year_asked, years_of
from desks.form_texts import texts
from desks.forms import Entered, attempt, loaded
from desks.plot_parts import AllowanceShown, allowance_shown, cap_text, in_unit_of
from products.models import Product
from products.plots.drafts import CapDraft
from products.plots.models import YieldCap
from products.plots.service import cap_of, caps_of
from trace.books import allowances
from trace.books.models import Allowance
from trace.books.schemas import CapIn

authority_caps = Blueprint(
    "authority_caps", __name__, url_prefix="/gov/caps", template_folder="templates"
)
_BOXES = ("form", "quantity", "unit", "season_from", "season_to", "source")
MOST_SHOWN = 200


@authority_caps.get("")
def caps() -> str:
    """The caps of a product, the newest first, the allowances of the year, and the form."""
    return _page(Entered())


def _page(entered: Entered) -> str:
    act = current_act()
    options = product_options(act)
    key = request.values.get("product", "") or (options[0][0] if options else "")
    product = act.session.scalars(select(Product).where(Product.key == key)).unique().first()
    year = year_asked(act, request.values.get("year", ""))
    return render_template(
        "authority/caps.html",
        entered=entered,
        products=options,
        product=product,
        year=year,
        years=[(str(y), str(y)) for y in years_of(act)],
        caps=caps_of(act.session, product.id) if product else [],
        now=cap_of(act.session, product.id, year) if product else None,
        allowances=_allowances(act, product, year) if product else [],
        forms=[(name, name) for name in product.names("form")] if product else [],
        units=_units(product) if product else [],
        cap_text=cap_text,
        in_unit=in_unit_of,
    )


def _units(product: Product) -> list[tuple[str, str]]:
    """Every unit that a form of the product is counted in."""
    symbols = dict.fromkeys(s for t in product.terms if t.kind == "form" for s in t.units)
    return [(symbol, symbol) for symbol in symbols]


def _allowances(
    act: Act, product: Product, year: int
) -> list[tuple[Party, Allowance, AllowanceShown]]:
    """Every party's allowance, those in deficit first."""
    query = (
        select(Allowance, Party)
        .join(Party, Party.id == Allowance.party_id)
        .where(Allowance.product_id == product.id, Allowance.year == year)
        .order_by((Allowance.used > Allowance.granted).desc(), Party.name, Party.id)
        .limit(MOST_SHOWN)
    )
    return [
        (party, row, allowance_shown(act.session, party.id, product, year))
        for row, party in act.session.execute(query).unique()
    ]


@authority_caps.post("")
def set_cap() -> Response:
    """Set the cap of a product and year; every allowance of the year follows at once."""
    return attempt(_set, _page)


@receives
@writes
def _set() -> AnyResponse:
    act = current_act()
    key = request.form.get("product", "")
    if not key:
        raise invalid_field("no-product", "/product", "请选产品", "Choose a product")
    values: dict[str, Any] = texts((*_BOXES, "year"))
    evidence = store_received("evidence")
    if evidence:
        values["evidence"] = str(evidence[0].id)
    made: YieldCap = allowances.set_cap(act, CapDraft(product=key, **loaded(CapIn(), values)))
    flash(
        _("%(year)s 年：%(cap)s。各单位的额度已经跟着变。", year=made.year, cap=cap_text(made)),
        "pass",
    )
    return redirect(url_for("authority_caps.caps", product=key, year=made.year), 303)
