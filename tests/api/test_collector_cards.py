"""Collectors' cards: a collector books, the holder's PIN signs, and nobody learns the PIN."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.clock import now
from core.database.engine import db
from core.record.models import Evidence, PersonalValue
from tests.api.looking import change, rows
from tests.api.test_goods import refusal, stock
from tests.api.test_main_job import TEA, TODAY
from tests.api.test_plots import approval, cap, plot
from tests.people import People, Person
from trace.batches.models import Batch
from trace.transfers.card_codes import LENGTH, easy_pin, grouped, new_code, read_code
from trace.transfers.models import CardBooking, CollectorCard, Transfer

PIN = "407913"


@pytest.fixture
def card(cooperative: Person) -> dict[str, Any]:
    return cooperative.made("/collector-cards", json={"holder": "周桂英", "pin": PIN})


def collection(card: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "card": card["code"], "pin": PIN, "product": TEA, "form": "鲜叶", "quantity": "12.5",
        "unit": "公斤", "harvested_on": TODAY.isoformat(), **more,
    }  # fmt: skip


def collected(person: Person, card: dict[str, Any], **more: Any) -> TestResponse:
    return person.post("/collections", json=collection(card, **more))


# --- booking ---------------------------------------------------------------------------------


def test_a_collector_books_harvest_and_hand_over_and_the_trail_says_so(
    app: Flask, cooperative: Person, stranger: Person, card: dict[str, Any], session: Session
) -> None:
    told = stranger.made("/collections", json=collection(card))
    batch = cooperative.get(f"/batches/{told['batch']}").get_json()
    theirs = stranger.get(f"/batches/{told['received']}").get_json()
    assert (batch["party_id"], theirs["party_id"]) == (
        str(cooperative.party), str(stranger.party),
    )  # fmt: skip
    assert (stock(session, batch), stock(session, theirs)) == (0, 12_500_000)
    transfer = cooperative.get(f"/transfers/{told['transfer']}").get_json()
    assert transfer == stranger.get(f"/transfers/{told['transfer']}").get_json()
    assert (transfer["by_collector"], transfer["state"]) == (True, "confirmed")
    booking = rows(app, select(CardBooking))[0]
    assert (booking.party_id, booking.account_id) == (stranger.party, stranger.account)
    made = rows(app, select(Batch).where(Batch.id == booking.batch_id))[0]
    assert made.confirmed_by == stranger.account
    facts = rows(app, select(Evidence).where(Evidence.kind == "card-booking"))
    assert [fact.actor for fact in facts] == [stranger.account]


def test_a_collector_of_the_cards_own_party_enters_the_harvest_alone(
    app: Flask, cooperative: Person, card: dict[str, Any], session: Session
) -> None:
    told = cooperative.made("/collections", json=collection(card))
    assert (told["transfer"], told["received"]) == (None, None)
    batch = cooperative.get(f"/batches/{told['batch']}").get_json()
    assert stock(session, batch) == 12_500_000
    assert rows(app, select(Transfer)) == []


def test_the_harvest_counts_against_the_plot_and_the_allowance_of_the_cards_party(
    cooperative: Person, stranger: Person, authority: Person
) -> None:
    own, other = (cooperative.made("/plots", json=plot(number=n, area_mu="1")) for n in "12")
    foreign = stranger.made("/plots", json=plot(number="9"))
    for one in (own, other):
        authority.made(f"/plots/{one['id']}/approvals", json=approval())
    authority.made(f"/products/{TEA}/yield-caps", json=cap(quantity="10", unit="kg"))
    draft = {"holder": "周桂英", "pin": PIN, "plots": [own["id"]]}
    card = cooperative.made("/collector-cards", json=draft)
    stranger.made("/collections", json=collection(card))
    used = cooperative.get("/allowances", query_string={"product": TEA}).get_json()[0]["used"]
    assert int(used) == 12_500_000
    for plot_id in (other["id"], foreign["id"], str(uuid.uuid4())):
        answer = collected(stranger, card, plot=plot_id)
        assert refusal(answer) == (422, "no-such-plot")
    answer = collected(stranger, card, quantity="7.5")
    assert answer.status_code == 201
    assert refusal(collected(stranger, card, quantity="0.1")) == (409, "allowance-exceeded")
    draft["plots"] = [foreign["id"]]
    assert refusal(cooperative.post("/collector-cards", json=draft)) == (422, "no-such-plot")


def test_what_is_refused_after_the_pin_leaves_nothing_and_counts_as_no_wrong_pin(
    app: Flask, people: People, cooperative: Person, stranger: Person, card: dict[str, Any]
) -> None:
    for _ in range(6):
        answer = collected(stranger, card, quantity="0")
        assert refusal(answer) == (422, "quantity-not-positive")
    unlicensed = people.person(21, "没有准入的加工厂", ("producer",))
    assert refusal(collected(unlicensed, card)) == (422, "receiver-not-licensed")
    assert refusal(collected(stranger, card, product="liuyang-nursery")) == (422, "not-licensed")
    assert refusal(collected(stranger, card, form="没有")) == (422, "batch-invalid")
    assert rows(app, select(Batch)) == rows(app, select(Transfer)) == []
    assert collected(stranger, card).status_code == 201


# --- the PIN ---------------------------------------------------------------------------------


def test_five_wrong_pins_shut_the_card_for_a_quarter_of_an_hour_to_the_right_one_too(
    app: Flask, stranger: Person, card: dict[str, Any]
) -> None:
    for _ in range(4):
        answer = collected(stranger, card, pin="111222")
        assert refusal(answer) == (422, "wrong-pin")
        assert [fault["pointer"] for fault in answer.get_json()["errors"]] == ["/pin"]
    assert collected(stranger, card).status_code == 201, "a right one ends the count"
    for _ in range(5):
        assert refusal(collected(stranger, card, pin="111222")) == (422, "wrong-pin")
    assert refusal(collected(stranger, card)) == (409, "card-locked")
    long_ago = update(CollectorCard).values(locked_until=now() - timedelta(seconds=1))
    change(app, long_ago)
    assert collected(stranger, card).status_code == 201


def test_wrong_pins_at_once_are_all_counted(
    app: Flask, stranger: Person, card: dict[str, Any]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(
            pool.map(lambda _: refusal(collected(stranger, card, pin="111222")), range(8))
        )
    assert answers == {(422, "wrong-pin"): 5, (409, "card-locked"): 3}
    assert rows(app, select(CollectorCard.failures)) == [5]


def test_the_pin_stands_nowhere_in_the_database_nor_does_the_holders_name_in_the_record(
    app: Flask, stranger: Person, card: dict[str, Any]
) -> None:
    collected(stranger, card)
    collected(stranger, card, pin="558812")
    with app.app_context():
        tables = db.metadata.tables if hasattr(db, "metadata") else CollectorCard.metadata.tables
        for name in tables:
            for row in db.session.execute(text(f"SELECT * FROM {name}")).mappings():
                said = {k: str(v) for k, v in row.items() if not isinstance(v, bytes)}
                for pin in (PIN, "558812"):
                    told = [k for k, v in said.items() if f'"{pin}"' in v or v == pin]
                    assert told == [], (name, told)
    for fact in rows(app, select(Evidence)):
        assert "周桂英" not in fact.body
    assert "周桂英" in rows(app, select(PersonalValue.value))


def test_a_key_sent_again_books_once_and_asks_for_the_pin_again(
    app: Flask, stranger: Person, card: dict[str, Any]
) -> None:
    key = str(uuid.uuid4())
    first = stranger.post("/collections", json=collection(card), key=key)
    again = stranger.post("/collections", json=collection(card), key=key)
    assert (first.status_code, first.get_json()) == (again.status_code, again.get_json())
    other = stranger.post("/collections", json=collection(card, quantity="13"), key=key)
    assert refusal(other) == (422, "idempotency-key-reused")
    wrong = stranger.post("/collections", json=collection(card, pin="111222"), key=key)
    assert refusal(wrong) == (422, "wrong-pin")
    assert len(rows(app, select(CardBooking))) == 1


@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "abcdef", "111111", "121212", "345678", "987654"]
)
def test_a_pin_has_six_digits_that_are_not_easy_to_guess(cooperative: Person, pin: str) -> None:
    answer = cooperative.post("/collector-cards", json={"holder": "周桂英", "pin": pin})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.get_json()["errors"]] == ["/pin"]
    assert pin not in answer.get_data(as_text=True)


# --- cards -----------------------------------------------------------------------------------


def test_a_revoked_card_says_so_and_is_revoked_once(
    cooperative: Person, stranger: Person, card: dict[str, Any]
) -> None:
    path = f"/collector-cards/{card['id']}"
    told = cooperative.made(f"{path}/revocation", json={"reason": "卡丢了"})
    assert told["revoked_at"] and told["revoke_reason"] == "卡丢了"
    answer = collected(stranger, card)
    assert refusal(answer) == (409, "card-revoked")
    assert "卡丢了" not in answer.get_data(as_text=True), "why is its party's own"
    again = cooperative.post(f"{path}/revocation", json={"reason": "再停"})
    assert refusal(again) == (409, "card-revoked")


def test_cards_are_their_partys_own_and_an_unknown_code_is_no_card(
    cooperative: Person, stranger: Person, card: dict[str, Any]
) -> None:
    path = f"/collector-cards/{card['id']}"
    assert [one["number"] for one in cooperative.get("/collector-cards").get_json()] == [1]
    assert cooperative.get(path).get_json()["holder"] == "周桂英"
    assert stranger.get("/collector-cards").get_json() == []
    assert stranger.get(path).status_code == 404
    assert stranger.post(f"{path}/revocation", json={"reason": "x"}).status_code == 404
    for code in (new_code(), "什么", "A" * 26):
        assert refusal(collected(stranger, {"code": code})) == (422, "no-such-card")


def test_a_code_is_read_however_it_is_written() -> None:
    code = new_code()
    assert len(code) == LENGTH and len({new_code() for _ in range(1000)}) == 1000
    spoken = grouped(code).lower().replace("0", "o").replace("1", "l")
    for typed in (code, spoken, f"https://gi.example.cn/coop/collect?card={code}", f" {code}/ "):
        assert read_code(typed) == code
    for typed in ("", code[:-1], code + "0", "Z" * 26, "U" + code[1:], code + "\x00"):
        assert read_code(typed) is None


def test_only_hard_pins_pass() -> None:
    assert [easy_pin(pin) is None for pin in (PIN, "112233", "000000", "890123", "210987")] == [
        True, True, False, False, False,
    ]  # fmt: skip
