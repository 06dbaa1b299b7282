"""What a batch went into: the index beside the database, over HTTP and through everything unkind."""

import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import HOUSE, Act, transaction
from core.clock import now
from core.database.engine import db
from labels import reach_index
from labels.models import LabelRun
from labels.reach_file import write
from labels.reach_index import Direction, reached, rebuild
from labels.reach_reading import read_all
from labels.reach_state import Link, State
from tests.api.batches_ready import ReadyBatches
from tests.people import Person
from trace.batches.lineage import next_origin_number, walk
from trace.batches.models import SPLIT, Batch, BatchOrigin
from trace.batches.service import holding_of
from trace.books.service import book_split

DIRECTIONS: tuple[Direction, ...] = ("forward", "backward")
Ids = list[uuid.UUID]


class Family:
    """Batches that went into one another; the last of each chain carry labels."""

    def __init__(self, app: Flask, maker: Person) -> None:
        self.app, self.maker = app, maker
        self.ready = ReadyBatches(app)

    def bare(self, many: int) -> Ids:
        """Batches whose quantity is not confirmed."""
        return [
            self.ready.batch(self.maker, confirmed=False, outcome=None, kind=None)
            for _ in range(many)
        ]

    def labelled(self, count: int = 10) -> uuid.UUID:
        """A batch with a run of labels."""
        batch = self.ready.batch(self.maker)
        body = {"count": count, "net_content": "100", "unit": "g", "sheet_format": "a4-3x8"}
        self.maker.made(f"/batches/{batch}/label-runs", json=body)
        return batch

    @contextmanager
    def linking(self, *pairs: tuple[uuid.UUID, uuid.UUID]) -> Iterator[Session]:
        """A transaction in which these links were written, (parent, child)."""
        with self.app.app_context(), transaction(db.session, HOUSE) as act:
            for parent, child in pairs:
                act.session.add(_split(act, act.session.get_one(Batch, parent), child))
            act.session.flush()
            yield act.session

    def link(self, *pairs: tuple[uuid.UUID, uuid.UUID]) -> None:
        """Links, committed. Parents first: what has gone on takes nothing in."""
        with self.linking(*pairs):
            pass


def _split(act: Act, parent: Batch, child: uuid.UUID) -> BatchOrigin:
    posting = None
    if parent.confirmed_at is not None:
        posting = book_split(act, holding_of(parent), child, parent.form, 1000)
    return BatchOrigin(
        id=uuid.uuid4(), number=next_origin_number(act.session), kind=SPLIT, batch_id=child,
        parent_id=parent.id, quantity=1000, posting=posting, at=now(),
    )  # fmt: skip


@pytest.fixture
def folder(app: Flask) -> Iterator[Path]:
    """Where the index of the house is kept; who makes it anew is waited for at the end."""
    reach_index._index_of.cache_clear()
    yield app.config["SETTINGS"].reach
    for thread in threading.enumerate():
        if thread.name == "reach":
            thread.join(30)


@pytest.fixture
def family(app: Flask, cooperative: Person) -> Family:
    return Family(app, cooperative)


@pytest.fixture
def grown(family: Family) -> Ids:
    """0 and 1 into 2; 2 into 3 and 4, which carry labels, as does 5 that stands alone."""
    a, b, c = family.bare(3)
    d, e = family.labelled(), family.labelled(4)
    family.link((a, c), (b, c), (c, d), (c, e))
    return [a, b, c, d, e, family.labelled()]


def truth(session: Session, starts: Ids, direction: Direction) -> tuple[Any, ...]:
    """By the plain walk: batches, links, serials."""
    session.rollback()
    found, links = walk(session, starts, direction)
    runs = session.scalars(select(LabelRun).where(LabelRun.batch_id.in_(found))).unique()
    serials = {(run.epoch, serial) for run in runs for serial in range(run.first, run.last + 1)}
    return found, {(link.parent_id, link.batch_id) for link in links}, serials


