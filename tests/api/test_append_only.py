"""Evidence only grows: whatever SQL the service's own role sends, on both engines (promise 5).

And no label by SQL either: a raw INSERT of a run is held to the promises 1 and 2.
"""

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Table, insert, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from core.act import HOUSE, transaction
from core.clock import now
from core.database.base import Base
from core.database.engine import db
from core.documents.models import Document
from labels.models import LabelRun
from labels.service import StateDraft, change_state
from tests.api.batches_ready import ReadyBatches
from tests.api.labelled import EVERY_BATCH, MADE, Labelled
from tests.api.looking import put
from tests.people import People, Person
from trace.batches.drafts import EventDraft
from trace.batches.models import Batch, Event
from trace.batches.service import holding_of
from trace.books.models import Entry
from trace.books.service import book_labelling
from trace.inspections import rejudge
from trace.inspections.models import Disposition, Verdict

EVIDENCE = [
    table
    for table in Base.metadata.sorted_tables
    if any("append only" in one for one in table.info.get("triggers", {}).get("sqlite", []))
]
UPSERT = (
    "INSERT INTO {0} SELECT * FROM {0} WHERE {1} = (SELECT MIN({1}) FROM {0}) "
    "ON CONFLICT ({1}) DO UPDATE SET {2} = excluded.{2}"
)


def test_the_tables_of_evidence_are_all_there() -> None:
    assert {table.name for table in EVIDENCE} == {
        "disposition", "document", "entry", "event", "evidence", "inspection", "key_epoch",
        "label_run", "label_state", "requirement", "result", "submission", "verdict", "withdrawal",
    }  # fmt: skip


@pytest.fixture
def labelled(app: Flask, people: People) -> Labelled:
    """A batch with labels, and a row in every table of evidence."""
    made = Labelled(app, people).in_use()
    put(app, Document(party_id=made.maker.party, name="示例.pdf", media_type="application/pdf",
                      size=1, sha256="0" * 64, stored_at=now()))  # fmt: skip
    made.withdraw(made.inspect(*EVERY_BATCH), "仪器故障")
    return made


def columns_of(table: Table) -> tuple[str, str]:
    """The key of a table and another column."""
    names = [column.name for column in table.columns]
    key = next(iter(table.primary_key.columns)).name
    return key, next(name for name in names if name != key)


def raw_statements(table: Table, engine: str) -> Iterator[str]:
    """Ways to change or lose rows of a table."""
    key, other = columns_of(table)
    yield f"UPDATE {table.name} SET {key} = {key}"
    yield f"UPDATE {table.name} SET {other} = {other}"
    yield f"DELETE FROM {table.name}"
    yield UPSERT.format(table.name, key, other)
    if engine == "sqlite":
        yield f"INSERT OR REPLACE INTO {table.name} SELECT * FROM {table.name}"
        yield f"REPLACE INTO {table.name} SELECT * FROM {table.name} LIMIT 1"
        yield f"UPDATE OR REPLACE {table.name} SET {other} = {other}"
    else:
        yield f"TRUNCATE {table.name} CASCADE"
        yield f"MERGE INTO {table.name} t USING {table.name} s ON t.{key} = s.{key} WHEN MATCHED THEN DELETE"


def everything(session: Session) -> dict[str, list[Any]]:
    """Every row of every table of evidence."""
    session.rollback()
    return {
        table.name: sorted(map(tuple, session.execute(text(f"SELECT * FROM {table.name}"))), key=str)
        for table in EVIDENCE
    }


def test_no_statement_changes_or_loses_a_row_of_evidence(
    labelled: Labelled, session: Session, engine: str
) -> None:
    before = everything(session)
    assert all(before.values()), "every table of evidence has something to lose"
    for table in EVIDENCE:
        for statement in raw_statements(table, engine):
            with pytest.raises(DBAPIError) as refused:
                session.execute(text(statement))
            assert _by_a_guard(str(refused.value.orig)), f"{statement}: {refused.value.orig}"
            session.rollback()
    assert everything(session) == before


def _by_a_guard(message: str) -> bool:
    """Refused by one of ours, not by a slip in the statement."""
    words = ("append only", "label serials overlap", "no release without", "no label without")
    return any(word in message for word in words)


def test_no_other_connection_replaces_evidence_by_its_key(
    labelled: Labelled, session: Session, engine: str
) -> None:
    if engine != "sqlite":
        pytest.skip("REPLACE is of SQLite")
    before = everything(session)
    path = db.engine.url.database
    assert path is not None
    with sqlite3.connect(path) as stranger:
        for table in EVIDENCE:
            if table.name == "requirement":
                continue
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                stranger.execute(f"REPLACE INTO {table.name} SELECT * FROM {table.name} LIMIT 1")
    stranger.close()
    assert everything(session) == before


def test_every_verb_only_adds_to_the_evidence(labelled: Labelled, session: Session) -> None:
    before = everything(session)
    event = session.query(Event).filter(Event.batch_id == labelled.batch).first()
    assert event is not None
    draft = EventDraft(event.stage, MADE, note="更正：日期")
    with labelled.act(labelled.maker) as act:
        rejudge.correct_stage(act, event.id, draft, "写错了")
    labelled.correct(labelled.inspect(*EVERY_BATCH), *EVERY_BATCH, reason="抄错编号")
    labelled.decide("hold", "市场抽检")
    with labelled.act(labelled.maker) as act:
        change_state(act, labelled.run, StateDraft("void", reason="封存"))
    after = everything(session)
    for table, rows in before.items():
        assert set(map(repr, rows)) <= set(map(repr, after[table])), table
    assert len(after["evidence"]) > len(before["evidence"])


# --- no label by SQL -------------------------------------------------------------------------


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    return ReadyBatches(app)


class RawRun:
    """A run of ten labels of 1 kg, booked as the law wants it, to be inserted by bare SQL."""

    def __init__(self, app: Flask, cooperative: Person, ready: ReadyBatches, **batch: Any) -> None:
        self.app, self.ready, self.cooperative = app, ready, cooperative
        self.batch = ready.batch(cooperative, 100_000_000, **batch)

    def row(self, **more: Any) -> dict[str, Any]:
        with self.app.app_context(), transaction(db.session, HOUSE) as act:
            batch = act.session.get_one(Batch, self.batch)
            posting = book_labelling(act, holding_of(batch), batch.form, 10_000_000)
            newest = act.session.query(Disposition).filter_by(batch_id=batch.id)
            last = newest.order_by(Disposition.number.desc()).first()
            return {
                "id": uuid.uuid4(), "batch_id": batch.id, "party_id": batch.party_id,
                "product_id": batch.product_id, "release_id": last.id if last else uuid.uuid4(),
                "licence_id": uuid.uuid4(), "epoch": 1, "first": 100, "last": 109,
                "net_content": 1_000_000, "net_typed": "1", "net_unit": "kg", "posting": posting,
                "origin": "https://gi.example.cn", "sheet_format": "a4-3x8",
                "gi_name": "长沙绿茶", "standard": "GB/T 14456.3-2016", "mark": False,
                "drawn_at": now(),
            } | more  # fmt: skip

    def licence(self) -> uuid.UUID:
        with self.app.app_context():
            query = text("SELECT id FROM licence WHERE party_id = :party AND product_id = :product")
            batch = db.session.get_one(Batch, self.batch)
            found = query.bindparams(party=batch.party_id, product=batch.product_id)
            typed = found.columns(LabelRun.__table__.c.id)
            return uuid.UUID(str(db.session.execute(typed).scalar_one()))
