"""Hand-overs: goods go under way to another party, and arrive there, or come back.

What must be judged before (may these goods go on?) and after (the receiver's batch) is done by the
verbs of trace/inspections/handing_over.py, which call these with the rows locked.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.clock import now
from core.errors import Conflict, Forbidden, Invalid, invalid_field, not_found
from core.identity.models import Party, PartyRole
from core.words import Words
from products.licences.service import licence_on
from products.models import Product
from trace.batches.drafts import Quantity, checked_quantity
from trace.batches.lineage import next_origin_number
from trace.batches.models import TRANSFER, Batch, BatchOrigin
from trace.batches.numbers import next_number, number_fits
from trace.batches.service import batch_facts, holding_of
from trace.books.balance import Line
from trace.books.models import LOSS, STOCK, TRANSIT
from trace.books.service import Move, book, book_lines, not_enough, stock_of
from trace.transfers.differences import arrival
from trace.transfers.models import (
    CONFIRMED,
    INTACT,
    REFUSED,
    WITHDRAWN,
    Transfer,
    TransferAnswer,
)

_SAME = (
    "product_id", "form", "process", "condition", "grade", "base", "production_date",
    "best_before", "place_code", "place",
)  # fmt: skip
ANSWERED_WORDS = {
    CONFIRMED: Words("已经确认收货", "was confirmed already"),
    REFUSED: Words("已经拒收", "was refused already"),
    WITHDRAWN: Words("已经被发货方撤回", "was withdrawn by the sender"),
}


@dataclass(frozen=True)
class SendDraft:
    """How much of a batch goes to whom; quantity as typed. Unit: that of the batch."""

    batch: uuid.UUID
    to: uuid.UUID
    quantity: str
    sent_on: date
    unit: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class ConfirmDraft:
    """What the receiver counted, in which condition; `number` is for its own batch."""

    quantity: str
    condition: str
    unit: str | None = None
    note: str | None = None
    number: str | None = None


# --- under way -----------------------------------------------------------------------------


def check_receiver(act: Act, product: Product, to: uuid.UUID) -> None:
    """Invalid at /to where goods of the product may not go to that party today."""
    party = act.session.get(Party, to)
    if party is None or PRODUCER not in party.roles:
        raise invalid_field(
            "no-such-receiver", "/to", "没有这个收货单位，请从名单中选", "There is no such receiver"
        )
    if party.id == act.party:
        raise invalid_field(
            "to-oneself", "/to", "不能交给自己单位", "Goods are not handed over to oneself"
        )
    if licence_on(act.session, party.id, product.id, act.today) is None:
        raise invalid_field(
            "receiver-not-licensed",
            "/to",
            f"{party.name}没有{product.name}的准入，不能收这批货；请对方先向主管部门申请",
            f"{party.name} holds no licence for {product.name}; it has to ask the authority first",
        )


def receivers_of(act: Act, product_id: uuid.UUID) -> list[Party]:
    """The parties that goods of a product may be handed over to today, by name."""
    query = (
        select(Party)
        .join(PartyRole, PartyRole.party_id == Party.id)
        .where(PartyRole.role == PRODUCER, Party.id != act.party)
        .order_by(Party.name)
    )
    found = act.session.scalars(query).unique()
    return [p for p in found if licence_on(act.session, p.id, product_id, act.today) is not None]


def send_goods(act: Act, batch: Batch, draft: SendDraft, card: uuid.UUID | None = None) -> Transfer:
    """Goods of an own, locked batch that may go on leave its stock and are under way.

    Raises Invalid naming the field, Conflict where so much is not there without labels.
    """
    check_receiver(act, batch.product, draft.to)
    _check_sent_on(act, batch, draft.sent_on)
    amount = _sent_amount(act, batch, draft)
    lines = [Line(STOCK, -amount.amount, batch.form), Line(TRANSIT, amount.amount, batch.form)]
    row = Transfer(
        id=uuid.uuid4(), number=_next_number(act.session, batch), party_id=batch.party_id,
        batch_id=batch.id, product_id=batch.product_id, to_party_id=draft.to,
        quantity=amount.amount, quantity_typed=draft.quantity, quantity_unit=amount.unit,
        sent_on=draft.sent_on, note=draft.note, card_id=card, account_id=act.actor.account,
        posting=book(act, holding_of(batch), TRANSFER, lines), sent_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "transfer", row.id, number=row.number, batch=row.batch_id, sender=row.party_id,
        receiver=row.to_party_id, product=row.product_id, base=batch.base,
        quantity=str(row.quantity), typed=row.quantity_typed, unit=row.quantity_unit,
        sent_on=row.sent_on, note=row.note, card=card, posting=row.posting,
    )  # fmt: skip
    return row


def _check_sent_on(act: Act, batch: Batch, day: date) -> None:
    if day > act.today:
        raise invalid_field(
            "future", "/sent_on", "日期不能在今天以后", "The date may not be in the future"
        )
    if day < batch.production_date:
        raise invalid_field(
            "before-production",
            "/sent_on",
            f"不能早于生产日期 {batch.production_date}",
            f"Not before the production date {batch.production_date}",
        )


def _sent_amount(act: Act, batch: Batch, draft: SendDraft) -> Quantity:
    if batch.confirmed_at is None:
        raise Conflict(
            "not-confirmed",
            Words(
                f"批次 {batch.number} 的数量还没有确认，先确认再交出。",
                f"Confirm the quantity of batch {batch.number} first.",
            ),
        )
    symbol = draft.unit or batch.quantity_unit
    amount = checked_quantity(batch.product, batch.form, draft.quantity, symbol)
    there = stock_of(act.session, batch.id, batch.form)
    if amount.amount > there:
        raise not_enough(there, amount.amount, batch.base)
    return amount


def _next_number(session: Session, batch: Batch) -> str:
    """CSLC-20261108-01-J1: the batch's own counting, whose row is locked."""
    query = select(func.count()).select_from(Transfer).where(Transfer.batch_id == batch.id)
    return f"{batch.number}-J{session.execute(query).scalar_one() + 1}"


