"""Evidence only grows: whatever SQL the service's own role sends, on both engines (promise 5).

And no label by SQL either: a raw INSERT of a run is held to the promises 1 and 2.
"""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import NullPool, Table, create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from core.act import HOUSE, transaction
from core.clock import now
from core.database.base import Base
from core.documents.models import Document
from labels.models import LabelRun
from labels.service import StateDraft, change_state
from products.licences.models import Licence
from products.models import Division
from products.plots.models import Plot, PlotApproval, YieldCap
from tests.api.batches_ready import ReadyBatches
from tests.api.evidence_rows import rows_of_the_books
from tests.api.labelled import EVERY_BATCH, MADE, Labelled
from tests.api.looking import put
from tests.api.sampled import sample_and_split
from tests.people import People, Person
from trace.batches.drafts import EventDraft
from trace.batches.models import Batch, Event
from trace.batches.service import holding_of
from trace.books.models import Entry
from trace.books.service import book_labelling
from trace.inspections import rejudge
from trace.inspections.concession_models import Concession
from trace.inspections.life_models import Attachment, Reinspection, Retest
from trace.inspections.models import Disposition, Reinstatement, Verdict, Withdrawal
from trace.laboratories.models import Calibration, Instrument

EVIDENCE = [
    table
    for table in Base.metadata.sorted_tables
    if any("append only" in one for one in table.info.get("triggers", {}).get("sqlite", []))
]
UPSERT = (
    "INSERT INTO {0} SELECT * FROM {0} WHERE true LIMIT 1 "
    "ON CONFLICT ({1}) DO UPDATE SET {2} = excluded.{2}"
)


def test_the_tables_of_evidence_are_all_there() -> None:
    assert {table.name for table in EVIDENCE} == {
        "alarm_word", "attachment", "batch_input", "batch_origin", "calibration", "card_booking",
        "concession", "conversion", "disposition", "document", "entry", "event", "evidence",
        "hand_over", "harvest", "inspection", "inspection_order", "key_epoch", "label_run",
        "label_state", "plot_approval", "posting_correction", "processing", "promise",
        "promise_link", "promise_receipt", "promise_withdrawal", "recall", "recall_answer",
        "recall_batch", "recall_holder", "reinspection", "reinstatement", "report_link",
        "requirement", "result", "retest", "risk_item", "sample", "shipment", "shipment_return",
        "signature", "stock_act", "submission", "transfer", "transfer_answer", "verdict",
        "withdrawal", "yield_cap",
    }  # fmt: skip


@pytest.fixture
def labelled(app: Flask, people: People) -> Labelled:
    """A batch with labels, and a row in every table of evidence."""
    made = Labelled(app, people).in_use()
    put(app, Document(party_id=made.maker.party, name="示例.pdf", media_type="application/pdf",
                      size=1, sha256="0" * 64, stored_at=now()))  # fmt: skip
    rows_of_the_books(made, people)
    taken_back = made.inspect(*EVERY_BATCH)
    made.withdraw(taken_back, "仪器故障")
    for row in (*_beside(made, taken_back), *_approved_and_ended(made)):
        put(app, row)
    sample_and_split(made)
    return made