def agree(session: Session, folder: Path, starts: Ids) -> None:
    """The index says what the plain walk says."""
    for direction in DIRECTIONS:
        expected = truth(session, starts, direction)
        found = reached(session, folder, starts, direction)
        assert found.count == len(found.batches)
        serials = {
            (epoch, serial)
            for epoch, ranges in found.ranges.items()
            for first, last in ranges
            for serial in range(first, last + 1)
        }
        assert (set(found.batches), set(found.links), serials) == expected
    session.rollback()


def agree_all(session: Session, folder: Path, batches: Ids) -> None:
    for one in batches:
        agree(session, folder, [one])
    agree(session, folder, batches[:2])


def made_anew(folder: Path, other_than: int) -> bool:
    """Whether the file becomes another within some seconds."""
    path = folder / reach_index.FILE
    for _ in range(500):
        if path.exists() and path.stat().st_ino != other_than:
            return True
        time.sleep(0.02)
    return False


def test_a_small_house_needs_no_file(session: Session, folder: Path, grown: Ids) -> None:
    agree_all(session, folder, grown)
    assert not (folder / reach_index.FILE).exists()


def test_the_answers_are_those_of_the_plain_walk_from_file_and_from_what_came_since(
    app: Flask, session: Session, folder: Path, family: Family, grown: Ids
) -> None:
    result = app.test_cli_runner().invoke(args=["house", "rebuild-reach"])
    assert "4" in result.output, result.output
    agree_all(session, folder, grown)
    assert app.test_cli_runner().invoke(args=["house", "new-epoch"]).exit_code == 0
    pack, more = family.labelled(), family.bare(1)
    family.link((grown[5], pack), (grown[2], pack), (pack, more[0]))
    agree_all(session, folder, [*grown, pack, *more])
    reach_index._index_of.cache_clear()  # a process that starts now
    agree_all(session, folder, [*grown, pack, *more])
    with app.app_context():
        (folder / "links.reach.left.new").write_bytes(b"by one who was killed")
        assert rebuild(db.engine, folder) == 7
        assert sorted(path.name for path in folder.iterdir()) == ["links.reach", "lock"]
    agree_all(session, folder, [*grown, pack, *more])


def test_what_a_transaction_has_written_is_in_its_answer_and_goes_when_it_is_undone(
    session: Session, folder: Path, family: Family, grown: Ids
) -> None:
    agree(session, folder, grown[:1])
    [more] = family.bare(1)
    with pytest.raises(ZeroDivisionError), family.linking((grown[3], more)) as writing:
        assert more in reached(writing, folder, [grown[0]], "forward").batches
        raise ZeroDivisionError
    assert more not in reached(session, folder, [grown[0]], "forward").batches
    session.rollback()
    other = family.labelled(3)
    family.link((grown[4], other))  # takes the number that was given back
    agree_all(session, folder, [*grown, more, other])


def test_a_reader_that_looks_back_takes_nothing_from_the_others(
    app: Flask, session: Session, folder: Path, family: Family, grown: Ids
) -> None:
    before = reached(session, folder, grown[:1], "forward").count  # its snapshot stays open
    [more] = family.bare(1)
    family.link((grown[4], more))
    with app.app_context():
        assert reached(db.session, folder, grown[:1], "forward").count == before + 1
    assert reached(session, folder, grown[:1], "forward").count == before + 1
    agree_all(session, folder, [*grown, more])


@pytest.mark.parametrize("damage", ["flipped", "cut", "other"])
def test_a_damaged_file_is_never_used_and_made_anew(
    app: Flask, session: Session, folder: Path, grown: Ids, damage: str
) -> None:
    with app.app_context():
        rebuild(db.engine, folder)
    path = folder / reach_index.FILE
    whole = bytearray(path.read_bytes())
    whole[-100] ^= 1
    path.write_bytes({"flipped": bytes(whole), "cut": whole[:-64], "other": b"{}" * 40}[damage])
    before = path.stat().st_ino
    agree_all(session, folder, grown)
    assert made_anew(folder, before)
    agree_all(session, folder, grown)