# --- seeing --------------------------------------------------------------------------------


def transfers_seen_by(act: Act) -> Select[Transfer]:
    """All for the authority; for others what they sent and what was sent to them."""
    query = select(Transfer)
    if act.actor.is_a(AUTHORITY):
        return query
    return query.where(or_(Transfer.party_id == act.party, Transfer.to_party_id == act.party))


def visible_transfer(act: Act, transfer_id: uuid.UUID) -> Transfer:
    """A hand-over that the actor may know of; NotFound otherwise."""
    query = transfers_seen_by(act).where(Transfer.id == transfer_id)
    row = act.session.scalars(query).first()
    if row is None:
        raise not_found("交接单", "hand-over")
    return row


def unanswered(query: Select[Transfer]) -> Select[Transfer]:
    """Only those of `query` that are still under way."""
    return query.where(Transfer.id.not_in(select(TransferAnswer.transfer_id)))


def under_way(session: Session, batch_ids: Collection[uuid.UUID]) -> list[Transfer]:
    """Hand-overs of these batches that nobody has answered, oldest first."""
    query = unanswered(select(Transfer)).where(Transfer.batch_id.in_(batch_ids))
    return list(session.scalars(query.order_by(Transfer.sent_at, Transfer.id)))


def answered_by(session: Session, batch_id: uuid.UUID) -> Transfer | None:
    """The hand-over by which a batch came about; None for one that did not come from another."""
    made = select(TransferAnswer.transfer_id).where(TransferAnswer.batch_id == batch_id)
    return session.scalars(select(Transfer).where(Transfer.id.in_(made))).first()


def handed_out(session: Session, batch_id: uuid.UUID) -> Sequence[Transfer]:
    """Every hand-over of goods of a batch, oldest first."""
    query = select(Transfer).where(Transfer.batch_id == batch_id)
    return session.scalars(query.order_by(Transfer.sent_at, Transfer.id)).all()


# --- answering -----------------------------------------------------------------------------


def check_unanswered(session: Session, row: Transfer) -> None:
    """Conflict says what became of a hand-over that was answered.

    The caller has locked the sender's batch: of two who answer at once the second waits there, and
    is refused.
    """
    kind = session.scalar(select(TransferAnswer.kind).where(TransferAnswer.transfer_id == row.id))
    if kind is not None:
        words = ANSWERED_WORDS[kind]
        raise Conflict(
            "already-answered",
            Words(f"交接单 {row.number} {words.zh}。", f"Hand-over {row.number} {words.en}."),
        )


def check_receiving(act: Act, row: Transfer) -> None:
    """Forbidden for whoever is not the receiver."""
    if row.to_party_id != act.party:
        raise Forbidden(
            "receiver-only",
            Words("只有收货方可以确认或拒收。", "Only the receiver confirms or refuses."),
        )


