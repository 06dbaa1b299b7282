"""Orders, samples, hand-overs and risk items: what is drawn, by whom, and what is refused."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.record.models import Evidence
from tests.api.entering import refusal
from tests.api.test_main_job import MADE, TEA, TODAY, sent_batch
from tests.people import People, Person
from trace.sampling.drawing import drawn_units
from trace.sampling.models import InspectionOrder, Sample
from trace.sampling.service import may_inspect_type

ATTRIBUTES = {
    "standard": "GB/T 2828.1", "lot_size": 500, "unit": "箱", "level": "II", "aql": "2.5",
}  # fmt: skip
CRAYFISH = "wangcheng-crayfish"


@pytest.fixture
def other_laboratory(people: People) -> Person:
    """Another laboratory, which nobody asked."""
    return people.person(5, "湘北检验所", ("inspector", "admin"))


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch of tea that was sent to the laboratory."""
    return sent_batch(cooperative, inspector)


def ordered(inspector: Person, batch: dict[str, Any], **more: Any) -> dict[str, Any]:
    draft = {"kind": "batch", "batch": batch["id"], "sampling": ATTRIBUTES, **more}
    return inspector.made("/orders", json=draft)


def a_sample(**more: Any) -> dict[str, Any]:
    return {
        "number": f"Y-{uuid.uuid4().hex[:6]}", "seal": f"F-{uuid.uuid4().hex[:6]}", "role": "test",
        "amount": "0.5", "unit": "kg", "drawn_on": TODAY.isoformat(), "place": "成品库", **more,
    }  # fmt: skip


def risk(**more: Any) -> dict[str, Any]:
    return {
        "product": TEA, "characteristic": "吡虫啉", "starts": TODAY.isoformat(),
        "reason": "近期检出偏多", "source": "示例监测方案", **more,
    }  # fmt: skip


# --- orders --------------------------------------------------------------------------------


def test_a_laboratory_plans_the_items_of_the_plan_and_the_risks_and_draws_by_a_seed(
    inspector: Person, authority: Person, batch: dict[str, Any]
) -> None:
    authority.made("/risk-items", json=risk())
    order = ordered(inspector, batch)
    why = {item["characteristic"]: item["why"] for item in order["items"]}
    assert why == {
        "吡虫啉": "risk", "感官品质": "plan", "水分": "plan", "粉末": "plan", "净含量": "plan",
    }  # fmt: skip
    assert all(item["clause"] for item in order["items"])
    said = order["sampling"]
    assert (said["letter"], said["n"], said["accept"], said["reject"]) == ("H", 50, 3, 4)
    assert said["certainty"] == "confirmed" and said["source"]
    assert len(said["seed"]) == 32
    assert said["drawn"] == list(drawn_units(said["seed"], 500, 50))
    assert order["number"] == f"CY-{TODAY:%Y%m%d}-01"
    assert ordered(inspector, batch)["number"] == f"CY-{TODAY:%Y%m%d}-02"
    seeds = {inspector.get(f"/orders/{order['id']}").get_json()["sampling"]["seed"], said["seed"]}
    assert len(seeds) == 1


def test_chosen_items_keep_their_reason_and_risks_cannot_be_left_out(
    inspector: Person, authority: Person, batch: dict[str, Any]
) -> None:
    authority.made("/risk-items", json=risk())
    order = ordered(inspector, batch, items=["水分", "总灰分"])
    assert [(item["characteristic"], item["why"]) for item in order["items"]] == [
        ("吡虫啉", "risk"), ("水分", "plan"), ("总灰分", "asked"),
    ]  # fmt: skip


def test_a_producer_orders_a_type_inspection_and_only_then_the_laboratory_may_make_it(
    cooperative: Person, inspector: Person, other_laboratory: Person, session: Session,
    people: People,
) -> None:  # fmt: skip
    def may(laboratory: Person) -> bool:
        session.rollback()
        assert laboratory.party and cooperative.party
        return may_inspect_type(session, laboratory.party, cooperative.party, people.product(TEA))

    assert not may(inspector)
    draft = {"kind": "type", "laboratory": str(inspector.party), "product": TEA}
    order = cooperative.made("/orders", json=draft)
    assert order["batch_id"] is None and order["sampling"] is None
    assert {item["why"] for item in order["items"]} == {"type"}
    assert "铅（以Pb计）" in {item["characteristic"] for item in order["items"]}
    assert may(inspector) and not may(other_laboratory)
    cooperative.made(f"/orders/{order['id']}/closing", json={"reason": "改送别家"})
    assert not may(inspector)


