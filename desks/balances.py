"""The balance of a party or of a whole product by year, and what went between parties in a month."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import SelectBase, func, select

from core.act import Act
from core.errors import not_found
from core.http.acting import current_act
from core.http.exports import as_csv
from core.identity.models import Party
from desks.balance_tables import (
    FormSheet,
    balance_table,
    exactly,
    flow_sheets,
    flow_table,
    form_sheets,
    unit_word,
)
from desks.form_texts import asked
from labels.label_amounts import activated_of_year
from products.models import Product
from products.plots.models import Plot
from products.plots.service import cap_of
from products.service import product_named
from trace.batches.models import Batch
from trace.statistics.balances import balance_of_year
from trace.statistics.flows import flows_of_month

balances = Blueprint("balances", __name__, template_folder="templates")
PAGE = "page"
FIRST_YEAR, LAST_YEAR = 2000, 2100
_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
Answer = str | Response
Options = list[tuple[str, str]]


@balances.get("/coop/balance", defaults={"form": PAGE})
@balances.get("/coop/balance.<any(csv):form>")
def own(form: str) -> Answer:
    """What became of the party's own goods of a year."""
    act = current_act()
    made = select(Batch.product_id).where(Batch.party_id == act.party)
    grown = select(Plot.product_id).where(Plot.party_id == act.party)
    return _balance(
        act, form, _products(act, made.union(grown)), act.session.get_one(Party, act.party)
    )


@balances.get("/gov/balance", defaults={"form": PAGE})
@balances.get("/gov/balance.<any(csv):form>")
def whole(form: str) -> Answer:
    """What became of all goods of a product of a year, or of one party's."""
    act = current_act()
    return _balance(act, form, _products(act, select(Batch.product_id)), _party_asked(act))


def _party_asked(act: Act) -> Party | None:
    text = asked("party")["party"]
    if not text:
        return None
    try:
        party = act.session.get(Party, UUID(text))
    except ValueError:
        party = None
    if party is None:
        raise not_found("主体", "party")
    return party


def _products(act: Act, made: SelectBase) -> list[Product]:
    """The products of which there are goods, those in the plan first."""
    query = select(Product).where(Product.id.in_(made))
    return list(act.session.scalars(query.order_by(Product.in_plan.desc(), Product.name)).unique())


def _balance(act: Act, form: str, products: list[Product], party: Party | None) -> Answer:
    product = _product_asked(act, products)
    year = year_asked(act)
    sheets = [] if product is None else sheets_of(act, product, year, party)
    if form == "csv":
        return as_csv(balance_table(sheets), f"balance-{year}")
    mine = party is not None and party.id == act.actor.party
    return render_template(
        "balance/balance.html",
        product=product,
        products=[(row.key, row.name) for row in products],
        party=party,
        parties=[] if mine else _parties(act),
        mine=mine,
        year=year,
        years=_years(act),
        sheets=sheets,
        capped=product is not None and cap_of(act.session, product.id, year) is not None,
        exactly=exactly,
        unit_word=unit_word,
        **_ways(product, party, year, mine),
    )


def _ways(product: Product | None, party: Party | None, year: int, mine: bool) -> dict[str, object]:
    """The same a year before and after, and as a file."""
    here = "balances.own" if mine else "balances.whole"
    kept: dict[str, Any] = {
        "product": product.key if product else None,
        "party": str(party.id) if party and not mine else None,
    }
    return {
        "before": url_for(here, year=year - 1, **kept) if year > FIRST_YEAR else None,
        "after": url_for(here, year=year + 1, **kept) if year < LAST_YEAR else None,
        "file": url_for(here, form="csv", year=year, **kept),
    }


def _product_asked(act: Act, products: list[Product]) -> Product | None:
    """The one asked for; else the first of which there are goods."""
    name = asked("product")["product"]
    if name:
        return product_named(act.session, name)
    return products[0] if products else None


def year_asked(act: Act) -> int:
    """The year in the address; this year for anything else."""
    text = asked("year")["year"]
    known = text.isascii() and text.isdigit() and len(text) == 4
    year = int(text) if known else act.today.year
    return year if FIRST_YEAR <= year <= LAST_YEAR else act.today.year


def sheets_of(act: Act, product: Product, year: int, party: Party | None) -> list[FormSheet]:
    """The forms of a product in a year, of one party or of all."""
    whose = party.id if party else None
    forms = balance_of_year(act.session, product, year, whose)
    activated = activated_of_year(act.session, product.id, year, whose)
    return form_sheets(forms, activated, of_party=party is not None)


def balance_for_all(act: Act, product: Product) -> dict[str, object]:
    """The sums of a product in the year asked for, without anybody's name."""
    year = year_asked(act)
    return {
        "year": year,
        "sheets": sheets_of(act, product, year, None),
        "capped": cap_of(act.session, product.id, year) is not None,
    }


def _parties(act: Act) -> Options:
    query = select(Party.id, Party.name).where(Party.id.in_(select(Batch.party_id)))
    return [(str(key), name) for key, name in act.session.execute(query.order_by(Party.name))]


def _years(act: Act) -> Options:
    oldest = act.session.scalar(select(func.min(Batch.production_date)))
    first = min(oldest.year if oldest else act.today.year, act.today.year)
    return [(str(year), str(year)) for year in range(act.today.year, first - 1, -1)]


# --- flows ----------------------------------------------------------------------------------


@balances.get("/gov/flows", defaults={"form": PAGE})
@balances.get("/gov/flows.<any(csv):form>")
def flows(form: str) -> Answer:
    """Who handed how much of what to whom in a month."""
    act = current_act()
    year, month = _month_asked(act)
    name = asked("product")["product"]
    product = product_named(act.session, name) if name else None
    found = flows_of_month(act.session, year, month, product.id if product else None)
    text = f"{year:04}-{month:02}"
    if form == "csv":
        return as_csv(flow_table(found), f"flows-{text}")
    kept: dict[str, Any] = {"product": product.key if product else None}
    return render_template(
        "balance/flows.html",
        sheets=flow_sheets(found),
        month=text,
        product=product,
        products=[(row.key, row.name) for row in _products(act, select(Batch.product_id))],
        before=url_for("balances.flows", month=_moved(year, month, -1), **kept),
        after=url_for("balances.flows", month=_moved(year, month, 1), **kept),
        file=url_for("balances.flows", form="csv", month=text, **kept),
        exactly=exactly,
        heading=_("%(year)s 年 %(month)s 月", year=year, month=month),
    )


def _month_asked(act: Act) -> tuple[int, int]:
    found = _MONTH.fullmatch(asked("month")["month"])
    return (int(found[1]), int(found[2])) if found else (act.today.year, act.today.month)


def _moved(year: int, month: int, by: int) -> str:
    moved = year * 12 + month - 1 + by
    return f"{moved // 12:04}-{moved % 12 + 1:02}"
