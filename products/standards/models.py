"""Standards, editions, clauses, characteristics and requirements."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.database.append_only import attach, insert_guard
from core.database.base import Base, Identified, Json
from products.models import Product, ProductTerm


class Standard(Base, Identified):
    """A standard or law, without its year: GB 2762. Its editions carry the years."""

    __tablename__ = "standard"

    number: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    level: Mapped[str] = mapped_column(String(20))
    stages: Mapped[Any] = mapped_column(Json, default=list)
    certainty: Mapped[str] = mapped_column(String(20))
    source: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("party.id"))
    origin: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)

    editions: Mapped[list["Edition"]] = relationship(
        lazy="selectin", order_by="Edition.designation", back_populates="standard"
    )


class ProductStandard(Base):
    """That a standard concerns a product."""

    __tablename__ = "product_standard"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("product.id"), primary_key=True)
    standard_id: Mapped[UUID] = mapped_column(ForeignKey("standard.id"), primary_key=True)


class Edition(Base, Identified):
    """An edition of a standard: in force from `starts` to `ends`, both days included.

    An unknown first day is None (起始日待核实); a new edition closes the one before it and
    changes nothing else of it.
    """

    __tablename__ = "edition"
    __table_args__ = (CheckConstraint("ends IS NULL OR starts IS NULL OR ends >= starts", "order"),)

    standard_id: Mapped[UUID] = mapped_column(ForeignKey("standard.id"), index=True)
    designation: Mapped[str] = mapped_column(String(80), unique=True)
    year: Mapped[int | None] = mapped_column(Integer)
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(60))
    certainty: Mapped[str] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    origin: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=1)

    standard: Mapped[Standard] = relationship(lazy="joined", innerjoin=True)


class Clause(Base, Identified):
    """A clause of an edition, by its number as printed there ('4.1 表1 茶叶')."""

    __tablename__ = "clause"
    __table_args__ = (UniqueConstraint("edition_id", "number"),)

    edition_id: Mapped[UUID] = mapped_column(ForeignKey("edition.id"), index=True)
    number: Mapped[str] = mapped_column(String(120))
    title: Mapped[str | None] = mapped_column(String(200))

    edition: Mapped[Edition] = relationship(lazy="joined", innerjoin=True)


class Characteristic(Base, Identified):
    """What is measured or stated, by its Chinese name."""

    __tablename__ = "characteristic"

    name: Mapped[str] = mapped_column(String(80), unique=True)
    name_en: Mapped[str] = mapped_column(String(120))


class Requirement(Base, Identified):
    """A limit on a characteristic in a clause. It never changes: a correction is a new revision.

    `retired_at` is set, once, when a newer revision stands in its place.
    """

    __tablename__ = "requirement"
    __table_args__ = (UniqueConstraint("code", "revision"),)

    code: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    clause_id: Mapped[UUID] = mapped_column(ForeignKey("clause.id"), index=True)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("product.id"), index=True)
    characteristic_id: Mapped[UUID] = mapped_column(ForeignKey("characteristic.id"), index=True)
    stage: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(10))
    scope: Mapped[Any] = mapped_column(Json)
    bound: Mapped[Any] = mapped_column(Json)
    unit: Mapped[str] = mapped_column(String(20))
    method: Mapped[str | None] = mapped_column(String(200))
    nature: Mapped[str] = mapped_column(String(20))
    certainty: Mapped[str] = mapped_column(String(20))
    enforce: Mapped[bool] = mapped_column(Boolean)
    note: Mapped[str | None] = mapped_column(Text)
    sources: Mapped[Any] = mapped_column(Json, default=list)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("document.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    clause: Mapped[Clause] = relationship(lazy="joined", innerjoin=True)
    characteristic: Mapped[Characteristic] = relationship(lazy="joined", innerjoin=True)


SQLITE_KEEPS_LIMITS = [
    "CREATE TRIGGER requirement_keep_update BEFORE UPDATE ON requirement "
    "WHEN OLD.retired_at IS NOT NULL OR NEW.retired_at IS NULL OR NEW.bound IS NOT OLD.bound "
    "OR NEW.unit IS NOT OLD.unit OR NEW.clause_id IS NOT OLD.clause_id "
    "OR NEW.scope IS NOT OLD.scope OR NEW.code IS NOT OLD.code OR NEW.id IS NOT OLD.id "
    "BEGIN SELECT RAISE(ABORT, 'append only: requirement'); END",
    "CREATE TRIGGER requirement_keep_delete BEFORE DELETE ON requirement "
    "BEGIN SELECT RAISE(ABORT, 'append only: requirement'); END",
    insert_guard("requirement", [["id"], ["code", "revision"]]),
]
POSTGRES_KEEPS_LIMITS = [
    """CREATE OR REPLACE FUNCTION refuse_changed_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL
     AND NEW.bound = OLD.bound AND NEW.unit = OLD.unit AND NEW.clause_id = OLD.clause_id
     AND NEW.scope = OLD.scope AND NEW.code = OLD.code AND NEW.id = OLD.id THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION USING MESSAGE = 'append only: requirement', ERRCODE = 'restrict_violation';
