"""Orders of inspections: who may order what, what is planned for it, and closing it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, INSPECTOR, PRODUCER, Act
from core.errors import Conflict, Forbidden, invalid_field, not_found
from core.identity.models import Party
from core.words import Words
from products.models import Product
from trace.batches.models import Batch, Submission
from trace.batches.service import laboratories_of, product_named, visible_batch
from trace.sampling.items import chosen_items, proposed_items
from trace.sampling.models import (
    BATCH,
    REINSPECTION,
    SUPERVISION,
    TYPE,
    HandOver,
    InspectionOrder,
    Sample,
)
from trace.sampling.planning import SamplingDraft, planned_sampling

WHO_ORDERS = {
    BATCH: (INSPECTOR,),
    TYPE: (PRODUCER,),
    REINSPECTION: (PRODUCER, AUTHORITY, INSPECTOR),
    SUPERVISION: (AUTHORITY,),
}


@dataclass(frozen=True)
class OrderDraft:
    """What is ordered. A batch names its party and product itself; items None: all proposed."""

    kind: str
    laboratory: uuid.UUID | None = None
    batch: uuid.UUID | None = None
    party: uuid.UUID | None = None
    product: str | None = None
    items: Sequence[str] | None = None
    sampling: SamplingDraft | None = None
    note: str | None = None


@dataclass(frozen=True)
class OrderSubject:
    """Whose goods are to be inspected, and by whom."""

    laboratory: uuid.UUID
    party: uuid.UUID
    product: Product
    batch: Batch | None


def plan_order(act: Act, draft: OrderDraft) -> InspectionOrder:
    """Order an inspection.

    A laboratory plans one of a batch that was sent to it, a producer asks a laboratory for a type
    inspection of its product or to inspect its batch again, the authority supervises. A laboratory
    that is ordered to inspect a batch sees it from then on. Raises Invalid naming the field.
    """
    act.need(*WHO_ORDERS[draft.kind])
    subject = _subject(act, draft)
    on = subject.batch.production_date if subject.batch else act.today
    proposed = proposed_items(act.session, subject.product, draft.kind, on, act.today)
    items = chosen_items(act.session, proposed, draft.items)
    order = InspectionOrder(
        id=uuid.uuid4(), kind=draft.kind, number=_next_number(act, subject.laboratory),
        laboratory_id=subject.laboratory, party_id=subject.party, product_id=subject.product.id,
        batch_id=subject.batch.id if subject.batch else None, ordered_by=act.party,
        account_id=act.actor.account, items=[item.as_dict() for item in items],
        sampling=planned_sampling(draft.sampling) if draft.sampling else None, note=draft.note,
        ordered_at=act.at,
    )  # fmt: skip
    act.session.add(order)
    act.session.flush()
    if subject.batch is not None:
        _show_batch(act, subject.batch, subject.laboratory, order.number)
    act.record(
        "inspection-order", order.id, order=order.kind, number=order.number,
        laboratory=order.laboratory_id, party=order.party_id, product=order.product_id,
        batch=order.batch_id, ordered_by=order.ordered_by, items=order.items,
        sampling=order.sampling, note=order.note,
    )  # fmt: skip
    act.session.refresh(order)
    return order


def _subject(act: Act, draft: OrderDraft) -> OrderSubject:
    batch = _batch(act, draft)
    laboratory = _laboratory(act, draft, batch)
    if batch is not None:
        party, product = batch.party_id, batch.product
    else:
        party = _party(act, draft)
        product = product_named(act.session, draft.product or "")
    if laboratory == party:
        raise invalid_field(
            "own-laboratory",
            "/laboratory",
            "不能由自己单位检验自己的产品",
            "Nobody inspects the goods of their own party",
        )
    return OrderSubject(laboratory, party, product, batch)


def _batch(act: Act, draft: OrderDraft) -> Batch | None:
    if draft.kind == TYPE and draft.batch is not None:
        raise invalid_field(
            "type-has-no-batch", "/batch", "型式检验不针对一批", "A type inspection has no batch"
        )
    if draft.batch is None:
        if draft.kind in (BATCH, REINSPECTION):
            raise invalid_field("batch-missing", "/batch", "请选批次", "Choose the batch")
        return None
    batch = visible_batch(act, draft.batch)
    if draft.kind == REINSPECTION and act.actor.is_a(PRODUCER) and not _asks(act, batch):
        raise Forbidden(
            "not-your-batch", Words("这批不是您单位的。", "This batch belongs to another party.")
        )
    return batch


def _asks(act: Act, batch: Batch) -> bool:
    """Whether the batch is the actor's own, or it has another right to order."""
    return batch.party_id == act.actor.party or act.actor.is_a(AUTHORITY, INSPECTOR)


