"""How far a recall reaches in 1,000,000 batches and 2.9 million links, measured side by side.

The links stand in the tables of the house, made by its migrations, in SQLite on a file and in a
PostgreSQL of our own; they were put there in bulk, past the triggers that ask for their goods. A
recall starts from one harvest, or from the harvests that one lot of fertiliser went on.

`--batches 50000` for a quick look; `--limit` seconds for each question to a contender: who does not
answer in that time is asked with half of the starts, until it does.
"""

import argparse
import http.client
import json
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import networkx
import numpy as np
from flask import Flask
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bench.recall_trade import Trade, load, trade
from core.database.engine import db, prepare_engine
from core.settings import read_settings
from desks.commands import migrate
from labels.reach_file import read
from labels.reach_index import FILE, _Index, rebuild
from labels.reach_reading import found_from
from labels.reach_state import FORWARD, base_of
from tests.conftest import from_catalogue
from tests.engines import new_postgres_database, postgres_here, stop_postgres
from tests.people import People, Person
from tests.story.server import House, house_of_its_own
from trace.batches.genealogy import Ints, reach, rows_of
from wsgi import create_app

SEED = 20261123
FEW = 1_000
TURNS = 9
OURS = "ours, with what was written since"


@dataclass(frozen=True)
class Recall:
    """The batches that a recall starts from, and how many it reaches."""

    starts: Ints
    reached: int


def recalls(made: Trade) -> tuple[Recall, Recall]:
    """One of about FEW batches from one harvest, and one of a tenth of all from several."""
    nodes = len(made.keys)
    rows = rows_of(made.parents.astype(np.int32), made.children.astype(np.int32), nodes)

    def recall(starts: Ints) -> Recall:
        return Recall(starts, len(reach([rows], starts, nodes)))

    chance = np.random.default_rng(SEED)
    leaf = chance.permutation(made.harvests).astype(np.int32)
    single = [recall(leaf[place : place + 1]) for place in range(200)]
    few = min(single, key=lambda one: (one.reached > FEW, abs(one.reached - FEW)))
    low, high = 1, len(leaf)
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (low, middle)
            if recall(leaf[:middle]).reached >= len(made.keys) // 10
            else (middle + 1, high)
        )
    return few, recall(leaf[:low])


class LateError(Exception):
    """No answer within the limit."""


