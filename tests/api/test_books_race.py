"""The race (D-02): many clients harvest from one allowance while the server's workers are killed.

Every client opens a batch and confirms its quantity over HTTP, again and again until the allowance
is used up. All the while one worker after the other gets SIGKILL; a client that gets no answer
sends the same request with the same key until it has one. Rates are told (--log-cli-level=INFO).
"""

import contextlib
import http.client
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import start
from core.clock import day_of, now
from core.database.engine import db
from core.record.models import Evidence
from tests.api.batches_ready import NURSERY
from tests.api.looking import rows
from tests.people import People, Person
from trace.batches.models import Batch
from trace.books.models import Allowance, Entry, Harvest

EACH = 7
TODAY = day_of(now())
PATIENCE = 120.0
"""Seconds after which a client gives up asking again."""


@dataclass(frozen=True)
class Size:
    """How large a race is; one worker is killed every `pause` seconds."""

    clients: int
    allowance: int
    workers: int
    pause: float


SMALL = Size(clients=8, allowance=420, workers=3, pause=0.5)
FULL = Size(clients=32, allowance=7000, workers=6, pause=1.0)


@dataclass
class Served:
    """A server of several processes, and who is sent to kill them."""

    process: subprocess.Popen[bytes]
    port: int
    kills: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def ready(self) -> list[int]:
        """The processes that serve at this moment, the oldest first."""
        main = self.process.pid
        told = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii")
        return sorted(pid for pid in map(int, told.split()) if _serves(pid))

    def await_all(self, workers: int) -> None:
        """Wait until all of them serve."""
        until = time.monotonic() + PATIENCE
        while len(self.ready()) < workers:
            assert time.monotonic() < until and self.process.poll() is None
            time.sleep(0.1)

    def kill_on(self, pause: float) -> None:
        """Kill the oldest worker each time, as long as another serves, until the race is over.

        Never the one that was started last: where that dies within seconds granian takes it for a
        fault of the program and ends.
        """
        while not self.over.wait(pause):
            alive = self.ready()
            if len(alive) > 1:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(alive[0], signal.SIGKILL)
                    self.kills += 1


def _serves(pid: int) -> bool:
    """Whether a worker has come up: only then it has more than its first two threads."""
    try:
        return len(list(Path(f"/proc/{pid}/task").iterdir())) > 2
    except OSError:
        return False


@contextlib.contextmanager
def served(app: Flask, url: str, folder: Path, workers: int) -> Iterator[Served]:
    """The server as start.py starts it, but for the number of its processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = app.config["SETTINGS"]
    env = {
        **os.environ, "BIAOYUAN_MODE": "sample", "BIAOYUAN_DATA": str(settings.data),
        "BIAOYUAN_ORIGIN": settings.label_origin, "DATABASE_URL": url,
    }  # fmt: skip
    command = start.server(sys.executable, "127.0.0.1", port)
    command[command.index("--workers") + 1] = str(workers)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=start.ROOT, env=env, stdout=log, stderr=log, start_new_session=True
        )
    house = Served(process, port)
    try:
        house.await_all(workers)
        yield house
    finally:
        house.over.set()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)


def ask(
    port: int, method: str, path: str, body: str | None, headers: dict[str, str]
) -> tuple[int, bytes, int]:
    """Ask until there is an answer that will not change by asking again: it, and how often."""
    until, times = time.monotonic() + PATIENCE, 0
    while time.monotonic() < until:
        times += 1
        with contextlib.suppress(OSError, http.client.HTTPException):
            status, said = asked_once(port, method, path, body, headers)
            if status < 500 and b'"in-progress"' not in said:
                return status, said, times
        time.sleep(0.05)
    raise AssertionError(f"no answer to {method} {path}")


def asked_once(
    port: int, method: str, path: str, body: str | None, headers: dict[str, str]
) -> tuple[int, bytes]:
    """One request over a connection of its own; OSError or HTTPException where it broke."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        return answer.status, answer.read()


@dataclass
class Acknowledged:
    """A harvest that was answered: the request as it was sent, and its first answer."""

    batch: str
    headers: dict[str, str]
    body: str
    said: bytes


