"""The pages that everybody may see: the front page, the products, what is asked of each."""

from collections.abc import Sequence
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import ADMIN, AUTHORITY, INSPECTOR, PRODUCER, Act, Actor
from core.http.acting import current_act
from core.http.paging import LARGEST_SIZE, page_of
from desks.balance_tables import exactly, unit_word
from desks.balances import balance_for_all
from desks.form_texts import asked
from desks.public_product import category_words, gi_standing, product_sheet
from products.models import Product
from products.plans.service import plan_row_on
from products.requirements import STAGE_NAMES
from products.service import find_products, product_named

public = Blueprint("public", __name__, template_folder="templates")
_DESKS = (
    (PRODUCER, "cooperative.today"),
    (INSPECTOR, "inspector.today"),
    (AUTHORITY, "authority.overview"),
    (ADMIN, "members.members"),
)


def desk_of(actor: Actor) -> str | None:
    """The endpoint of the desk where somebody works; None for nobody."""
    return next((desk for role, desk in _DESKS if actor.is_a(role)), None)


@public.get("/")
def home() -> AnyResponse | str:
    """The way to one's desk; for everybody else what this is."""
    act = current_act()
    desk = desk_of(act.actor)
    if desk is not None:
        return redirect(url_for(desk), 303)
    page = page_of(act.session, select(Product), Product.created_at, Product.id, size=LARGEST_SIZE)
    return render_template("public/home.html", products=_listed(act, page.rows))


@public.get("/products")
def products() -> str:
    """The products, found by name, other name, pinyin and category."""
    act = current_act()
    wanted = asked("q", "category")
    query = find_products(act.session, wanted["q"] or None, wanted["category"] or None, None)
    page = page_of(
        act.session, query, Product.created_at, Product.id, after=request.args.get("after")
    )
    return render_template(
        "public/products.html",
        page=page,
        products=_listed(act, page.rows),
        asked=wanted,
        categories=_categories(act),
    )


def _categories(act: Act) -> list[tuple[str, str]]:
    query = select(Product.category).distinct().order_by(Product.category)
    return [(name, category_words(name)) for name in act.session.scalars(query)]


def _listed(act: Act, rows: Sequence[Product]) -> list[dict[str, object]]:
    """Products as rows of a list: what vouches for the name, and whether a plan stands."""
    return [
        {
            "product": row,
            "category": category_words(row.category),
            "aliases": _("、").join(alias.name for alias in row.aliases),
            "gi": gi_standing(row),
            "plan": plan_row_on(act.session, row.id, act.today),
        }
        for row in rows
    ]


@public.get("/products/<key>")
def product(key: str) -> str:
    """A product on a chosen day: its records, its area, what each of the nine links asks."""
    act = current_act()
    row = product_named(act.session, key)
    on, error = _chosen_day(act)
    return render_template(
        "public/product.html",
        product=row,
        sheet=product_sheet(act.session, row, on),
        stage_names=STAGE_NAMES,
        on=on,
        on_typed=request.args.get("on", on.isoformat()),
        on_error=error,
        today=act.today,
        balance=balance_for_all(act, row),
        exactly=exactly,
        unit_word=unit_word,
    )


def _chosen_day(act: Act) -> tuple[date, str]:
    """The day asked for; today, and a sentence, where what was typed is none."""
    typed = request.args.get("on", "").strip()
    if not typed:
        return act.today, ""
    try:
        return date.fromisoformat(typed), ""
    except ValueError:
        return act.today, str(_("读不出这个日期，写成 2026-11-23；下面是今天有效的。"))
