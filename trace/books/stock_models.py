"""Acts on the stock of one batch outside of its way to a label, with what was said of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only, attach
from core.database.base import Base, Identified

LOST = "loss"
SAMPLED = "sample"
DESTRUCTION = "destruction"
SALE = "sale"
RETURN = "return"
STOCK_ACTS = (LOST, SAMPLED, DESTRUCTION, SALE, RETURN)


class StockAct(Base, Identified):
    """报损、取样、销毁、散货售出、退回: why a posting was made; its id is that of the posting.

    A sale is of goods without labels to somebody outside the books; who, and how to reach them, are
    kept as digests of erasable values. A return names its sale and is never more than what of it is
    still out. Triggers refuse what does not stand in the entries of the posting.
    """

    __tablename__ = "stock_act"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in STOCK_ACTS)})", "kind_known"),
        CheckConstraint("quantity > 0", "has_quantity"),
        CheckConstraint("base IN ('mass', 'count')", "base_known"),
        CheckConstraint("(kind = 'sale') = (buyer IS NOT NULL)", "sale_has_buyer"),
        CheckConstraint("(kind = 'sale') = (contact IS NOT NULL)", "buyer_can_be_reached"),
        CheckConstraint("(kind = 'return') = (sale_id IS NOT NULL)", "return_of_sale"),
        CheckConstraint("reason IS NOT NULL OR kind IN ('sample', 'sale')", "has_reason"),
    )

    kind: Mapped[str] = mapped_column(String(12))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), index=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    base: Mapped[str] = mapped_column(String(5))
    quantity: Mapped[int] = mapped_column(BigInteger)
    typed: Mapped[str] = mapped_column(String(30))
    unit: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    buyer: Mapped[str | None] = mapped_column(String(64))
    contact: Mapped[str | None] = mapped_column(String(64))
    sale_id: Mapped[UUID | None] = mapped_column(ForeignKey("stock_act.id"), index=True)
    happened_on: Mapped[date] = mapped_column(Date)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


append_only(StockAct.__table__)

_UNBOOKED = (
    "COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.id "
    "AND e.batch_id = NEW.batch_id AND e.party_id = NEW.party_id AND e.account = 'stock'), 0) "
    "<> (CASE WHEN NEW.kind = 'return' THEN NEW.quantity ELSE -NEW.quantity END)"
)
_STANDS = "NOT EXISTS (SELECT 1 FROM posting_correction c WHERE c.corrected = {}.id)"
_BEYOND_SALE = (
    "NEW.kind = 'return' AND NEW.quantity > COALESCE((SELECT s.quantity FROM stock_act s "
    "WHERE s.id = NEW.sale_id AND s.batch_id = NEW.batch_id AND s.kind = 'sale' "
    f"AND {_STANDS.format('s')}), 0) - COALESCE((SELECT SUM(r.quantity) FROM stock_act r "
    f"WHERE r.sale_id = NEW.sale_id AND {_STANDS.format('r')}), 0)"
)
_GUARDS = (
    ("stock_act_booked", _UNBOOKED, "no act without its goods"),
    ("stock_act_returned", _BEYOND_SALE, "no return of more than was sold"),
)
for _name, _broken, _message in _GUARDS:
    attach(
        StockAct.__table__,
        [
            f"CREATE TRIGGER {_name} BEFORE INSERT ON stock_act WHEN {_broken} "
            f"BEGIN SELECT RAISE(ABORT, '{_message}'); END"
        ],
        "sqlite",
    )
    attach(
        StockAct.__table__,
        [
            f"""CREATE OR REPLACE FUNCTION {_name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_broken} THEN
    RAISE EXCEPTION USING MESSAGE = '{_message}', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
            f"CREATE TRIGGER {_name} BEFORE INSERT ON stock_act "
            f"FOR EACH ROW EXECUTE FUNCTION {_name}()",
        ],
        "postgresql",
    )