def test_the_authority_supervises_and_nobody_is_told_before_the_sample_is_drawn(
    authority: Person, cooperative: Person, inspector: Person, session: Session, people: People
) -> None:
    draft = {
        "kind": "supervision", "laboratory": str(inspector.party), "product": TEA,
        "party": str(cooperative.party), "note": "监督抽查",
    }  # fmt: skip
    order = authority.made("/orders", json=draft)
    assert cooperative.get(f"/orders/{order['id']}").status_code == 404
    assert cooperative.get("/orders").get_json() == []
    assert inspector.party and cooperative.party
    assert may_inspect_type(session, inspector.party, cooperative.party, people.product(TEA))
    inspector.made(f"/orders/{order['id']}/samples", json=a_sample())
    assert cooperative.get(f"/orders/{order['id']}").status_code == 200


def test_an_order_of_the_authority_sends_the_batch_to_its_laboratory(
    authority: Person, cooperative: Person, other_laboratory: Person, batch: dict[str, Any]
) -> None:
    assert other_laboratory.get(f"/batches/{batch['id']}").status_code == 404
    draft = {
        "kind": "supervision", "laboratory": str(other_laboratory.party), "batch": batch["id"]
    }  # fmt: skip
    order = authority.made("/orders", json=draft)
    assert order["party_id"] == str(cooperative.party)
    assert other_laboratory.get(f"/batches/{batch['id']}").status_code == 200


def test_a_producer_asks_another_laboratory_to_inspect_again(
    cooperative: Person, other_laboratory: Person, stranger: Person, batch: dict[str, Any]
) -> None:
    draft = {
        "kind": "reinspection", "laboratory": str(other_laboratory.party), "batch": batch["id"],
        "items": ["水分"],
    }  # fmt: skip
    order = cooperative.made("/orders", json=draft)
    assert [item["characteristic"] for item in order["items"]] == ["水分"]
    assert stranger.post("/orders", json=draft).status_code == 404


def test_sampling_left_open_is_planned_once_by_the_laboratory(
    cooperative: Person, inspector: Person, stranger: Person, other_laboratory: Person
) -> None:
    draft = {"kind": "type", "laboratory": str(inspector.party), "product": TEA}
    order = cooperative.made("/orders", json=draft)
    path = f"/orders/{order['id']}/sampling"
    tea = {"standard": "GB/T 8302-2013", "lot_size": 1500, "unit": "件"}
    assert cooperative.put(path, json=tea).status_code == 403
    assert other_laboratory.put(path, json=tea).status_code == 404
    answer = inspector.put(path, json=tea)
    assert answer.status_code == 200
    said = answer.get_json()["sampling"]
    assert (said["n"], said["certainty"], len(said["drawn"])) == (17, "one-source", 17)
    assert refusal(inspector.put(path, json=tea))[:2] == (409, "sampling-planned")


def test_a_standard_without_a_table_is_drawn_as_agreed(
    inspector: Person, cooperative: Person
) -> None:
    draft = {"kind": "type", "laboratory": str(inspector.party), "product": TEA}
    fish = {"standard": "GB/T 30891-2014", "lot_size": 40, "unit": "筐"}
    path = f"/orders/{cooperative.made('/orders', json=draft)['id']}/sampling"
    open_number = inspector.put(path, json=fish).get_json()["sampling"]
    assert (open_number["n"], open_number["drawn"], open_number["seed"]) == (None, [], "")
    path = f"/orders/{cooperative.made('/orders', json=draft)['id']}/sampling"
    agreed = inspector.put(path, json={**fish, "agreed": 3}).get_json()["sampling"]
    assert agreed["n"] == len(agreed["drawn"]) == 3


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"standard": "GB/T 1"}, "/sampling/standard"),
        ({"lot_size": 0}, "/sampling/lot_size"),
        ({"lot_size": 2_000_000}, "/sampling/lot_size"),
        ({"level": "IV"}, "/sampling/level"),
        ({"level": None}, "/sampling/level"),
        ({"aql": "1"}, "/sampling/aql"),
        ({"severity": "reduced"}, "/sampling/severity"),
        ({"standard": "GB/T 30891-2014", "agreed": 501}, "/sampling/agreed"),
        ({"standard": "GB/T 30891-2014", "agreed": 400_000, "lot_size": 999_999},
         "/sampling/lot_size"),
    ],
)  # fmt: skip
def test_a_sampling_that_cannot_be_is_refused_at_its_box(
    inspector: Person, batch: dict[str, Any], changed: dict[str, Any], pointer: str
) -> None:
    wanted = {k: v for k, v in {**ATTRIBUTES, **changed}.items() if v is not None}
    draft = {"kind": "batch", "batch": batch["id"], "sampling": wanted}
    status, _code, pointers = refusal(inspector.post("/orders", json=draft))
    assert (status, pointers) == (422, [pointer])
    assert inspector.get("/orders").get_json() == []