def _laboratory(act: Act, draft: OrderDraft, batch: Batch | None) -> uuid.UUID:
    """A laboratory orders for itself what was sent to it; others name one."""
    if draft.kind == BATCH or _plans_itself(act, draft, batch):
        assert batch is not None
        if act.party not in laboratories_of(act.session, batch.id):
            raise Forbidden(
                "not-sent",
                Words("这批没有送到您单位。", "The batch was not sent to your laboratory."),
            )
        return act.party
    if draft.laboratory is None:
        raise invalid_field("laboratory-missing", "/laboratory", "请选检验机构", "Choose one")
    laboratory = act.session.get(Party, draft.laboratory)
    if laboratory is None or INSPECTOR not in laboratory.roles:
        raise invalid_field(
            "no-such-laboratory", "/laboratory", "没有这家检验机构", "There is no such laboratory"
        )
    return laboratory.id


def _plans_itself(act: Act, draft: OrderDraft, batch: Batch | None) -> bool:
    """A laboratory that plans to inspect again what was sent to it."""
    owns = batch is not None and batch.party_id == act.actor.party
    return (
        draft.kind == REINSPECTION
        and act.actor.is_a(INSPECTOR)
        and not act.actor.is_a(AUTHORITY)
        and not owns
    )


def _party(act: Act, draft: OrderDraft) -> uuid.UUID:
    """A producer orders for itself; the authority names whom it supervises."""
    if draft.kind == TYPE:
        return act.party
    party = act.session.get(Party, draft.party) if draft.party else None
    if party is None or PRODUCER not in party.roles:
        raise invalid_field("no-such-party", "/party", "没有这个生产经营者", "No such producer")
    return party.id


def _next_number(act: Act, laboratory: uuid.UUID) -> str:
    """The laboratory's next number of the day: CY-20261123-01; its row is locked for that."""
    lock_laboratory(act.session, laboratory)
    start = f"CY-{act.today:%Y%m%d}-"
    query = select(InspectionOrder.number).where(
        InspectionOrder.laboratory_id == laboratory, InspectionOrder.number.startswith(start)
    )
    taken = [int(number.removeprefix(start)) for number in act.session.scalars(query)]
    return f"{start}{max(taken, default=0) + 1:02d}"


def lock_laboratory(session: Session, laboratory: uuid.UUID) -> None:
    """Numbers and seals of a laboratory are given out one after the other."""
    query = select(Party.id).where(Party.id == laboratory)
    session.scalars(query.with_for_update(key_share=True)).one()


def _show_batch(act: Act, batch: Batch, laboratory: uuid.UUID, number: str) -> None:
    """An order sends the batch to its laboratory where nobody has yet."""
    if laboratory in laboratories_of(act.session, batch.id):
        return
    sent = Submission(
        id=uuid.uuid4(), batch_id=batch.id, laboratory_id=laboratory, note=f"抽样单 {number}",
        account_id=act.actor.account, sent_at=act.at,
    )  # fmt: skip
    act.session.add(sent)
    act.session.flush()
    act.record("submission", sent.id, batch=batch.id, laboratory=laboratory, note=sent.note)


