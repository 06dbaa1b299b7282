"""The race (D-01): 32 issuers at once on one batch, judged by the ledger's sum and the serials.

Rates are told (pytest --log-cli-level=INFO), never asserted.
"""

import contextlib
import http.client
import json
import logging
import os
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import start
from core.act import HOUSE, transaction
from core.database.engine import db
from core.record.models import Evidence
from labels.models import LabelRun, LabelState, SerialHead
from tests.api.batches_ready import NURSERY, ReadyBatches
from tests.api.looking import rows
from tests.people import People, Person
from trace.inspections.dispositions import decide

WRITERS = 32
EACH = 7
Answer = tuple[int, dict[str, Any]]
Issue = Callable[[], Answer]


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    return ReadyBatches(app)


@pytest.fixture
def nursery(people: People, cooperative: Person) -> Person:
    """A cooperative whose goods are counted by the piece."""
    people.license(cooperative, NURSERY)
    return cooperative


def race(issue: Issue) -> list[Answer]:
    """Everybody draws labels until there are no goods left; all answers."""
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(until_refused, issue) for _ in range(WRITERS)]
        return [answer for writer in writers for answer in writer.result()]


def until_refused(issue: Issue) -> list[Answer]:
    """One writer's answers, the refusal last."""
    answers = [issue()]
    while answers[-1][0] == 201:
        answers.append(issue())
    return answers


def draft(count: int = EACH) -> dict[str, Any]:
    return {"count": count, "net_content": "1", "unit": "株", "sheet_format": "a4-3x8"}