def _beside(made: Labelled, taken_back: uuid.UUID) -> Iterator[Base]:
    """A row in each table beside the reports, of which the verbs above fill none."""
    reports = {"first_id": made.type_report, "reason": "示例"}
    yield Instrument(
        id=(meter := uuid.uuid4()), laboratory_id=made.laboratory.party, name="示例水分仪",
        serial_number="S-1", unit="%", characteristics=["水分"], mapping={}, version=1, created_at=now(),
    )  # fmt: skip
    yield Calibration(
        instrument_id=meter, calibrated_on=MADE, due_on=MADE + timedelta(days=300),
        certificate_number="J-1", recorded_at=now(),
    )  # fmt: skip
    with made.act() as act:
        withdrawal = act.session.scalars(select(Withdrawal.id)).one()
        document = act.session.scalars(select(Document.id)).first()
        verdict = act.session.scalars(select(Verdict.id)).first()
    yield Reinstatement(withdrawal_id=withdrawal, reason="示例", reinstated_at=now())
    yield Retest(inspection_id=taken_back, ground="retained-sample", both_count=False, **reports)
    yield Reinspection(
        batch_id=made.batch, laboratory_id=made.laboratory.party, sample="retained-sample",
        last_day=MADE, calendar="entered", asked_at=now(), **reports,
    )  # fmt: skip
    yield Attachment(inspection_id=taken_back, document_id=document)
    yield Concession(
        batch_id=made.batch, verdict_id=verdict, reason="示例", quantity=1, asked_at=now(),
        asked_by=made.laboratory.account, party_id=made.laboratory.party, refusal="示例",
        refused_by=made.authority.account, refused_at=now(),
    )  # fmt: skip


def _approved_and_ended(made: Labelled) -> Iterator[Base]:
    """A plot whose approval has ended, and a yield cap."""
    with made.act() as act:
        product = act.session.scalars(select(Batch.product_id)).first()
        place = act.session.scalars(select(Division.code)).first()
    yield Plot(
        id=(plot := uuid.uuid4()), party_id=made.maker.party, product_id=product, number="1",
        name="示例", area_mu=Decimal(1), place_code=place, created_at=now(), version=1,
    )  # fmt: skip
    yield PlotApproval(
        plot_id=plot, year=2020, area_mu=Decimal(1), source="示例", approved_at=now(),
        ended_at=now(), end_reason="示例",
    )  # fmt: skip
    yield YieldCap(
        product_id=product, year=2020, number=1, form="鲜叶", base="mass", per_mu=1, typed="1",
        unit="mg", source="示例", set_at=now(),
    )  # fmt: skip


def columns_of(table: Table) -> tuple[str, str]:
    """The key of a table and another column."""
    names = [column.name for column in table.columns]
    key = ", ".join(column.name for column in table.primary_key.columns)
    return key, next(name for name in names if name != key)


def raw_statements(table: Table, engine: str) -> Iterator[str]:
    """Ways to change or lose rows of a table."""
    key, other = columns_of(table)
    first = key.partition(",")[0]
    yield f"UPDATE {table.name} SET {first} = {first}"
    yield f"UPDATE {table.name} SET {other} = {other}"
    yield f"DELETE FROM {table.name}"
    yield UPSERT.format(table.name, key, other)
    if engine == "sqlite":
        yield f"INSERT OR REPLACE INTO {table.name} SELECT * FROM {table.name}"
        yield f"REPLACE INTO {table.name} SELECT * FROM {table.name} LIMIT 1"
        yield f"UPDATE OR REPLACE {table.name} SET {other} = {other}"
    else:
        yield f"TRUNCATE {table.name} CASCADE"
        yield f"MERGE INTO {table.name} t USING {table.name} s ON t.{first} = s.{first} WHEN MATCHED THEN DELETE"


def everything(session: Session) -> dict[str, list[Any]]:
    """Every row of every table of evidence."""
    session.rollback()
    return {
        table.name: sorted(
            map(tuple, session.execute(text(f"SELECT * FROM {table.name}"))), key=str
        )
        for table in EVIDENCE
    }


@pytest.fixture
def owner(url: str, session: Session, engine: str) -> Iterator[Session]:
    """A session of the role that owns the tables: only the triggers stand in its way."""
    if engine == "sqlite":
        yield session
        return
    made = create_engine(url, poolclass=NullPool)
    with Session(made) as opened:
        yield opened
    made.dispose()


def test_no_statement_changes_or_loses_a_row_of_evidence(
    labelled: Labelled, session: Session, owner: Session, engine: str
) -> None:
    before = everything(session)
    session.rollback()
    empty = [table for table, found in before.items() if not found]
    assert empty == [], "every table of evidence has something to lose"
    for table in EVIDENCE:
        for statement in raw_statements(table, engine):
            for role, guarded in ((owner, _by_a_guard), (session, _by_a_guard_or_right)):
                with pytest.raises(DBAPIError) as refused:
                    role.execute(text(statement))
                assert guarded(str(refused.value.orig)), f"{statement}: {refused.value.orig}"
                role.rollback()
    assert everything(session) == before


