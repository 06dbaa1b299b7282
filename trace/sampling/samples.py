"""Samples: drawn under a number and a seal, and handed on with every hand that they pass."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from core.act import AUTHORITY, INSPECTOR, Act
from core.errors import Conflict, FieldFault, Forbidden, Invalid, fault, invalid_field, not_found
from core.identity.models import Party
from core.words import Words
from products.errors import RuleError
from products.numbers import parse_decimal
from products.units import COUNTS, Dimension, unit
from trace.batches.drafts import checked_quantity
from trace.batches.models import Batch
from trace.batches.service import holding_of
from trace.books.service import stock_of
from trace.books.stock import StockMove, book_stock_act
from trace.books.stock_models import SAMPLED
from trace.sampling.models import (
    DESTROYED,
    RETURNED,
    HandOver,
    InspectionOrder,
    Sample,
)
from trace.sampling.service import (
    lock_laboratory,
    orders_seen_by,
    own_order,
)


@dataclass(frozen=True)
class SampleDraft:
    """A sample as it was drawn; without units those of the order's draw."""

    number: str
    seal: str
    role: str
    amount: str
    unit: str
    drawn_on: date
    place: str
    units: Sequence[int] | None = None
    note: str | None = None


@dataclass(frozen=True)
class HandOverDraft:
    """A sample changes hands: to whom, in which condition; destroyed: to nobody."""

    kind: str
    handed_on: date
    condition: str
    to: uuid.UUID | None = None
    note: str | None = None


def draw_sample(act: Act, order_id: uuid.UUID, draft: SampleDraft) -> Sample:
    """The laboratory registers a sample of its order.

    Raises Invalid naming every fault, Conflict where the number or the seal was used before.
    """
    order = own_order(act, order_id)
    batch = _locked_batch(act, order)
    units = _units(order, draft.units)
    faults = [
        *_date_faults(act, order, draft),
        *_amount_faults(draft),
        *_unit_faults(order, units),
    ]
    if faults:
        raise Invalid("sample-invalid", faults[0].message, faults)
    lock_laboratory(act.session, order.laboratory_id)
    _check_unused(act, order, draft)
    sample = Sample(
        id=uuid.uuid4(), order_id=order.id, laboratory_id=order.laboratory_id,
        number=draft.number, seal=draft.seal, role=draft.role, amount=draft.amount,
        unit=unit(draft.unit).symbol, units=units, drawn_on=draft.drawn_on, place=draft.place,
        note=draft.note, account_id=act.actor.account, recorded_at=act.at,
    )  # fmt: skip
    act.session.add(sample)
    act.session.flush()
    act.session.expire(order, ["samples"])
    act.record(
        "sample", sample.id, order=order.id, number=sample.number, seal=sample.seal,
        role=sample.role, amount=sample.amount, unit=sample.unit, units=sample.units,
        drawn_on=sample.drawn_on, place=sample.place, note=sample.note,
    )  # fmt: skip
    if batch is not None and batch.confirmed_at is not None:
        _take_from_stock(act, batch, sample)
    return sample


def _locked_batch(act: Act, order: InspectionOrder) -> Batch | None:
    """The batch of an order with its row locked: what is drawn leaves its stock."""
    if order.batch_id is None:
        return None
    query = select(Batch).where(Batch.id == order.batch_id).with_for_update(of=Batch)
    return act.session.scalars(query.execution_options(populate_existing=True)).one()


def _take_from_stock(act: Act, batch: Batch, sample: Sample) -> None:
    """Book what was drawn, where it is told in a unit of the goods and there without labels.

    Where it is not, the sample stands all the same, and the record says that nothing was booked.
    """
    try:
        drawn = checked_quantity(batch.product, batch.form, sample.amount, sample.unit)
    except Invalid:
        drawn = None
    if drawn is None or drawn.amount > stock_of(act.session, batch.id, batch.form):
        act.record("sample-not-booked", sample.id, batch=batch.id)
        return
    reason = f"检验机构抽样，样品 {sample.number}"
    move = StockMove(
        SAMPLED, batch.form, drawn.amount, sample.amount, drawn.unit, sample.drawn_on, reason
    )
    book_stock_act(act, holding_of(batch), move)


def _units(order: InspectionOrder, given: Sequence[int] | None) -> list[int]:
    if given is not None:
        return sorted(set(given))
    return sorted(order.sampling["drawn"]) if order.sampling else []


def _date_faults(act: Act, order: InspectionOrder, draft: SampleDraft) -> list[FieldFault]:
    if draft.drawn_on > act.today:
        return [fault("/drawn_on", "抽样日期不能在今天以后", "The sample is dated in the future")]
    if order.batch is not None and draft.drawn_on < order.batch.production_date:
        made = order.batch.production_date
        return [
            fault(
                "/drawn_on",
                f"抽样不能早于生产日期 {made}",
                f"Drawn before it was produced on {made}",
            )
        ]
    return []


def _amount_faults(draft: SampleDraft) -> list[FieldFault]:
    try:
        if parse_decimal(draft.amount) <= 0:
            return [fault("/amount", "数量要大于 0", "The amount must be above 0")]
    except RuleError as wrong:
        return [FieldFault("/amount", wrong.words)]
    try:
        dimension = unit(draft.unit).dimension
    except RuleError as wrong:
        return [FieldFault("/unit", wrong.words)]
    if dimension is not Dimension.MASS and dimension not in COUNTS:
        return [fault("/unit", "样品按重量或件数写", "A sample is weighed or counted")]
    return []


