"""A confirmed quantity that was wrong: taken back and counted anew, in one act."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from core.act import Act
from core.errors import Conflict
from core.words import Words
from trace.batches.drafts import PlotShare, checked_quantity, checked_shares
from trace.batches.models import Batch
from trace.batches.service import holding_of
from trace.books.harvests import Gathered, book_harvest, undo_harvest
from trace.books.models import HARVEST, STOCK
from trace.books.service import ledger_balances, undo_posting


@dataclass(frozen=True)
class Recount:
    """What there really is: quantity as typed, and from which plots. Unit: that of the batch."""

    quantity: str
    unit: str | None = None
    plots: Sequence[PlotShare] = ()


def recount(act: Act, batch: Batch, posting: uuid.UUID, draft: Recount, reason: str) -> uuid.UUID:
    """Take the harvest `posting` of an own, locked batch back and book what was counted anew.

    The allowance follows. Gives the counter-posting. Raises Conflict where some of the goods have
    gone on since: then what went on is the quantity that counts, and a loss is booked as one.
    """
    form, whole = batch.form, batch.quantity
    there = {key: sum_ for key, sum_ in ledger_balances(act.session, batch.id).items() if sum_}
    if there != {(form, STOCK): whole, (form, HARVEST): -whole}:
        raise Conflict(
            "goods-gone-on",
            Words(
                "这批的货已经动过（贴标、拆分、加工、交出、报损……），不能再改采收数量；"
                "少了的请登记报损，多出来的请另开一批。",
                "Goods of this batch have gone on (labels, parts, processing, losses …), so its "
                "quantity stands: book what is missing as a loss, and open a batch for what is more.",
            ),
        )
    checked = checked_quantity(
        batch.product, form, draft.quantity, draft.unit or batch.quantity_unit
    )
    shares = checked_shares(batch.product, form, checked.amount, checked.unit, draft.plots)
    made = undo_posting(act, posting, reason)
    undo_harvest(act, posting, made)
    batch.quantity, batch.quantity_typed = checked.amount, draft.quantity
    batch.quantity_unit = checked.unit
    batch.confirmed_at, batch.confirmed_by = act.at, act.actor.account
    batch.version += 1
    act.session.flush()
    gathered = Gathered(form, batch.production_date, checked.amount, shares)
    renewed = book_harvest(act, holding_of(batch), gathered)
    act.record(
        "quantity-recounted", batch.id, quantity=str(batch.quantity), base=batch.base,
        typed=batch.quantity_typed, unit=batch.quantity_unit, before=str(whole), posting=renewed,
        replaces=posting, reason=reason,
    )  # fmt: skip
    return made
