"""What the answer of a holder means for the books: which goods it is about, and their posting."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.act import Act
from core.errors import Conflict, invalid_field
from core.words import Words
from labels.models import LabelRun
from labels.ranges import VOID
from labels.recall_holders import Item
from labels.recall_models import DESTROYED, RETURNED
from labels.service import spans_in
from labels.shipment_models import AS_LABELLED, Shipment
from labels.shipments import ReturnDraft, return_of, void_labels
from labels.spans import Span, common, count, without
from labels.trace_words import number_in, unit_or_base
from labels.whereabouts import out_of, whereabouts
from products.numbers import plain_text
from trace.batches.drafts import checked_quantity
from trace.batches.models import Batch
from trace.batches.service import holding_of
from trace.books.balance import Line
from trace.books.models import DESTROYED as DESTROYED_ACCOUNT
from trace.books.models import LABELLED, MARKET, TRANSIT
from trace.books.service import book_lines
from trace.books.stock import StockMove, book_stock_act
from trace.books.stock_models import DESTRUCTION, RETURN


@dataclass(frozen=True)
class AnswerDraft:
    """What a holder says of one item that it held: of packs which serials, of goods how much.

    Left out: all of the item that is still there.
    """

    told: str
    item: int = 0
    first: int | None = None
    last: int | None = None
    quantity: str | None = None
    unit: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Part:
    """What an answer is about: so much, and of packs from which serial to which."""

    quantity: int
    span: Span | None = None


def _of_shipped(act: Act, item: Item, draft: AnswerDraft) -> tuple[Part, uuid.UUID | None]:
    """Packs that were shipped: back to their owner, destroyed, or still out."""
    query = select(Shipment).where(Shipment.id == uuid.UUID(item["shipment"]))
    shipment = act.session.scalars(query).unique().one()
    span = _span(draft, out_of(shipment))
    part = Part(span.count * shipment.run.net_content, span)
    if draft.told not in (RETURNED, DESTROYED):
        return part, None
    fate = AS_LABELLED if draft.told == RETURNED else DESTROYED
    reason = draft.note or "召回"
    back = return_of(act, shipment, ReturnDraft(span.first, span.last, fate, act.today, reason))
    return part, back.posting


def _of_labelled(act: Act, item: Item, draft: AnswerDraft) -> tuple[Part, uuid.UUID | None]:
    """Packs that are with their owner: destroyed with their labels, or still there."""
    _check_not_returned(draft)
    batch = _locked(act, item)
    query = select(LabelRun).where(LabelRun.id == uuid.UUID(item["run"]))
    run = act.session.scalars(query.execution_options(populate_existing=True)).unique().one()
    gone = [*whereabouts(act.session, run.id).gone, *spans_in(run, VOID)]
    held = [Span(first, last) for first, last in item["spans"]]
    span = _span(draft, without(held, gone))
    part = Part(span.count * run.net_content, span)
    if draft.told != DESTROYED:
        return part, None
    posting = _destroyed(act, batch, part.quantity)
    void_labels(act, run, span, draft.note or "召回销毁")
    return part, posting


def _of_goods(act: Act, item: Item, draft: AnswerDraft) -> tuple[Part, uuid.UUID | None]:
    """Goods without labels that are with their owner, or on the way from it."""
    _check_not_returned(draft)
    batch = _locked(act, item)
    quantity = _quantity(batch, item, draft)
    if draft.told != DESTROYED:
        return Part(quantity), None
    if item["account"] == TRANSIT:
        raise invalid_field(
            "in-transit",
            "/told",
            "在路上的货等收货方确认以后再销毁",
            "Goods on the way are destroyed when their receiver has confirmed them",
        )
    return Part(quantity), _stock_act(act, batch, DESTRUCTION, quantity, draft)


def _of_sold(act: Act, item: Item, draft: AnswerDraft) -> tuple[Part, uuid.UUID | None]:
    """Loose goods that a buyer outside has: back in stock, or back and destroyed."""
    batch = _locked(act, item)
    quantity = _quantity(batch, item, draft)
    if draft.told not in (RETURNED, DESTROYED):
        return Part(quantity), None
    sale = uuid.UUID(item["sale"])
    posting = _stock_act(act, batch, RETURN, quantity, draft, sale)
    if draft.told == DESTROYED:
        posting = _stock_act(act, batch, DESTRUCTION, quantity, draft)
    return Part(quantity), posting


def _stock_act(
    act: Act, batch: Batch, kind: str, quantity: int, draft: AnswerDraft,
    sale: uuid.UUID | None = None,
) -> uuid.UUID:  # fmt: skip
    symbol = unit_or_base(batch.quantity_unit, batch.base)
    typed = plain_text(number_in(symbol, batch.base, quantity))
    move = StockMove(
        kind, batch.form, quantity, typed, symbol, act.today, draft.note or "召回", sale=sale
    )
    return book_stock_act(act, holding_of(batch), move).id


def booked(act: Act, item: Item, draft: AnswerDraft) -> tuple[Part, uuid.UUID | None]:
    """What an answer about an item is about, and the posting that books it, where there is one."""
    if item["account"] == MARKET:
        return (_of_shipped if item["shipment"] else _of_sold)(act, item, draft)
    return (_of_labelled if item["account"] == LABELLED else _of_goods)(act, item, draft)


def _quantity(batch: Batch, item: Item, draft: AnswerDraft) -> int:
    """How much is meant; all of the item where nothing is typed."""
    if draft.quantity is None:
        return int(item["quantity"])
    unit = draft.unit or batch.quantity_unit
    quantity = checked_quantity(batch.product, batch.form, draft.quantity, unit).amount
    if quantity > int(item["quantity"]):
        raise invalid_field(
            "more-than-held", "/quantity", "比召回时记的还多", "More than was held at the recall"
        )
    return quantity


def _check_not_returned(draft: AnswerDraft) -> None:
    if draft.told == RETURNED:
        raise invalid_field(
            "own-goods",
            "/told",
            "这是自己手里的货；要退给上家请走交接",
            "These are one's own goods; hand them over to give them back",
        )


def _span(draft: AnswerDraft, there: Sequence[Span]) -> Span:
    """The serials that are meant, all of them still there."""
    if not there:
        raise Conflict(
            "already-back",
            Words("这一项的标签都已退回或销毁。", "All labels of this item are back or destroyed."),
        )
    span = Span(
        there[0].first if draft.first is None else draft.first,
        there[0].last if draft.last is None else draft.last,
    )
    listed = "、".join(f"{one.first}–{one.last}" for one in there)
    if span.count < 1 or count(common(there, [span])) != span.count:
        raise invalid_field(
            "serials-not-held", "/first", f"还在外面的只有 {listed}", f"Only {listed} are out"
        )
    return span


def _locked(act: Act, item: Item) -> Batch:
    query = select(Batch).where(Batch.id == uuid.UUID(item["batch"])).with_for_update(of=Batch)
    return act.session.scalars(query.execution_options(populate_existing=True)).one()


def _destroyed(act: Act, batch: Batch, quantity: int) -> uuid.UUID:
    whose = holding_of(batch)
    lines = (Line(LABELLED, -quantity, batch.form), Line(DESTROYED_ACCOUNT, quantity, batch.form))
    return book_lines(act, "destruction", [(whose, line) for line in lines])
