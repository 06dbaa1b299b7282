"""折算范围: what one form of a product gives of another; without a source it is 待核实."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.documents.receiving import receives, store_received
from core.errors import invalid_field
from core.http.acting import current_act, writes
from desks.form_texts import texts
from desks.forms import Entered, attempt, loaded
from desks.processing_form import per_hundred
from products import service as products
from products.forms.models import Conversion
from products.forms.schemas import ConversionIn
from products.forms.service import ConversionDraft, conversions_of, set_conversion
from products.models import Product

authority_forms = Blueprint(
    "authority_forms", __name__, url_prefix="/gov/products", template_folder="templates"
)
_BOXES = ("from_form", "to_form", "low", "high", "unit", "per_unit", "source")


@dataclass(frozen=True)
class Shown:
    """A range as it was set, what it says, and whether it is the one that counts."""

    row: Conversion
    says: str
    counts: bool


@authority_forms.get("/<key>/conversions")
def conversions(key: str) -> str:
    """The ranges of a product, the ones that count first, and the form."""
    return _page(key, Entered())


def _page(key: str, entered: Entered) -> str:
    act = current_act()
    product = products.product_named(act.session, key)
    rows = _shown(act, product)
    return render_template(
        "authority/conversions.html",
        product=product,
        entered=entered,
        standing=[one for one in rows if one.counts],
        earlier=[one for one in rows if not one.counts],
        forms=[(name, name) for name in product.names("form")],
        units=_units(product),
    )


def _shown(act: Act, product: Product) -> list[Shown]:
    rows: Sequence[Conversion] = conversions_of(act.session, product.id)
    newest: dict[tuple[str, str], int] = {}
    for row in rows:
        pair = (row.from_form, row.to_form)
        newest[pair] = max(row.number, newest.get(pair, 0))
    return [
        Shown(
            row, per_hundred(row),
            not row.ended and newest[row.from_form, row.to_form] == row.number,
        )
        for row in rows
    ]  # fmt: skip


def _units(product: Product) -> list[tuple[str, str]]:
    symbols = dict.fromkeys(s for t in product.terms if t.kind == "form" for s in t.units)
    return [(symbol, symbol) for symbol in symbols]


@authority_forms.post("/<key>/conversions")
def set_range(key: str) -> Response:
    """Set the range of a pair of forms; of a pair the newest counts."""
    return attempt(lambda: _set(key), lambda entered: _page(key, entered))


@receives
@writes
def _set(key: str) -> AnyResponse:
    kept = store_received("evidence")
    evidence = {"evidence": str(kept[0].id)} if kept else {}
    draft = loaded(ConversionIn(), texts(_BOXES) | evidence)
    row = set_conversion(current_act(), key, ConversionDraft(**draft))
    if row.source is None:
        flash(_("已存下，没有依据，先显示为待核实，不作判断。"), "wait")
    else:
        flash(_("已定：%(says)s。", says=per_hundred(row)), "pass")
    return _back(key)


@authority_forms.post("/<key>/conversions/end")
def end_range(key: str) -> Response:
    """Take the range of a pair of forms back."""
    return attempt(lambda: _end(key), lambda entered: _page(key, entered))


@writes
def _end(key: str) -> AnyResponse:
    act = current_act()
    product = products.product_named(act.session, key)
    said = texts(("from_form", "to_form"))
    pair = (said.get("from_form"), said.get("to_form"))
    for one in _shown(act, product):
        row = one.row
        if one.counts and (row.from_form, row.to_form) == pair:
            ended = ConversionDraft(
                row.from_form, row.to_form, str(row.low), str(row.high), row.unit, row.per_unit,
                row.source, None, ended=True,
            )  # fmt: skip
            set_conversion(act, key, ended)
            flash(_("已取消；以后的加工不再按它比较。"), "pass")
            return _back(key)
    raise invalid_field(
        "no-range", "/from_form", "这两种形态之间没有折算范围", "There is no range for this pair"
    )


def _back(key: str) -> AnyResponse:
    return redirect(url_for("authority_forms.conversions", key=key), 303)