def check(
    app: Flask, ready: ReadyBatches, batch: uuid.UUID, quota: int, answers: list[Answer]
) -> None:
    """Exactly the quota was given out: by the ledger, by the runs, and by what was answered."""
    codes = Counter(body.get("code", status) for status, body in answers)
    assert codes == {201: quota // EACH, "quantity-exceeded": WRITERS}
    assert ready.ledger(batch) == {"harvest": -quota, "stock": 0, "labelled": quota}
    runs = rows(app, select(LabelRun).where(LabelRun.batch_id == batch).order_by(LabelRun.first))
    assert sum(run.count for run in runs) == quota
    assert all(left.last < right.first for left, right in pairwise(runs)), "serials overlap"
    given = {(body["first"], body["last"]) for status, body in answers if status == 201}
    assert given == {(run.first, run.last) for run in runs}
    assert rows(app, select(SerialHead.next_serial)) == [runs[-1].last + 1]
    positions = rows(app, select(Evidence.position).order_by(Evidence.position))
    assert positions == list(range(positions[0], positions[0] + len(positions))), "gapless"


def told(name: str, began: float, answers: list[Answer]) -> None:
    accepted = sum(status == 201 for status, _ in answers)
    rate = accepted / (time.monotonic() - began)
    logging.getLogger(__name__).info("%s: %d accepted, %.0f/s", name, accepted, rate)


def run_race(
    app: Flask, ready: ReadyBatches, person: Person, quota: int, issue_for: Callable[[uuid.UUID], Issue]
) -> None:  # fmt: skip
    batch = ready.batch(person, quota, product=NURSERY, declared=("DB43/T 1",))
    began = time.monotonic()
    answers = race(issue_for(batch))
    told(app.config["SETTINGS"].database_url.partition(":")[0], began, answers)
    check(app, ready, batch, quota, answers)


def in_process(person: Person) -> Callable[[uuid.UUID], Issue]:
    """Issue through the app's test client; every thread is a request of its own."""

    def issue_for(batch: uuid.UUID) -> Issue:
        def issue() -> Answer:
            answer = person.post(f"/batches/{batch}/label-runs", json=draft())
            return answer.status_code, answer.get_json()

        return issue

    return issue_for


def test_thirty_two_issuers_give_out_exactly_what_the_batch_holds(
    app: Flask, nursery: Person, ready: ReadyBatches
) -> None:
    run_race(app, ready, nursery, 700, in_process(nursery))


@pytest.mark.long
@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_thirty_two_issuers_and_seven_thousand_goods(
    app: Flask, nursery: Person, ready: ReadyBatches, attempt: int
) -> None:
    run_race(app, ready, nursery, 7000, in_process(nursery))


# --- against the server that start.py starts -------------------------------------------------


@pytest.fixture
def port(app: Flask, url: str, tmp_path: Path) -> Iterator[int]:
    """Two processes that serve this test's database; ended when the test is."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = int(probe.getsockname()[1])
    settings = app.config["SETTINGS"]
    env = {
        **os.environ,
        "BIAOYUAN_MODE": "sample",
        "BIAOYUAN_DATA": str(settings.data),
        "BIAOYUAN_ORIGIN": settings.label_origin,
        "DATABASE_URL": url,
    }
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            start.server(sys.executable, "127.0.0.1", free),
            cwd=start.ROOT, env=env, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        _await_server(server, free, tmp_path / "server.log")
        yield free
    finally:
        server.terminate()
        server.wait(60)


def _await_server(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError):
            if said(port, "GET", "/readyz", None, {})[0] == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(log.read_text(errors="replace"))


def said(port: int, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
    """One request over a connection of its own."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as server:
        server.request(method, path, body, headers)
        answer = server.getresponse()
        return answer.status, json.loads(answer.read())


def over_http(person: Person, port: int) -> Callable[[uuid.UUID], Issue]:
    """Issue through the server."""

    def issue_for(batch: uuid.UUID) -> Issue:
        def issue() -> Answer:
            headers = {
                "Authorization": f"Bearer {person.token}",
                "Idempotency-Key": str(uuid.uuid4()),
                "Content-Type": "application/json",
            }
            path = f"/api/v1/batches/{batch}/label-runs"
            return said(port, "POST", path, json.dumps(draft()), headers)

        return issue

    return issue_for


def test_the_real_server_gives_out_exactly_what_the_batch_holds(
    app: Flask, nursery: Person, ready: ReadyBatches, port: int
) -> None:
    run_race(app, ready, nursery, 700, over_http(nursery, port))


@pytest.mark.long
@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_the_real_server_and_seven_thousand_goods(
    app: Flask, nursery: Person, ready: ReadyBatches, port: int, attempt: int
) -> None:
    run_race(app, ready, nursery, 7000, over_http(nursery, port))


# --- other races -----------------------------------------------------------------------------


def test_a_hold_in_the_middle_of_a_race_ends_it(
    app: Flask, nursery: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(nursery, 7000, product=NURSERY, declared=("DB43/T 1",))
    issue = in_process(nursery)(batch)

    def hold() -> list[Answer]:
        time.sleep(0.3)
        with app.app_context(), transaction(db.session, HOUSE) as act:
            decide(act, batch, "hold", "市场抽检")
        return []

    with ThreadPoolExecutor(9) as pool:
        held = pool.submit(hold)
        writers = [pool.submit(until_refused, issue) for _ in range(8)]
        held.result()
        answers = [answer for writer in writers for answer in writer.result()]
    evidence = select(Evidence).where(Evidence.kind.in_(["label-run", "disposition"]))
    facts = [fact.kind for fact in rows(app, evidence.order_by(Evidence.position))]
    runs = sum(status == 201 for status, _ in answers)
    assert runs > 0 and facts == ["label-run"] * runs + ["disposition"]
    assert ready.ledger(batch)["labelled"] == runs * EACH


def test_labels_voided_by_many_at_once_come_back_once(
    app: Flask, nursery: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(nursery, 70, product=NURSERY, declared=("DB43/T 1",))
    run = nursery.made(f"/batches/{batch}/label-runs", json=draft(10))
    body = {"state": "void", "first": run["first"] + 2, "last": run["first"] + 4, "reason": "打坏"}

    def void(_: int) -> int:
        return nursery.post(f"/label-runs/{run['id']}/states", json=body).status_code

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(void, range(8))) == {201: 1, 409: 7}
    assert ready.ledger(batch) == {"harvest": -70, "stock": 63, "labelled": 7}
    assert len(rows(app, select(LabelState))) == 1
