"""The ledger: entries that are only added, and the balances that the database derives of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.append_only import append_only, attach
from core.database.base import Base, Identified

STOCK = "stock"
LABELLED = "labelled"
TRANSIT = "transit"
HARVEST = "harvest"
PROCESS = "process"
LOSS = "loss"
MARKET = "market"
DESTROYED = "destroyed"
GOODS_ACCOUNTS = (STOCK, LABELLED, TRANSIT)
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


class Allowance(Base):
    """额度: how much of a product a party may harvest in a year, and how much of it is used.

    `used` is kept by a trigger on harvest. A cut may leave it above `granted`: then nothing adds to
    it any more, and it shows as a deficit.
    """

    __tablename__ = "allowance"
    __table_args__ = (
        CheckConstraint("base IN ('mass', 'count')", "base_known"),
        CheckConstraint("granted >= 0", "granted"),
        CheckConstraint("used >= 0", "used"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"), primary_key=True)
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    form: Mapped[str] = mapped_column(String(40))
    base: Mapped[str] = mapped_column(String(5))
    granted: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int] = mapped_column(BigInteger)


class Harvest(Base, Identified):
    """采收: how much of a batch came from which plot; below nothing where a harvest is corrected.

    Once the product has a yield cap a trigger asks for a plot of the party that is approved for
    that year, in the form of its cap, and for what is left of the allowance (promise 2).
    """

    __tablename__ = "harvest"
    __table_args__ = (
        CheckConstraint("quantity <> 0", "has_quantity"),
        Index("ix_harvest_account", "party_id", "product_id", "year"),
    )

    posting: Mapped[UUID] = mapped_column(index=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("party.id"))
    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"))
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), index=True)
    plot_id: Mapped[UUID | None] = mapped_column(ForeignKey("plot.id"), index=True)
    year: Mapped[int] = mapped_column(Integer)
    form: Mapped[str] = mapped_column(String(40))
    quantity: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class PostingCorrection(Base):
    """A posting undone by another one with the signs turned round, once, with a reason."""

    __tablename__ = "posting_correction"

    posting: Mapped[UUID] = mapped_column(primary_key=True)
    corrected: Mapped[UUID] = mapped_column(unique=True)
    reason: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]


for _evidence in (Entry, Harvest, PostingCorrection):
    append_only(_evidence.__table__)
attach(Entry.__table__, SQLITE_BALANCES, "sqlite")
attach(Entry.__table__, POSTGRES_BALANCES, "postgresql")

_NOT_HARVESTED = (
    "NEW.account = 'harvest' AND NEW.amount < 0 AND COALESCE((SELECT SUM(h.quantity) "
    "FROM harvest h WHERE h.posting = NEW.posting AND h.batch_id = NEW.batch_id "
    "AND h.party_id = NEW.party_id AND h.product_id = NEW.product_id "
    "AND h.form = NEW.form), 0) <> -NEW.amount"
)
_OTHER_YEAR = (
    "CAST(strftime('%Y', (SELECT b.production_date FROM batch b WHERE b.id = NEW.batch_id)) "
    "AS INTEGER) <> NEW.year"
)
_OTHER_YEAR_PG = (
    "EXTRACT(YEAR FROM (SELECT b.production_date FROM batch b WHERE b.id = NEW.batch_id)) "
    "<> NEW.year"
)
_CAPPED = (
    "NEW.quantity > 0 AND EXISTS (SELECT 1 FROM yield_cap c WHERE c.product_id = NEW.product_id "
    "AND c.year <= "
)
_UNLICENSED = (
    ") AND NOT EXISTS (SELECT 1 FROM plot p "
    "JOIN plot_approval a ON a.plot_id = p.id JOIN allowance w ON w.party_id = p.party_id "
    "AND w.product_id = p.product_id AND w.year = a.year WHERE p.id = NEW.plot_id "
    "AND p.party_id = NEW.party_id AND p.product_id = NEW.product_id AND a.year = NEW.year "
    "AND a.ended_at IS NULL AND w.form = NEW.form)"
)
_AT_YEAR = "CAST(strftime('%Y', NEW.at) AS INTEGER)"
_AT_YEAR_PG = "EXTRACT(YEAR FROM NEW.at)"
_USES = (
    "UPDATE allowance SET used = used + NEW.quantity WHERE party_id = NEW.party_id "
    "AND product_id = NEW.product_id AND year = NEW.year AND form = NEW.form"
)
_BEYOND = "NEW.used > OLD.used AND NEW.used > NEW.granted"
_NO_PLOT = "no harvest without an approved plot"
_BEYOND_WORDS = "no harvest beyond the allowance"
_NO_HARVEST = "no goods without their harvest"


def _refuse(name: str, when: str, table: str, broken: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} WHEN {broken} "
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _refuse_in_postgres(name: str, when: str, table: str, broken: str, message: str) -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {broken} THEN
    RAISE EXCEPTION USING MESSAGE = '{message}', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


_GUARDS = (
    (Entry, "entry_harvested", "INSERT", _NOT_HARVESTED, _NOT_HARVESTED, _NO_HARVEST),
    (Harvest, "harvest_of_year", "INSERT", _OTHER_YEAR, _OTHER_YEAR_PG, "harvest of another year"),
    (
        Harvest,
        "harvest_licensed",
        "INSERT",
        _CAPPED + _AT_YEAR + _UNLICENSED,
        _CAPPED + _AT_YEAR_PG + _UNLICENSED,
        _NO_PLOT,
    ),
    (Allowance, "allowance_kept", "UPDATE", _BEYOND, _BEYOND, _BEYOND_WORDS),
)
for _model, _name, _when, _sqlite, _postgres, _message in _GUARDS:
    _on = _model.__tablename__
    attach(_model.__table__, [_refuse(_name, _when, _on, _sqlite, _message)], "sqlite")
    _made = _refuse_in_postgres(_name, _when, _on, _postgres, _message)
    attach(_model.__table__, _made, "postgresql")
attach(
    Harvest.__table__,
    [f"CREATE TRIGGER harvest_uses AFTER INSERT ON harvest BEGIN {_USES}; END"],
    "sqlite",
)
attach(
    Harvest.__table__,
    [
        f"""CREATE OR REPLACE FUNCTION use_allowance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_USES};
  RETURN NEW;
END $$""",
        "CREATE TRIGGER harvest_uses AFTER INSERT ON harvest "
        "FOR EACH ROW EXECUTE FUNCTION use_allowance()",
    ],
    "postgresql",
)