@pytest.mark.parametrize("known", ["more", "others"])
def test_a_file_from_after_a_restored_backup_is_not_trusted(
    app: Flask, session: Session, folder: Path, grown: Ids, known: str
) -> None:
    """It knows a link that the database does not have, or has another of the same number."""
    with app.app_context(), db.engine.connect() as connection:
        base = read_all(connection)
        newest = base.mark.number + (1 if known == "more" else 0)
        lost = Link(newest, uuid.uuid4().bytes, grown[4].bytes, uuid.uuid4().bytes)
        mark = State(base).plus([lost], []).mark
        write(folder / reach_index.FILE, {**mark.told(), "runs": []}, base.arrays())
    before = (folder / reach_index.FILE).stat().st_ino
    agree_all(session, folder, grown)
    assert made_anew(folder, before)
    agree_all(session, folder, grown)


def test_a_file_whose_last_run_is_not_there_is_not_trusted(
    app: Flask, session: Session, folder: Path, grown: Ids
) -> None:
    with app.app_context(), db.engine.connect() as connection:
        base = read_all(connection)
        [(epoch, (first, _))] = base.mark.runs.items()
        facts = {**base.mark.told(), "runs": [[epoch, first, uuid.uuid4().hex]]}
        write(folder / reach_index.FILE, facts, base.arrays())
    agree_all(session, folder, grown)


def test_far_behind_the_database_is_walked_and_the_file_made_in_the_background(
    session: Session, folder: Path, grown: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach_index, "FAR_BEHIND", 2)
    agree_all(session, folder, grown)
    assert made_anew(folder, 0)
    agree_all(session, folder, grown)


def test_a_folder_that_cannot_be_written_keeps_nobody_from_an_answer(
    session: Session, folder: Path, grown: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach_index, "FAR_BEHIND", 2)
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("in the way")
    agree_all(session, folder, grown)


def test_who_is_second_does_not_make_the_file_too(app: Flask, folder: Path, grown: Ids) -> None:
    with app.app_context(), reach_index._alone_in(folder, False) as mine:
        assert mine
        assert rebuild(db.engine, folder, wait=False) is None
    shutil.rmtree(folder)


def test_the_authority_sees_how_far_a_batch_reaches_with_its_serials(
    authority: Person, session: Session, folder: Path, grown: Ids
) -> None:
    for direction in DIRECTIONS:
        batches, links, serials = truth(session, grown[:1], direction)
        told = authority.get(f"/reach?batch={grown[0]}&direction={direction}").get_json()
        ranges = told.pop("ranges")
        assert told == {
            "direction": direction, "batches": len(batches), "links": len(links),
            "labels": len(serials),
        }  # fmt: skip
        assert serials == {
            (one["epoch"], serial)
            for one in ranges
            for first, last in one["serials"]
            for serial in range(first, last + 1)
        }
    both = authority.get(f"/reach?batch={grown[0]}&batch={grown[5]}").get_json()
    assert (both["batches"], both["labels"]) == (5, 24)
    assert [len(one["serials"]) for one in both["ranges"]] == [1]  # drawn one after the other


def test_how_far_a_batch_reaches_is_for_the_authority_and_for_batches_that_are_there(
    authority: Person, cooperative: Person, inspector: Person, consumer: Person, grown: Ids
) -> None:
    path = f"/reach?batch={grown[0]}"
    assert [who.get(path).status_code for who in (cooperative, inspector)] == [403, 403]
    assert consumer.get(path).status_code == 401
    assert authority.get(f"/reach?batch={uuid.uuid4()}").status_code == 404
    assert authority.get(f"{path}&batch={uuid.uuid4()}").status_code == 404
    for wrong in ("", "?batch=x", f"?batch={grown[0]}&direction=up", "?direction=forward"):
        assert authority.get(f"/reach{wrong}").status_code == 422
