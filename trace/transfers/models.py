"""Hand-overs of goods from party to party, their answers, and collectors' cards."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import append_only, attach
from core.database.base import Base, Identified, Json
from core.identity.models import Party
from products.models import Product
from trace.batches.models import Batch

CONFIRMED, REFUSED, WITHDRAWN = "confirmed", "refused", "withdrawn"
ANSWERS = (CONFIRMED, REFUSED, WITHDRAWN)
INTACT, PARTLY_DAMAGED, DAMAGED, WET, OTHER = "intact", "partly-damaged", "damaged", "wet", "other"
CONDITIONS = (INTACT, PARTLY_DAMAGED, DAMAGED, WET, OTHER)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


class Transfer(Base, Identified):
    """交接单: goods of a batch are under way to another party, until it is answered.

    `quantity` is in the base of the form. `posting` took the goods out of stock: a trigger refuses
    a hand-over whose goods did not leave (promise 2). `card_id`: booked by a collector for the
    holder of that card, with the holder's PIN in the place of the sender's sign-in.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        UniqueConstraint("party_id", "number"),
        UniqueConstraint("posting"),
        CheckConstraint("quantity > 0", "has_quantity"),
        CheckConstraint("party_id <> to_party_id", "to_another"),
        Index("ix_transfer_sender", "party_id", "sent_at", "id"),
        Index("ix_transfer_receiver", "to_party_id", "sent_at", "id"),
    )

    number: Mapped[str] = mapped_column(String(30))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    to_party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    quantity: Mapped[int] = mapped_column(BigInteger)
    quantity_typed: Mapped[str] = mapped_column(String(30))
    quantity_unit: Mapped[str] = mapped_column(String(10))
    sent_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    posting: Mapped[UUID]
    card_id: Mapped[UUID | None] = mapped_column(ForeignKey("collector_card.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    sent_at: Mapped[datetime]

    party: Mapped[Party] = relationship(lazy="joined", innerjoin=True, foreign_keys=[party_id])
    to_party: Mapped[Party] = relationship(
        lazy="joined", innerjoin=True, foreign_keys=[to_party_id]
    )
    batch: Mapped[Batch] = relationship(lazy="selectin")
    product: Mapped[Product] = relationship(lazy="joined", innerjoin=True)
    answer: Mapped["TransferAnswer | None"] = relationship(lazy="selectin", viewonly=True)


class TransferAnswer(Base, Identified):
    """What became of a hand-over: confirmed or refused by the receiver, withdrawn by the sender.

    Of two answers one stands. `counted` is what the receiver counted, `difference` what was sent
    less that: above nothing it is booked as a loss, below nothing it is a surplus that is told and
    never booked. `batch_id` is the receiver's batch that was made.
    """

    __tablename__ = "transfer_answer"
    __table_args__ = (
        UniqueConstraint("transfer_id"),
        UniqueConstraint("posting"),
        CheckConstraint(f"kind IN ({_listed(ANSWERS)})", "kind_known"),
        CheckConstraint(f"condition IN ({_listed(CONDITIONS)})", "condition_known"),
        CheckConstraint(
            "(kind = 'confirmed') = (batch_id IS NOT NULL) "
            "AND (kind = 'confirmed') = (counted IS NOT NULL) "
            "AND (kind = 'confirmed') = (difference IS NOT NULL) "
            "AND (kind = 'confirmed') = (condition IS NOT NULL)",
            "counted_if_confirmed",
        ),
        CheckConstraint("counted > 0", "has_count"),
        CheckConstraint("kind = 'confirmed' OR note IS NOT NULL", "has_reason"),
    )

    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfer.id"))
    kind: Mapped[str] = mapped_column(String(10))
    counted: Mapped[int | None] = mapped_column(BigInteger)
    counted_typed: Mapped[str | None] = mapped_column(String(30))
    counted_unit: Mapped[str | None] = mapped_column(String(10))
    difference: Mapped[int | None] = mapped_column(BigInteger)
    condition: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), index=True)
    posting: Mapped[UUID]
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]

    batch: Mapped[Batch | None] = relationship(lazy="selectin")