def test_orders_that_cannot_be_are_refused(
    cooperative: Person, inspector: Person, authority: Person, other_laboratory: Person,
    batch: dict[str, Any],
) -> None:  # fmt: skip
    lab = str(inspector.party)
    for person, draft, status, pointer in (
        (inspector, {"kind": "batch"}, 422, "/batch"),
        (inspector, {"kind": "batch", "batch": batch["id"], "items": ["没有的"]}, 422, "/items/0"),
        (other_laboratory, {"kind": "batch", "batch": batch["id"]}, 404, None),
        (cooperative, {"kind": "batch", "batch": batch["id"]}, 403, None),
        (inspector, {"kind": "type", "laboratory": lab, "product": TEA}, 403, None),
        (inspector, {"kind": "supervision", "laboratory": lab, "product": TEA}, 403, None),
        (cooperative, {"kind": "type", "laboratory": lab, "product": "x"}, 422, "/product"),
        (cooperative, {"kind": "type", "product": TEA}, 422, "/laboratory"),
        (cooperative, {"kind": "type", "laboratory": str(authority.party), "product": TEA}, 422,
         "/laboratory"),
        (cooperative, {"kind": "type", "laboratory": lab, "product": TEA, "batch": batch["id"]},
         422, "/batch"),
        (cooperative, {"kind": "type", "laboratory": lab, "product": CRAYFISH, "items": []}, 422,
         "/items"),
        (authority, {"kind": "supervision", "laboratory": lab, "product": TEA}, 422, "/party"),
        (authority, {"kind": "supervision", "laboratory": lab, "product": TEA, "party": lab}, 422,
         "/party"),
    ):  # fmt: skip
        answer = person.post("/orders", json=draft)
        assert answer.status_code == status, (draft, answer.get_data(as_text=True))
        if pointer:
            assert refusal(answer)[2] == [pointer], draft


def test_a_repeated_order_changes_nothing(
    inspector: Person, batch: dict[str, Any], session: Session
) -> None:
    key, draft = str(uuid.uuid4()), {"kind": "batch", "batch": batch["id"], "sampling": ATTRIBUTES}
    first = inspector.post("/orders", json=draft, key=key).get_json()
    again = inspector.post("/orders", json=draft, key=key)
    assert again.get_json() == first and again.headers["Idempotency-Replayed"] == "true"
    assert session.scalar(select(func.count()).select_from(InspectionOrder)) == 1


# --- samples -------------------------------------------------------------------------------


def test_a_sample_comes_from_the_drawn_units_and_its_custody_is_a_line(
    inspector: Person, cooperative: Person, authority: Person, batch: dict[str, Any]
) -> None:
    order = ordered(inspector, batch)
    path = f"/orders/{order['id']}/samples"
    test = inspector.made(path, json=a_sample())
    assert test["units"] == sorted(order["sampling"]["drawn"])
    some = order["sampling"]["drawn"][:2]
    kept = inspector.made(path, json=a_sample(role="retained", units=some))
    assert kept["units"] == sorted(some)
    hands = f"/samples/{kept['id']}/hand-overs"
    handed = {"kind": "handed", "handed_on": TODAY.isoformat(), "condition": "封条完好"}
    gone = inspector.made(hands, json={**handed, "to": str(authority.party)})
    assert (gone["from_party_id"], gone["to_party_id"]) == (
        str(inspector.party), str(authority.party),
    )  # fmt: skip
    assert refusal(cooperative.post(hands, json=handed))[:2] == (403, "not-the-holder")
    back = authority.made(hands, json={**handed, "kind": "returned"})
    assert back["to_party_id"] == str(cooperative.party)
    assert cooperative.made(hands, json={**handed, "kind": "destroyed"})["to_party_id"] is None
    assert refusal(inspector.post(hands, json=handed))[:2] == (409, "destroyed")
    line = cooperative.get(hands).get_json()
    assert [one["number"] for one in line] == [1, 2, 3]
    assert [one["kind"] for one in line] == ["handed", "returned", "destroyed"]