def _by_a_guard_or_right(message: str) -> bool:
    """The serving role of PostgreSQL has not even the right to try."""
    return _by_a_guard(message) or "permission denied" in message


def _by_a_guard(message: str) -> bool:
    """Refused by one of ours, not by a slip in the statement."""
    words = (
        "append only", "label serials overlap", "takes nothing in", "no release without",
        "no label without", "no part without", "no report without", "no concession without",
        "no harvest without", "no goods without", "no act without", "no hand-over without",
        "no answer without", "no shipment of", "no return of", "are back already", "are out already",
    )  # fmt: skip
    return any(word in message for word in words)


def test_a_connection_without_our_manners_is_refused_too(
    labelled: Labelled, session: Session, url: str, engine: str
) -> None:
    before = everything(session)
    session.rollback()
    plain = create_engine(url, poolclass=NullPool)
    word = "REPLACE INTO {0} SELECT * FROM {0} LIMIT 1" if engine == "sqlite" else "DELETE FROM {0}"
    guarded = [table for table in EVIDENCE if "keep_insert" in str(table.info["triggers"])]
    for table in guarded:
        with pytest.raises(DBAPIError) as said, plain.begin() as connection:
            connection.execute(text(word.format(table.name)))
        assert _by_a_guard(str(said.value.orig)), f"{table.name}: {said.value.orig}"
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


def booked(session: Session, batch_id: uuid.UUID, amount: int) -> uuid.UUID:
    """A posting that labels goods of a batch."""
    with transaction(session, HOUSE) as act:
        batch = act.session.get_one(Batch, batch_id)
        return book_labelling(act, holding_of(batch), batch.form, amount)


def last_disposition(session: Session, batch_id: uuid.UUID) -> uuid.UUID:
    query = select(Disposition.id).where(Disposition.batch_id == batch_id)
    return session.scalars(query.order_by(Disposition.number.desc())).first() or uuid.uuid4()


def run_row(session: Session, batch_id: uuid.UUID, **more: Any) -> dict[str, Any]:
    """A run of ten labels of 1 kg of a batch, with everything that the law wants."""
    batch = session.get_one(Batch, batch_id)
    licence = select(Licence.id).where(
        Licence.party_id == batch.party_id, Licence.product_id == batch.product_id
    )
    row = {
        "id": uuid.uuid4(), "batch_id": batch_id, "party_id": batch.party_id,
        "product_id": batch.product_id, "release_id": last_disposition(session, batch_id),
        "licence_id": session.scalars(licence).one(), "epoch": 1, "first": 100, "last": 109,
        "net_content": 1_000_000, "net_typed": "1", "net_unit": "kg", "origin": "https://gi.cn",
        "sheet_format": "a4-3x8", "gi_name": "长沙绿茶", "standard": "GB/T 14456.3-2016",
        "mark": False, "drawn_at": now(), **more,
    }  # fmt: skip
    if "posting" not in row:
        row["posting"] = booked(session, batch_id, 10_000_000)
    return row


def put_raw(session: Session, table: type[Base], row: dict[str, Any]) -> None:
    session.rollback()
    session.execute(insert(table).values(row))
    session.commit()


def refused(session: Session, table: type[Base], row: dict[str, Any]) -> str:
    """What the database says to a row that it must not take."""
    with pytest.raises(IntegrityError) as said:
        put_raw(session, table, row)
    session.rollback()
    return str(said.value.orig)


def test_sql_can_insert_a_run_that_is_released_booked_and_apart(
    cooperative: Person, ready: ReadyBatches, session: Session
) -> None:
    put_raw(session, LabelRun, run_row(session, ready.batch(cooperative, 20_000_000)))


