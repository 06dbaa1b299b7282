"""The ledger: entries that are only added, and the balances that the database derives of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only, attach
from core.database.base import Base, Identified

STOCK = "stock"
LABELLED = "labelled"
HARVEST = "harvest"
PROCESS = "process"
LOSS = "loss"
MARKET = "market"
DESTROYED = "destroyed"
GOODS_ACCOUNTS = (STOCK, LABELLED)
COUNTER_ACCOUNTS = (HARVEST, PROCESS, LOSS, MARKET, DESTROYED)
_ALL = ", ".join(f"'{name}'" for name in (*GOODS_ACCOUNTS, *COUNTER_ACCOUNTS))
_COUNTER = ", ".join(f"'{name}'" for name in COUNTER_ACCOUNTS)


class Entry(Base, Identified):
    """One line of a posting. The lines of a posting sum to zero per form.

    `amount` is in the form's base: whole milligrams, or a count.
    """

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint(f"account IN ({_ALL})", "account_known"),
        CheckConstraint("base IN ('mass', 'count')", "base_known"),
    )

    posting: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(20))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    form: Mapped[str] = mapped_column(String(40))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    account: Mapped[str] = mapped_column(String(12))
    base: Mapped[str] = mapped_column(String(5))
    amount: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class Balance(Base):
    """What stands on an account: kept by a trigger on entry, never written by hand.

    Only counter-accounts may be negative (promise 2): the CHECK refuses the entry that would
    take goods below nothing.
    """

    __tablename__ = "balance"
    __table_args__ = (CheckConstraint(f"amount >= 0 OR account IN ({_COUNTER})", "goods_exist"),)

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    account: Mapped[str] = mapped_column(String(12), primary_key=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), primary_key=True)
    form: Mapped[str] = mapped_column(String(40), primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)


_SAME_ACCOUNT = (
    "batch_id = NEW.batch_id AND account = NEW.account AND party_id = NEW.party_id "
    "AND form = NEW.form"
)
_OPEN = "(batch_id, account, party_id, form, amount) VALUES (NEW.batch_id, NEW.account, NEW.party_id, NEW.form, 0)"
SQLITE_BALANCES = [
    "CREATE TRIGGER entry_balances AFTER INSERT ON entry BEGIN "
    f"INSERT OR IGNORE INTO balance {_OPEN}; "
    f"UPDATE balance SET amount = amount + NEW.amount WHERE {_SAME_ACCOUNT}; END"
]
POSTGRES_BALANCES = [
    f"""CREATE OR REPLACE FUNCTION balance_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO balance {_OPEN} ON CONFLICT DO NOTHING;
  UPDATE balance SET amount = amount + NEW.amount WHERE {_SAME_ACCOUNT};
  RETURN NEW;
END $$""",
    "CREATE TRIGGER entry_balances AFTER INSERT ON entry "
    "FOR EACH ROW EXECUTE FUNCTION balance_entry()",
]
append_only(Entry.__table__)
attach(Entry.__table__, SQLITE_BALANCES, "sqlite")
attach(Entry.__table__, POSTGRES_BALANCES, "postgresql")
