"""Labelled packs go to a consignee by exact serials, and what of them comes back."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from core.database.engine import db
from core.identity.models import Party
from core.record.models import Evidence, PersonalValue
from labels.shipment_models import Shipment, ShipmentReturn
from tests.api.labelled import TODAY, Labelled
from tests.api.looking import rows
from tests.people import People, Person
from trace.batches.models import Batch
from trace.batches.service import holding_of
from trace.books.balance import Line
from trace.books.models import LABELLED, MARKET, Entry
from trace.books.service import book, ledger_balances

SHOP = {"consignee": "示例·岳麓茶庄", "phone": "0731-8000 0000", "address": "示例路 1 号"}
PACK = 100_000


@pytest.fixture
def house(app: Flask, people: People) -> Labelled:
    """A released batch of 24 kg with 40 activated labels of 100 g."""
    return Labelled(app, people).in_use()


def books(app: Flask, batch: uuid.UUID) -> dict[str, int]:
    """The balances of a batch by account."""
    with app.app_context():
        return {account: sum_ for (_, account), sum_ in ledger_balances(db.session, batch).items()}


def shipped(house: Labelled, first: int, last: int, **more: Any) -> Any:
    """The answer to a shipment of the labels at places first to last of the run."""
    draft = {
        "first": house.first + first, "last": house.first + last,
        "shipped_on": TODAY.isoformat(), **(more or SHOP),
    }  # fmt: skip
    return house.maker.post(f"/label-runs/{house.run}/shipments", json=draft)


def back(house: Labelled, shipment: str, first: int, last: int, fate: str = "labelled") -> Any:
    """The answer to a return."""
    draft = {
        "first": house.first + first, "last": house.first + last, "fate": fate,
        "returned_on": TODAY.isoformat(), "reason": "门店退回",
    }  # fmt: skip
    return house.maker.post(f"/shipments/{shipment}/returns", json=draft)


def test_a_shipment_takes_its_goods_from_labelled_to_the_market(
    app: Flask, house: Labelled
) -> None:
    answer = shipped(house, 0, 9)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    body = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/shipments/{body['id']}"
    assert (body["count"], body["quantity"]) == (10, str(10 * PACK))
    assert (body["consignee"], body["phone"]) == (SHOP["consignee"], SHOP["phone"])
    there = books(app, house.batch)
    assert (there["labelled"], there["market"]) == (30 * PACK, 10 * PACK)
    sale = rows(app, select(Entry).where(Entry.kind == "sale"))
    assert sum(row.amount for row in sale) == 0


def test_no_serial_is_shipped_twice_unless_it_came_back(app: Flask, house: Labelled) -> None:
    first = shipped(house, 0, 9).get_json()
    again = shipped(house, 9, 12)
    assert again.status_code == 409 and again.get_json()["code"] == "already-shipped"
    assert str(house.first + 9) in again.get_json()["detail"]
    assert back(house, first["id"], 9, 9).status_code == 201
    assert shipped(house, 9, 12).status_code == 201
    assert books(app, house.batch)["market"] == 13 * PACK
    assert back(house, first["id"], 9, 9).get_json()["code"] == "already-back"


def test_the_database_refuses_serials_that_are_out_and_goods_that_did_not_go(
    app: Flask, house: Labelled
) -> None:
    shipped(house, 0, 9)
    row = rows(app, select(Shipment))[0]
    kept = {column.name: getattr(row, column.name) for column in Shipment.__table__.columns}
    for first, last, packs, booked, why in (
        (row.first + 5, row.last, 5, 5, "out already"),
        (row.first, row.last + 10, 20, 20, "out already"),
        (row.last + 1, row.last + 2, 1, 1, "other labels"),
        (row.last + 1, row.last + 2, 2, 1, "without its goods"),
    ):
        with pytest.raises(DatabaseError, match=why), house.act(house.maker) as act:
            batch = act.session.get_one(Batch, house.batch)
            moved = ((LABELLED, -booked * PACK), (MARKET, booked * PACK))
            lines = [Line(account, amount, batch.form) for account, amount in moved]
            posting = book(act, holding_of(batch), "sale", lines)
            draft = {"id": uuid.uuid4(), "first": first, "last": last, "quantity": packs * PACK}
            act.session.execute(insert(Shipment).values({**kept, **draft, "posting": posting}))


def test_only_activated_labels_of_a_standing_batch_are_shipped(app: Flask, people: People) -> None:
    house = Labelled(app, people)
    house.become("printed")
    assert shipped(house, 0, 0).get_json()["code"] == "not-activated"
    house.become("activated")
    house.become("void", reason="撕破", place=3)
    assert shipped(house, 2, 4).get_json()["code"] == "not-activated"
    assert shipped(house, 39, 40).get_json()["code"] == "serials-outside"
    house.decide("hold", "外包装破损")
    assert shipped(house, 0, 1).get_json()["code"] == "not-released"
    assert rows(app, select(Shipment)) == []


def test_what_came_back_can_go_again_and_what_was_destroyed_turns_void(
    app: Flask, house: Labelled, consumer: Person
) -> None:
    sent = shipped(house, 0, 9).get_json()
    destroyed = back(house, sent["id"], 4, 6, "destroyed").get_json()
    assert [(span["first"] - house.first, span["last"] - house.first) for span in destroyed["out"]] == [
        (0, 3), (7, 9),
    ]  # fmt: skip
    there = books(app, house.batch)
    assert (there["labelled"], there["market"], there["destroyed"]) == (
        30 * PACK, 7 * PACK, 3 * PACK,
    )  # fmt: skip
    assert "作废" in consumer.get(f"//T/{house.code(5)}").get_data(as_text=True)
    assert shipped(house, 4, 6).get_json()["code"] == "not-activated"


def test_voiding_shipped_labels_books_nothing_and_those_here_are_lost(
    app: Flask, house: Labelled
) -> None:
    sent = shipped(house, 0, 9).get_json()
    before = books(app, house.batch)
    house.become("void", reason="被盗", place=0)
    assert books(app, house.batch) == before
    house.become("void", reason="撕破", place=20)
    there = books(app, house.batch)
    assert (there["labelled"], there["loss"]) == (29 * PACK, PACK)
    assert back(house, sent["id"], 0, 1).get_json()["code"] == "label-void"
    assert back(house, sent["id"], 0, 0, "destroyed").status_code == 201
    with house.act(house.maker) as act:
        from_run = {"state": "void", "reason": "收尾"}
        assert act.actor.party == house.maker.party
    whole = house.maker.post(
        f"/label-runs/{house.run}/states",
        json={**from_run, "first": house.first + 1, "last": house.first + 19},
    )
    assert whole.status_code == 201, whole.get_data(as_text=True)
    there = books(app, house.batch)
    assert (there["labelled"], there["loss"], there["market"]) == (19 * PACK, 11 * PACK, 9 * PACK)


@pytest.mark.parametrize(
    ("consignee", "pointer"),
    [
        ({"note": "没有收货方"}, "/consignee"),
        ({"consignee": "示例·茶庄"}, "/phone"),
        ({"receiver": "没有这个"}, "/receiver"),
        ({"consignee": "示例", "phone": "1\u202e2"}, "/phone"),
        ({**SHOP, "consignee": "长" * 121}, "/consignee"),
    ],
)
def test_a_consignee_that_cannot_be_found_again_is_refused(
    app: Flask, house: Labelled, consignee: dict[str, str], pointer: str
) -> None:
    answer = shipped(house, 0, 1, **consignee)
    assert answer.status_code == 422
    assert pointer in {one["pointer"] for one in answer.get_json()["errors"]}
    assert rows(app, select(Shipment)) == []


def test_a_registered_party_receives_by_its_credit_code_and_sees_it(
    app: Flask, house: Labelled, stranger: Person, people: People
) -> None:
    codes = {row.id: row.credit_code for row in rows(app, select(Party))}
    own = shipped(house, 0, 1, receiver=codes[house.maker.party])
    assert own.get_json()["code"] == "own-party"
    both = shipped(house, 0, 1, receiver=codes[stranger.party], consignee="示例")
    assert both.get_json()["code"] == "two-consignees"
    sent = shipped(house, 0, 1, receiver=codes[stranger.party]).get_json()
    assert stranger.get(f"/shipments/{sent['id']}").status_code == 200
    assert [one["id"] for one in stranger.get("/shipments").get_json()] == [sent["id"]]
    third = people.person(7, "旁人合作社", ("producer",))
    assert third.get(f"/shipments/{sent['id']}").status_code == 404
    assert third.get("/shipments").get_json() == []
    taken = stranger.post(f"/shipments/{sent['id']}/returns", json={
        "first": house.first, "last": house.first, "fate": "labelled",
        "returned_on": TODAY.isoformat(), "reason": "不是我的账",
    })  # fmt: skip
    assert taken.status_code == 404


def test_a_shipment_bears_no_day_before_its_labels_nor_after_today(house: Labelled) -> None:
    for day in (TODAY + timedelta(days=1), TODAY - timedelta(days=1)):
        answer = shipped(house, 0, 1, **SHOP, shipped_on=day.isoformat())
        assert answer.get_json()["errors"][0]["pointer"] == "/shipped_on"


def test_phone_and_address_stand_only_in_the_erasable_table(
    app: Flask, house: Labelled, session: Session
) -> None:
    shipped(house, 0, 1)
    told = " ".join(session.scalars(select(Evidence.body)))
    assert SHOP["consignee"] in told
    assert SHOP["phone"] not in told and SHOP["address"] not in told
    values = set(session.scalars(select(PersonalValue.value)))
    assert {SHOP["phone"], SHOP["address"]} <= values


def test_a_shipment_sent_again_with_its_key_happens_once(app: Flask, house: Labelled) -> None:
    draft = {"first": house.first, "last": house.first + 4, "shipped_on": TODAY.isoformat(), **SHOP}
    key = str(uuid.uuid4())
    answers = [
        house.maker.post(f"/label-runs/{house.run}/shipments", json=draft, key=key)
        for _ in range(2)
    ]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(rows(app, select(Shipment))) == 1
    assert rows(app, select(ShipmentReturn)) == []


def test_nobody_ships_the_labels_of_another(house: Labelled, stranger: Person) -> None:
    draft = {"first": house.first, "last": house.first, "shipped_on": TODAY.isoformat(), **SHOP}
    path = f"/label-runs/{house.run}/shipments"
    assert stranger.post(path, json=draft).status_code == 404
    assert house.authority.post(path, json=draft).status_code == 403


def test_of_many_who_ship_the_same_packs_at_once_one_does(app: Flask, house: Labelled) -> None:
    draft = {"first": house.first, "last": house.first + 4, "shipped_on": TODAY.isoformat(), **SHOP}
    path = f"/label-runs/{house.run}/shipments"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: house.maker.post(path, json=draft), range(8)))
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 201 and set(codes[1:]) <= {409, 503}
    assert len(rows(app, select(Shipment))) == 1
    assert books(app, house.batch)["market"] == 5 * PACK
