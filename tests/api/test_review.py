"""What a reviewer could break once, and nobody can any more."""

import base64
import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Stale
from core.http.versions import check_if_match
from core.identity.models import Account
from products.requirements import Bound, BoundKind
from tests.api.test_main_job import (
    EVERY_BATCH,
    MADE,
    TEA,
    TODAY,
    TYPE_ITEMS,
    confirm,
    kinds,
    order_type,
    published,
    report,
    sent_batch,
    tea,
    type_inspected,
    verdict,
)
from tests.people import People, Person, sample_credit_code
from trace.inspections import case, validity
from trace.inspections.comparison import Finding, compare
from trace.inspections.results import Result, TypeInspection

LEAD = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}


def released(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch that was released by itself."""
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    confirm(cooperative, batch)
    return batch


def decision(person: Person, batch: dict[str, Any], kind: str) -> tuple[int, str]:
    """The status of a decision, and its code where it is refused."""
    answer = person.post(
        f"/batches/{batch['id']}/dispositions", json={"kind": kind, "reason": "示例原因"}
    )
    return answer.status_code, answer.get_json().get("code", "")


def test_a_laboratory_lifts_its_own_hold_and_not_that_of_the_authority(
    cooperative: Person, inspector: Person, authority: Person, session: Session
) -> None:
    batch = released(cooperative, inspector)
    assert decision(authority, batch, "hold") == (201, "")
    assert decision(inspector, batch, "lift") == (403, "hold-of-others")
    assert kinds(session, batch) == ["release", "hold"]
    assert decision(authority, batch, "lift") == (201, "")
    assert decision(inspector, batch, "hold") == (201, "")
    assert decision(inspector, batch, "lift") == (201, "")
    assert kinds(session, batch)[2:] == ["lift", "release", "hold", "lift", "release"]


def test_a_laboratory_chosen_later_does_not_lift_the_hold_of_another(
    people: People, cooperative: Person, inspector: Person, session: Session
) -> None:
    batch = released(cooperative, inspector)
    assert decision(inspector, batch, "hold") == (201, "")
    friend = people.person(90, "示例检验所", ("inspector",))
    cooperative.made(f"/batches/{batch['id']}/submissions", json={"laboratory": str(friend.party)})
    assert decision(friend, batch, "lift") == (403, "hold-of-others")
    assert kinds(session, batch) == ["release", "hold"]


def test_a_person_keeps_on_hold_what_a_verdict_had_held(
    cooperative: Person, inspector: Person, authority: Person, session: Session
) -> None:
    batch = released(cooperative, inspector)
    failed = published(inspector, batch, report([LEAD]))
    assert kinds(session, batch) == ["release", "hold"]
    assert decision(authority, batch, "hold") == (201, "")
    assert decision(authority, batch, "hold") == (409, "already-decided")
    inspector.made(f"/inspections/{failed['id']}/withdrawal", json={"reason": "仪器故障"})
    assert verdict(cooperative, batch)["outcome"] == "undetermined"
    assert kinds(session, batch) == ["release", "hold", "hold"]


@pytest.mark.parametrize("more", [{}, {"valid_to": "9999-12-31"}])
def test_a_type_inspection_far_in_the_future_covers_nothing_and_breaks_nothing(
    more: dict[str, str], cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    order_type(cooperative, inspector)
    draft = report(TYPE_ITEMS, reported_on=MADE.isoformat(), valid_from="9999-12-30", **more)
    published(inspector, None, draft, party=str(cooperative.party), product=TEA)
    published(inspector, batch, report(EVERY_BATCH))
    assert verdict(cooperative, batch)["outcome"] == "undetermined"


def test_a_type_inspection_covers_nothing_from_before_its_sample_was_taken(
    cooperative: Person, inspector: Person
) -> None:
    order_type(cooperative, inspector)
    asked = {**report(TYPE_ITEMS, sampled_on=TODAY.isoformat()), "product": TEA, "sign": True}
    answer = inspector.post(
        "/worksheets",
        json={**asked, "party": str(cooperative.party), "valid_from": MADE.isoformat()},
    )
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.get_json()["errors"]] == ["/valid_from"]


@pytest.mark.parametrize("begins", [date(2026, 3, 31), date(2026, 8, 31), date(2026, 3, 15)])
def test_the_judge_and_the_report_agree_on_the_last_day_of_a_type_inspection(begins: date) -> None:
    class HalfAYear:
        validity_months = 6

    seen = case.last_day(TypeInspection("1", (), begins), HalfAYear())  # type: ignore[arg-type]
    assert seen == validity.last_day(begins, 6)


def test_saying_that_there_is_no_document_is_never_a_pass() -> None:
    said = Result("1", "投入品记录", "否", document=True)
    assert compare(Bound(BoundKind.DOCUMENT), "", said).finding is Finding.BROKEN


def test_a_unit_without_a_quantity_confirms_nothing(cooperative: Person) -> None:
    batch = cooperative.made("/batches", json=tea())
    etag = cooperative.get(f"/batches/{batch['id']}").headers["ETag"]
    answer = cooperative.put(
        f"/batches/{batch['id']}/quantity", json={"unit": "吨"}, headers={"If-Match": etag}
    )
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, "/quantity")
    assert cooperative.get(f"/batches/{batch['id']}").get_json()["confirmed_at"] is None


def test_an_event_has_no_more_readings_and_documents_than_anybody_enters(
    cooperative: Person,
) -> None:
    batch = cooperative.made("/batches", json=tea())
    said = {"stage": "production", "happened_on": MADE.isoformat()}
    reading = {"characteristic": "水分", "typed": "5.8", "unit": "%"}
    document = {"name": "照片", "document": str(uuid.uuid4())}
    for more in ({"readings": [reading] * 201}, {"documents": [document] * 41}):
        answer = cooperative.post(f"/batches/{batch['id']}/events", json={**said, **more})
        assert answer.status_code == 422
        assert answer.get_json()["errors"][0]["pointer"] == f"/{next(iter(more))}"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_cursor_beyond_the_calendar_is_a_bad_cursor(at: str, cooperative: Person) -> None:
    text = f"{at}|{uuid.uuid4().hex}".encode()
    cursor = base64.urlsafe_b64encode(text).decode().rstrip("=")
    answer = cooperative.get("/batches", query_string={"after": cursor})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "bad-cursor")


@pytest.mark.parametrize("path", ["/", "/login", "/coop/", "/api/v1/products", "/nowhere"])
def test_a_query_that_is_no_text_is_refused_and_no_error(path: str, client: FlaskClient) -> None:
    answer = client.get(path, environ_overrides={"QUERY_STRING": "next=\xff"})
    assert answer.status_code == 400
    assert "UTF-8" in answer.get_data(as_text=True)


@pytest.mark.parametrize("typed", ["x", "", "1" * 5000, "-1"])
def test_a_version_that_a_form_never_held_is_stale_and_no_error(typed: str, app: Flask) -> None:
    seen = uuid.uuid4()
    context = app.test_request_context(method="POST", data={"_version": typed})
    with context, pytest.raises(Stale):
        check_if_match(seen, 1)
    with app.test_request_context(method="POST", data={"_version": "1"}):
        check_if_match(seen, 1)


def test_the_first_admin_gets_no_login_that_nobody_can_sign_in_with(
    app: Flask, session: Session
) -> None:
    code = sample_credit_code(91)
    asked = ["house", "first-admin", "--party", "示例局", "--credit-code", code, "--login", "Admin"]
    answer = app.test_cli_runner().invoke(args=asked)
    assert answer.exit_code == 1
    assert "登录名 Admin" in answer.output
    assert session.scalars(select(Account.id)).first() is None
