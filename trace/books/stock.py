"""Booking what happens to the stock of a batch: lost, sampled, destroyed, sold loose, come back."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.act import Act
from core.errors import Conflict, not_found
from core.record.service import seal_personal
from core.words import Words
from trace.books.balance import Line, amount_words
from trace.books.models import DESTROYED, LOSS, MARKET, STOCK, PostingCorrection
from trace.books.service import Holding, book, undo_posting
from trace.books.stock_models import DESTRUCTION, LOST, RETURN, SALE, SAMPLED, StockAct

_OTHER_SIDE = {
    LOST: LOSS, SAMPLED: LOSS, DESTRUCTION: DESTROYED, SALE: MARKET, RETURN: MARKET,
}  # fmt: skip


@dataclass(frozen=True)
class StockMove:
    """What happened: `amount` in the base of the form, and as it was typed."""

    kind: str
    form: str
    amount: int
    typed: str
    unit: str
    on: date
    reason: str | None = None
    buyer: str | None = None
    contact: str | None = None
    sale: uuid.UUID | None = None


@dataclass(frozen=True)
class Sold:
    """A sale of loose goods that stands, and what of it has not come back."""

    row: StockAct
    out: int


def book_stock_act(act: Act, holding: Holding, move: StockMove) -> StockAct:
    """Book an act on the stock of a batch that the caller has locked.

    Raises Conflict where so much is not there without labels, or, of a return, was not sold.
    """
    if move.kind == RETURN:
        _check_out(act.session, holding, move)
    sign = 1 if move.kind == RETURN else -1
    lines = [
        Line(STOCK, sign * move.amount, move.form),
        Line(_OTHER_SIDE[move.kind], -sign * move.amount, move.form),
    ]
    posting = book(act, holding, move.kind, lines)
    row = StockAct(
        id=posting, kind=move.kind, party_id=holding.party, batch_id=holding.batch,
        base=holding.base, quantity=move.amount, typed=move.typed, unit=move.unit,
        reason=move.reason, sale_id=move.sale, happened_on=move.on,
        buyer=seal_personal(act.session, move.buyer) if move.buyer else None,
        contact=seal_personal(act.session, move.contact) if move.contact else None,
        account_id=act.actor.account, at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "stock-act", row.id, stock_act=row.kind, batch=row.batch_id, party=row.party_id,
        quantity=str(row.quantity), base=row.base, happened_on=row.happened_on, reason=row.reason,
        buyer=row.buyer, contact=row.contact, sale=row.sale_id,
    )  # fmt: skip
    return row


def _check_out(session: Session, holding: Holding, move: StockMove) -> None:
    sold = next(
        (one for one in sales_of(session, [holding.batch]) if one.row.id == move.sale), None
    )
    if sold is None:
        raise not_found("售出记录", "sale")
    if move.amount > sold.out:
        has, wants = amount_words(sold.out, holding.base), amount_words(move.amount, holding.base)
        raise Conflict(
            "more-back-than-sold",
            Words(
                f"这次售出的货还有 {has.zh} 没有退回，不能退 {wants.zh}。",
                f"Of this sale {has.en} are still out; {wants.en} cannot come back.",
            ),
        )


def sales_of(session: Session, batch_ids: Collection[uuid.UUID]) -> list[Sold]:
    """The sales of loose goods of batches that stand, oldest first, with what is still out."""
    corrected = select(PostingCorrection.corrected)
    query = select(StockAct).where(
        StockAct.batch_id.in_(batch_ids), StockAct.kind == SALE, StockAct.id.not_in(corrected)
    )
    sales = session.scalars(query.order_by(StockAct.at, StockAct.id)).all()
    back = (
        select(StockAct.sale_id, func.sum(StockAct.quantity))
        .where(StockAct.sale_id.in_([sale.id for sale in sales]), StockAct.id.not_in(corrected))
        .group_by(StockAct.sale_id)
    )
    returned = {sale: int(total) for sale, total in session.execute(back)}
    return [Sold(sale, sale.quantity - returned.get(sale.id, 0)) for sale in sales]


def stock_acts_of(session: Session, batch_id: uuid.UUID) -> dict[uuid.UUID, StockAct]:
    """The acts on the stock of a batch by their postings, corrected ones too."""
    rows = session.scalars(select(StockAct).where(StockAct.batch_id == batch_id))
    return {row.id: row for row in rows}


def undo_stock_act(act: Act, row: StockAct, reason: str) -> uuid.UUID:
    """Take an act back by its counter-posting, which is the answer; the batch is locked.

    Raises Conflict where it was taken back before, where the goods have gone on since, or where of
    a sale something has come back.
    """
    if row.kind == SALE:
        sold = next(
            (one for one in sales_of(act.session, [row.batch_id]) if one.row.id == row.id), None
        )
        if sold is not None and sold.out != row.quantity:
            raise Conflict(
                "sale-has-returns",
                Words(
                    "这次售出已经登记过退回：请先更正退回，再更正售出。",
                    "Something of this sale has come back: correct the return first.",
                ),
            )
    return undo_posting(act, row.id, reason)
