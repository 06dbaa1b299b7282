"""The main job through REST: a batch is logged, inspected, judged and released — or not."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import day_of, now
from core.record.models import Evidence
from tests.people import Person
from trace.batches.models import Batch
from trace.inspections.models import Disposition, Inspection, Verdict

TODAY = day_of(now())
MADE = max(TODAY - timedelta(days=30), date(2026, 9, 2))
TEA = "changsha-green-tea"
EVERY_BATCH = [
    {"characteristic": "感官品质", "typed": "符合"},
    {"characteristic": "水分", "typed": "5.8", "unit": "%"},
    {"characteristic": "粉末", "typed": "0.4", "unit": "%"},
    {"characteristic": "净含量", "typed": "符合"},
]
TYPE_ITEMS = [
    {"characteristic": "铅（以Pb计）", "typed": "0.62", "unit": "mg/kg"},
    {"characteristic": "总灰分", "typed": "5.9", "unit": "%"},
    {"characteristic": "水浸出物", "typed": "41.3", "unit": "%"},
    {"characteristic": "茶多酚", "typed": "17.2", "unit": "%"},
    {"characteristic": "粉末", "typed": "0.4", "unit": "%"},
    *(
        {"characteristic": name, "typed": "未检出", "unit": "mg/kg", "detection_limit": "0.005"}
        for name in (
            "草甘膦", "乙酰甲胺磷", "水胺硫磷", "三氯杀螨醇", "吡虫啉", "氟啶虫酰胺", "唑螨酯",
        )
    ),
]  # fmt: skip


def tea(**more: Any) -> dict[str, Any]:
    """A batch of tea as a cooperative says it."""
    return {
        "product": TEA, "quantity": "240", "unit": "公斤", "production_date": MADE.isoformat(),
        "grade": "一级", "process": "烘青", "place_code": "430121110", "declared": ["GB/T 14456.3-2016"],
        **more,
    }  # fmt: skip


def report(results: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A report of today."""
    return {
        "number": f"R-{uuid.uuid4().hex[:8]}",
        "sampled_on": MADE.isoformat(),
        "reported_on": TODAY.isoformat(),
        "results": results,
        **more,
    }


def sent_batch(cooperative: Person, inspector: Person, **more: Any) -> dict[str, Any]:
    """A batch that the laboratory was sent."""
    batch = cooperative.made("/batches", json=tea(**more))
    cooperative.made(
        f"/batches/{batch['id']}/submissions", json={"laboratory": str(inspector.party)}
    )
    return batch


def published(
    inspector: Person, batch: dict[str, Any] | None, draft: dict[str, Any], **about: Any
) -> dict[str, Any]:
    """A report as it comes about: one person of the laboratory signs it, another verifies it."""
    named = {"batch": batch["id"]} if batch is not None else {}
    sheet = inspector.made("/worksheets", json={**named, **about, **draft, "sign": True})
    path = f"/worksheets/{sheet['id']}/verification"
    return inspector.colleague.made(path, json={"content_sha256": sheet["content_sha256"]})


def order_type(person: Person, inspector: Person, product: str = TEA) -> None:
    """The producer asks the laboratory for a type inspection of its product."""
    person.made(
        "/orders", json={"kind": "type", "laboratory": str(inspector.party), "product": product}
    )


def type_inspected(cooperative: Person, inspector: Person) -> None:
    """A type inspection of the cooperative's tea, valid when the batch was made."""
    order_type(cooperative, inspector)
    draft = report(
        TYPE_ITEMS,
        sampled_on=(MADE - timedelta(days=9)).isoformat(),
        reported_on=(MADE - timedelta(days=1)).isoformat(),
    )
    published(inspector, None, draft, party=str(cooperative.party), product=TEA)


def verdict(person: Person, batch: dict[str, Any]) -> dict[str, Any]:
    """The verdict that counts."""
    answer = person.get(f"/batches/{batch['id']}/verdict")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def confirm(cooperative: Person, batch: dict[str, Any]) -> None:
    """The producer confirms the quantity."""
    etag = cooperative.get(f"/batches/{batch['id']}").headers["ETag"]
    answer = cooperative.put(
        f"/batches/{batch['id']}/quantity", json={}, headers={"If-Match": etag}
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)


def kinds(session: Session, batch: dict[str, Any]) -> list[str]:
    """What was done with the batch, in order."""
    session.rollback()
    query = select(Disposition.kind).where(Disposition.batch_id == uuid.UUID(batch["id"]))
    return list(session.scalars(query.order_by(Disposition.number)))