def _unit_faults(order: InspectionOrder, units: Sequence[int]) -> list[FieldFault]:
    """A sample comes from units that were drawn, or from any where all are looked at."""
    planned = order.sampling
    if not units or planned is None:
        free = not units
        return [] if free else [_at_units("还没有定抽哪几件", "No units were drawn yet")]
    wrong = [number for number in units if not 1 <= number <= planned["lot_size"]]
    if planned["drawn"] and not wrong:
        wrong = sorted(set(units) - set(planned["drawn"]))
    if not wrong:
        return []
    listed = "、".join(map(str, wrong[:10]))
    return [_at_units(f"没有抽中第 {listed} 件", f"Not drawn: {listed.replace('、', ', ')}")]


def _at_units(zh: str, en: str) -> FieldFault:
    return fault("/units", zh, en)


def _check_unused(act: Act, order: InspectionOrder, draft: SampleDraft) -> None:
    for box, column, text, zh in (
        ("/number", Sample.number, draft.number, "样品编号"),
        ("/seal", Sample.seal, draft.seal, "封条号"),
    ):
        query = select(Sample.id).where(Sample.laboratory_id == order.laboratory_id, column == text)
        if act.session.scalar(query) is not None:
            en = "Sample number" if box == "/number" else "Seal"
            words = Words(f"{zh} {text} 已经用过", f"{en} {text} was used before")
            raise Conflict(f"{box.strip('/')}-taken", words, [FieldFault(box, words)])


def visible_sample(act: Act, sample_id: uuid.UUID) -> Sample:
    """A sample of an order that the actor may know of; NotFound otherwise."""
    seen = orders_seen_by(act).with_only_columns(InspectionOrder.id)
    query = select(Sample).where(Sample.id == sample_id, Sample.order_id.in_(seen))
    sample = act.session.scalars(query).first()
    if sample is None:
        raise not_found("样品", "sample")
    return sample


def holder_of(sample: Sample) -> uuid.UUID | None:
    """Which party has the sample now; None once it is destroyed."""
    return sample.hand_overs[-1].to_party_id if sample.hand_overs else sample.laboratory_id


def hand_over_sample(act: Act, sample_id: uuid.UUID, draft: HandOverDraft) -> HandOver:
    """A sample goes on: recorded by its laboratory, or by whoever has it.

    A closed order takes no more samples, but those it has may still go back or be destroyed.
    """
    sample = visible_sample(act, sample_id)
    query = select(InspectionOrder.id).where(InspectionOrder.id == sample.order_id)
    act.session.scalars(query.with_for_update()).one()
    act.session.expire(sample, ["hand_overs"])
    holder = holder_of(sample)
    if act.actor.party not in (sample.laboratory_id, holder):
        raise Forbidden(
            "not-the-holder",
            Words(
                "只有承检的机构和现在拿着样品的单位可以登记交接。",
                "Only its laboratory and whoever has the sample record a hand-over.",
            ),
        )
    if holder is None:
        raise Conflict("destroyed", Words("这份样品已经销毁。", "The sample was destroyed."))
    to = _receiver(act, sample, draft, holder)
    _check_day(act, sample, draft)
    row = HandOver(
        id=uuid.uuid4(), sample_id=sample.id, number=len(sample.hand_overs) + 1, kind=draft.kind,
        from_party_id=holder, to_party_id=to, handed_on=draft.handed_on,
        condition=draft.condition, note=draft.note, account_id=act.actor.account,
        recorded_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.session.expire(sample, ["hand_overs"])
    act.record(
        "hand-over", row.id, sample=sample.id, number=row.number, hand_over=row.kind,
        from_party=holder, to_party=to, handed_on=row.handed_on, condition=row.condition,
        note=row.note,
    )  # fmt: skip
    return row


def _receiver(
    act: Act, sample: Sample, draft: HandOverDraft, holder: uuid.UUID
) -> uuid.UUID | None:
    """Who gets it: the owner of the goods where it is given back, nobody where it is destroyed."""
    if draft.kind == DESTROYED:
        if draft.to is not None:
            raise invalid_field("to-nobody", "/to", "销毁不写接收单位", "Nobody receives it")
        return None
    to = sample.order.party_id if draft.kind == RETURNED else draft.to
    if to is None or to not in {party.id for party in receivers_of(act, sample)}:
        raise invalid_field("no-such-party", "/to", "请选接收的单位", "Choose who receives it")
    if to == holder:
        raise invalid_field(
            "has-it", "/to", "样品现在就在这个单位", "The sample is with that party already"
        )
    return to


def receivers_of(act: Act, sample: Sample) -> list[Party]:
    """Who may be handed a sample: the owner of the goods, laboratories, the authority."""
    rows = act.session.scalars(select(Party).order_by(Party.name)).unique()
    return [
        party
        for party in rows
        if party.id == sample.order.party_id or not {INSPECTOR, AUTHORITY}.isdisjoint(party.roles)
    ]


def _check_day(act: Act, sample: Sample, draft: HandOverDraft) -> None:
    newest = select(func.max(HandOver.handed_on)).where(HandOver.sample_id == sample.id)
    before = act.session.scalar(newest) or sample.drawn_on
    if draft.handed_on > act.today:
        raise invalid_field("future", "/handed_on", "日期不能在今天以后", "Dated in the future")
    if draft.handed_on < before:
        raise invalid_field(
            "before-the-last",
            "/handed_on",
            f"不能早于上一次交接或抽样的日子 {before}",
            f"Not before {before}, when it was drawn or handed over last",
        )
