"""投入品: logged and corrected, found again by the supplier's number, carried along with the goods."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.clock import day_of, now
from tests.api.entering import refusal
from tests.api.promised import Fields
from tests.people import People, Person
from trace.batches.inputs import batches_with_input

TODAY = day_of(now())


@pytest.fixture
def fields(app: Flask) -> Fields:
    """Where batches grow."""
    return Fields(app)


@pytest.fixture
def batch(fields: Fields, cooperative: Person) -> str:
    """A batch of the cooperative."""
    return fields.batch(cooperative)


def spray(**more: Any) -> dict[str, Any]:
    """A pesticide as a cooperative notes it."""
    return {
        "kind": "pesticide", "name": "吡虫啉可湿性粉剂", "supplier": "示例农资店",
        "supplier_number": "Lot 24-118", "amount_typed": "30", "amount_unit": "g/亩",
        "method": "兑水 1500 倍喷雾", "used_on": (TODAY - timedelta(days=30)).isoformat(), **more,
    }  # fmt: skip


def logged(person: Person, batch_id: str, **more: Any) -> dict[str, Any]:
    return person.made(f"/batches/{batch_id}/inputs", json=spray(**more))


def test_an_input_is_kept_as_it_was_typed(cooperative: Person, batch: str) -> None:
    answer = cooperative.post(
        f"/batches/{batch}/inputs", json=spray(amount_typed="30.0", interval_days=14)
    )
    assert answer.status_code == 201
    made = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/inputs/{made['id']}"
    assert (made["amount_typed"], made["amount_unit"]) == ("30.0", "g/亩")
    assert made["supplier_number"] == "Lot 24-118"
    assert cooperative.get(f"/inputs/{made['id']}").get_json() == made
    assert cooperative.get(f"/batches/{batch}/inputs").get_json() == [made]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "poison"}, "/kind"),
        ({"amount_typed": "0"}, "/amount_typed"),
        ({"amount_typed": "一些"}, "/amount_typed"),
        ({"used_on": (TODAY + timedelta(days=1)).isoformat()}, "/used_on"),
        ({"stopped_on": (TODAY - timedelta(days=31)).isoformat()}, "/stopped_on"),
        ({"interval_days": 5000}, "/interval_days"),
        ({"interval_days": -1}, "/interval_days"),
        ({"supplier": " "}, "/supplier"),
        ({"colour": "green"}, "/colour"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    cooperative: Person, batch: str, wrong: dict[str, Any], pointer: str
) -> None:
    answer = cooperative.post(f"/batches/{batch}/inputs", json=spray(**wrong))
    assert refusal(answer)[::2] == (422, [pointer])
    assert cooperative.get(f"/batches/{batch}/inputs").get_json() == []


def test_a_correction_names_what_it_replaces_and_both_stay(
    cooperative: Person, batch: str, session: Session
) -> None:
    first = logged(cooperative, batch)
    path = f"/inputs/{first['id']}/corrections"
    again = spray(supplier_number="24-119", reason="批号抄错")
    second = cooperative.made(path, json=again)
    assert second["corrects_id"] == first["id"]
    assert len(cooperative.get(f"/batches/{batch}/inputs").get_json()) == 2
    assert refusal(cooperative.post(path, json=again))[:2] == (409, "already-corrected")
    assert batches_with_input(session, "lot24-118") == []
    assert batches_with_input(session, " 24-119") == [uuid.UUID(batch)]


def test_a_number_leads_to_every_batch_but_shows_only_what_one_may_see(
    fields: Fields, people: People, cooperative: Person, stranger: Person, batch: str,
    session: Session,
) -> None:  # fmt: skip
    theirs = fields.batch(stranger)
    for person, one in ((cooperative, batch), (cooperative, batch), (stranger, theirs)):
        logged(person, one)
    assert batches_with_input(session, "ＬＯＴ24-118") == [uuid.UUID(batch), uuid.UUID(theirs)]

    def found(person: Person) -> set[str]:
        listed = person.get("/inputs/batches?supplier_number=LOT 24-118").get_json()
        return {row["id"] for row in listed}

    assert found(cooperative) == {batch}
    assert found(stranger) == {theirs}
    assert found(people.authority) == {batch, theirs}
    assert people.consumer.get("/inputs/batches?supplier_number=x").status_code == 401


def test_what_was_used_before_a_split_holds_for_the_part_and_what_came_later_does_not(
    cooperative: Person, batch: str
) -> None:
    before = logged(cooperative, batch)
    etag = cooperative.get(f"/batches/{batch}").headers["ETag"]
    [part] = cooperative.post(
        f"/batches/{batch}/parts", json={"parts": [{"quantity": "40"}]}, headers={"If-Match": etag}
    ).get_json()
    logged(cooperative, batch, name="硫酸钾", kind="fertiliser")
    assert cooperative.get(f"/batches/{part['id']}/inputs").get_json() == [before]


def test_strangers_and_laboratories_write_nothing(
    cooperative: Person, stranger: Person, inspector: Person, batch: str
) -> None:
    made = logged(cooperative, batch)
    assert stranger.get(f"/inputs/{made['id']}").status_code == 404
    assert stranger.get(f"/batches/{batch}/inputs").status_code == 404
    assert stranger.post(f"/batches/{batch}/inputs", json=spray()).status_code == 404
    correction = spray(reason="不对")
    assert stranger.post(f"/inputs/{made['id']}/corrections", json=correction).status_code == 404
    assert inspector.post(f"/batches/{batch}/inputs", json=spray()).status_code == 403


@pytest.mark.parametrize(
    "statement", ["UPDATE batch_input SET name = 'x'", "DELETE FROM batch_input"]
)
def test_inputs_are_evidence(
    cooperative: Person, batch: str, session: Session, statement: str
) -> None:
    logged(cooperative, batch)
    with pytest.raises(DBAPIError):
        session.execute(text(statement))
    session.rollback()
