"""Shipping labelled packs: exact serials go to a consignee, and what of them comes back."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.clock import day_of
from core.errors import Conflict, FieldFault, Invalid, fault, invalid_field, not_found
from core.identity.models import Party
from core.identity.service import checked_credit_code
from core.record.service import seal_personal, unsealed
from core.words import Words
from labels.models import LabelRun
from labels.ranges import ACTIVATED, VOID
from labels.release import check_labels_stand
from labels.service import enter_state, spans_in, visible_run
from labels.shipment_models import AS_LABELLED, DESTROYED, Shipment, ShipmentReturn
from labels.spans import Span, common, count, without
from labels.whereabouts import out_of, whereabouts
from trace.batches.models import Batch
from trace.batches.service import holding_of, own_batch
from trace.books.balance import Line
from trace.books.models import LABELLED, MARKET
from trace.books.service import book_lines


@dataclass(frozen=True)
class ShipmentDraft:
    """Which labels go to whom: the credit code of a registered party, or a business outside."""

    first: int
    last: int
    shipped_on: date
    receiver: str | None = None
    consignee: str | None = None
    phone: str | None = None
    address: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class ReturnDraft:
    """Which labels of a shipment came back (`labelled`: may go again) or were destroyed."""

    first: int
    last: int
    fate: str
    returned_on: date
    reason: str


@dataclass(frozen=True)
class ShipmentView:
    """A shipment with what is still out, and how to reach the consignee, where one may know."""

    shipment: Shipment
    consignee: str
    phone: str
    address: str
    shipper: str
    out: tuple[Span, ...]

    @property
    def count_out(self) -> int:
        """How many labels are still out."""
        return count(self.out)


# --- out ------------------------------------------------------------------------------------


def ship(act: Act, run_id: uuid.UUID, draft: ShipmentDraft) -> Shipment:
    """Activated labels of an own run go to a consignee; their goods leave the books to the market.

    Only labels that stand today (released, not recalled) and are here. The batch is locked. Raises
    Invalid naming the field, Conflict where some of the labels are not activated or are out.
    """
    act.need(PRODUCER)
    batch = own_batch(act, visible_run(act, run_id).batch_id)
    run = _fresh(act, run_id)
    _check_range(run, draft.first, draft.last)
    _check_day(act, day_of(run.drawn_at), draft.shipped_on, "/shipped_on")
    receiver = _receiver(act, draft)
    check_labels_stand(act, run)
    _check_here(act, run, Span(draft.first, draft.last))
    row = _shipment(act, batch, run, draft, receiver)
    act.session.add(row)
    act.session.flush()
    act.record(
        "shipment", row.id, run=run.id, batch=batch.id, first=row.first, last=row.last,
        quantity=str(row.quantity), posting=row.posting, receiver=receiver,
        consignee=row.consignee, phone=row.phone, address=row.address, shipped_on=row.shipped_on,
        note=row.note,
    )  # fmt: skip
    return row


def _shipment(
    act: Act, batch: Batch, run: LabelRun, draft: ShipmentDraft, receiver: uuid.UUID | None
) -> Shipment:
    """The row, its goods booked and what is personal sealed."""
    quantity = (draft.last - draft.first + 1) * run.net_content
    return Shipment(
        id=uuid.uuid4(),
        run=run,
        run_id=run.id,
        batch_id=batch.id,
        party_id=batch.party_id,
        first=draft.first,
        last=draft.last,
        quantity=quantity,
        posting=_moved(act, batch, "sale", LABELLED, MARKET, quantity),
        receiver_id=receiver,
        consignee=draft.consignee,
        phone=seal_personal(act.session, draft.phone) if draft.phone else None,
        address=seal_personal(act.session, draft.address) if draft.address else None,
        shipped_on=draft.shipped_on,
        note=draft.note,
        account_id=act.actor.account,
        at=act.at,
        returns=[],
    )


def _fresh(act: Act, run_id: uuid.UUID) -> LabelRun:
    query = select(LabelRun).where(LabelRun.id == run_id)
    return act.session.scalars(query.execution_options(populate_existing=True)).one()


def _moved(act: Act, batch: Batch, kind: str, giver: str, taker: str, quantity: int) -> uuid.UUID:
    whose, form = holding_of(batch), batch.form
    lines = (Line(giver, -quantity, form), Line(taker, quantity, form))
    return book_lines(act, kind, [(whose, line) for line in lines])


def _check_range(row: LabelRun | Shipment, first: int, last: int) -> None:
    if row.first <= first <= last <= row.last:
        return
    pointer = "/first" if not row.first <= first <= row.last else "/last"
    words = f"序号须在 {row.first} 至 {row.last} 之内", f"Serials {row.first} to {row.last} only"
    raise invalid_field("serials-outside", pointer, *words)


def _check_day(act: Act, earliest: date, day: date, pointer: str) -> None:
    if earliest <= day <= act.today:
        return
    first, last = earliest.isoformat(), act.today.isoformat()
    words = f"日期须在 {first} 至 {last} 之间", f"A day from {first} to {last}"
    raise invalid_field("day-out-of-range", pointer, *words)


def _receiver(act: Act, draft: ShipmentDraft) -> uuid.UUID | None:
    """The registered party that receives; None for one outside, which must be named with a way to
    reach it.
    """
    if draft.receiver is None:
        _check_outside(draft)
        return None
    if draft.consignee or draft.phone or draft.address:
        raise invalid_field(
            "two-consignees",
            "/consignee",
            "收货方写一个：登记过的填代码，没登记的填名称",
            "One consignee: the code of a registered party, or a name",
        )
    code = checked_credit_code(draft.receiver, "/receiver")
    found = act.session.scalars(select(Party).where(Party.credit_code == code)).first()
    if found is None:
        raise invalid_field(
            "no-such-party",
            "/receiver",
            "这个代码没有登记；请改填收货方的名称和联系方式",
            "No registered party has this code; give the name and how to reach it instead",
        )
    if found.id == act.actor.party:
        raise invalid_field("own-party", "/receiver", "不能发给自己单位", "Not to your own party")
    return found.id


def _check_outside(draft: ShipmentDraft) -> None:
    faults: list[FieldFault] = []
    if not draft.consignee:
        faults.append(fault("/consignee", "填收货方的名称", "Name the consignee"))
    if not (draft.phone or draft.address):
        words = "填电话或地址，召回时要找得到", "A phone or an address, to be found in a recall"
        faults.append(fault("/phone", *words))
    if faults:
        raise Invalid("consignee-missing", faults[0].message, faults)


def _check_here(act: Act, run: LabelRun, span: Span) -> None:
    active = common([span], spans_in(run, ACTIVATED))
    idle = without([span], active)
    if idle:
        where = f"{idle[0].first}–{idle[0].last}"
        raise Conflict(
            "not-activated",
            Words(
                f"序号 {where} 的标签没有启用或已作废，不能发货。",
                f"Labels {where} are not activated, or void; they cannot be shipped.",
            ),
        )
    out = common([span], whereabouts(act.session, run.id).gone)
    if out:
        where = f"{out[0].first}–{out[0].last}"
        raise Conflict(
            "already-shipped",
            Words(
                f"序号 {where} 的标签已经发出去，没有退回，不能再发。",
                f"Labels {where} were shipped and have not come back; they cannot go twice.",
            ),
        )


# --- back -----------------------------------------------------------------------------------


def take_back(act: Act, shipment_id: uuid.UUID, draft: ReturnDraft) -> ShipmentReturn:
    """The shipper says that labels of a shipment came back, or were destroyed with their goods.

    What came back as it went may be shipped again. Labels of destroyed goods become void.
    """
    act.need(PRODUCER)
    shipment = visible_shipment(act, shipment_id)
    if shipment.party_id != act.actor.party:
        raise not_found("发货", "shipment")
    own_batch(act, shipment.batch_id)
    return return_of(act, shipment, draft)


def return_of(act: Act, shipment: Shipment, draft: ReturnDraft) -> ShipmentReturn:
    """The same for whoever has decided that it may be said; locks the batch by itself."""
    batch = _lock(act, shipment.batch_id)
    act.session.refresh(shipment, ["returns"])
    _check_range(shipment, draft.first, draft.last)
    _check_day(act, shipment.shipped_on, draft.returned_on, "/returned_on")
    span = Span(draft.first, draft.last)
    _check_out(shipment, span)
    run = _fresh(act, shipment.run_id)
    if draft.fate == AS_LABELLED:
        _check_not_void(run, span)
    quantity = span.count * run.net_content
    kind, taker = ("return", LABELLED) if draft.fate == AS_LABELLED else ("destruction", DESTROYED)
    row = ShipmentReturn(
        id=uuid.uuid4(),
        shipment_id=shipment.id,
        first=span.first,
        last=span.last,
        quantity=quantity,
        fate=draft.fate,
        posting=_moved(act, batch, kind, MARKET, taker, quantity),
        returned_on=draft.returned_on,
        reason=draft.reason,
        account_id=act.actor.account,
        at=act.at,
    )
    shipment.returns.append(row)
    act.session.flush()
    act.record(
        "shipment-return", row.id, shipment=shipment.id, first=row.first, last=row.last,
        quantity=str(quantity), fate=row.fate, posting=row.posting, returned_on=row.returned_on,
        reason=row.reason,
    )  # fmt: skip
    if draft.fate == DESTROYED:
        void_labels(act, run, span, draft.reason)
    return row


def void_labels(act: Act, run: LabelRun, span: Span, reason: str) -> None:
    """Labels whose goods were destroyed turn void; nothing is booked, the goods are."""
    void = spans_in(run, VOID)
    for part in without([span], void):
        enter_state(act, run, VOID, part.first, part.last, reason)


def _lock(act: Act, batch_id: uuid.UUID) -> Batch:
    query = select(Batch).where(Batch.id == batch_id).with_for_update(of=Batch)
    return act.session.scalars(query.execution_options(populate_existing=True)).one()


def _check_out(shipment: Shipment, span: Span) -> None:
    back = without([span], out_of(shipment))
    if back:
        where = f"{back[0].first}–{back[0].last}"
        raise Conflict(
            "already-back",
            Words(
                f"序号 {where} 的已经记过退回或销毁。",
                f"Labels {where} were returned or destroyed already.",
            ),
        )


def _check_not_void(run: LabelRun, span: Span) -> None:
    void = common([span], spans_in(run, VOID))
    if void:
        where = f"{void[0].first}–{void[0].last}"
        raise Conflict(
            "label-void",
            Words(
                f"序号 {where} 的标签已作废，货不能再卖；请记为销毁。",
                f"Labels {where} are void, so the goods cannot be sold again; say destroyed.",
            ),
        )


# --- reading --------------------------------------------------------------------------------


def shipments_seen_by(act: Act) -> Select[Shipment]:
    """Those that the actor's party sent or received; all for the authority."""
    act.need(PRODUCER, AUTHORITY)
    query = select(Shipment)
    if act.actor.is_a(AUTHORITY):
        return query
    return query.where(or_(Shipment.party_id == act.party, Shipment.receiver_id == act.party))


