"""Key epochs: made, turned to verifying only, revoked; and serials that are never given twice."""

import json
import shutil
import stat
import uuid
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.act import HOUSE, transaction
from core.database.engine import db
from core.errors import Conflict
from core.record.models import Evidence
from labels import keys
from labels.codes import encode_range
from labels.epochs import epoch_states, new_epoch
from labels.finding import Found, find_label
from labels.models import KeyEpoch, SerialHead
from labels.press import Press, press_of
from labels.serials import held_masters, spend, take_serials
from tests.api.batches_ready import ReadyBatches
from tests.api.looking import rows
from tests.people import People, Person


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    return ReadyBatches(app)


@pytest.fixture
def press(app: Flask) -> Press:
    """The press of a house that has no key yet."""
    return press_of(app.config["SETTINGS"])


def drawn(person: Person, batch: uuid.UUID, count: int = 10) -> dict[str, Any]:
    body = {"count": count, "net_content": "100", "unit": "g", "sheet_format": "a4-3x8"}
    return person.made(f"/batches/{batch}/label-runs", json=body)


def refusal(person: Person, batch: uuid.UUID) -> str:
    """Why no labels can be drawn now."""
    body = {"count": 1, "net_content": "100", "unit": "g", "sheet_format": "a4-3x8"}
    answer = person.post(f"/batches/{batch}/label-runs", json=body)
    assert answer.status_code == 409, answer.get_data(as_text=True)
    return str(answer.get_json()["code"])


def answers(app: Flask, press: Press, codes: list[str]) -> list[tuple[Any, ...]]:
    """What each of the codes answers now, down to its run and state."""
    with app.app_context():
        found = [find_label(db.session, press, code) for code in codes]
    return [(at.outcome, at.epoch, at.serial, at.run and at.run.id, at.state) for at in found]


def change(person: Person, epoch: int, state: str, **more: Any) -> int:
    body = {"state": state, **more}
    return person.post(f"/key-epochs/{epoch}/states", json=body).status_code


def test_rotation_with_a_thousand_labels_out_changes_no_old_answer(
    app: Flask, cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative, 400_000_000)
    run = drawn(cooperative, batch, 1000)
    said = {"state": "printed", "last": run["first"] + 499}
    cooperative.made(f"/label-runs/{run['id']}/states", json=said)
    codes = list(encode_range(ready.press.masters((1,)), 1, run["first"], run["last"]))
    before = answers(app, ready.press, codes)
    assert {answer[0] for answer in before} == {"ok"}

    made = authority.made("/key-epochs")
    assert (made["epoch"], made["state"]) == (2, "issue")
    fresh = drawn(cooperative, batch)
    assert (fresh["epoch"], fresh["first"]) == (2, 0)
    assert answers(app, ready.press, codes) == before

    (new_code,) = encode_range(ready.press.masters((2,)), 2, 0, 0)
    assert change(authority, 1, "revoked", reason="密钥文件外泄") == 201
    with app.app_context():
        assert {find_label(db.session, ready.press, code) for code in codes} == {Found("revoked")}
        assert find_label(db.session, ready.press, new_code).outcome == "ok"
    stopped = cooperative.get(f"/label-runs/{run['id']}/sheet.pdf")
    assert stopped.status_code == 409 and stopped.get_json()["code"] == "key-revoked"


def test_a_verify_only_epoch_issues_nothing_and_its_labels_answer(
    app: Flask, cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative)
    run = drawn(cooperative, batch)
    codes = list(encode_range(ready.press.masters((1,)), 1, run["first"], run["last"]))
    before = answers(app, ready.press, codes)
    assert change(authority, 1, "verify") == 201
    assert refusal(cooperative, batch) == "no-issuing-epoch"
    assert answers(app, ready.press, codes) == before
    authority.made("/key-epochs")
    assert drawn(cooperative, batch)["epoch"] == 2


