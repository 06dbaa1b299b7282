"""Sheets of plots that a party sends in: kept for looking at, emptied once their plots are in."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select

from core.act import PRODUCER, Act
from core.errors import Conflict, not_found
from core.words import Words
from products.models import Product
from products.plots.models import PlotSheet
from products.plots.proposing import licensed_product, put_plot

KEEP_LOOKED_AT = timedelta(days=7)
LONGEST_NAME = 120


def keep_sheet(act: Act, product: str, name: str, octets: bytes) -> PlotSheet:
    """Keep a sheet for looking at; what nobody put in for a week goes.

    Raises Invalid where the party is not licensed for the product.
    """
    found = licensed_product(act, product)
    old = delete(PlotSheet).where(
        PlotSheet.party_id == act.party,
        PlotSheet.put_in_at.is_(None),
        PlotSheet.sent_at < act.at - KEEP_LOOKED_AT,
    )
    act.session.execute(old)
    row = PlotSheet(
        id=uuid.uuid4(), party_id=act.party, product_id=found.id, account_id=act.actor.account,
        name=_shown(name), octets=octets, sha256=hashlib.sha256(octets).hexdigest(),
        sent_at=act.at, plots=0,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    return row


def _shown(name: str) -> str:
    """A file's name as it may be shown: no folders, nothing invisible."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    return seen[:LONGEST_NAME] or "sheet"


def sheets_of(act: Act) -> Select[PlotSheet]:
    """The sheets that the actor's party sent in."""
    act.need(PRODUCER)
    return select(PlotSheet).where(PlotSheet.party_id == act.party)


def own_sheet(act: Act, sheet_id: UUID, *, locked: bool = False) -> PlotSheet:
    """A sheet of the actor's party; NotFound for any other."""
    query = sheets_of(act).where(PlotSheet.id == sheet_id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = act.session.scalars(query).first()
    if row is None:
        raise not_found("上传的表格", "sheet")
    return row


def check_not_put_in(row: PlotSheet) -> None:
    """Conflict where the plots of the sheet were put in already."""
    if row.put_in_at is not None:
        raise Conflict(
            "put-in-already",
            Words("这张表里的地块已经登记了。", "The plots of this sheet were put in already."),
        )


def put_in_sheet(act: Act, row: PlotSheet, plots: Sequence[Mapping[str, Any]]) -> None:
    """Propose every plot of a sheet, as `checked_plot` gave its columns; the file itself goes."""
    check_not_put_in(row)
    licensed_product(act, str(row.product_id))
    product = act.session.get_one(Product, row.product_id)
    for columns in plots:
        put_plot(act, product, columns)
    row.put_in_at, row.plots, row.octets = act.at, len(plots), b""
    act.session.flush()
    act.record("plot-sheet", row.id, product=row.product_id, sha256=row.sha256, plots=row.plots)
