"""Recalls of goods without labels: sold loose to a buyer outside, and under way to a party."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.record.models import Evidence
from labels.recall_models import RecallHolder
from tests.api.batches_ready import ReadyBatches
from tests.api.labelled import TODAY
from tests.api.looking import rows
from tests.api.test_recalls import answered, books, holder, place
from tests.people import Person

KILO = 1_000_000
BUYER, CONTACT = "示例·李记散茶", "0731-8000 0009"


@pytest.fixture
def batch(app: Flask, cooperative: Person) -> uuid.UUID:
    """A released batch of 10 kg."""
    return ReadyBatches(app).batch(cooperative, 10 * KILO)


def sold(person: Person, batch: uuid.UUID) -> dict[str, Any]:
    """2 kg go loose to a buyer outside."""
    draft = {
        "kind": "sale", "quantity": "2", "unit": "kg", "happened_on": TODAY.isoformat(),
        "buyer": BUYER, "contact": CONTACT,
    }  # fmt: skip
    return person.made(f"/batches/{batch}/stock-acts", json=draft)


def sent(person: Person, batch: uuid.UUID, to: Person) -> dict[str, Any]:
    """3 kg are under way to another party."""
    draft = {
        "batch": str(batch), "to": str(to.party), "quantity": "3", "unit": "kg",
        "sent_on": TODAY.isoformat(),
    }  # fmt: skip
    return person.made("/transfers", json=draft)


def recalled(person: Person, batch: uuid.UUID) -> dict[str, Any]:
    """A recall of the batch."""
    draft = {"kind": "recall", "from": "batch", "id": str(batch), "reason": "抽检不合格"}
    return person.made("/recalls", json=draft)


def test_the_buyer_of_loose_goods_is_a_holder_and_no_label_leads_further(
    app: Flask, batch: uuid.UUID, cooperative: Person, authority: Person
) -> None:
    sold(cooperative, batch)
    found = authority.get("/traces", query_string={"from": "batch", "id": str(batch)}).get_json()
    assert [(one["buyer"], one["out"]) for one in found["sales"]] == [(BUYER, str(2 * KILO))]
    assert {one["kind"]: one["quantity"] for one in found["unreached"]} == {"buyer": str(2 * KILO)}
    recall = recalled(authority, batch)
    buyer = holder(recall, "李记散茶")
    assert buyer["phone"] == CONTACT and buyer["held"][0]["quantity"] == str(2 * KILO)
    assert recall["shares"]["mass"] == {"left": str(2 * KILO), "found": str(2 * KILO)}
    kept = " ".join(row.body for row in rows(app, select(Evidence)))
    assert BUYER not in kept and CONTACT not in kept
    assert all(row.name != BUYER for row in rows(app, select(RecallHolder)))


def test_loose_goods_that_come_back_or_are_destroyed_are_booked(
    app: Flask, batch: uuid.UUID, cooperative: Person, authority: Person
) -> None:
    sold(cooperative, batch)
    recall = recalled(authority, batch)
    buyer = holder(recall, "李记散茶")
    back = answered(cooperative, recall, buyer, told="returned", quantity="0.5", unit="kg")
    assert back.status_code == 201, back.get_data(as_text=True)
    gone = answered(cooperative, recall, buyer, told="destroyed", quantity="1", unit="kg")
    assert gone.status_code == 201
    there = books(app, batch)
    assert (there["stock"], there["market"], there["destroyed"]) == (
        8 * KILO + KILO // 2, KILO // 2, KILO,
    )  # fmt: skip
    much = answered(cooperative, recall, buyer, told="returned", quantity="1", unit="kg")
    assert much.status_code == 409
    assert books(app, batch) == there


def test_goods_under_way_are_found_and_go_no_further(
    app: Flask, batch: uuid.UUID, cooperative: Person, stranger: Person, authority: Person
) -> None:
    transfer = sent(cooperative, batch, stranger)
    found = authority.get("/traces", query_string={"from": "batch", "id": str(batch)}).get_json()
    hand = found["hand_overs"][0]
    assert (hand["number"], hand["state"], hand["sent"]) == (
        transfer["number"], "under-way", str(3 * KILO),
    )  # fmt: skip
    recall = recalled(authority, batch)
    sender = holder(recall, "春山茶叶专业合作社")
    under_way = place(sender, "transit")
    assert sender["held"][under_way]["quantity"] == str(3 * KILO)
    taken = stranger.post(
        f"/transfers/{transfer['id']}/confirmation",
        json={"quantity": "3", "unit": "kg", "condition": "intact"},
    )
    assert taken.status_code == 409
    draft = {"told": "destroyed", "item": under_way}
    refused = answered(cooperative, recall, sender, **draft)
    assert refused.get_json()["errors"][0]["pointer"] == "/told"
    assert answered(cooperative, recall, sender, told="held", item=under_way).status_code == 201


def test_what_was_confirmed_shows_both_counts_in_the_sheet(
    batch: uuid.UUID, cooperative: Person, stranger: Person, authority: Person
) -> None:
    transfer = sent(cooperative, batch, stranger)
    stranger.made(
        f"/transfers/{transfer['id']}/confirmation",
        json={"quantity": "2.9", "unit": "kg", "condition": "intact"},
    )
    query = {"from": "batch", "id": str(batch)}
    found = authority.get("/traces", query_string=query).get_json()
    hand = found["hand_overs"][0]
    assert (hand["sent"], hand["counted"], hand["difference"]) == (
        str(3 * KILO), str(2_900_000), str(100_000),
    )  # fmt: skip
    assert hand["made"] in {one["id"] for one in found["batches"]}
    text = authority.get("/traces.csv", query_string=query).get_data(as_text=True)
    row = next(line for line in text.splitlines() if line.startswith("交接单"))
    assert transfer["number"] in row and "差 0.1 kg" in row
    own = cooperative.get("/traces", query_string=query).get_json()
    assert [one["state"] for one in own["hand_overs"]] == ["confirmed"]
