"""Recalls and drills: what they reach, whom they tell, what is booked, and how they end."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import DatabaseError

from core.database.engine import db
from core.record.models import Evidence
from labels.recall_models import Recall, RecallAnswer, RecallBatch, RecallHolder
from tests.api.chain import KILO, PACK, SHOP, STALL, Chain
from tests.api.looking import rows
from tests.people import People, Person
from trace.books.service import ledger_balances
from trace.inspections.models import Disposition

REASON = "抽检铅超标"


@pytest.fixture
def chain(app: Flask, people: People) -> Chain:
    """A batch, a part of it, and what the stranger received and labelled."""
    return Chain(app, people)


def called(person: Person, chain: Chain, kind: str = "recall", **more: Any) -> Any:
    """The answer to a recall, or a drill, from the batch."""
    draft = {"kind": kind, "from": "batch", "id": str(chain.batch), "reason": REASON, **more}
    return person.post("/recalls", json=draft)


def opened(person: Person, chain: Chain) -> dict[str, Any]:
    """A recall that must succeed."""
    answer = called(person, chain)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    return body


def holder(recall: dict[str, Any], name: str) -> dict[str, Any]:
    """A holder by the end of its name."""
    found: dict[str, Any] = next(one for one in recall["held_by"] if one["name"].endswith(name))
    return found


def place(told: dict[str, Any], account: str, batch: uuid.UUID | None = None) -> int:
    """Where the item of an account stands in what a holder held."""
    return next(
        number
        for number, item in enumerate(told["held"])
        if item["account"] == account and batch in (None, uuid.UUID(item["batch"]))
    )


def answered(person: Person, recall: dict[str, Any], whose: dict[str, Any], **draft: Any) -> Any:
    """What a holder says."""
    return person.post(f"/recalls/{recall['id']}/holders/{whose['id']}/answers", json=draft)


def books(app: Flask, batch: uuid.UUID) -> dict[str, int]:
    """The balances of a batch by account."""
    with app.app_context():
        return {account: sum_ for (_, account), sum_ in ledger_balances(db.session, batch).items()}


def kinds(app: Flask, batch: uuid.UUID) -> list[str]:
    """What was decided about a batch, in order."""
    query = select(Disposition).where(Disposition.batch_id == batch)
    return [row.kind for row in rows(app, query.order_by(Disposition.number))]


def test_a_recall_holds_every_batch_it_reaches_and_turns_labels_at_the_next_scan(
    app: Flask, chain: Chain, authority: Person, consumer: Person
) -> None:
    theirs = chain.house.code(20)
    assert "召回" not in consumer.get(f"//T/{theirs}").get_data(as_text=True)
    recall = opened(authority, chain)
    assert (recall["batches"], recall["labels"], recall["holders"]) == (3, 60, 4)
    for batch in (chain.batch, chain.part, chain.taken):
        assert kinds(app, batch)[-1] == "recall"
    said = consumer.get(f"//T/{theirs}").get_data(as_text=True)
    assert "召回" in said and REASON in said
    ship = {"first": chain.first + 9, "last": chain.first + 9, "shipped_on": "2026-11-23", **SHOP}
    stopped = chain.people.stranger.post(f"/label-runs/{chain.run}/shipments", json=ship)
    assert stopped.status_code in (409, 422)
    kept = rows(app, select(RecallBatch))
    assert {row.batch_id for row in kept} == {chain.batch, chain.part, chain.taken}
    assert all(row.disposition_id for row in kept)


def test_holders_are_named_with_what_they_hold_and_how_to_reach_them(
    chain: Chain, authority: Person
) -> None:
    recall = opened(authority, chain)
    names = [one["name"] for one in recall["held_by"]]
    assert set(names) == {
        "示例·春山茶叶专业合作社", "示例·秋水合作社", SHOP["consignee"], STALL["consignee"],
    }  # fmt: skip
    shop = holder(recall, SHOP["consignee"])
    assert (shop["phone"], shop["address"]) == (SHOP["phone"], SHOP["address"])
    item = shop["held"][0]
    assert item["spans"] == [[chain.house.first, chain.house.first + 9]]
    assert item["quantity"] == str(10 * PACK)
    maker = holder(recall, "春山茶叶专业合作社")
    assert maker["phone"] == "示例电话"
    told = {(item["account"], item["batch"]): int(item["quantity"]) for item in maker["held"]}
    assert told == {
        ("stock", str(chain.batch)): 10 * KILO + KILO // 2,
        ("labelled", str(chain.batch)): 30 * PACK,
        ("stock", str(chain.part)): 3 * KILO,
    }


def test_looking_ahead_says_the_same_and_stores_nothing(
    app: Flask, chain: Chain, authority: Person
) -> None:
    query = {"from": "batch", "id": str(chain.batch)}
    ahead = authority.get("/recall-reach", query_string=query).get_json()
    assert (ahead["batches"], ahead["labels"], ahead["holders"]) == (3, 60, 4)
    assert ahead["shares"]["mass"] == {
        "left": str(3 * KILO + 5 * KILO + KILO + KILO),
        "found": str(3 * KILO + 5 * KILO + KILO),
    }
    assert rows(app, select(Recall)) == []
    recall = opened(authority, chain)
    assert recall["shares"] == ahead["shares"]


def test_a_drill_stops_nothing_alarms_nobody_and_says_how_long_it_took(
    app: Flask, chain: Chain, authority: Person, stranger: Person, consumer: Person
) -> None:
    before = kinds(app, chain.taken)
    drill = called(authority, chain, "drill").get_json()
    assert drill["number"].startswith("YL-") and drill["closed_at"] == drill["opened_at"]
    assert drill["milliseconds"] >= 0 and drill["shares"]["mass"]["found"] == str(9 * KILO)
    assert kinds(app, chain.taken) == before
    assert "召回" not in consumer.get(f"//T/{chain.house.code(20)}").get_data(as_text=True)
    assert stranger.get("/recalls").get_json() == []
    assert stranger.get(f"/recalls/{drill['id']}").status_code == 404
    told = holder(drill, SHOP["consignee"])
    assert answered(authority, drill, told, told="held").get_json()["code"] == "drill"
    assert called(authority, chain, "drill").status_code == 201


def test_returned_and_destroyed_packs_are_booked_when_they_are_told(
    app: Flask, chain: Chain, authority: Person
) -> None:
    recall = opened(authority, chain)
    shop, first = holder(recall, SHOP["consignee"]), chain.house.first
    came = answered(authority, recall, shop, told="returned", first=first, last=first + 3)
    assert came.status_code == 201, came.get_data(as_text=True)
    gone = answered(authority, recall, shop, told="destroyed", first=first + 4, last=first + 5)
    assert gone.status_code == 201
    sold = answered(
        authority, recall, shop, told="sold", first=first + 6, last=first + 9, note="散客"
    )
    assert (sold.get_json()["quantity"], sold.status_code) == (str(4 * PACK), 201)
    there = books(app, chain.batch)
    assert (there["labelled"], there["destroyed"]) == (34 * PACK, 2 * PACK)
    assert there["market"] == KILO + 4 * PACK
    again = answered(authority, recall, shop, told="returned", first=first, last=first)
    assert again.status_code == 422 and f"{first + 6}" in again.get_json()["errors"][0]["message"]


def test_a_party_answers_for_its_own_goods_and_for_its_customers_only(
    app: Flask, chain: Chain, authority: Person, stranger: Person, cooperative: Person
) -> None:
    recall = opened(authority, chain)
    seen = stranger.get(f"/recalls/{recall['id']}").get_json()
    assert {one["name"] for one in seen["held_by"]} == {"示例·秋水合作社", STALL["consignee"]}
    assert seen["hidden"] == 2
    own = holder(seen, "秋水合作社")
    stock = place(own, "stock")
    back = answered(stranger, recall, own, told="returned", item=stock)
    assert back.get_json()["errors"][0]["pointer"] == "/told"
    much = answered(stranger, recall, own, told="destroyed", item=stock, quantity="9", unit="kg")
    assert much.get_json()["errors"][0]["pointer"] == "/quantity"
    gone = answered(stranger, recall, own, told="destroyed", item=stock, quantity="1", unit="kg")
    assert gone.status_code == 201
    packs = answered(stranger, recall, own, told="destroyed", item=place(own, "labelled"))
    assert packs.get_json()["quantity"] == str(15 * PACK)
    there = books(app, chain.taken)
    assert (there["stock"], there["labelled"], there["destroyed"]) == (
        2 * KILO, 0, KILO + 15 * PACK,
    )  # fmt: skip
    stall = holder(seen, STALL["consignee"])
    assert answered(stranger, recall, stall, told="held").status_code == 201
    assert answered(cooperative, recall, stall, told="held").status_code == 404
    shop = holder(recall, SHOP["consignee"])
    assert answered(stranger, recall, shop, told="held").status_code == 404


def test_a_recall_closes_when_each_holder_has_answered_or_it_is_said_why_not(
    app: Flask, chain: Chain, authority: Person, stranger: Person
) -> None:
    recall = opened(authority, chain)
    maker = holder(recall, "春山茶叶专业合作社")
    answered(authority, recall, maker, told="held", item=0)
    path = f"/recalls/{recall['id']}/closing"
    early = authority.post(path, json={"note": "办完"})
    assert early.status_code == 422 and len(early.get_json()["errors"]) == 3
    assert stranger.post(path, json={"note": "办完", "otherwise": "x"}).status_code == 403
    silent = [one for one in recall["held_by"] if one["id"] != maker["id"]]
    reasons = [{"holder": one["id"], "reason": "电话三次无人接"} for one in silent]
    closed = authority.post(path, json={"note": "办完", "reasons": reasons})
    assert closed.status_code == 201 and closed.get_json()["closed_at"]
    told = [row.told for row in rows(app, select(RecallAnswer))]
    assert sorted(told) == ["held", "none", "none", "none"]
    again = authority.post(path, json={"note": "再办"})
    assert again.get_json()["code"] == "recall-closed"
    late = answered(authority, recall, maker, told="held", item=0)
    assert late.get_json()["code"] == "recall-closed"
    anew = called(authority, chain)
    assert anew.status_code == 409 and anew.get_json()["code"] == "already-recalled"


def test_a_second_recall_from_the_same_start_is_refused(
    app: Flask, chain: Chain, authority: Person, cooperative: Person
) -> None:
    recall = opened(authority, chain)
    again = called(cooperative, chain)
    assert again.status_code == 409 and again.get_json()["code"] == "recall-open"
    assert recall["number"] in again.get_json()["detail"]
    other = cooperative.post(
        "/recalls",
        json={"kind": "recall", "from": "label", "id": chain.house.code(), "reason": REASON},
    )
    assert other.get_json()["code"] == "already-recalled"
    assert len(rows(app, select(Recall))) == 1
    assert kinds(app, chain.batch).count("recall") == 1


def test_a_producer_recalls_its_own_goods_also_at_others_but_sees_no_strangers_customers(
    app: Flask, chain: Chain, cooperative: Person, stranger: Person
) -> None:
    foreign = stranger.post(
        "/recalls",
        json={"kind": "recall", "from": "batch", "id": str(chain.batch), "reason": REASON},
    )
    assert foreign.status_code == 404
    recall = opened(cooperative, chain)
    assert kinds(app, chain.taken)[-1] == "recall"
    assert {one["name"] for one in recall["held_by"]} == {
        "示例·春山茶叶专业合作社", "示例·秋水合作社", SHOP["consignee"],
    }  # fmt: skip
    assert recall["hidden"] == 1 and STALL["consignee"] not in str(recall)
    told = stranger.get("/recalls").get_json()
    assert [one["id"] for one in told] == [recall["id"]]
    reasons = [{"holder": one["id"], "reason": "没有答复"} for one in recall["held_by"]]
    path = f"/recalls/{recall['id']}/closing"
    early = cooperative.post(path, json={"note": "办完", "reasons": reasons})
    assert early.get_json()["errors"][0]["pointer"] == "/otherwise"
    done = cooperative.post(
        path, json={"note": "办完", "reasons": reasons, "otherwise": "下家去追"}
    )
    assert done.status_code == 201


def test_a_downstream_party_recalls_only_what_is_its_own(
    app: Flask, chain: Chain, stranger: Person
) -> None:
    draft = {"kind": "recall", "from": "batch", "id": str(chain.taken), "reason": REASON}
    assert stranger.post("/recalls", json=draft).status_code == 201
    assert kinds(app, chain.taken)[-1] == "recall"
    assert "recall" not in kinds(app, chain.batch)


def test_goods_that_came_in_while_it_was_open_are_reached_by_a_new_recall(
    app: Flask, chain: Chain, authority: Person
) -> None:
    draft = {"kind": "recall", "from": "batch", "id": str(chain.taken), "reason": REASON}
    assert authority.post("/recalls", json=draft).status_code == 201
    wider = opened(authority, chain)
    assert wider["batches"] == 3
    assert kinds(app, chain.taken).count("recall") == 1


def test_what_a_recall_found_cannot_be_changed_afterwards(
    app: Flask, chain: Chain, authority: Person
) -> None:
    recall = opened(authority, chain)
    mine = Recall.id == uuid.UUID(recall["id"])
    for statement in (
        update(Recall).where(mine).values(labels=1),
        update(Recall).where(mine).values(closed_at=None, closing_note=None),
        update(RecallHolder).values(name="别人"),
        update(RecallBatch).values(disposition_id=None),
    ):
        with (
            app.app_context(),
            pytest.raises(DatabaseError, match=r"append only|permission denied"),
        ):
            db.session.execute(statement)


def test_the_record_has_the_recall_and_no_telephone(
    app: Flask, chain: Chain, authority: Person
) -> None:
    recall = opened(authority, chain)
    told = [row for row in rows(app, select(Evidence)) if row.subject == recall["id"]]
    assert [row.kind for row in told] == ["recall"]
    assert REASON in told[0].body and SHOP["phone"] not in told[0].body


def test_a_recall_sent_again_with_its_key_happens_once(
    app: Flask, chain: Chain, authority: Person
) -> None:
    draft = {"kind": "recall", "from": "batch", "id": str(chain.batch), "reason": REASON}
    key = str(uuid.uuid4())
    answers = [authority.post("/recalls", json=draft, key=key) for _ in range(2)]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(rows(app, select(Recall))) == 1
