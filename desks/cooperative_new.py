"""Opening a batch: first the product, then a form in that product's own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.errors import NotFound
from core.http.acting import current_act, writes
from core.pages.views import say
from core.words import Words
from desks.cooperative_batch import own_batch
from desks.forms import Entered, attempt, loaded
from products.licences.models import Licence
from products.models import Division, Product
from products.plans.service import plan_on
from products.requirements import standard_of
from products.rulebook import in_force
from products.standards.models import ProductStandard, Standard
from products.standards.rules import rulebook_for
from trace.batches import service as log
from trace.batches.drafts import BatchDraft
from trace.batches.models import Batch
from trace.batches.schemas import BatchIn

cooperative_new = Blueprint(
    "cooperative_new", __name__, url_prefix="/coop/batches/new", template_folder="templates"
)
BINDING_LEVELS = ("law", "national-mandatory")
_VOCABULARY = ("form", "grade", "process", "condition")
_COPIED = ("form", "process", "condition", "grade", "place_code", "place")


@dataclass(frozen=True)
class Declarable:
    """A standard that a batch may declare; `of_plan`: the release plan rests on it."""

    designation: str
    title: str
    of_plan: bool
    chosen: bool


@cooperative_new.get("/")
def new_batch() -> AnyResponse | str:
    """The products to choose from, or the form of the chosen one."""
    act = current_act()
    like = _like(act)
    products = licensed_products(act)
    key = like.product.key if like else request.args.get("product", "")
    chosen = next((product for product in products if product.key == key), None)
    if chosen is None and len(products) == 1:
        chosen = products[0]
    if chosen is None:
        return render_template("cooperative/choose.html", products=products)
    return _form_page(act, chosen, Entered(), like)


def _like(act: Act) -> Batch | None:
    """The own batch that the new one is to be like."""
    asked = request.args.get("like", "")
    try:
        return own_batch(act, UUID(asked)) if asked else None
    except (ValueError, NotFound):
        return None


def licensed_products(act: Act) -> list[Product]:
    """The products that the party may open a batch of today."""
    query = (
        select(Licence.product_id)
        .where(Licence.party_id == act.party, Licence.starts <= act.today)
        .where(or_(Licence.ends.is_(None), Licence.ends >= act.today))
        .where(Licence.revoked_at.is_(None))
    )
    found = select(Product).where(Product.id.in_(query)).order_by(Product.name)
    return list(act.session.scalars(found).unique())


@cooperative_new.post("/")
def open_batch() -> Response:
    """Open the batch."""
    return attempt(_open, _again)


@writes
def _open() -> AnyResponse:
    boxes = {name: text for name, text in request.form.items() if text.strip()}
    known = {name: boxes[name] for name in BatchIn().fields if name in boxes}
    declared = [text for text in request.form.getlist("declared") if text.strip()]
    draft = loaded(BatchIn(), {**known, "declared": declared})
    batch = log.open_batch(current_act(), BatchDraft(**draft))
    flash(_("批次 %(number)s 已开，接着记九个环节。", number=batch.number), "pass")
    return redirect(url_for("cooperative_batch.batch", batch_id=batch.id), 303)


def _again(entered: Entered) -> str:
    act = current_act()
    products = licensed_products(act)
    key = request.form.get("product", "")
    chosen = next((product for product in products if product.key == key), None)
    if chosen is None:
        return render_template("cooperative/choose.html", products=products, entered=entered)
    return _form_page(act, chosen, entered, None)


def _form_page(act: Act, product: Product, entered: Entered, like: Batch | None) -> str:
    return render_template(
        "cooperative/new.html",
        product=product,
        others=len(licensed_products(act)) > 1,
        entered=entered,
        like=like,
        start=_start(act, product, like),
        today=act.today,
        units=_units(product),
        words={kind: [(name, name) for name in product.names(kind)] for kind in _VOCABULARY},
        places=_places(act, product),
        standards=_standards(act, product, _declared(entered, like)),
    )


def _start(act: Act, product: Product, like: Batch | None) -> Mapping[str, Any]:
    """What stands in the boxes at first: the product's own, or the other batch's, never its dates
    and its quantity.
    """
    first = {
        "form": product.default_form,
        "unit": _units(product)[0][0],
        "production_date": act.today.isoformat(),
    }
    if like is None:
        return first
    copied = {name: getattr(like, name) for name in _COPIED if getattr(like, name)}
    return {**first, **copied, "unit": like.quantity_unit}


def _units(product: Product) -> list[tuple[str, str]]:
    """Every unit that a form of the product is counted in, those of the usual form first."""
    forms = [term for term in product.terms if term.kind == "form"]
    forms.sort(key=lambda term: term.name != product.default_form)
    return [(s, s) for s in dict.fromkeys(s for term in forms for s in term.units)]


def _places(act: Act, product: Product) -> list[tuple[str, list[tuple[str, str]]]]:
    """Townships by county: first those of the product's area, then, unless that is confirmed, all
    others.
    """
    parts = [part.code for part in product.area]
    townships = act.session.scalars(
        select(Division).where(Division.parent.is_not(None)).order_by(Division.code)
    ).all()
    counties = {
        row.code: row.name
        for row in act.session.scalars(select(Division).where(Division.parent.is_(None)))
    }
    inside = [row for row in townships if any(row.code.startswith(part) for part in parts)]
    groups = [(_("保护地域内"), [(row.code, _place(row, counties)) for row in inside])]
    if parts and product.area_certainty == "confirmed":
        return groups
    rest: dict[str, list[tuple[str, str]]] = {}
    for row in townships:
        if row not in inside:
            rest.setdefault(counties.get(row.parent or "", ""), []).append((row.code, row.name))
    return [group for group in [*groups, *rest.items()] if group[1]]


def _place(row: Division, counties: Mapping[str, str]) -> str:
    return f"{counties.get(row.parent or '', '')} {row.name}".strip()


def _declared(entered: Entered, like: Batch | None) -> frozenset[str] | None:
    """The standards ticked, as sent or as in the other batch; None at first."""
    if not entered.values and like is None:
        return None
    texts = entered.values_of("declared") if entered.values else list(like.declared if like else ())
    return frozenset(standard_of(text) for text in texts)


def _standards(act: Act, product: Product, declared: frozenset[str] | None) -> list[Declarable]:
    """The recommended standards of the product that are in force, and the plan's own first."""
    plan = plan_on(act.session, product.id, act.today)
    of_plan = standard_of(plan.standard) if plan else ""
    query = (
        select(Standard)
        .join(ProductStandard, ProductStandard.standard_id == Standard.id)
        .where(ProductStandard.product_id == product.id, Standard.level.not_in(BINDING_LEVELS))
        .where(or_(Standard.owner_id.is_(None), Standard.owner_id == act.party))
        .order_by(Standard.number)
    )
    rows = {row.number: row for row in act.session.scalars(query).unique()}
    if of_plan and of_plan not in rows:
        found = act.session.scalars(select(Standard).where(Standard.number == of_plan)).first()
        rows |= {of_plan: found} if found else {}
    editions = in_force(rulebook_for(act.session, product.id, rows).editions, act.today)
    return [
        Declarable(
            designation=editions[number].designation,
            title=say(Words(row.title, row.title_en)),
            of_plan=number == of_plan,
            chosen=number == of_plan if declared is None else number in declared,
        )
        for number, row in sorted(rows.items(), key=lambda item: item[0] != of_plan)
        if number in editions
    ]
