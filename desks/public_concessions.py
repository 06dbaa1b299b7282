"""Concessions for everybody: how many of which product in which year, and why; page, .csv, .json.

No batch, no party and no person is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _
from sqlalchemy import select

from core.act import Act
from core.clock import day_of
from core.http.acting import current_act
from core.http.exports import Table, as_csv, as_json
from labels.passport_content import without_personal_numbers
from products.models import Product
from trace.batches.models import Batch
from trace.inspections.models import CONCESSION, Disposition

public_concessions = Blueprint("public_concessions", __name__, template_folder="templates")
PAGE = "page"


@dataclass(frozen=True)
class Told:
    """One concession as everybody may know it."""

    product: Product
    day: date
    reason: str


@dataclass(frozen=True)
class Counted:
    """The concessions of a product in a year, newest first."""

    product: Product
    year: int
    told: tuple[Told, ...]


@public_concessions.get("/concessions", defaults={"form": PAGE})
@public_concessions.get("/concessions.<any(csv, json):form>")
def concessions(form: str) -> str | Response:
    """How many batches went as ordinary goods, and why."""
    told = list(_told(current_act()))
    if form == PAGE:
        return render_template("public/concessions.html", counted=_counted(told), total=len(told))
    table = Table(
        ("product", "year", "day", "reason"),
        tuple(map(str, (_("产品"), _("年"), _("日期"), _("理由")))),
        tuple((one.product.name, one.day.year, one.day, one.reason) for one in told),
    )
    return as_csv(table, "concessions") if form == "csv" else as_json(table, {"count": len(told)})


def _told(act: Act) -> Iterator[Told]:
    query = (
        select(Disposition.decided_at, Disposition.reason, Product)
        .join(Batch, Batch.id == Disposition.batch_id)
        .join(Product, Product.id == Batch.product_id)
        .where(Disposition.kind == CONCESSION)
        .order_by(Disposition.decided_at.desc(), Disposition.id)
    )
    for at, reason, product in act.session.execute(query).unique():
        yield Told(product, day_of(at), without_personal_numbers(reason or ""))


def _counted(told: list[Told]) -> list[Counted]:
    """By year and product, the newest year first."""
    groups: dict[tuple[int, str], list[Told]] = {}
    for one in told:
        groups.setdefault((-one.day.year, one.product.name), []).append(one)
    return [
        Counted(group[0].product, -year, tuple(group))
        for (year, _name), group in sorted(groups.items(), key=lambda item: item[0])
    ]