def take_in(act: Act, row: Transfer, parent: Batch, draft: ConfirmDraft) -> TransferAnswer:
    """The goods of an unanswered hand-over of the locked `parent` become a batch of the receiver.

    More than was sent is never booked. The caller has locked the receiver's party too. Raises
    Invalid naming the field.
    """
    counted = _counted(row, parent, draft)
    came = arrival(row.quantity, counted.amount)
    if draft.condition != INTACT and not draft.note:
        raise invalid_field(
            "condition-note", "/note", "不是完好的，请写明货的状况", "Say what is wrong with it"
        )
    batch = _new_batch(act, row, parent, draft, came.booked, counted if not came.surplus else None)
    moves: list[Move] = [
        (holding_of(parent), Line(TRANSIT, -row.quantity, parent.form)),
        (holding_of(parent), Line(LOSS, came.lost, parent.form)),
        (holding_of(batch), Line(STOCK, came.booked, parent.form)),
    ]
    posting = book_lines(act, TRANSFER, moves)
    origin = BatchOrigin(
        id=uuid.uuid4(), number=next_origin_number(act.session), kind=TRANSFER, batch_id=batch.id,
        parent_id=parent.id, quantity=came.booked, posting=posting, note=None,
        account_id=act.actor.account, at=batch.created_at,
    )  # fmt: skip
    act.session.add(origin)
    act.session.flush()
    answer = TransferAnswer(
        id=uuid.uuid4(), transfer_id=row.id, kind=CONFIRMED, counted=counted.amount,
        counted_typed=draft.quantity, counted_unit=counted.unit, difference=came.difference,
        condition=draft.condition, note=draft.note, batch_id=batch.id, posting=posting,
        party_id=act.party, account_id=act.actor.account, at=act.at,
    )  # fmt: skip
    return _answered(act, row, answer)


def _new_batch(
    act: Act,
    row: Transfer,
    parent: Batch,
    draft: ConfirmDraft,
    booked: int,
    as_counted: Quantity | None,
) -> Batch:
    """The receiver's batch of the same goods; its quantity as counted, or as sent for a surplus."""
    batch = Batch(
        id=uuid.uuid4(), party_id=act.party, number=_own_number(act, parent, draft.number),
        quantity=booked, declared=list(parent.declared), account_id=act.actor.account,
        quantity_typed=draft.quantity if as_counted else row.quantity_typed,
        quantity_unit=as_counted.unit if as_counted else row.quantity_unit,
        created_at=max(act.at, now()), confirmed_at=act.at, confirmed_by=act.actor.account,
        version=1, **{name: getattr(parent, name) for name in _SAME},
    )  # fmt: skip
    act.session.add(batch)
    act.session.flush()
    act.record("batch", batch.id, transferred_from=parent.id, **batch_facts(batch))
    return batch


def _counted(row: Transfer, parent: Batch, draft: ConfirmDraft) -> Quantity:
    symbol = draft.unit or row.quantity_unit
    try:
        return checked_quantity(parent.product, parent.form, draft.quantity, symbol)
    except Invalid as wrong:
        if wrong.code != "quantity-not-positive":
            raise
        raise invalid_field(
            "nothing-counted",
            "/quantity",
            "实收数量要大于 0；一点都没收到，请拒收这张交接单",
            "The count must be above 0; where nothing came, refuse the hand-over",
        ) from wrong


def _own_number(act: Act, parent: Batch, wanted: str | None) -> str:
    taken = frozenset(act.session.scalars(select(Batch.number).where(Batch.party_id == act.party)))
    if wanted is None:
        return next_number(parent.product.name, parent.production_date, taken)
    if not number_fits(wanted):
        raise invalid_field(
            "number", "/number", "批号只能用 A–Z、0–9 和 -，最多 20 个字符",
            "Batch numbers use A–Z, 0–9 and -, at most 20 characters",
        )  # fmt: skip
    if wanted in taken:
        raise invalid_field(
            "number-taken", "/number", f"批号 {wanted} 已经用过，请换一个",
            f"Batch number {wanted} is already in use",
        )  # fmt: skip
    return wanted


def give_back(act: Act, row: Transfer, parent: Batch, kind: str, reason: str) -> TransferAnswer:
    """An unanswered hand-over of the locked `parent` was refused or withdrawn: the goods are back."""
    lines = [Line(TRANSIT, -row.quantity, parent.form), Line(STOCK, row.quantity, parent.form)]
    posting = book(act, holding_of(parent), TRANSFER, lines)
    answer = TransferAnswer(
        id=uuid.uuid4(), transfer_id=row.id, kind=kind, note=reason, posting=posting,
        party_id=act.party, account_id=act.actor.account, at=act.at,
    )  # fmt: skip
    return _answered(act, row, answer)


def _answered(act: Act, row: Transfer, answer: TransferAnswer) -> TransferAnswer:
    act.session.add(answer)
    act.session.flush()
    act.record(
        "transfer-answer", answer.id, transfer=row.id, answer=answer.kind, batch=answer.batch_id,
        counted=None if answer.counted is None else str(answer.counted),
        typed=answer.counted_typed, unit=answer.counted_unit,
        difference=None if answer.difference is None else str(answer.difference),
        condition=answer.condition, note=answer.note, posting=answer.posting,
    )  # fmt: skip
    act.session.expire(row, ["answer"])
    return answer
