"""The life of labels after they were drawn: printed, activated, void; found again; watched."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core.clock import day_of, now
from core.database.engine import db
from core.record.models import Evidence
from labels.codes import encode, grouped
from labels.finding import Found, find_label
from labels.models import ScanCount
from products.licences.models import Licence
from tests.api.batches_ready import ReadyBatches
from tests.api.looking import change, put, rows
from tests.people import Person

NET = 100_000


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    return ReadyBatches(app)


def drawn(person: Person, batch: uuid.UUID, count: int = 10) -> dict[str, Any]:
    """A run of labels of 100 g."""
    body = {"count": count, "net_content": "100", "unit": "g", "sheet_format": "a4-3x8"}
    return person.made(f"/batches/{batch}/label-runs", json=body)


def said(person: Person, run: dict[str, Any], state: str, **more: Any) -> TestResponse:
    return person.post(f"/label-runs/{run['id']}/states", json={"state": state, **more})


def counts(person: Person, run: dict[str, Any]) -> tuple[int, ...]:
    """Drawn, printed, activated, void."""
    view = person.get(f"/label-runs/{run['id']}").get_json()
    return tuple(view["counts"][state] for state in ("drawn", "printed", "activated", "void"))


# --- states ----------------------------------------------------------------------------------


def test_labels_are_printed_then_activated_range_by_range(
    cooperative: Person, ready: ReadyBatches
) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    first = run["first"]
    assert said(cooperative, run, "printed").status_code == 201
    answer = said(cooperative, run, "activated", first=first, last=first + 3)
    assert answer.status_code == 201
    view = answer.get_json()
    assert [(part["first"] - first, part["last"] - first, part["state"]) for part in view["segments"]] == [
        (0, 3, "activated"), (4, 9, "printed"),
    ]  # fmt: skip
    assert counts(cooperative, run) == (0, 6, 4, 0)
    assert answer.headers["ETag"] != cooperative.get("/label-runs").headers.get("ETag")
    assert [change["number"] for change in view["changes"]] == [1, 2]


def test_every_change_is_on_record(app: Flask, cooperative: Person, ready: ReadyBatches) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    said(cooperative, run, "printed")
    said(cooperative, run, "void", first=run["first"], last=run["first"], reason="打坏")
    bodies = rows(
        app,
        select(Evidence.body).where(Evidence.kind == "label-state").order_by(Evidence.position),
    )
    assert '"state":"printed"' in bodies[0] and '"reason":"打坏"' in bodies[1]


@pytest.mark.parametrize("before", [(), ("printed",)])
def test_void_labels_not_yet_in_use_give_their_goods_back(
    cooperative: Person, ready: ReadyBatches, before: tuple[str, ...]
) -> None:
    batch = ready.batch(cooperative, 10 * NET)
    run = drawn(cooperative, batch)
    for state in before:
        assert said(cooperative, run, state).status_code == 201
    span = {"first": run["first"] + 4, "last": run["first"] + 6}
    assert said(cooperative, run, "void", reason="打坏三枚", **span).status_code == 201
    assert ready.ledger(batch) == {"harvest": -10 * NET, "stock": 3 * NET, "labelled": 7 * NET}
    again = said(cooperative, run, "void", reason="再来一次", **span)
    assert again.status_code == 409 and ready.ledger(batch)["stock"] == 3 * NET
    reprint = drawn(cooperative, batch, count=3)
    assert reprint["first"] == run["last"] + 1
    assert ready.ledger(batch)["stock"] == 0


def test_goods_of_labels_in_use_do_not_come_back_when_the_labels_are_voided(
    cooperative: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative, 10 * NET)
    run = drawn(cooperative, batch)
    assert said(cooperative, run, "printed").status_code == 201
    first = run["first"]
    assert said(cooperative, run, "activated", first=first, last=first + 4).status_code == 201
    span = {"first": first + 3, "last": first + 6}
    assert said(cooperative, run, "void", reason="两枚已用，两枚没用", **span).status_code == 201
    assert ready.ledger(batch) == {
        "harvest": -10 * NET, "stock": 2 * NET, "labelled": 6 * NET, "loss": 2 * NET,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "more", "status", "pointer"),
    [
        ("activated", {}, 409, None),
        ("void", {}, 422, "/reason"),
        ("void", {"reason": "   "}, 422, "/reason"),
        ("printed", {"last": 10}, 422, "/last"),
        ("printed", {"first": 5, "last": 4}, 422, "/first"),
        ("drawn", {}, 422, "/state"),
        ("printed", {"first": -1}, 422, "/first"),
    ],
)
def test_a_change_that_the_life_of_a_label_does_not_know_is_refused(
    cooperative: Person, ready: ReadyBatches, state: str, more: dict[str, Any], status: int,
    pointer: str | None,
) -> None:  # fmt: skip
    run = drawn(cooperative, ready.batch(cooperative))
    answer = said(cooperative, run, state, **more)
    assert answer.status_code == status, answer.get_data(as_text=True)
    if pointer:
        assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert counts(cooperative, run) == (10, 0, 0, 0)


@pytest.mark.parametrize("kind", ["hold", "recall", "reject", "concession"])
def test_nothing_is_printed_or_activated_once_the_batch_is_stopped(
    cooperative: Person, ready: ReadyBatches, kind: str
) -> None:
    batch = ready.batch(cooperative)
    run = drawn(cooperative, batch)
    half = {"first": run["first"], "last": run["first"] + 4}
    assert said(cooperative, run, "printed", **half).status_code == 201
    ready.dispose(batch, kind, "市场抽检")
    for refused in (
        said(cooperative, run, "activated", **half),
        said(cooperative, run, "printed", first=run["first"] + 5),
        cooperative.get(f"/label-runs/{run['id']}/sheet.pdf"),
        cooperative.get(f"/label-runs/{run['id']}/labels/{run['last']}.png"),
        cooperative.get(f"/label-runs/{run['id']}/codes"),
    ):
        assert refused.status_code == 409, refused.get_data(as_text=True)
        assert refused.get_json()["code"] == "not-released"
    assert said(cooperative, run, "void", reason="封存").status_code == 201
    assert ready.ledger(batch)["labelled"] == 0


def test_a_licence_that_lapses_leaves_its_labels_and_a_revoked_one_does_not(
    app: Flask, cooperative: Person, ready: ReadyBatches
) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    mine = update(Licence).where(Licence.party_id == cooperative.party)
    change(app, mine.values(ends=day_of(now()).replace(year=2025)))
    assert said(cooperative, run, "printed").status_code == 201
    change(app, mine.values(revoked_at=now(), revoke_reason="转让标签"))
    answer = said(cooperative, run, "activated")
    assert answer.status_code == 409 and answer.get_json()["code"] == "licence-revoked"


def test_a_run_of_another_party_does_not_exist_for_anybody_but_the_authority(
    cooperative: Person, stranger: Person, inspector: Person, authority: Person, consumer: Person,
    ready: ReadyBatches,
) -> None:  # fmt: skip
    run = drawn(cooperative, ready.batch(cooperative))
    here = f"/label-runs/{run['id']}"
    paths = (
        "",
        "/sheet.pdf",
        f"/labels/{run['first']}.png",
        f"/labels/{run['first']}.svg",
        "/codes",
    )
    for path in paths:
        foreign = stranger.get(here + path)
        missing = stranger.get(f"/label-runs/{uuid.uuid4()}{path}")
        assert foreign.status_code == missing.status_code == 404
        assert foreign.get_json() == missing.get_json()
        assert inspector.get(here + path).status_code == 403
        assert consumer.get(here + path).status_code == 401
    assert said(stranger, run, "void", reason="别人的").status_code == 404
    assert said(authority, run, "void", reason="监管").status_code == 403
    assert authority.get(here).status_code == authority.get(here + "/codes").status_code == 200
    assert counts(cooperative, run) == (10, 0, 0, 0)


# --- finding ---------------------------------------------------------------------------------


def test_runs_are_listed_newest_first_and_found_by_batch_number_or_by_any_of_their_codes(
    cooperative: Person, stranger: Person, authority: Person, ready: ReadyBatches
) -> None:
    tea = ready.batch(cooperative, number="CSLC-20260402-01")
    older, newer = drawn(cooperative, tea), drawn(cooperative, ready.batch(cooperative))
    foreign = drawn(stranger, ready.batch(stranger))

    def found(person: Person, query: str = "") -> list[str]:
        return [run["id"] for run in person.get(f"/label-runs{query}").get_json()]

    code = encode(ready.press.masters((1,)), 1, older["first"] + 7)
    assert found(cooperative) == [newer["id"], older["id"]]
    assert found(authority) == [foreign["id"], newer["id"], older["id"]]
    assert found(cooperative, f"?batch={tea}") == [older["id"]]
    assert found(cooperative, "?q=cslc-2026") == [older["id"]]
    assert found(cooperative, f"?q={grouped(code)}") == [older["id"]]
    assert found(stranger, f"?q={code}") == []
    page = cooperative.get("/label-runs?size=1")
    assert [run["id"] for run in page.get_json()] == [newer["id"]]
    link = page.headers["Link"].partition(">")[0].removeprefix("</api/v1/label-runs")
    assert found(cooperative, link) == [older["id"]]


def look(app: Flask, ready: ReadyBatches, text: str) -> Found:
    with app.app_context():
        return find_label(db.session, ready.press, text)


def test_a_label_is_found_with_the_state_that_is_stored_for_it(
    app: Flask, cooperative: Person, ready: ReadyBatches
) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    masters = ready.press.masters((1,))
    first = run["first"]
    said(cooperative, run, "printed", first=first + 1)
    said(cooperative, run, "activated", first=first + 2)
    said(cooperative, run, "void", first=first + 3, last=first + 3, reason="打坏")
    states = []
    for serial in range(first, first + 5):
        found = look(app, ready, encode(masters, 1, serial).lower())
        assert (found.outcome, found.epoch, found.serial) == ("ok", 1, serial)
        assert found.run is not None and str(found.run.id) == run["id"]
        states.append(found.state)
    assert states == ["drawn", "printed", "activated", "void", "activated"]


def test_what_is_no_label_of_ours_is_told_apart_only_as_far_as_it_may_be(
    app: Flask, cooperative: Person, ready: ReadyBatches
) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    code = encode(ready.press.masters((1,)), 1, run["first"])
    beyond = encode(ready.press.masters((1,)), 1, run["last"] + 1)
    foreign = encode({9: bytes(range(32))}, 9, run["first"])
    wrong_tag = encode({1: bytes(range(32))}, 1, run["first"])
    assert look(app, ready, code[:-1]) == Found("malformed")
    at = next(place for place in range(16) if code[place] != code[place + 1])
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert look(app, ready, swapped) == Found("mistyped")
    assert {look(app, ready, text) for text in (beyond, foreign, wrong_tag)} == {Found("unknown")}


# --- watching --------------------------------------------------------------------------------


def test_scans_of_labels_that_nobody_activated_are_told_to_who_is_concerned(
    app: Flask, cooperative: Person, stranger: Person, authority: Person, ready: ReadyBatches
) -> None:
    run = drawn(cooperative, ready.batch(cooperative))
    first = run["first"]
    for serial, status, count in (
        (first + 2, "not_activated", 30),
        (first + 5, "not_activated", 6),
        (first + 9, "recalled", 4),
    ):
        put(app, ScanCount(epoch=1, serial=serial, day=day_of(now()), status=status, count=count,
                           first_at=now(), last_at=now()))  # fmt: skip
    (told,) = cooperative.get("/unactivated-scans").get_json()
    assert (told["first"], told["last"]) == (first + 2, first + 5)
    assert (told["labels"], told["scans"]) == (2, 36) and told["run_id"] == run["id"]
    assert authority.get("/unactivated-scans").get_json() == [told]
    assert stranger.get("/unactivated-scans").get_json() == []
    said(cooperative, run, "printed")
    said(cooperative, run, "activated", first=first + 2, last=first + 2)
    (told,) = cooperative.get("/unactivated-scans").get_json()
    assert (told["first"], told["scans"]) == (first + 5, 6)