def test_a_revoked_newest_epoch_does_not_bring_an_older_one_back(
    cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    authority.made("/key-epochs")
    assert change(authority, 2, "revoked", reason="密钥文件外泄") == 201
    assert refusal(cooperative, ready.batch(cooperative)) == "no-issuing-epoch"


def test_every_change_of_an_epoch_is_a_fact_and_there_is_no_way_back(
    app: Flask, authority: Person, ready: ReadyBatches
) -> None:
    authority.made("/key-epochs")
    assert change(authority, 1, "revoked") == 422
    assert change(authority, 1, "issue") == 422
    assert change(authority, 1, "revoked", reason="换机房") == 201
    assert change(authority, 1, "verify") == 409
    assert change(authority, 7, "verify") == 404
    told = authority.get("/key-epochs").get_json()
    assert [(row["epoch"], row["state"]) for row in told] == [
        (1, "issue"), (1, "verify"), (2, "issue"), (1, "revoked"),
    ]  # fmt: skip
    facts = rows(app, select(Evidence.body).where(Evidence.kind == "key-epoch"))
    assert len(facts) == 4 and not any("master" in fact for fact in facts)


def test_only_an_administrator_of_the_authority_touches_keys(
    cooperative: Person, inspector: Person, consumer: Person, people: People, ready: ReadyBatches
) -> None:
    clerk = people.person(7, "科员", ("authority",), party=people.authority.party)
    for person, status in ((cooperative, 403), (inspector, 403), (clerk, 403), (consumer, 401)):
        assert person.post("/key-epochs").status_code == status
        assert change(person, 1, "revoked", reason="不该成功") == status
    assert cooperative.get("/key-epochs").status_code == 403
    assert clerk.get("/key-epochs").status_code == 200


def test_a_house_without_a_key_says_what_to_do(
    app: Flask, cooperative: Person, authority: Person
) -> None:
    ready = ReadyBatches(app, key=False)
    batch = ready.batch(cooperative)
    assert refusal(cooperative, batch) == "no-issuing-epoch"
    assert authority.made("/key-epochs")["epoch"] == 1
    assert drawn(cooperative, batch)["epoch"] == 1


def test_the_command_line_makes_and_changes_epochs(app: Flask, press: Press) -> None:
    runner = app.test_cli_runner()
    made = runner.invoke(args=["house", "new-epoch"])
    assert made.exit_code == 0 and "密钥期 1：可发码" in made.output, made.output
    path = press.folder / "epoch-1.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert path.read_text().strip() not in made.output
    assert runner.invoke(args=["house", "key-epoch", "1", "revoked"]).exit_code == 1
    done = runner.invoke(args=["house", "key-epoch", "1", "revoked", "--reason", "外泄"])
    assert done.exit_code == 0, done.output
    with app.app_context():
        assert epoch_states(db.session) == {1: "revoked"}


# --- keys in files ---------------------------------------------------------------------------


def test_a_key_that_another_process_made_is_found(
    app: Flask, cooperative: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative)
    drawn(cooperative, batch)
    elsewhere = replace(ready.press)
    with app.app_context(), transaction(db.session, HOUSE) as act:
        new_epoch(act, elsewhere)
    assert drawn(cooperative, batch)["epoch"] == 2


def test_a_server_without_the_key_refuses_with_a_sentence(app: Flask, ready: ReadyBatches) -> None:
    shutil.rmtree(ready.press.folder)
    with pytest.raises(Conflict) as refused:
        held_masters(replace(ready.press), 1)
    assert refused.value.code == "key-not-held" and str(ready.press.folder) not in str(
        refused.value
    )


def test_an_epoch_that_was_rolled_back_keeps_its_key_for_the_next_attempt(
    app: Flask, ready: ReadyBatches
) -> None:
    path = ready.press.folder / "epoch-2.key"
    with app.app_context():
        with pytest.raises(RuntimeError), transaction(db.session, HOUSE) as act:
            new_epoch(act, ready.press)
            raise RuntimeError("the power fails")
        key = path.read_text()
        with transaction(db.session, HOUSE) as act:
            assert new_epoch(act, replace(ready.press)).epoch == 2
    assert path.read_text() == key


def test_a_key_that_cannot_be_written_leaves_everything_as_it_was(
    app: Flask, authority: Person, ready: ReadyBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keys.os, "fsync", full)
    answer = authority.post("/key-epochs")
    assert answer.status_code == 409 and answer.get_json()["code"] == "key-not-made"
    assert len(rows(app, select(KeyEpoch))) == 1


# --- serials are never given twice -----------------------------------------------------------


def marks(press: Press) -> dict[str, list[int]]:
    """By epoch: the highest serial spent, and the highest known to be committed."""
    found: dict[str, list[int]] = json.loads(press.high_water.path.read_text())
    return found


def test_serials_are_spent_before_and_settled_after_the_commit(
    app: Flask, cooperative: Person, ready: ReadyBatches
) -> None:
    drawn(cooperative, ready.batch(cooperative))
    assert marks(ready.press) == {"1": [9, 9]}
    with app.app_context():
        with pytest.raises(RuntimeError), transaction(db.session, HOUSE) as act:
            epoch, _, last = take_serials(act, ready.press, 5)
            spend(act, ready.press, epoch, last)
            raise RuntimeError("the power fails")
        with transaction(db.session, HOUSE):
            pass
    assert marks(ready.press) == {"1": [14, 9]}
    run = drawn(cooperative, ready.batch(cooperative))
    assert (run["first"], run["last"]) == (15, 24)
    assert rows(app, select(SerialHead.next_serial)) == [25]


def test_a_restored_older_backup_issues_nothing_until_there_is_a_new_key(
    app: Flask, cooperative: Person, authority: Person, ready: ReadyBatches, session: Session
) -> None:
    batch = ready.batch(cooperative)
    drawn(cooperative, batch)
    ready.press.high_water.raise_to(2, 7)
    session.execute(text("UPDATE serial_head SET next_serial = 5"))
    session.commit()
    before = ready.ledger(batch)
    assert refusal(cooperative, batch) == "database-behind"
    assert ready.ledger(batch) == before
    assert authority.made("/key-epochs")["epoch"] == 3, "epoch 2 has labels out that nobody knows"
    assert drawn(cooperative, batch)["epoch"] == 3


def test_a_damaged_high_water_file_stops_issuing(
    cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative)
    drawn(cooperative, batch)
    ready.press.high_water.path.write_text("{")
    assert refusal(cooperative, batch) == "database-behind"
    assert authority.post("/key-epochs").get_json()["code"] == "key-not-made"


def test_a_run_stands_though_its_serials_could_not_be_settled(
    app: Flask, cooperative: Person, ready: ReadyBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keys.HighWater, "settle", full)
    run = drawn(cooperative, ready.batch(cooperative))
    assert cooperative.get(f"/label-runs/{run['id']}").status_code == 200
    assert marks(ready.press) == {"1": [9, -1]}
