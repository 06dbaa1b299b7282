"""Shipments: serial ranges of a run that went to somebody, and what of them came back."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import append_only, attach
from core.database.base import Base, Identified
from core.identity.models import Party
from labels.models import LabelRun

AS_LABELLED = "labelled"
DESTROYED = "destroyed"
FATES = (AS_LABELLED, DESTROYED)


class Shipment(Base, Identified):
    """Activated labels from first to last went, with their goods, to a consignee on a day.

    The consignee is a registered party (`receiver_id`) or a business named outside, whose phone
    and address are kept as digests of erasable values. `quantity` is in the form's base. Triggers
    refuse serials that are out already and goods that did not leave the books.
    """

    __tablename__ = "shipment"
    __table_args__ = (
        CheckConstraint("first <= last", "range"),
        CheckConstraint("quantity > 0", "has_quantity"),
        CheckConstraint("(receiver_id IS NULL) <> (consignee IS NULL)", "one_consignee"),
        CheckConstraint(
            "consignee IS NULL OR phone IS NOT NULL OR address IS NOT NULL", "can_be_reached"
        ),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("label_run.id"), index=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int] = mapped_column(BigInteger)
    posting: Mapped[UUID] = mapped_column(unique=True)
    receiver_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"), index=True)
    consignee: Mapped[str | None] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    shipped_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]

    run: Mapped[LabelRun] = relationship(lazy="joined", innerjoin=True)
    receiver: Mapped[Party | None] = relationship(lazy="joined", foreign_keys=[receiver_id])
    returns: Mapped[list["ShipmentReturn"]] = relationship(
        lazy="selectin", order_by="ShipmentReturn.first", back_populates="shipment"
    )

    @property
    def count(self) -> int:
        """How many labels went."""
        return self.last - self.first + 1


class ShipmentReturn(Base, Identified):
    """A part of a shipment came back and can be sold again (`labelled`), or was destroyed."""

    __tablename__ = "shipment_return"
    __table_args__ = (
        CheckConstraint("first <= last", "range"),
        CheckConstraint("quantity > 0", "has_quantity"),
        CheckConstraint("fate IN ('labelled', 'destroyed')", "fate_known"),
    )

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"), index=True)
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int] = mapped_column(BigInteger)
    fate: Mapped[str] = mapped_column(String(10))
    posting: Mapped[UUID] = mapped_column(unique=True)
    returned_on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]

    shipment: Mapped[Shipment] = relationship(back_populates="returns")

    @property
    def count(self) -> int:
        """How many labels."""
        return self.last - self.first + 1


for _evidence in (Shipment, ShipmentReturn):
    append_only(_evidence.__table__)


def _shared(row: str, other: str) -> str:
    """How many serials two ranges share, where they do overlap."""
    last = f"CASE WHEN {row}.last < {other}.last THEN {row}.last ELSE {other}.last END"
    first = f"CASE WHEN {row}.first > {other}.first THEN {row}.first ELSE {other}.first END"
    return f"({last}) - ({first}) + 1"


def _booked(account: str, amount: str) -> str:
    return (
        "COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting "
        f"AND e.account = {account}), 0) <> {amount}"
    )


# A serial that came back as sold goods do may go again; one that was destroyed never.
_OUT = (
    "EXISTS (SELECT 1 FROM shipment s WHERE s.run_id = NEW.run_id "
    "AND s.last >= NEW.first AND s.first <= NEW.last AND "
    f"{_shared('s', 'NEW')} > COALESCE((SELECT SUM({_shared('r', 'NEW')}) "
    "FROM shipment_return r WHERE r.shipment_id = s.id AND r.fate = 'labelled' "
    "AND r.last >= NEW.first AND r.first <= NEW.last), 0))"
)
_OUTSIDE_RUN = (
    "NOT EXISTS (SELECT 1 FROM label_run l WHERE l.id = NEW.run_id AND l.batch_id = NEW.batch_id "
    "AND l.party_id = NEW.party_id AND l.first <= NEW.first AND NEW.last <= l.last "
    "AND NEW.quantity = (NEW.last - NEW.first + 1) * l.net_content)"
)
_OUTSIDE_SHIPMENT = (
    "NOT EXISTS (SELECT 1 FROM shipment s JOIN label_run l ON l.id = s.run_id "
    "WHERE s.id = NEW.shipment_id AND s.first <= NEW.first AND NEW.last <= s.last "
    "AND NEW.quantity = (NEW.last - NEW.first + 1) * l.net_content)"
)
_BACK_ALREADY = (
    "EXISTS (SELECT 1 FROM shipment_return r WHERE r.shipment_id = NEW.shipment_id "
    "AND r.last >= NEW.first AND r.first <= NEW.last)"
)
_GUARDS = {
    "shipment": (
        ("of_run", _OUTSIDE_RUN, "no shipment of other labels"),
        ("once", _OUT, "these labels are out already"),
        ("booked", _booked("'labelled'", "-NEW.quantity"), "no shipment without its goods"),
    ),
    "shipment_return": (
        ("of_shipment", _OUTSIDE_SHIPMENT, "no return of other labels"),
        ("once", _BACK_ALREADY, "these labels are back already"),
        ("booked", _booked("NEW.fate", "NEW.quantity"), "no return without its goods"),
    ),
}


def _sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} WHEN {broken} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        for name, broken, message in _GUARDS[table]
    ]


def _postgresql(table: str) -> list[str]:
    guards = "\n".join(
        f"  IF {broken} THEN RAISE EXCEPTION USING MESSAGE = '{message}', "
        "ERRCODE = 'restrict_violation'; END IF;"
        for _, broken, message in _GUARDS[table]
    )
    return [
        f"""CREATE OR REPLACE FUNCTION guard_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{guards}
  RETURN NEW;
END $$""",
        f"CREATE TRIGGER {table}_guard BEFORE INSERT ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION guard_{table}()",
    ]


for _guarded in (Shipment, ShipmentReturn):
    attach(_guarded.__table__, _sqlite(_guarded.__tablename__), "sqlite")
    attach(_guarded.__table__, _postgresql(_guarded.__tablename__), "postgresql")