def test_a_conforming_batch_is_released_once_its_quantity_is_confirmed(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    said = verdict(cooperative, batch)
    assert (said["outcome"], said["reasons"]) == ("conforming", [])
    assert kinds(session, batch) == []
    confirm(cooperative, batch)
    assert kinds(session, batch) == ["release"]


def test_confirming_first_and_inspecting_later_releases_too(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    batch = sent_batch(cooperative, inspector)
    confirm(cooperative, batch)
    published(inspector, batch, report(EVERY_BATCH))
    assert verdict(cooperative, batch)["outcome"] == "undetermined"
    type_inspected(cooperative, inspector)
    assert kinds(session, batch) == ["release"]


def test_lead_above_its_limit_fails_the_batch_with_the_clause_on_the_line(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    confirm(cooperative, batch)
    lead = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}
    published(inspector, batch, report([*EVERY_BATCH, lead]))
    said = verdict(cooperative, batch)
    line = said["lines"][0]
    assert said["outcome"] == "nonconforming"
    assert (line["characteristic"], line["edition"], line["typed"], line["limit"]) == (
        "铅（以Pb计）", "GB 2762-2025", "5.6", "≤ 5.0 mg/kg",
    )  # fmt: skip
    assert line["clause"].startswith("4.1 表1")
    assert kinds(session, batch) == ["hold"]


def test_a_missing_reading_leaves_the_batch_undetermined(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    confirm(cooperative, batch)
    without_dust = [row for row in EVERY_BATCH if row["characteristic"] != "粉末"]
    published(inspector, batch, report(without_dust))
    said = verdict(cooperative, batch)
    assert said["outcome"] == "undetermined"
    assert any("粉末" in reason["zh"] for reason in said["reasons"])
    assert kinds(session, batch) == []


def test_withdrawing_the_report_holds_the_batch_at_once(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    confirm(cooperative, batch)
    made = published(inspector, batch, report(EVERY_BATCH))
    assert kinds(session, batch) == ["release"]
    inspector.made(f"/inspections/{made['id']}/withdrawal", json={"reason": "样品弄错"})
    assert verdict(cooperative, batch)["outcome"] == "undetermined"
    assert kinds(session, batch) == ["release", "hold"]


def test_a_corrected_report_counts_and_the_old_one_stays(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    lead = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}
    old = published(inspector, batch, report([*EVERY_BATCH, lead]))
    confirm(cooperative, batch)
    fixed = {**lead, "typed": "0.56"}
    about = {"corrects": old["id"], "sign": True}
    answer = inspector.post("/worksheets", json={**report([*EVERY_BATCH, fixed]), **about})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/reason"
    correction = {**report([*EVERY_BATCH, fixed]), "reason": "小数点抄错"}
    new = published(inspector, None, correction, corrects=old["id"])
    assert new["corrects_id"] == old["id"]
    listed = cooperative.get(f"/batches/{batch['id']}/inspections").get_json()
    assert [row["id"] for row in listed] == [new["id"], old["id"]]
    assert verdict(cooperative, batch)["outcome"] == "conforming"
    assert kinds(session, batch) == ["hold", "release"]
    again = inspector.post("/worksheets", json={**correction, **about, "number": "X1"})
    assert again.status_code == 409


def test_an_inspector_sees_only_what_was_sent(cooperative: Person, inspector: Person) -> None:
    batch = cooperative.made("/batches", json=tea())
    missing = inspector.get(f"/batches/{uuid.uuid4()}")
    foreign = inspector.get(f"/batches/{batch['id']}")
    assert (foreign.status_code, foreign.data) == (404, missing.data)
    refused = inspector.post("/worksheets", json={**report(EVERY_BATCH), "batch": batch["id"]})
    assert refused.status_code == 404


def test_a_stranger_cannot_tell_a_foreign_batch_from_a_missing_one(
    cooperative: Person, stranger: Person
) -> None:
    batch = cooperative.made("/batches", json=tea())
    for method, path, body in (
        ("GET", "/batches/{}", None),
        ("GET", "/batches/{}/events", None),
        ("GET", "/batches/{}/verdict", None),
        ("GET", "/batches/{}/inspections", None),
        ("PUT", "/batches/{}/quantity", {}),
        ("POST", "/batches/{}/submissions", {"laboratory": str(uuid.uuid4())}),
        ("POST", "/batches/{}/events", {"stage": "storage", "happened_on": TODAY.isoformat()}),
    ):
        headers = {"If-Match": "*"} if method == "PUT" else {}
        mine = stranger.request(method, path.format(batch["id"]), json=body, headers=headers)
        none = stranger.request(method, path.format(uuid.uuid4()), json=body, headers=headers)
        assert (mine.status_code, mine.data) == (404, none.data), path


def test_nobody_inspects_for_their_own_party(people: Any, cooperative: Person) -> None:
    laboratory = people.person(40, "自检", ("producer", "inspector"))
    people.license(laboratory, TEA)
    batch = laboratory.made("/batches", json=tea())
    answer = laboratory.post("/worksheets", json={**report(EVERY_BATCH), "batch": batch["id"]})
    assert (answer.status_code, answer.get_json()["code"]) == (403, "own-batch")


BAD_BATCHES: list[tuple[dict[str, Any], str]] = [
    ({"number": "春茶-01"}, "/number"),
    ({"number": "CS 01"}, "/number"),
    ({"quantity": "0"}, "/quantity"),
    ({"quantity": "-5"}, "/quantity"),
    ({"quantity": "1,2"}, "/quantity"),
    ({"quantity": "NaN"}, "/quantity"),
    ({"unit": "头"}, "/unit"),
    ({"unit": "℃"}, "/unit"),
    ({"production_date": (TODAY + timedelta(days=1)).isoformat()}, "/production_date"),
    ({"best_before": (MADE - timedelta(days=1)).isoformat()}, "/best_before"),
    ({"product": "ningxiang-pig"}, "/product"),
    ({"product": "no-such-thing"}, "/product"),
    ({"grade": "九级"}, "/grade"),
    ({"declared": ["GB/T 99999"]}, "/declared/0"),
    ({"place": "金井\u202e镇"}, "/place"),
    ({"place": "金井\u0007镇"}, "/place"),
    ({"colour": "green"}, "/colour"),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD_BATCHES)
def test_a_wrong_batch_is_refused_and_the_field_named(
    cooperative: Person, session: Session, wrong: dict[str, Any], pointer: str
) -> None:
    known = session.scalar(select(func.count()).select_from(Evidence))
    session.rollback()
    answer = cooperative.post("/batches", json=tea(**wrong))
    problem = answer.get_json()
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert all(error["zh"] and error["en"] for error in problem["errors"])
    assert session.scalar(select(func.count()).select_from(Batch)) == 0
    assert session.scalar(select(func.count()).select_from(Evidence)) == known


BAD_RESULTS: list[tuple[dict[str, Any], str]] = [
    ({"characteristic": "铅（以Pb计）", "typed": "0.5", "unit": "℃"}, "/results/0/unit"),
    ({"characteristic": "铅（以Pb计）", "typed": "1,2", "unit": "mg/kg"}, "/results/0/typed"),
    ({"characteristic": "铅（以Pb计）", "typed": "NaN", "unit": "mg/kg"}, "/results/0/typed"),
    ({"characteristic": "铅（以Pb计）", "typed": "-1", "unit": "mg/kg"}, "/results/0/typed"),
    ({"characteristic": "挥发性盐基氮", "typed": "3"}, "/results/0/characteristic"),
    ({"characteristic": "感官品质", "typed": "5"}, "/results/0/typed"),
    ({"characteristic": "铅（以Pb计）", "typed": "符合"}, "/results/0/typed"),
]


@pytest.mark.parametrize(("wrong", "pointer"), BAD_RESULTS)
def test_a_wrong_result_is_refused_and_nothing_is_stored(
    cooperative: Person, inspector: Person, session: Session, wrong: dict[str, Any], pointer: str
) -> None:
    batch = sent_batch(cooperative, inspector)
    signed = {**report([wrong]), "batch": batch["id"], "sign": True}
    answer = inspector.post("/worksheets", json=signed)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]
    assert session.scalar(select(func.count()).select_from(Inspection)) == 0


def test_full_width_digits_are_understood_and_kept_as_typed(
    cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    value = {"characteristic": "总灰分", "typed": "５．９", "unit": "%"}
    published(inspector, batch, report([value]))
    line = next(
        row for row in verdict(cooperative, batch)["lines"]
        if row["characteristic"] == "总灰分" and row.get("typed") == "５．９"
    )  # fmt: skip
    assert (line["typed"], line["value"]) == ("５．９", "5.9")


def test_judging_again_says_nothing_new(
    cooperative: Person, inspector: Person, session: Session
) -> None:
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    count = select(func.count()).select_from(Verdict)
    before = session.scalar(count)
    session.rollback()
    cooperative.made(
        f"/batches/{batch['id']}/events",
        json={"stage": "storage", "happened_on": TODAY.isoformat(), "note": "入库"},
    )
    assert session.scalar(count) == before