END $$""",
    "CREATE TRIGGER requirement_keep BEFORE UPDATE OR DELETE ON requirement "
    "FOR EACH ROW EXECUTE FUNCTION refuse_changed_limit()",
    "CREATE TRIGGER requirement_keep_all BEFORE TRUNCATE ON requirement "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_changed_limit()",
]
attach(Requirement.__table__, SQLITE_KEEPS_LIMITS, "sqlite")
attach(Requirement.__table__, POSTGRES_KEEPS_LIMITS, "postgresql")


class RuleStamp(Base):
    """One row whose text is drawn afresh by triggers whenever a rule changes, and never recurs.

    Whoever keeps a rulebook keeps it under this text: the same text, the same rules. A number that
    counts would come back after a rollback; a random text does not.
    """

    __tablename__ = "rule_stamp"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    stamp: Mapped[str] = mapped_column(String(36))


# Every table that a rulebook is made from; of a product only its key stands in one. Release plans
# draw a new stamp too (products/plans/models.py).
_RULE_TABLES = (Requirement, Clause, Edition, Standard, Characteristic, ProductTerm, Product)
# On PostgreSQL the row is written at COMMIT only, so that whoever changes a rule holds no lock on
# it meanwhile; until then a setting of the transaction tells its own changes (see stamp.py).
_PG_MARK = """CREATE OR REPLACE FUNCTION mark_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('biaoyuan.rules', gen_random_uuid()::text, true);
  RETURN NULL;
END $$"""
_PG_STAMP = """CREATE OR REPLACE FUNCTION stamp_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('biaoyuan.rules_stamped', true) IS DISTINCT FROM 'yes' THEN
    UPDATE rule_stamp SET stamp = gen_random_uuid()::text;
    PERFORM set_config('biaoyuan.rules_stamped', 'yes', true);
  END IF;
  RETURN NULL;
END $$"""


def stamps_rules(table: str) -> None:
    """Attach the triggers that draw a new stamp whenever a row of `table` changes."""
    update = "UPDATE OF key" if table == Product.__tablename__ else "UPDATE"
    when = f"INSERT OR DELETE OR {update}"
    sqlite = [
        f"CREATE TRIGGER {table}_stamps_rules_{verb.partition(' ')[0].lower()} "
        f"AFTER {verb} ON {table} "
        "BEGIN UPDATE rule_stamp SET stamp = lower(hex(randomblob(16))); END"
        for verb in ("INSERT", update, "DELETE")
    ]
    postgresql = [
        _PG_MARK,
        _PG_STAMP,
        f"CREATE TRIGGER {table}_marks_rules AFTER {when} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION mark_rules()",
        f"CREATE CONSTRAINT TRIGGER {table}_stamps_rules AFTER {when} ON {table} "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION stamp_rules()",
    ]
    attach(Base.metadata.tables[table], sqlite, "sqlite")
    attach(Base.metadata.tables[table], postgresql, "postgresql")


for _source in _RULE_TABLES:
    stamps_rules(_source.__tablename__)