def orders_seen_by(act: Act) -> Select[InspectionOrder]:
    """The orders that the actor may know of.

    The authority knows all; others those that they ordered, carry out, whose goods they are about,
    or of which a sample was handed to them. Nobody is told of a supervision before a sample was
    drawn.
    """
    query = select(InspectionOrder)
    if act.actor.is_a(AUTHORITY):
        return query
    me = act.party
    held = (
        select(Sample.order_id)
        .join(HandOver, HandOver.sample_id == Sample.id)
        .where(HandOver.to_party_id == me)
    )
    told = InspectionOrder.kind != SUPERVISION
    return query.where(
        or_(
            InspectionOrder.laboratory_id == me,
            and_(InspectionOrder.party_id == me, or_(told, InspectionOrder.samples.any())),
            InspectionOrder.ordered_by == me,
            InspectionOrder.id.in_(held),
        )
    )


def visible_order(act: Act, order_id: uuid.UUID) -> InspectionOrder:
    """An order that the actor may know of; NotFound otherwise (promise 7)."""
    order = act.session.scalars(orders_seen_by(act).where(InspectionOrder.id == order_id)).first()
    if order is None:
        raise not_found("抽样单", "order")
    return order


def locked_order(act: Act, order_id: uuid.UUID) -> InspectionOrder:
    """The same with its row locked; Conflict once it is closed."""
    visible_order(act, order_id)
    query = select(InspectionOrder).where(InspectionOrder.id == order_id)
    query = query.with_for_update(of=InspectionOrder)
    order = act.session.scalars(query.execution_options(populate_existing=True)).unique().one()
    if order.closed_at is not None:
        raise Conflict("order-closed", Words("这张抽样单已经结束。", "The order is closed."))
    return order


def own_order(act: Act, order_id: uuid.UUID) -> InspectionOrder:
    """An open order of the actor's laboratory, locked; Forbidden for another's that it sees."""
    act.need(INSPECTOR)
    order = locked_order(act, order_id)
    if order.laboratory_id != act.actor.party:
        raise Forbidden(
            "not-your-order",
            Words(
                "只有承检的机构可以抽样和登记样品。",
                "Only the laboratory of the order draws and registers its samples.",
            ),
        )
    return order


def plan_sampling(act: Act, order_id: uuid.UUID, draft: SamplingDraft) -> InspectionOrder:
    """The laboratory says how units are drawn, where the order left that open. Once: no second
    seed.
    """
    order = own_order(act, order_id)
    if order.sampling is not None:
        raise Conflict(
            "sampling-planned",
            Words(
                "抽哪几件已经定了，种子不能换；要重抽就结束这张单子另开一张。",
                "The draw stands and its seed cannot change; close the order and open another.",
            ),
        )
    order.sampling = planned_sampling(draft)
    act.session.flush()
    act.record("order-sampling", order.id, sampling=order.sampling)
    return order


def close_order(act: Act, order_id: uuid.UUID, reason: str) -> InspectionOrder:
    """The laboratory, or who ordered it, closes an order, with a word on why."""
    order = locked_order(act, order_id)
    if act.actor.party not in (order.laboratory_id, order.ordered_by):
        raise Forbidden(
            "not-your-order",
            Words(
                "只有承检的机构和下单的单位可以结束它。",
                "Only its laboratory and whoever ordered it may close it.",
            ),
        )
    order.closed_at, order.closed_by, order.close_reason = act.at, act.actor.account, reason
    act.session.flush()
    act.record("order-closed", order.id, reason=reason)
    return order


def may_inspect_type(
    session: Session, laboratory_id: uuid.UUID, party_id: uuid.UUID, product_id: uuid.UUID
) -> bool:
    """Whether that party or the authority has an open order with the laboratory for the product.

    A laboratory that nobody asked reports no type inspection.
    """
    query = select(InspectionOrder.id).where(
        InspectionOrder.laboratory_id == laboratory_id,
        InspectionOrder.party_id == party_id,
        InspectionOrder.product_id == product_id,
        InspectionOrder.batch_id.is_(None),
        InspectionOrder.kind.in_((TYPE, SUPERVISION)),
        InspectionOrder.closed_at.is_(None),
    )
    return session.scalar(query.limit(1)) is not None