def test_samples_that_cannot_be_are_refused(
    inspector: Person, cooperative: Person, other_laboratory: Person, batch: dict[str, Any],
    session: Session,
) -> None:  # fmt: skip
    order = ordered(inspector, batch)
    path = f"/orders/{order['id']}/samples"
    stranger_unit = next(n for n in range(1, 501) if n not in order["sampling"]["drawn"])
    for changed, pointer in (
        ({"drawn_on": (TODAY + timedelta(days=1)).isoformat()}, "/drawn_on"),
        ({"drawn_on": (MADE - timedelta(days=1)).isoformat()}, "/drawn_on"),
        ({"amount": "0"}, "/amount"),
        ({"amount": "一些"}, "/amount"),
        ({"unit": "mg/kg"}, "/unit"),
        ({"unit": "筐"}, "/unit"),
        ({"units": [501]}, "/units"),
        ({"units": [stranger_unit]}, "/units"),
        ({"role": "spare"}, "/role"),
        ({"seal": "封 1"}, "/seal"),
        ({"seal": None}, "/seal"),
        ({"place": "  "}, "/place"),
    ):
        draft = {k: v for k, v in a_sample(**changed).items() if v is not None}
        status, _code, pointers = refusal(inspector.post(path, json=draft))
        assert (status, pointers) == (422, [pointer]), changed
    assert other_laboratory.post(path, json=a_sample()).status_code == 404
    assert cooperative.post(path, json=a_sample()).status_code == 403
    assert session.scalar(select(func.count()).select_from(Sample)) == 0


def test_a_number_and_a_seal_are_used_once_in_a_laboratory(
    inspector: Person, cooperative: Person, other_laboratory: Person, batch: dict[str, Any]
) -> None:
    one, two = ordered(inspector, batch), ordered(inspector, batch)
    inspector.made(f"/orders/{one['id']}/samples", json=a_sample(number="Y-1", seal="F-1"))
    for changed, code, pointer in (
        ({"number": "Y-1", "role": "retained"}, "number-taken", "/number"),
        ({"seal": "F-1"}, "seal-taken", "/seal"),
    ):
        answer = inspector.post(f"/orders/{two['id']}/samples", json=a_sample(**changed))
        assert refusal(answer) == (409, code, [pointer])
    cooperative.made(
        f"/batches/{batch['id']}/submissions", json={"laboratory": str(other_laboratory.party)}
    )
    theirs = ordered(other_laboratory, batch)
    other_laboratory.made(
        f"/orders/{theirs['id']}/samples", json=a_sample(number="Y-1", seal="F-1")
    )


def test_hand_overs_that_cannot_be_are_refused(
    inspector: Person, cooperative: Person, stranger: Person, batch: dict[str, Any]
) -> None:
    order = ordered(inspector, batch)
    drawn = a_sample(drawn_on=(TODAY - timedelta(days=2)).isoformat())
    sample = inspector.made(f"/orders/{order['id']}/samples", json=drawn)
    path = f"/samples/{sample['id']}/hand-overs"
    good = {
        "kind": "handed", "handed_on": TODAY.isoformat(), "condition": "完好",
        "to": str(cooperative.party),
    }  # fmt: skip
    for changed, pointer in (
        ({"to": None}, "/to"),
        ({"to": str(stranger.party)}, "/to"),
        ({"to": str(inspector.party)}, "/to"),
        ({"kind": "destroyed"}, "/to"),
        ({"handed_on": (TODAY + timedelta(days=1)).isoformat()}, "/handed_on"),
        ({"handed_on": (TODAY - timedelta(days=3)).isoformat()}, "/handed_on"),
        ({"condition": ""}, "/condition"),
        ({"kind": "lost"}, "/kind"),
    ):
        draft = {k: v for k, v in {**good, **changed}.items() if v is not None}
        status, _code, pointers = refusal(inspector.post(path, json=draft))
        assert (status, pointers) == (422, [pointer]), changed
    assert stranger.post(path, json=good).status_code == 404
    inspector.made(path, json=good)
    early = {**good, "kind": "destroyed", "to": None, "handed_on": MADE.isoformat()}
    draft = {k: v for k, v in early.items() if v is not None}
    assert refusal(cooperative.post(path, json=draft))[2] == ["/handed_on"]