@pytest.mark.parametrize("kind", ["hold", "lift", "reject", "recall", "concession"])
def test_sql_cannot_insert_a_run_for_a_batch_whose_release_was_followed_by_something(
    cooperative: Person, ready: ReadyBatches, session: Session, kind: str
) -> None:
    batch = ready.batch(cooperative, 20_000_000)
    row = run_row(session, batch)
    after = ready.dispose(batch, kind)
    for release in (row["release_id"], after):
        said = refused(session, LabelRun, row | {"release_id": release})
        assert "no label without a current release" in said


def test_sql_cannot_insert_a_run_for_a_batch_that_was_never_released(
    cooperative: Person, ready: ReadyBatches, session: Session
) -> None:
    row = run_row(session, ready.batch(cooperative, 20_000_000, kind=None))
    other = last_disposition(session, ready.batch(cooperative))
    for release in (row["release_id"], other):
        said = refused(session, LabelRun, row | {"release_id": release})
        assert "no label without a current release" in said


def test_sql_cannot_insert_a_run_whose_goods_are_not_booked(
    cooperative: Person, ready: ReadyBatches, session: Session
) -> None:
    batch, other = (ready.batch(cooperative, 40_000_000) for _ in range(2))
    row = run_row(session, batch)
    for posting in (
        uuid.uuid4(),
        booked(session, batch, 9_999_999),
        booked(session, batch, 10_000_001),
        booked(session, other, 10_000_000),
    ):
        said = refused(session, LabelRun, row | {"posting": posting})
        assert "no label without its quantity" in said
    put_raw(session, LabelRun, row)
    again = row | {"id": uuid.uuid4(), "first": 200, "last": 209}
    said = refused(session, LabelRun, again)
    assert "posting" in said or "append only" in said, "one posting pays for one run"


@pytest.mark.parametrize(("first", "last"), [(100, 109), (91, 100), (109, 118), (101, 110)])
def test_sql_cannot_insert_a_run_over_the_serials_of_another(
    cooperative: Person, ready: ReadyBatches, session: Session, first: int, last: int
) -> None:
    batch = ready.batch(cooperative, 40_000_000)
    put_raw(session, LabelRun, run_row(session, batch))
    row = run_row(session, batch, first=first, last=last)
    assert "label serials overlap" in refused(session, LabelRun, row)
    put_raw(session, LabelRun, row | {"epoch": 2})


def test_sql_cannot_release_a_batch_that_does_not_conform(
    cooperative: Person, ready: ReadyBatches, session: Session
) -> None:
    batch = ready.batch(cooperative, kind=None)
    foreign = ready.batch(cooperative)
    conforming = session.scalars(select(Verdict.id).where(Verdict.batch_id == batch)).one()
    theirs = session.scalars(select(Verdict.id).where(Verdict.batch_id == foreign)).one()
    newest = ready.judge(batch, "undetermined")
    for verdict in (None, conforming, theirs, newest):
        row = {
            "id": uuid.uuid4(), "batch_id": batch, "number": 1, "kind": "release",
            "verdict_id": verdict, "decided_at": now(),
        }  # fmt: skip
        assert "no release without a conforming verdict" in refused(session, Disposition, row)


@pytest.mark.parametrize("account", ["stock", "labelled"])
def test_sql_cannot_book_goods_below_nothing(
    cooperative: Person, ready: ReadyBatches, session: Session, account: str
) -> None:
    batch_id = ready.batch(cooperative, 5)
    batch = session.get_one(Batch, batch_id)
    row = {
        "id": uuid.uuid4(), "posting": uuid.uuid4(), "kind": "loss", "party_id": batch.party_id,
        "product_id": batch.product_id, "form": batch.form, "batch_id": batch_id,
        "account": account, "base": "mass", "amount": -6, "at": now(),
    }  # fmt: skip
    assert "goods_exist" in refused(session, Entry, row)
    assert ready.ledger(batch_id) == {"harvest": -5, "stock": 5}