class CollectorCard(Base, Identified):
    """收购卡: a printed card of somebody without a telephone, for whom a collector books.

    It belongs to the party whose goods are booked (`party_id`), which gave it to one of its members
    or suppliers. `code` stands in its QR and only says which card it is; the PIN, of which an
    argon2id hash is kept, says that its holder is there. `holder` is the digest of a name that is
    kept erasable; `plots` are the ids of the plots that it books from, where it names any.
    """

    __tablename__ = "collector_card"
    __table_args__ = (
        UniqueConstraint("party_id", "number"),
        CheckConstraint("(revoked_at IS NULL) = (revoke_reason IS NULL)", "revoked_with_reason"),
        CheckConstraint("failures >= 0", "failures"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    number: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(26), unique=True)
    holder: Mapped[str] = mapped_column(String(64))
    plots: Mapped[Any] = mapped_column(Json, default=list)
    pin_hash: Mapped[str] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str | None] = mapped_column(Text)
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))

    party: Mapped[Party] = relationship(lazy="joined", innerjoin=True)


class CardBooking(Base, Identified):
    """由收购员代记: what a collector booked for the holder of a card, after the holder's PIN.

    `party_id` is the collector's. Without a hand-over the goods stayed with the card's party.
    """

    __tablename__ = "card_booking"
    __table_args__ = (UniqueConstraint("batch_id"),)

    card_id: Mapped[UUID] = mapped_column(ForeignKey("collector_card.id"), index=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"))
    transfer_id: Mapped[UUID | None] = mapped_column(ForeignKey("transfer.id"))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]

    card: Mapped[CollectorCard] = relationship(lazy="joined", innerjoin=True)
    party: Mapped[Party] = relationship(lazy="joined", innerjoin=True)


for _evidence in (Transfer, TransferAnswer, CardBooking):
    append_only(_evidence.__table__)


def _booked(batch: str, account: str, posting: str = "NEW.posting") -> str:
    return (
        f"COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = {posting} "
        f"AND e.batch_id = {batch} AND e.account = '{account}'), 0)"
    )


_NOT_LEFT = (
    f"{_booked('NEW.batch_id', 'transit')} <> NEW.quantity OR NOT EXISTS (SELECT 1 FROM batch b "
    "WHERE b.id = NEW.batch_id AND b.party_id = NEW.party_id AND b.product_id = NEW.product_id)"
)
_WHO = "CASE WHEN NEW.kind = 'withdrawn' THEN t.party_id ELSE t.to_party_id END"
_CAME_BACK = f"{_booked('t.batch_id', 'stock')} = t.quantity"
_ARRIVED = (
    f"{_booked('t.batch_id', 'transit')} = -t.quantity AND EXISTS (SELECT 1 FROM batch_origin o "
    "JOIN batch b ON b.id = o.batch_id WHERE o.posting = NEW.posting AND o.kind = 'transfer' "
    "AND o.batch_id = NEW.batch_id AND o.parent_id = t.batch_id AND b.party_id = t.to_party_id "
    "AND o.quantity + CASE WHEN NEW.difference > 0 THEN NEW.difference ELSE 0 END = t.quantity "
    "AND t.quantity - NEW.counted = NEW.difference)"
)
_NOT_ANSWERED = (
    "NOT EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.transfer_id "
    f"AND NEW.party_id = {_WHO} AND CASE WHEN NEW.kind = 'confirmed' THEN {_ARRIVED} "
    f"ELSE {_CAME_BACK} END)"
)
_GUARDS = (
    (Transfer, "transfer_left", _NOT_LEFT, "no hand-over without its goods"),
    (TransferAnswer, "transfer_answered", _NOT_ANSWERED, "no answer without its goods"),
)
for _model, _name, _broken, _message in _GUARDS:
    attach(
        _model.__table__,
        [
            f"CREATE TRIGGER {_name} BEFORE INSERT ON {_model.__tablename__} WHEN {_broken} "
            f"BEGIN SELECT RAISE(ABORT, '{_message}'); END"
        ],
        "sqlite",
    )
    attach(
        _model.__table__,
        [
            f"""CREATE OR REPLACE FUNCTION {_name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_broken} THEN
    RAISE EXCEPTION USING MESSAGE = '{_message}', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
            f"CREATE TRIGGER {_name} BEFORE INSERT ON {_model.__tablename__} "
            f"FOR EACH ROW EXECUTE FUNCTION {_name}()",
        ],
        "postgresql",
    )