@dataclass
class Client:
    """Somebody who harvests until the allowance is used up."""

    port: int
    token: str
    plot: str
    done: list[Acknowledged] = field(default_factory=list)
    refused: bytes = b""
    retries: int = 0

    def harvest_all(self) -> "Client":
        """Until the first refusal."""
        while not self.refused:
            self._harvest()
        return self

    def _harvest(self) -> None:
        draft = {
            "product": NURSERY, "quantity": str(EACH), "unit": "株",
            "production_date": TODAY.isoformat(),
        }  # fmt: skip
        opened = self._sent("POST", "/api/v1/batches", json.dumps(draft), self._headers())
        assert opened[0] == 201, opened
        batch = json.loads(opened[1])["id"]
        headers = self._headers() | {"If-Match": "*"}
        body = json.dumps({"plots": [{"plot": self.plot}]})
        status, said = self._sent("PUT", f"/api/v1/batches/{batch}/quantity", body, headers)
        if status == 200:
            self.done.append(Acknowledged(batch, headers, body, said))
        else:
            assert (status, json.loads(said)["code"]) == (409, "allowance-exceeded"), said
            self.refused = said

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }  # fmt: skip

    def _sent(
        self, method: str, path: str, body: str, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        status, said, times = ask(self.port, method, path, body, headers)
        self.retries += times - 1
        return status, said


@pytest.fixture
def plot(people: People, cooperative: Person, authority: Person) -> str:
    """A plot of the cooperative of one 亩, approved for this year."""
    people.license(cooperative, NURSERY)
    draft = {
        "product": NURSERY, "number": "1", "name": "示例苗圃", "area_mu": "1", "township": "柏加镇",
    }  # fmt: skip
    made = cooperative.made("/plots", json=draft)
    approval = {"year": TODAY.year, "source": "示例：年度核查"}
    authority.made(f"/plots/{made['id']}/approvals", json=approval)
    return str(made["id"])


def run_race(
    app: Flask, url: str, folder: Path, cooperative: Person, authority: Person, plot: str,
    size: Size,
) -> None:  # fmt: skip
    cap = {
        "year": TODAY.year, "form": "苗木", "quantity": str(size.allowance), "unit": "株",
        "source": "示例：测产",
    }  # fmt: skip
    authority.made(f"/products/{NURSERY}/yield-caps", json=cap)
    with served(app, url, folder, size.workers) as house:
        began = time.monotonic()
        with ThreadPoolExecutor(size.clients + 1) as pool:
            killing = pool.submit(house.kill_on, size.pause)
            clients = [Client(house.port, cooperative.token, plot) for _ in range(size.clients)]
            finished = [pool.submit(client.harvest_all) for client in clients]
            try:
                done = [one for client in finished for one in client.result().done]
            finally:
                house.over.set()
            killing.result()
        took = time.monotonic() - began
        _check_again(house, done)
    retries = sum(client.retries for client in clients)
    logging.getLogger(__name__).info(
        "%s: %d harvests in %.1f s (%.0f/s), %d kills, %d retries",
        app.config["SETTINGS"].database_url.partition(":")[0], len(done), took, len(done) / took,
        house.kills, retries,
    )  # fmt: skip
    assert house.kills >= 1 and retries >= 1, "nothing went wrong, so nothing was shown"
    _check_books(app, done, size.allowance)


def _check_again(house: Served, done: list[Acknowledged]) -> None:
    """A re-sent key gets its first answer, byte for byte."""
    for one in done:
        path = f"/api/v1/batches/{one.batch}/quantity"
        status, said, _ = ask(house.port, "PUT", path, one.body, one.headers)
        assert (status, said) == (200, one.said)


def _check_books(app: Flask, done: list[Acknowledged], allowance: int) -> None:
    """Never over, nothing acknowledged is lost, and nothing is there that nobody was told of."""
    with app.app_context():
        row = db.session.scalars(select(Allowance)).one()
        assert (row.granted, row.used) == (allowance, allowance)
    harvested = {str(one.batch_id): one.quantity for one in rows(app, select(Harvest))}
    assert harvested == {one.batch: EACH for one in done}
    assert len(done) == allowance // EACH
    entries: dict[tuple[str, str], int] = {}
    for entry in rows(app, select(Entry)):
        key = str(entry.batch_id), entry.account
        entries[key] = entries.get(key, 0) + entry.amount
    told: dict[Any, int] = {(one.batch, "stock"): EACH for one in done}
    assert entries == told | {(one.batch, "harvest"): -EACH for one in done}
    confirmed = rows(app, select(Batch.id).where(Batch.confirmed_at.is_not(None)))
    assert {str(one) for one in confirmed} == harvested.keys()
    positions = rows(app, select(Evidence.position).order_by(Evidence.position))
    assert positions == list(range(positions[0], positions[0] + len(positions))), "gapless"


def test_killed_workers_never_exceed_the_allowance_nor_lose_a_harvest(
    app: Flask, url: str, tmp_path: Path, cooperative: Person, authority: Person, plot: str
) -> None:
    run_race(app, url, tmp_path, cooperative, authority, plot, SMALL)


@pytest.mark.long
def test_seven_thousand_under_thirty_two_clients_and_a_kill_each_second(
    app: Flask, url: str, tmp_path: Path, cooperative: Person, authority: Person, plot: str
) -> None:
    run_race(app, url, tmp_path, cooperative, authority, plot, FULL)
