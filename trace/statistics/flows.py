"""Who handed how much of what to whom in a month: sums of the hand-overs that arrived."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.clock import CHANGSHA
from core.identity.models import Party
from products.models import Product
from trace.batches.models import TRANSFER, Batch, BatchOrigin


@dataclass(frozen=True)
class Flow:
    """What of a form one party handed to another, in the base of the form."""

    giver: str
    taker: str
    product: str
    form: str
    base: str
    amount: int
    hand_overs: int


def month_bounds(year: int, month: int) -> tuple[datetime, datetime]:
    """The first moment of a month in Changsha, and that of the next."""
    following = (year + 1, 1) if month == 12 else (year, month + 1)
    first, end = (
        datetime(*day, 1, tzinfo=CHANGSHA).astimezone(UTC) for day in ((year, month), following)
    )
    return first, end


def flows_of_month(
    session: Session, year: int, month: int, product: uuid.UUID | None = None
) -> list[Flow]:
    """The hand-overs confirmed in a month, added up; the most first within each form."""
    first, end = month_bounds(year, month)
    parent, child = aliased(Batch), aliased(Batch)
    giver, taker = aliased(Party), aliased(Party)
    amount = func.sum(BatchOrigin.quantity)
    of = (giver.name, taker.name, Product.name, parent.form, parent.base, giver.id, taker.id)
    query = (
        select(*of[:5], amount, func.count())
        .select_from(BatchOrigin)
        .join(parent, parent.id == BatchOrigin.parent_id)
        .join(child, child.id == BatchOrigin.batch_id)
        .join(giver, giver.id == parent.party_id)
        .join(taker, taker.id == child.party_id)
        .join(Product, Product.id == parent.product_id)
        .where(BatchOrigin.kind == TRANSFER, BatchOrigin.at >= first, BatchOrigin.at < end)
        .group_by(*of)
        .order_by(Product.name, parent.form, amount.desc(), giver.name, taker.name)
    )
    if product is not None:
        query = query.where(parent.product_id == product)
    return [
        Flow(gives, takes, named, form, base, int(total), count)
        for gives, takes, named, form, base, total, count in session.execute(query)
    ]