def test_whoever_was_handed_a_sample_sees_its_order(
    inspector: Person, other_laboratory: Person, batch: dict[str, Any]
) -> None:
    order = ordered(inspector, batch)
    sample = inspector.made(f"/orders/{order['id']}/samples", json=a_sample(role="retained"))
    assert other_laboratory.get(f"/samples/{sample['id']}").status_code == 404
    handed = {
        "kind": "handed", "handed_on": TODAY.isoformat(), "condition": "完好",
        "to": str(other_laboratory.party),
    }  # fmt: skip
    inspector.made(f"/samples/{sample['id']}/hand-overs", json=handed)
    assert other_laboratory.get(f"/samples/{sample['id']}").status_code == 200
    assert other_laboratory.get(f"/orders/{order['id']}").status_code == 200
    assert other_laboratory.post(
        f"/orders/{order['id']}/samples", json=a_sample()
    ).status_code == 403  # fmt: skip


def test_a_closed_order_takes_no_sample_and_closes_once(
    inspector: Person, cooperative: Person, batch: dict[str, Any]
) -> None:
    order = ordered(inspector, batch)
    sample = inspector.made(f"/orders/{order['id']}/samples", json=a_sample())
    path = f"/orders/{order['id']}/closing"
    assert refusal(cooperative.post(path, json={"reason": "不检了"}))[:2] == (403, "not-your-order")
    inspector.made(path, json={"reason": "报告已出"})
    assert refusal(inspector.post(path, json={"reason": "再关"}))[:2] == (409, "order-closed")
    answer = inspector.post(f"/orders/{order['id']}/samples", json=a_sample())
    assert refusal(answer)[:2] == (409, "order-closed")
    gone = {"kind": "destroyed", "handed_on": TODAY.isoformat(), "condition": "过保存期"}
    inspector.made(f"/samples/{sample['id']}/hand-overs", json=gone)
    assert [o["id"] for o in inspector.get("/orders?open=false").get_json()] == [order["id"]]
    assert inspector.get("/orders?open=true").get_json() == []


# --- risk items ----------------------------------------------------------------------------


def test_a_risk_item_is_added_and_ended_with_reasons(
    authority: Person, inspector: Person, cooperative: Person, batch: dict[str, Any]
) -> None:
    row = authority.made("/risk-items", json=risk())
    assert refusal(authority.post("/risk-items", json=risk()))[:2] == (409, "risk-there")
    assert [r["id"] for r in inspector.get("/risk-items?in_force=true").get_json()] == [row["id"]]
    path = f"/risk-items/{row['id']}/end"
    assert inspector.post(path, json={"reason": "x"}).status_code == 403
    authority.made(path, json={"reason": "监测结束"})
    assert refusal(authority.post(path, json={"reason": "再来"}))[:2] == (409, "risk-ended")
    assert inspector.get("/risk-items?in_force=true").get_json() == []
    assert "risk" not in {item["why"] for item in ordered(inspector, batch)["items"]}
    assert cooperative.get("/risk-items").status_code == 403


def test_risk_items_that_cannot_be_are_refused(authority: Person, inspector: Person) -> None:
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    for changed, pointers in (
        ({"characteristic": "没有的"}, ["/characteristic"]),
        ({"product": "no-such"}, ["/product"]),
        ({"ends": yesterday, "starts": yesterday}, ["/ends"]),
        ({"ends": MADE.isoformat()}, ["/ends", "/ends"]),
        ({"reason": ""}, ["/reason"]),
        ({"source": None}, ["/source"]),
    ):
        draft = {k: v for k, v in risk(**changed).items() if v is not None}
        status, _code, said = refusal(authority.post("/risk-items", json=draft))
        assert (status, said) == (422, pointers), changed
    assert inspector.post("/risk-items", json=risk()).status_code == 403


def test_every_write_is_evidence(
    inspector: Person, authority: Person, batch: dict[str, Any], session: Session, app: Flask
) -> None:
    row = authority.made("/risk-items", json=risk())
    authority.made(f"/risk-items/{row['id']}/end", json={"reason": "监测结束"})
    order = ordered(inspector, batch)
    sample = inspector.made(f"/orders/{order['id']}/samples", json=a_sample())
    gone = {"kind": "destroyed", "handed_on": TODAY.isoformat(), "condition": "检毕"}
    inspector.made(f"/samples/{sample['id']}/hand-overs", json=gone)
    inspector.made(f"/orders/{order['id']}/closing", json={"reason": "报告已出"})
    session.rollback()
    kinds = set(session.scalars(select(Evidence.kind)))
    assert {
        "risk-item", "risk-item-ended", "inspection-order", "sample", "hand-over", "order-closed",
    } <= kinds  # fmt: skip
