"""Races over one report: of two corrections, and of two who verify, one wins; nothing is doubled."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from core.act import INSPECTOR, VERIFIER
from tests.api.looking import rows
from tests.api.test_main_job import EVERY_BATCH, published, report, sent_batch
from tests.people import People, Person
from trace.inspections.life_models import Signature
from trace.inspections.models import Inspection

TOGETHER = 4


def answers(*asks: Any) -> list[tuple[int, str]]:
    """Ask everything at the same moment, each in a thread of its own: status and code."""
    gate = Barrier(len(asks))

    def one(ask: Any) -> tuple[int, str]:
        gate.wait(30)
        answer = ask()
        return answer.status_code, (answer.get_json() or {}).get("code", "")

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


def verification(person: Person, sheet: dict[str, Any]) -> Any:
    body = {"content_sha256": sheet["content_sha256"]}
    return lambda: person.post(f"/worksheets/{sheet['id']}/verification", json=body)


def test_of_parallel_corrections_of_one_report_one_wins_and_the_others_get_409(
    app: Flask, cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    older = published(inspector, batch, report(EVERY_BATCH))
    about = {"corrects": older["id"], "reason": "小数点抄错", "sign": True}
    sheets = [
        inspector.made("/worksheets", json={**report(EVERY_BATCH), **about})
        for _ in range(TOGETHER)
    ]
    said = answers(*(verification(inspector.colleague, sheet) for sheet in sheets))
    assert Counter(status for status, _code in said) == {201: 1, 409: TOGETHER - 1}
    assert {code for status, code in said if status == 409} == {"already-corrected"}
    corrections = select(Inspection).where(Inspection.corrects_id.is_not(None))
    (made,) = rows(app, corrections)
    states = {
        inspector.get(f"/worksheets/{sheet['id']}").get_json()["state"]: sheet["id"]
        for sheet in sheets
    }
    assert set(states) == {"published", "submitted"}
    assert states["published"] == str(made.id)


def test_a_correction_and_a_retest_at_once_leave_a_chain_that_says_what_counts(
    app: Flask, cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    older = published(inspector, batch, report(EVERY_BATCH))
    correction = {"corrects": older["id"], "reason": "抄错", "sign": True}
    retest = {"retests": older["id"], "ground": "laboratory-error", "reason": "漂移", "sign": True}
    sheets = [
        inspector.made("/worksheets", json={**report(EVERY_BATCH), **about})
        for about in (correction, retest)
    ]
    said = answers(*(verification(inspector.colleague, sheet) for sheet in sheets))
    assert all(status in (201, 409) for status, _code in said)
    assert 201 in {status for status, _code in said}
    count = rows(app, select(func.count()).select_from(Inspection))[0]
    assert count == 1 + sum(status == 201 for status, _code in said)


def test_two_who_verify_one_worksheet_at_once_publish_it_once(
    app: Flask, people: People, cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    sheet = inspector.made(
        "/worksheets", json={**report(EVERY_BATCH), "batch": batch["id"], "sign": True}
    )
    third = people.person(92, "又一位复核人", (INSPECTOR, VERIFIER), party=inspector.party)
    both = (inspector.colleague, third)
    said = answers(*(verification(person, sheet) for person in both))
    assert Counter(said) == {(201, ""): 1, (409, "worksheet-published"): 1}
    verified = select(Signature).where(Signature.meaning == "verified")
    assert len(rows(app, verified)) == 1
    assert len(rows(app, select(Inspection))) == 1


def test_two_who_save_one_draft_at_once_one_is_told_that_it_changed(
    app: Flask, cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    drafted = inspector.post("/worksheets", json={**report(EVERY_BATCH), "batch": batch["id"]})
    sheet, seen = drafted.get_json(), {"If-Match": drafted.headers["ETag"]}
    path = f"/worksheets/{sheet['id']}"

    def put(person: Person) -> Any:
        return lambda: person.put(path, json=report(EVERY_BATCH), headers=seen)

    said = answers(put(inspector), put(inspector.colleague))
    assert Counter(said) == {(200, ""): 1, (412, "stale"): 1}
    assert inspector.get(path).get_json()["version"] == 2


def test_two_sheets_with_one_number_never_become_two_reports(
    app: Flask, cooperative: Person, inspector: Person
) -> None:
    made = [
        inspector.made(
            "/worksheets", json={**report(EVERY_BATCH, number="YP-1"), "batch": batch["id"]}
        )
        for batch in (sent_batch(cooperative, inspector) for _ in range(2))
    ]

    def submission(sheet: dict[str, Any]) -> Any:
        body = {"content_sha256": sheet["content_sha256"]}
        return lambda: inspector.post(f"/worksheets/{sheet['id']}/submission", json=body)

    said = answers(*(submission(sheet) for sheet in made))
    assert (201, "") in said
    assert set(said) <= {(201, ""), (409, "number-taken")}
    published_ = [verification(inspector.colleague, sheet)().status_code for sheet in made]
    assert published_.count(201) <= 1
    assert len(rows(app, select(Inspection))) == published_.count(201)
