"""A row in each table of evidence of the books: what stands there and can be lost."""

import uuid
from typing import Any

from core.clock import now
from labels.alarm_models import AlarmWord
from labels.promise_models import PromiseLink
from tests.api.labelled import Labelled
from tests.api.looking import put
from tests.api.owned_goods import goods_things
from tests.api.test_goods import leaf
from tests.api.test_main_job import TEA, TODAY
from tests.people import People, Person


def rows_of_the_books(house: Labelled, people: People) -> None:
    """Every act of the books once, through HTTP."""
    owned = goods_things(people)
    receiver: Person = people.collector
    receiver.made(
        f"/transfers/{owned['transfer_id']}/confirmation",
        json={"quantity": "5", "unit": "kg", "condition": "intact"},
    )
    card = house.maker.made("/collector-cards", json={"holder": "示例", "pin": "407913"})
    receiver.made(
        "/collections",
        json={
            "card": card["code"], "pin": "407913", "product": TEA, "form": "鲜叶",
            "quantity": "2", "unit": "kg", "harvested_on": TODAY.isoformat(),
        },
    )  # fmt: skip
    _lost_and_corrected(house.maker)
    put(house.app, PromiseLink(**_promised(house.maker, receiver)))
    _shipped_and_called_back(house)
    people.authority.made(
        f"/products/{TEA}/conversions",
        json={
            "from_form": "鲜叶", "to_form": "毛茶", "low": "0.2", "high": "0.3", "unit": "kg",
            "per_unit": "kg", "source": "示例",
        },
    )  # fmt: skip
    word = AlarmWord(
        key="示例", word="示例", by_authority=True, party_id=house.maker.party, at=now()
    )
    put(house.app, word)


def _lost_and_corrected(maker: Person) -> None:
    batch = leaf(maker)
    lost = maker.made(
        f"/batches/{batch['id']}/stock-acts",
        json={"kind": "loss", "quantity": "1", "happened_on": TODAY.isoformat(), "reason": "示例"},
    )
    maker.made(f"/postings/{lost['id']}/correction", json={"reason": "示例"})


def _promised(maker: Person, receiver: Person) -> dict[str, uuid.UUID]:
    """A certificate that took the place of another, was collected and taken back; both ids."""
    batch = leaf(maker)
    path = f"/batches/{batch['id']}/promises"
    old = maker.made(path, json={"basis": ["control"]})
    new = maker.made(path, json={"basis": ["control"], "replaces": old["id"]})
    receiver.made("/promise-receipts", json={"certificate": new["number"]})
    maker.made(f"/promises/{new['id']}/withdrawal", json={"reason": "示例"})
    return {"promise_id": uuid.UUID(new["id"]), "old_id": uuid.UUID(old["id"])}


def _shipped_and_called_back(house: Labelled) -> None:
    day: dict[str, Any] = {"shipped_on": TODAY.isoformat()}
    sent = house.maker.made(
        f"/label-runs/{house.run}/shipments",
        json={
            "first": house.first + 30, "last": house.first + 39, "consignee": "示例茶庄",
            "phone": "示例电话", **day,
        },
    )  # fmt: skip
    house.maker.made(
        f"/shipments/{sent['id']}/returns",
        json={
            "first": house.first + 30, "last": house.first + 31, "fate": "labelled",
            "returned_on": TODAY.isoformat(), "reason": "示例",
        },
    )  # fmt: skip
    batch = leaf(house.maker)
    recall = house.maker.made(
        "/recalls", json={"kind": "recall", "from": "batch", "id": batch["id"], "reason": "示例"}
    )
    holder = recall["held_by"][0]["id"]
    house.maker.made(f"/recalls/{recall['id']}/holders/{holder}/answers", json={"told": "held"})
