"""What happens to the stock of a batch beside processing and labels, and how it is corrected."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.act import PRODUCER, Act
from core.errors import Conflict, Invalid, fault, invalid_field, not_found
from core.words import Words
from trace.batches import service as log
from trace.batches.drafts import PlotShare, checked_quantity
from trace.batches.models import Batch
from trace.batches.recounting import Recount, recount
from trace.books.service import entries_of
from trace.books.stock import StockMove, book_stock_act, sales_of, undo_stock_act
from trace.books.stock_models import RETURN, SALE, SAMPLED, StockAct
from trace.inspections.dispositions import check_usable, current_disposition, release_rest
from trace.inspections.models import CONCESSION
from trace.inspections.rejudge import judge_and_follow


@dataclass(frozen=True)
class StockActDraft:
    """What a producer says of it; quantity as typed, unit: that of the batch.

    A sale names the buyer and how to reach it, a return its sale; all but a sample and a sale give
    a reason.
    """

    kind: str
    quantity: str
    happened_on: date
    unit: str | None = None
    reason: str | None = None
    buyer: str | None = None
    contact: str | None = None
    sale: uuid.UUID | None = None


@dataclass(frozen=True)
class CorrectionDraft:
    """Why a posting is taken back; of a harvest also what was counted anew."""

    reason: str
    quantity: str | None = None
    unit: str | None = None
    plots: Sequence[PlotShare] = ()


def enter_stock_act(act: Act, batch_id: uuid.UUID, draft: StockActDraft) -> StockAct:
    """The producer books a loss, a sample, a destruction, a sale of loose goods or its return.

    Loss, sample and destruction are open to a batch on hold too; nothing that failed, is held or
    recalled is sold. What was conceded may be sold: as ordinary goods, which is what a sale is.
    Raises Invalid naming the boxes, Conflict where so much is not there.
    """
    act.need(PRODUCER)
    batch = log.own_batch(act, batch_id)
    _check_said(draft)
    _check_day(act, batch, draft)
    if batch.confirmed_at is None:
        raise Conflict(
            "not-confirmed",
            Words(
                f"批次 {batch.number} 的数量还没有确认，账上没有货。",
                f"The quantity of batch {batch.number} is not confirmed: nothing is in the books.",
            ),
        )
    if draft.kind == SALE:
        _check_sellable(act, batch)
    amount = checked_quantity(
        batch.product, batch.form, draft.quantity, draft.unit or batch.quantity_unit
    )
    move = StockMove(
        draft.kind, batch.form, amount.amount, draft.quantity, amount.unit, draft.happened_on,
        draft.reason, draft.buyer, draft.contact, draft.sale,
    )  # fmt: skip
    return book_stock_act(act, log.holding_of(batch), move)


def _check_said(draft: StockActDraft) -> None:
    """What each kind needs, and what it has no use for."""
    needed = {SALE: ("buyer", "contact"), RETURN: ("sale", "reason"), SAMPLED: ()}
    wanted = needed.get(draft.kind, ("reason",))
    faults = [fault(f"/{name}", *_MISSING[name]) for name in wanted if getattr(draft, name) is None]
    faults += [
        fault(f"/{name}", "这一种不填这一栏", "Not for an act of this kind")
        for name in ("buyer", "contact", "sale")
        if getattr(draft, name) is not None and name not in wanted
    ]
    if faults:
        raise Invalid("stock-act-invalid", faults[0].message, faults)


_MISSING = {
    "reason": ("请写原因", "Give the reason"),
    "buyer": ("请写卖给了谁", "Say who bought it"),
    "contact": ("请写怎么找到买家，召回时要用", "Say how to reach the buyer, for a recall"),
    "sale": ("请选退的是哪一次售出", "Say which sale comes back"),
}


def _check_day(act: Act, batch: Batch, draft: StockActDraft) -> None:
    first = batch.production_date
    if draft.kind == RETURN:
        sold = [one.row for one in sales_of(act.session, [batch.id]) if one.row.id == draft.sale]
        first = sold[0].happened_on if sold else first
    if not first <= draft.happened_on <= act.today:
        raise invalid_field(
            "day-out-of-range", "/happened_on", f"日期要在 {first} 和今天之间",
            f"A day from {first} to today",
        )  # fmt: skip


def _check_sellable(act: Act, batch: Batch) -> None:
    last = current_disposition(act.session, batch.id)
    if last is None or last.kind != CONCESSION:
        check_usable(act.session, batch)


def correct_posting(act: Act, posting: uuid.UUID, draft: CorrectionDraft) -> uuid.UUID:
    """The producer takes a posting back by its counter-posting, which is the answer; both stay.

    A loss, a sample, a destruction, a sale of loose goods and a return can be taken back. A harvest
    is counted anew in the same act, as long as all of its goods are still there; the release is
    renewed for what there is. Everything else has made something that a counter-posting would not
    undo. Raises Conflict saying what to do instead.
    """
    act.need(PRODUCER)
    entry = entries_of(act.session, posting)[0]
    if entry.party_id != act.actor.party:
        raise not_found("分录", "posting")
    batch = log.own_batch(act, entry.batch_id)
    if entry.kind == "harvest":
        return _recount(act, batch, posting, draft)
    row = act.session.get(StockAct, posting)
    if row is None:
        kind = entry.kind
        raise Conflict("not-correctable", _INSTEAD.get(kind, _INSTEAD["transfer"]))
    if draft.quantity is not None or draft.plots:
        raise invalid_field(
            "no-recount", "/quantity", "更正把这一笔整笔冲回；要换个数，请冲回后重新登记",
            "A correction takes all of it back; enter the right amount afterwards",
        )  # fmt: skip
    return undo_stock_act(act, row, draft.reason)


_SHIPPED = Words(
    "贴了标签的货按序号发出和退回：请在发货记录里登记。",
    "Labelled goods go out and come back by their serials: enter it with the shipment.",
)
_PROCESSED = Words(
    "加工、混合、分装已经生出新的批次，冲回会让新批次没有来源；少了的在新批次上报损，"
    "重做的再登记一次加工。",
    "New batches came of it, which a counter-posting would leave without an origin: book a loss on "
    "them, or enter what was done again as a processing.",
)
_INSTEAD = {
    "processing": _PROCESSED,
    "merge": _PROCESSED,
    "repack": _PROCESSED,
    "split": Words(
        "拆出去的部分已经是另一批，各判各的，不能再合回来。",
        "The part is a batch of its own with its own verdict; it does not come back.",
    ),
    "labelling": Words(
        "领出的标签按序号管：请在标签页把没用的作废，货会自己回到库存。",
        "Labels are kept by serial: void the unused ones, and their goods come back by themselves.",
    ),
    "voiding": Words(
        "作废的标签不能再用，这笔账不能冲回；要用请重新领标签。",
        "Void labels stay void, and so does this posting; draw new labels.",
    ),
    "correction": Words(
        "更正本身不能再更正，请重新登记一笔。",
        "A correction is not corrected again; enter the right act anew.",
    ),
    "sale": _SHIPPED,
    "return": _SHIPPED,
    "destruction": _SHIPPED,
    "transfer": Words(
        "这笔账由两方确认，一方不能冲回；货要回来，请对方再交接一次。",
        "Two parties confirmed it, and one cannot take it back: let the goods be handed back.",
    ),
}


def batch_of_posting(act: Act, posting: uuid.UUID) -> uuid.UUID:
    """The batch that a posting is about first."""
    return entries_of(act.session, posting)[0].batch_id


def _recount(act: Act, batch: Batch, posting: uuid.UUID, draft: CorrectionDraft) -> uuid.UUID:
    if draft.quantity is None:
        words = fault("/quantity", "请写实际有多少", "Say how much there really is")
        raise Invalid("quantity-missing", words.message, [words])
    counted = Recount(draft.quantity, draft.unit, draft.plots)
    made = recount(act, batch, posting, counted, draft.reason)
    verdict = judge_and_follow(act, batch, "quantity")
    release_rest(act, batch, verdict, RECOUNTED_WORDS)
    return made


RECOUNTED_WORDS = "更正采收数量以后，按新的数量继续放行"