def visible_shipment(act: Act, shipment_id: uuid.UUID) -> Shipment:
    """A shipment that the actor may know of; NotFound otherwise (promise 7)."""
    row = act.session.scalars(shipments_seen_by(act).where(Shipment.id == shipment_id)).first()
    if row is None:
        raise not_found("发货", "shipment")
    return row


def shipment_views(act: Act, rows: Sequence[Shipment]) -> list[ShipmentView]:
    """Shipments as the actor may see them: how to reach a consignee is the shipper's business."""
    return views_of(act.session, rows, None if act.actor.is_a(AUTHORITY) else act.party)


def views_of(
    session: Session, rows: Sequence[Shipment], own: uuid.UUID | None
) -> list[ShipmentView]:
    """The same for a party; None: for whom all may be shown."""
    told = [row for row in rows if own is None or row.party_id == own]
    values = unsealed(session, [digest for row in told for digest in (row.phone, row.address)])
    parties = {row.party_id for row in rows}
    query = select(Party.id, Party.name).where(Party.id.in_(parties))
    names = {row.id: row.name for row in session.execute(query)}
    return [
        ShipmentView(row, *_reached(row, values), shipper=names[row.party_id], out=out_of(row))
        for row in rows
    ]


def _reached(row: Shipment, values: dict[str, str]) -> tuple[str, str, str]:
    """Name, phone and address of the consignee."""
    if row.receiver is not None:
        return row.receiver.name, row.receiver.contact or "", row.receiver.address or ""
    return row.consignee or "", values.get(row.phone or "", ""), values.get(row.address or "", "")


def shipments_of_run(act: Act, run_id: uuid.UUID) -> list[ShipmentView]:
    """The shipments of a run that the actor may know of, newest first."""
    query = shipments_seen_by(act).where(Shipment.run_id == run_id)
    rows = act.session.scalars(query.order_by(Shipment.at.desc(), Shipment.first)).unique()
    return shipment_views(act, list(rows))
