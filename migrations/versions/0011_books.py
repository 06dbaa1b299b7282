"""The books: allowances, harvests, processing, links between batches."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0011_books"
down_revision = "0010_plots"

TABLES = ["link_head", "allowance", "posting_correction", "processing", "conversion", "harvest"]
FUNCTIONS = [
    "allowance_kept",
    "entry_harvested",
    "harvest_licensed",
    "harvest_of_year",
    "use_allowance",
]
SQLITE = [
    """CREATE TRIGGER allowance_kept BEFORE UPDATE ON allowance WHEN NEW.used > OLD.used AND NEW.used > NEW.granted BEGIN SELECT RAISE(ABORT, 'no harvest beyond the allowance'); END""",
    """CREATE TRIGGER posting_correction_keep_update BEFORE UPDATE ON posting_correction BEGIN SELECT RAISE(ABORT, 'append only: posting_correction'); END""",
    """CREATE TRIGGER posting_correction_keep_delete BEFORE DELETE ON posting_correction BEGIN SELECT RAISE(ABORT, 'append only: posting_correction'); END""",
    """CREATE TRIGGER posting_correction_keep_insert BEFORE INSERT ON posting_correction WHEN EXISTS (SELECT 1 FROM posting_correction WHERE (posting = NEW.posting) OR (corrected = NEW.corrected) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: posting_correction'); END""",
    """CREATE TRIGGER processing_keep_update BEFORE UPDATE ON processing BEGIN SELECT RAISE(ABORT, 'append only: processing'); END""",
    """CREATE TRIGGER processing_keep_delete BEFORE DELETE ON processing BEGIN SELECT RAISE(ABORT, 'append only: processing'); END""",
    """CREATE TRIGGER processing_keep_insert BEFORE INSERT ON processing WHEN EXISTS (SELECT 1 FROM processing WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: processing'); END""",
    """CREATE TRIGGER conversion_keep_update BEFORE UPDATE ON conversion BEGIN SELECT RAISE(ABORT, 'append only: conversion'); END""",
    """CREATE TRIGGER conversion_keep_delete BEFORE DELETE ON conversion BEGIN SELECT RAISE(ABORT, 'append only: conversion'); END""",
    """CREATE TRIGGER conversion_keep_insert BEFORE INSERT ON conversion WHEN EXISTS (SELECT 1 FROM conversion WHERE (id = NEW.id) OR (product_id = NEW.product_id AND from_form = NEW.from_form AND to_form = NEW.to_form AND number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: conversion'); END""",
    """CREATE TRIGGER harvest_keep_update BEFORE UPDATE ON harvest BEGIN SELECT RAISE(ABORT, 'append only: harvest'); END""",
    """CREATE TRIGGER harvest_keep_delete BEFORE DELETE ON harvest BEGIN SELECT RAISE(ABORT, 'append only: harvest'); END""",
    """CREATE TRIGGER harvest_keep_insert BEFORE INSERT ON harvest WHEN EXISTS (SELECT 1 FROM harvest WHERE (id = NEW.id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: harvest'); END""",
    """CREATE TRIGGER harvest_of_year BEFORE INSERT ON harvest WHEN CAST(strftime('%Y', (SELECT b.production_date FROM batch b WHERE b.id = NEW.batch_id)) AS INTEGER) <> NEW.year BEGIN SELECT RAISE(ABORT, 'harvest of another year'); END""",
    """CREATE TRIGGER harvest_licensed BEFORE INSERT ON harvest WHEN NEW.quantity > 0 AND EXISTS (SELECT 1 FROM yield_cap c WHERE c.product_id = NEW.product_id AND c.year <= CAST(strftime('%Y', NEW.at) AS INTEGER)) AND NOT EXISTS (SELECT 1 FROM plot p JOIN plot_approval a ON a.plot_id = p.id JOIN allowance w ON w.party_id = p.party_id AND w.product_id = p.product_id AND w.year = a.year WHERE p.id = NEW.plot_id AND p.party_id = NEW.party_id AND p.product_id = NEW.product_id AND a.year = NEW.year AND a.ended_at IS NULL AND w.form = NEW.form) BEGIN SELECT RAISE(ABORT, 'no harvest without an approved plot'); END""",
    """CREATE TRIGGER harvest_uses AFTER INSERT ON harvest BEGIN UPDATE allowance SET used = used + NEW.quantity WHERE party_id = NEW.party_id AND product_id = NEW.product_id AND year = NEW.year AND form = NEW.form; END""",
    """CREATE TRIGGER entry_harvested BEFORE INSERT ON entry WHEN NEW.account = 'harvest' AND NEW.amount < 0 AND COALESCE((SELECT SUM(h.quantity) FROM harvest h WHERE h.posting = NEW.posting AND h.batch_id = NEW.batch_id AND h.party_id = NEW.party_id AND h.product_id = NEW.product_id AND h.form = NEW.form), 0) <> -NEW.amount BEGIN SELECT RAISE(ABORT, 'no goods without their harvest'); END""",
]
POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION allowance_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.used > OLD.used AND NEW.used > NEW.granted THEN
    RAISE EXCEPTION USING MESSAGE = 'no harvest beyond the allowance', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER allowance_kept BEFORE UPDATE ON allowance FOR EACH ROW EXECUTE FUNCTION allowance_kept()""",
    """CREATE TRIGGER posting_correction_keep BEFORE UPDATE OR DELETE ON posting_correction FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER posting_correction_keep_all BEFORE TRUNCATE ON posting_correction FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER processing_keep BEFORE UPDATE OR DELETE ON processing FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER processing_keep_all BEFORE TRUNCATE ON processing FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER conversion_keep BEFORE UPDATE OR DELETE ON conversion FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER conversion_keep_all BEFORE TRUNCATE ON conversion FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER harvest_keep BEFORE UPDATE OR DELETE ON harvest FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER harvest_keep_all BEFORE TRUNCATE ON harvest FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""",
    """CREATE OR REPLACE FUNCTION harvest_of_year() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXTRACT(YEAR FROM (SELECT b.production_date FROM batch b WHERE b.id = NEW.batch_id)) <> NEW.year THEN
    RAISE EXCEPTION USING MESSAGE = 'harvest of another year', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER harvest_of_year BEFORE INSERT ON harvest FOR EACH ROW EXECUTE FUNCTION harvest_of_year()""",
    """CREATE OR REPLACE FUNCTION harvest_licensed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.quantity > 0 AND EXISTS (SELECT 1 FROM yield_cap c WHERE c.product_id = NEW.product_id AND c.year <= EXTRACT(YEAR FROM NEW.at)) AND NOT EXISTS (SELECT 1 FROM plot p JOIN plot_approval a ON a.plot_id = p.id JOIN allowance w ON w.party_id = p.party_id AND w.product_id = p.product_id AND w.year = a.year WHERE p.id = NEW.plot_id AND p.party_id = NEW.party_id AND p.product_id = NEW.product_id AND a.year = NEW.year AND a.ended_at IS NULL AND w.form = NEW.form) THEN
    RAISE EXCEPTION USING MESSAGE = 'no harvest without an approved plot', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER harvest_licensed BEFORE INSERT ON harvest FOR EACH ROW EXECUTE FUNCTION harvest_licensed()""",
    """CREATE OR REPLACE FUNCTION use_allowance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE allowance SET used = used + NEW.quantity WHERE party_id = NEW.party_id AND product_id = NEW.product_id AND year = NEW.year AND form = NEW.form;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER harvest_uses AFTER INSERT ON harvest FOR EACH ROW EXECUTE FUNCTION use_allowance()""",
    """CREATE OR REPLACE FUNCTION entry_harvested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.account = 'harvest' AND NEW.amount < 0 AND COALESCE((SELECT SUM(h.quantity) FROM harvest h WHERE h.posting = NEW.posting AND h.batch_id = NEW.batch_id AND h.party_id = NEW.party_id AND h.product_id = NEW.product_id AND h.form = NEW.form), 0) <> -NEW.amount THEN
    RAISE EXCEPTION USING MESSAGE = 'no goods without their harvest', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
    """CREATE TRIGGER entry_harvested BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_harvested()""",
]
ORIGIN_SQLITE = [
    """CREATE TRIGGER batch_origin_keep_update BEFORE UPDATE ON batch_origin BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_keep_delete BEFORE DELETE ON batch_origin BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_keep_insert BEFORE INSERT ON batch_origin WHEN EXISTS (SELECT 1 FROM batch_origin WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND parent_id = NEW.parent_id) OR (number = NEW.number) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_moved BEFORE INSERT ON batch_origin WHEN EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.parent_id AND (b.confirmed_at IS NOT NULL OR NEW.kind <> 'split')) AND (-COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.parent_id AND e.account IN ('stock', 'transit')), 0) < NEW.quantity OR COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account IN ('stock', 'transit')), 0) <= 0 OR (NEW.kind IN ('split', 'transfer') AND COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account IN ('stock', 'transit')), 0) <> NEW.quantity)) BEGIN SELECT RAISE(ABORT, 'no part without its goods'); END""",
    """CREATE TRIGGER batch_origin_early BEFORE INSERT ON batch_origin WHEN EXISTS (SELECT 1 FROM batch_origin o WHERE o.parent_id = NEW.batch_id) BEGIN SELECT RAISE(ABORT, 'what has gone on takes nothing in'); END""",
]
ORIGIN_POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION refuse_origin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.parent_id AND (b.confirmed_at IS NOT NULL OR NEW.kind <> 'split')) AND (-COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.parent_id AND e.account IN ('stock', 'transit')), 0) < NEW.quantity OR COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account IN ('stock', 'transit')), 0) <= 0 OR (NEW.kind IN ('split', 'transfer') AND COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account IN ('stock', 'transit')), 0) <> NEW.quantity)) THEN
    RAISE EXCEPTION USING MESSAGE = 'no part without its goods', ERRCODE = 'restrict_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM batch_origin o WHERE o.parent_id = NEW.batch_id) THEN
    RAISE EXCEPTION USING MESSAGE = 'what has gone on takes nothing in',
      ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
]
OLD_ORIGIN_SQLITE = [
    """CREATE TRIGGER batch_origin_keep_update BEFORE UPDATE ON batch_origin BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_keep_delete BEFORE DELETE ON batch_origin BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_keep_insert BEFORE INSERT ON batch_origin WHEN EXISTS (SELECT 1 FROM batch_origin WHERE (id = NEW.id) OR (batch_id = NEW.batch_id AND parent_id = NEW.parent_id) OR rowid = NEW.rowid) BEGIN SELECT RAISE(ABORT, 'append only: batch_origin'); END""",
    """CREATE TRIGGER batch_origin_moved BEFORE INSERT ON batch_origin WHEN NEW.kind = 'split' AND EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.parent_id AND b.confirmed_at IS NOT NULL) AND (COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.parent_id AND e.account = 'stock'), 0) <> -NEW.quantity OR COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'stock'), 0) <> NEW.quantity) BEGIN SELECT RAISE(ABORT, 'no part without its goods'); END""",
]
OLD_ORIGIN_POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION refuse_origin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind = 'split' AND EXISTS (SELECT 1 FROM batch b WHERE b.id = NEW.parent_id AND b.confirmed_at IS NOT NULL) AND (COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.parent_id AND e.account = 'stock'), 0) <> -NEW.quantity OR COALESCE((SELECT SUM(e.amount) FROM entry e WHERE e.posting = NEW.posting AND e.batch_id = NEW.batch_id AND e.account = 'stock'), 0) <> NEW.quantity) THEN
    RAISE EXCEPTION USING MESSAGE = 'no part without its goods', ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$""",
]
# SQLite cannot change a CHECK: the tables are made anew, with their rows, indexes and triggers.
ENTRY = """CREATE TABLE entry_new (
    posting CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    party_id CHAR(32) NOT NULL,
    product_id CHAR(32) NOT NULL,
    form VARCHAR(40) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    account VARCHAR(12) NOT NULL,
    base VARCHAR(5) NOT NULL,
    amount BIGINT NOT NULL,
    at DATETIME NOT NULL,
    id CHAR(32) NOT NULL,
    CONSTRAINT pk_entry PRIMARY KEY (id),
    CONSTRAINT ck_entry_account_known CHECK (account IN ('stock', 'labelled', 'transit', 'harvest', 'process', 'loss', 'market', 'destroyed')),
    CONSTRAINT ck_entry_base_known CHECK (base IN ('mass', 'count')),
    CONSTRAINT fk_entry_party_id FOREIGN KEY(party_id) REFERENCES party (id),
    CONSTRAINT fk_entry_product_id FOREIGN KEY(product_id) REFERENCES product (id),
    CONSTRAINT fk_entry_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id)
)"""
OLD_ENTRY = """CREATE TABLE entry_new (
    posting CHAR(32) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    party_id CHAR(32) NOT NULL,
    product_id CHAR(32) NOT NULL,
    form VARCHAR(40) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    account VARCHAR(12) NOT NULL,
    base VARCHAR(5) NOT NULL,
    amount BIGINT NOT NULL,
    at DATETIME NOT NULL,
    id CHAR(32) NOT NULL,
    CONSTRAINT pk_entry PRIMARY KEY (id),
    CONSTRAINT ck_entry_account_known CHECK (account IN ('stock', 'labelled', 'harvest', 'process', 'loss', 'market', 'destroyed')),
    CONSTRAINT ck_entry_base_known CHECK (base IN ('mass', 'count')),
    CONSTRAINT fk_entry_party_id FOREIGN KEY(party_id) REFERENCES party (id),
    CONSTRAINT fk_entry_product_id FOREIGN KEY(product_id) REFERENCES product (id),
    CONSTRAINT fk_entry_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id)
)"""
ENTRY_INDEXES = [
    "CREATE INDEX ix_entry_batch_id ON entry (batch_id)",
    "CREATE INDEX ix_entry_posting ON entry (posting)",
]
ORIGIN = """CREATE TABLE batch_origin_new (
    number BIGINT NOT NULL,
    kind VARCHAR(10) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    parent_id CHAR(32) NOT NULL,
    quantity BIGINT NOT NULL,
    posting CHAR(32),
    note TEXT,
    account_id CHAR(32),
    at DATETIME NOT NULL,
    id CHAR(32) NOT NULL,
    CONSTRAINT pk_batch_origin PRIMARY KEY (id),
    CONSTRAINT uq_batch_origin_number UNIQUE (number),
    CONSTRAINT uq_batch_origin_batch_id_parent_id UNIQUE (batch_id, parent_id),
    CONSTRAINT ck_batch_origin_kind_known CHECK (kind IN ('split', 'merge', 'transform', 'repack', 'transfer')),
    CONSTRAINT ck_batch_origin_has_quantity CHECK (quantity > 0),
    CONSTRAINT ck_batch_origin_of_another CHECK (batch_id <> parent_id),
    CONSTRAINT fk_batch_origin_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id),
    CONSTRAINT fk_batch_origin_parent_id FOREIGN KEY(parent_id) REFERENCES batch (id),
    CONSTRAINT fk_batch_origin_account_id FOREIGN KEY(account_id) REFERENCES account (id)
)"""
OLD_ORIGIN = """CREATE TABLE batch_origin_new (
    kind VARCHAR(10) NOT NULL,
    batch_id CHAR(32) NOT NULL,
    parent_id CHAR(32) NOT NULL,
    quantity BIGINT NOT NULL,
    posting CHAR(32),
    note TEXT,
    account_id CHAR(32),
    at DATETIME NOT NULL,
    id CHAR(32) NOT NULL,
    CONSTRAINT pk_batch_origin PRIMARY KEY (id),
    CONSTRAINT uq_batch_origin_batch_id_parent_id UNIQUE (batch_id, parent_id),
    CONSTRAINT ck_batch_origin_kind_known CHECK (kind IN ('split', 'merge', 'transform', 'repack')),
    CONSTRAINT ck_batch_origin_has_quantity CHECK (quantity > 0),
    CONSTRAINT ck_batch_origin_of_another CHECK (batch_id <> parent_id),
    CONSTRAINT fk_batch_origin_batch_id FOREIGN KEY(batch_id) REFERENCES batch (id),
    CONSTRAINT fk_batch_origin_parent_id FOREIGN KEY(parent_id) REFERENCES batch (id),
    CONSTRAINT fk_batch_origin_account_id FOREIGN KEY(account_id) REFERENCES account (id)
)"""
ORIGIN_INDEXES = ["CREATE INDEX ix_batch_origin_parent_batch ON batch_origin (parent_id, batch_id)"]
OLD_ORIGIN_INDEXES = ["CREATE INDEX ix_batch_origin_parent_id ON batch_origin (parent_id)"]
_ENTRY = "id, posting, kind, party_id, product_id, form, batch_id, account, base, amount, at"
_ORIGIN = "id, kind, batch_id, parent_id, quantity, posting, note, account_id, at"
_NUMBERED = "SELECT id, ROW_NUMBER() OVER (ORDER BY at, id) AS number FROM batch_origin"
_YEAR = {
    "sqlite": "CAST(strftime('%Y', b.production_date) AS INTEGER)",
    "postgresql": "CAST(EXTRACT(YEAR FROM b.production_date) AS INTEGER)",
}
_ACCOUNTS = "account IN ('stock', 'labelled', 'transit', 'harvest', 'process', 'loss', 'market', 'destroyed')"
_OLD_ACCOUNTS = (
    "account IN ('stock', 'labelled', 'harvest', 'process', 'loss', 'market', 'destroyed')"
)
_KINDS = "kind IN ('split', 'merge', 'transform', 'repack', 'transfer')"
_OLD_KINDS = "kind IN ('split', 'merge', 'transform', 'repack')"


def upgrade() -> None:
    """The books: allowances, harvests, processing, links between batches."""
    run = op.get_bind().exec_driver_sql
    postgresql = op.get_bind().dialect.name == "postgresql"
    _create()
    if postgresql:
        _change_check(run, "entry", "account_known", _ACCOUNTS)
        _change_check(run, "batch_origin", "kind_known", _KINDS)
        run("ALTER TABLE batch_origin ADD COLUMN number BIGINT")
        run("ALTER TABLE batch_origin DISABLE TRIGGER USER")
        run(
            f"UPDATE batch_origin SET number = n.number FROM ({_NUMBERED}) n "
            "WHERE n.id = batch_origin.id"
        )
        run("ALTER TABLE batch_origin ENABLE TRIGGER USER")
        run("ALTER TABLE batch_origin ALTER COLUMN number SET NOT NULL")
        run("ALTER TABLE batch_origin ADD CONSTRAINT uq_batch_origin_number UNIQUE (number)")
        run("DROP INDEX ix_batch_origin_parent_id")
        run(ORIGIN_INDEXES[0])
    else:
        _rebuild(run, "entry", ENTRY, _ENTRY, f"SELECT {_ENTRY} FROM entry", ENTRY_INDEXES)
        _rebuild(
            run,
            "batch_origin",
            ORIGIN,
            f"{_ORIGIN}, number",
            f"SELECT {_ORIGIN}, ROW_NUMBER() OVER (ORDER BY at, id) FROM batch_origin",
            ORIGIN_INDEXES,
            ORIGIN_SQLITE,
        )
    run(
        "INSERT INTO harvest (id, posting, party_id, product_id, batch_id, year, form, quantity, "
        "at) SELECT e.id, e.posting, e.party_id, e.product_id, e.batch_id, "
        f"{_YEAR[op.get_bind().dialect.name]}, e.form, -e.amount, e.at FROM entry e "
        "JOIN batch b ON b.id = e.batch_id WHERE e.account = 'harvest' AND e.amount < 0"
    )
    run(
        "INSERT INTO link_head (id, next_number) "
        "SELECT 1, COALESCE(MAX(number), 0) + 1 FROM batch_origin"
    )
    for statement in [*ORIGIN_POSTGRESQL, *POSTGRESQL] if postgresql else SQLITE:
        run(statement)


def _rebuild(
    run: Callable[[str], sa.CursorResult[tuple[str]]],
    table: str,
    ddl: str,
    columns: str,
    rows: str,
    indexes: Sequence[str],
    own: Sequence[str] | None = None,
) -> None:
    """A table made anew under its name; triggers that speak of it wait until it is there.

    `own` are its triggers where they change too.
    """
    query = f"SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%{table}%'"
    waiting = [tuple(row) for row in run(query)]
    for name, _, _ in waiting:
        run(f"DROP TRIGGER {name}")
    run(ddl)
    run(f"INSERT INTO {table}_new ({columns}) {rows}")
    run(f"DROP TABLE {table}")
    run(f"ALTER TABLE {table}_new RENAME TO {table}")
    for statement in indexes:
        run(statement)
    for _, on, statement in waiting:
        if own is None or on != table:
            run(statement)
    for statement in own or ():
        run(statement)


def _change_check(
    run: Callable[[str], sa.CursorResult[tuple[str]]], table: str, name: str, rule: str
) -> None:
    run(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    run(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({rule})")


def downgrade() -> None:
    """Back to what was before; goods under way and hand-overs have no place there."""
    run = op.get_bind().exec_driver_sql
    postgresql = op.get_bind().dialect.name == "postgresql"
    run("DROP TRIGGER entry_harvested" + (" ON entry" if postgresql else ""))
    if postgresql:
        for statement in OLD_ORIGIN_POSTGRESQL:
            run(statement)
        run("ALTER TABLE batch_origin DROP COLUMN number")
        run("DROP INDEX ix_batch_origin_parent_batch")
        run(OLD_ORIGIN_INDEXES[0])
        _change_check(run, "batch_origin", "kind_known", _OLD_KINDS)
        _change_check(run, "entry", "account_known", _OLD_ACCOUNTS)
    else:
        _rebuild(
            run,
            "batch_origin",
            OLD_ORIGIN,
            _ORIGIN,
            f"SELECT {_ORIGIN} FROM batch_origin",
            OLD_ORIGIN_INDEXES,
            OLD_ORIGIN_SQLITE,
        )
        _rebuild(run, "entry", OLD_ENTRY, _ENTRY, f"SELECT {_ENTRY} FROM entry", ENTRY_INDEXES)
    for table in reversed(TABLES):
        op.drop_table(table)
    if postgresql:
        for function in FUNCTIONS:
            run(f"DROP FUNCTION {function}()")


def _create() -> None:
    op.create_table(
        "link_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_link_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_head")),
    )
    op.create_table(
        "allowance",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("base", sa.String(length=5), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("base IN ('mass', 'count')", name=op.f("ck_allowance_base_known")),
        sa.CheckConstraint("granted >= 0", name=op.f("ck_allowance_granted")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_allowance_used")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_allowance_party_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_allowance_product_id")
        ),
        sa.PrimaryKeyConstraint("party_id", "product_id", "year", name=op.f("pk_allowance")),
    )
    op.create_table(
        "posting_correction",
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("corrected", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_posting_correction_account_id")
        ),
        sa.PrimaryKeyConstraint("posting", name=op.f("pk_posting_correction")),
        sa.UniqueConstraint("corrected", name=op.f("uq_posting_correction_corrected")),
    )
    op.create_table(
        "processing",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("from_form", sa.String(length=40), nullable=False),
        sa.Column("to_form", sa.String(length=40), nullable=False),
        sa.Column("went_in", sa.BigInteger(), nullable=False),
        sa.Column("came_out", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("low", sa.Text(), nullable=True),
        sa.Column("high", sa.Text(), nullable=True),
        sa.Column("range_proven", sa.Boolean(), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('merge', 'transform', 'repack')", name=op.f("ck_processing_kind_known")
        ),
        sa.CheckConstraint(
            "NOT outside OR reason IS NOT NULL", name=op.f("ck_processing_outside_has_reason")
        ),
        sa.CheckConstraint(
            "went_in > 0 AND came_out > 0 AND lost >= 0", name=op.f("ck_processing_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_processing_account_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_processing_party_id")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_processing_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_processing")),
    )
    op.create_index(op.f("ix_processing_party_id"), "processing", ["party_id"], unique=False)
    op.create_table(
        "conversion",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("from_form", sa.String(length=40), nullable=False),
        sa.Column("to_form", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("low", sa.Text(), nullable=False),
        sa.Column("high", sa.Text(), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("per_unit", sa.String(length=10), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("from_form <> to_form", name=op.f("ck_conversion_of_another_form")),
        sa.CheckConstraint(
            "source IS NOT NULL OR evidence_id IS NULL",
            name=op.f("ck_conversion_evidence_has_source"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_conversion_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["evidence_id"], ["document.id"], name=op.f("fk_conversion_evidence_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_conversion_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversion")),
        sa.UniqueConstraint(
            "product_id",
            "from_form",
            "to_form",
            "number",
            name=op.f("uq_conversion_product_id_from_form_to_form_number"),
        ),
    )
    op.create_table(
        "harvest",
        sa.Column("posting", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("plot_id", sa.Uuid(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_harvest_has_quantity")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_harvest_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_harvest_party_id")),
        sa.ForeignKeyConstraint(["plot_id"], ["plot.id"], name=op.f("fk_harvest_plot_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_harvest_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_harvest")),
    )
    op.create_index(
        "ix_harvest_account", "harvest", ["party_id", "product_id", "year"], unique=False
    )
    op.create_index(op.f("ix_harvest_batch_id"), "harvest", ["batch_id"], unique=False)
    op.create_index(op.f("ix_harvest_plot_id"), "harvest", ["plot_id"], unique=False)
    op.create_index(op.f("ix_harvest_posting"), "harvest", ["posting"], unique=False)
    # ### end Alembic commands ###
