"""What the holders of recalled goods answer, and what is booked of it."""

import uuid

from sqlalchemy import func, select

from core.act import Act
from core.errors import Conflict, Forbidden, invalid_field, not_found
from core.words import Words
from labels.recall_booking import AnswerDraft, Part, booked
from labels.recall_holders import Item
from labels.recall_models import (
    DRILL,
    Recall,
    RecallAnswer,
    RecallHolder,
)
from labels.recall_reading import may_answer, sees
from labels.recalls import visible_recall


def answer(
    act: Act, recall_id: uuid.UUID, holder_id: uuid.UUID, draft: AnswerDraft
) -> RecallAnswer:
    """A holder answers for itself; a shipper, or the authority, for a consignee outside.

    What was returned or destroyed is booked at once. Raises Conflict for a closed recall, a drill,
    or goods that are gone already; Invalid naming the box.
    """
    row = locked_open(act, recall_id)
    holder = _holder_of(act, row, holder_id)
    if not may_answer(act, holder):
        raise Forbidden(
            "not-the-holder",
            Words("这家由它自己或发货方答复。", "It answers for itself, or its shipper does."),
        )
    item = _item(holder, draft.item)
    part, posting = booked(act, item, draft)
    made = _answered(act, holder, draft, part, posting)
    act.record(
        "recall-answer", made.id, recall=row.id, holder=holder.id, item=made.item, told=made.told,
        quantity=str(part.quantity), first=made.first, last=made.last, posting=posting,
        note=made.note,
    )  # fmt: skip
    return made


def locked_open(act: Act, recall_id: uuid.UUID) -> Recall:
    """The recall with its row locked; Conflict where it is closed, or a drill."""
    visible_recall(act, recall_id)
    query = select(Recall).where(Recall.id == recall_id).with_for_update(of=Recall)
    row = act.session.scalars(query.execution_options(populate_existing=True)).one()
    if row.kind == DRILL:
        raise Conflict(
            "drill",
            Words("这是演练，没有人要答复。", "This was a drill; nobody has to answer."),
        )
    if row.closed_at is not None:
        raise Conflict(
            "recall-closed",
            Words("这次召回已经办结，不能再改。", "This recall is closed for good."),
        )
    return row


def _holder_of(act: Act, row: Recall, holder_id: uuid.UUID) -> RecallHolder:
    query = select(RecallHolder).where(
        RecallHolder.id == holder_id, RecallHolder.recall_id == row.id
    )
    holder = act.session.scalars(query).first()
    if holder is None or not sees(act, row, holder):
        raise not_found("持货方", "holder")
    return holder


def _item(holder: RecallHolder, place: int) -> Item:
    if not 0 <= place < len(holder.held):
        raise invalid_field("no-such-item", "/item", "没有这一项", "There is no such item")
    found: Item = holder.held[place]
    return found


def _answered(
    act: Act, holder: RecallHolder, draft: AnswerDraft, part: Part, posting: uuid.UUID | None
) -> RecallAnswer:
    made = RecallAnswer(
        id=uuid.uuid4(),
        recall_id=holder.recall_id,
        holder_id=holder.id,
        number=_next_number(act, holder),
        item=draft.item,
        told=draft.told,
        quantity=part.quantity,
        first=part.span.first if part.span else None,
        last=part.span.last if part.span else None,
        posting=posting,
        note=draft.note,
        party_id=act.actor.party,
        account_id=act.actor.account,
        at=act.at,
    )
    act.session.add(made)
    act.session.flush()
    return made


def _next_number(act: Act, holder: RecallHolder) -> int:
    query = select(func.count()).where(RecallAnswer.holder_id == holder.id)
    return (act.session.scalar(query) or 0) + 1