@contextmanager
def _no_longer_than(session: Session, seconds: float) -> Iterator[None]:
    """Raises LateError where the database takes longer."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        stop = None
    else:
        driver: Any = connection.connection.driver_connection
        stop = threading.Timer(seconds, driver.interrupt)
        stop.start()
    try:
        yield
    except OperationalError as late:
        raise LateError from late
    finally:
        if stop is not None:
            stop.cancel()


Question = Callable[[Sequence[uuid.UUID]], int]


def by_cte(engine: Engine, limit: float) -> Question:
    """The database walks by itself and counts; nothing of what it found is fetched."""

    def ask(starts: Sequence[uuid.UUID]) -> int:
        found = found_from(starts, FORWARD)
        with Session(engine) as session, _no_longer_than(session, limit):
            return session.execute(select(func.count()).select_from(found)).scalar_one()

    return ask


def by_index(engine: Engine, folder: Path) -> Question:
    """Ours, the look for what was written since included; the answer is there as numbers."""
    index = _Index(folder)

    def ask(starts: Sequence[uuid.UUID]) -> int:
        with Session(engine) as session:
            return index.reached(session, starts, FORWARD).count

    return ask


def by_networkx(made: Trade) -> Question:
    """`networkx.descendants`, of one node that leads to the starts, as it takes only one."""
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(len(made.keys)))
    graph.add_edges_from(zip(made.parents.tolist(), made.children.tolist(), strict=True))
    nodes = {uuid.UUID(key): node for node, key in enumerate(made.keys)}

    def ask(starts: Sequence[uuid.UUID]) -> int:
        graph.add_edges_from((-1, nodes[one]) for one in starts)
        found = len(networkx.descendants(graph, -1))
        graph.remove_node(-1)
        return found

    return ask


def _timed(ask: Question, starts: Sequence[uuid.UUID]) -> float:
    began = time.perf_counter()
    ask(starts)
    return time.perf_counter() - began


def _in_time(ask: Question, starts: Sequence[uuid.UUID]) -> tuple[Sequence[uuid.UUID], int]:
    """As many of the starts as are answered within the limit, and how many batches they reach."""
    while starts:
        try:
            return starts, ask(starts)
        except LateError:
            starts = starts[: len(starts) // 2]
    return starts, 0


def compare(made: Trade, asked: dict[str, Question], limit: float) -> None:
    """A table for each recall; the contenders are asked in turns, the median of each counts."""
    for recall in recalls(made):
        starts = [uuid.UUID(made.keys[one]) for one in recall.starts.tolist()]
        print(f"\nforward from {len(starts)} harvests: {recall.reached} batches reached")
        ready = {name: _in_time(ask, starts) for name, ask in asked.items()}
        taken: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(TURNS):
            for name, ask in asked.items():
                if sum(taken[name]) < limit:
                    taken[name].append(_timed(ask, ready[name][0]))
        ours = statistics.median(taken[OURS])
        for name, times in taken.items():
            seconds, found = statistics.median(times), ready[name][1]
            short = "" if found == recall.reached else f"   REACHED ONLY {found} IN {limit:.0f} s"
            ratio = "" if name == OURS else f"   ours is {seconds / ours:.1f}×"
            print(f"  {name:<42} {seconds * 1000:>10.2f} ms{ratio}{short}")


def opening(folder: Path) -> None:
    """How long it takes a process that starts."""
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        kept = read(folder / FILE)
        base_of(kept.facts, kept.arrays)
        times.append(time.perf_counter() - began)
    size = (folder / FILE).stat().st_size / 1e6
    print(f"\nopening the file of {size:.0f} MB, every block checked: "
          f"{statistics.median(times) * 1000:.1f} ms")  # fmt: skip


def over_http(house: House, person: Person, made: Trade) -> None:
    """The answer with all serial ranges, from the real server, on one connection."""
    client = http.client.HTTPConnection(urlsplit(house.origin).netloc, timeout=60)
    head = {"Authorization": f"Bearer {person.token}"}
    print("\nover HTTP from the real server, serial ranges included")
    for recall in recalls(made):
        keys = [("batch", made.keys[one]) for one in recall.starts.tolist()]
        times: list[float] = []
        body = b""
        for _ in range(TURNS + 2):
            began = time.perf_counter()
            client.request("GET", f"/api/v1/reach?{urlencode(keys)}", headers=head)
            answer = client.getresponse()
            body = answer.read()
            times.append(time.perf_counter() - began)
            if answer.status != 200:
                raise RuntimeError(body.decode())
        told = json.loads(body)
        ranges = sum(len(one["serials"]) for one in told["ranges"])
        print(f"  {told['batches']:>7} batches, {told['labels']:>8} labels in {ranges:>6} ranges, "
              f"{len(body) / 1000:>7.1f} kB: {statistics.median(times[2:]) * 1000:>8.2f} ms"
              f"   (the first {times[0] * 1000:.1f} ms)")  # fmt: skip


def _said(what: str, began: float) -> None:
    print(f"  {what}: {time.perf_counter() - began:.1f} s")


def _somebody(app: Flask) -> tuple[Person, str, str]:
    people = People(app)
    maker = people.cooperative
    assert maker.party is not None
    return people.authority, maker.party.hex, people.product("changsha-green-tea").hex


def _engine(url: str) -> Engine:
    """With the manners of the house."""
    engine = create_engine(url)
    prepare_engine(engine)
    return engine


@contextmanager
def postgresql(made: Trade, house: House) -> Iterator[Engine | None]:
    """An engine on the same trade in a PostgreSQL; None where there is none on this machine."""
    if not postgres_here():
        print("  PostgreSQL: not on this machine, left out")
        yield None
        return
    try:
        url = new_postgres_database(f"recall_{uuid.uuid4().hex[:8]}")
        migrate(url)
        settings = replace(read_settings(house.env), database_url=url, migrate_url=url)
        app = create_app(settings)
        from_catalogue(app)
        _, party, product = _somebody(app)
        with app.app_context():
            db.engine.dispose()
        began = time.perf_counter()
        load(url, made, party, product)
        _said("put into PostgreSQL", began)
        engine = _engine(url)
        try:
            yield engine
        finally:
            engine.dispose()
    finally:
        stop_postgres()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--batches", type=int, default=1_000_000)
    parser.add_argument("--limit", type=float, default=60.0)
    asked, _ = parser.parse_known_args()
    began = time.perf_counter()
    made = trade(SEED, asked.batches)
    print(f"\nrecall: {len(made.keys)} batches, {len(made.parents)} links, {len(made.firsts)} runs")
    _said("made", began)
    with house_of_its_own() as house:
        settings = read_settings(house.env)
        person, party, product = _somebody(create_app(replace(settings, password_memory_kib=64)))
        began = time.perf_counter()
        load(settings.database_url, made, party, product)
        _said("put into SQLite", began)
        engine = _engine(settings.database_url)
        with postgresql(made, house) as other:
            began = time.perf_counter()
            rebuild(engine, settings.reach)
            _said("index made from SQLite", began)
            began = time.perf_counter()
            graph = by_networkx(made)
            _said("networkx graph made in memory", began)
            questions = {"recursive CTE, SQLite": by_cte(engine, asked.limit)}
            if other is not None:
                questions["recursive CTE, PostgreSQL"] = by_cte(other, asked.limit)
            questions["networkx descendants"] = graph
            questions[OURS] = by_index(engine, settings.reach)
            compare(made, questions, asked.limit)
        opening(settings.reach)
        over_http(house, person, made)
        engine.dispose()


if __name__ == "__main__":
    main()
