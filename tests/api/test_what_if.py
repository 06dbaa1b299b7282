"""先看影响: what a change of the rules would do, said before it is made; nothing is stored."""

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database.base import Base
from core.database.engine import db
from products.models import Product
from products.standards.models import Clause, Edition, Requirement, Standard
from products.standards.rules import rulebook_for
from tests.api.test_main_job import (
    EVERY_BATCH,
    TEA,
    confirm,
    published,
    report,
    sent_batch,
    type_inspected,
    verdict,
)
from tests.people import People, Person
from trace.batches.models import Batch
from trace.inspections.columns import gathered
from trace.inspections.history import history_of
from trace.inspections.judging import given_now

STRICT = {"kind": "number", "upper": "5.0"}
PART_3 = "GB/T 14456.3"


def value(characteristic: str, typed: str, unit: str = "%") -> dict[str, str]:
    return {"characteristic": characteristic, "typed": typed, "unit": unit}


def with_moisture(typed: str) -> list[dict[str, Any]]:
    return [value("水分", typed) if v["characteristic"] == "水分" else v for v in EVERY_BATCH]


@pytest.fixture
def batches(cooperative: Person, inspector: Person) -> list[dict[str, Any]]:
    """Of tea: a released dry one, a released one of 5.8 %, one that is too wet."""
    type_inspected(cooperative, inspector)
    made = []
    for moisture in ("4.1", "5.8", "9.3"):
        batch = sent_batch(cooperative, inspector)
        confirm(cooperative, batch)
        published(inspector, batch, report(with_moisture(moisture)))
        made.append(batch)
    return made


def labelled(app: Flask, cooperative: Person, batch: dict[str, Any]) -> None:
    """100 labels: 60 printed of which 50 are in use, 5 void, the others only drawn."""
    assert app.test_cli_runner().invoke(args=["house", "new-epoch"]).exit_code == 0
    draft = {"count": 100, "net_content": "100", "unit": "g", "sheet_format": "a4-4x11"}
    run = cooperative.made(f"/batches/{batch['id']}/label-runs", json=draft)
    first = int(run["first"])
    for state, until, more in (
        ("printed", 60, {}), ("activated", 50, {}), ("void", 5, {"reason": "打坏"}),
    ):  # fmt: skip
        cooperative.made(
            f"/label-runs/{run['id']}/states",
            json={"state": state, "first": first, "last": first + until - 1, **more},
        )


def moisture_rows(session: Session) -> list[Requirement]:
    query = (
        select(Requirement)
        .join(Clause, Clause.id == Requirement.clause_id)
        .join(Edition, Edition.id == Clause.edition_id)
        .join(Standard, Standard.id == Edition.standard_id)
        .where(Standard.number == PART_3, Requirement.retired_at.is_(None))
    )
    return [
        row
        for row in session.scalars(query)
        if row.characteristic.name == "水分" and "一级" in row.scope.get("grades", ())
    ]


def counts(app: Flask) -> dict[str, int]:
    """How many rows every table has."""
    with app.app_context():
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_a_stricter_limit_is_told_with_its_batches_and_live_labels_and_stored_nowhere(
    app: Flask,
    session: Session,
    authority: Person,
    cooperative: Person,
    batches: list[dict[str, Any]],
) -> None:
    labelled(app, cooperative, batches[1])
    [row] = moisture_rows(session)
    before = counts(app)
    change = {"correction": {"requirement": str(row.id), "bound": STRICT}}
    said = authority.made("/what-if", json=change)
    assert counts(app) == before
    assert (said["products"], said["looked_at"], said["total"]) == ([TEA], 3, 2)
    assert said["fail"] == {"batches": 1, "labels": 55}
    assert said["wait"] == said["freed"] == {"batches": 0, "labels": 0}
    shown, wet = said["rows"]
    assert (wet["batch"], wet["released"], wet["now"]) == (batches[2]["id"], False, "undetermined")
    assert (shown["batch"], shown["now"], shown["then"]) == (
        batches[1]["id"], "conforming", "nonconforming",
    )  # fmt: skip
    assert "5.0" in shown["reasons"][0]["zh"]
    [own] = said["parties"]
    assert (own["party"], own["fail"]["labels"]) == (str(cooperative.party), 55)
    assert verdict(cooperative, batches[1])["outcome"] == "conforming"


def test_what_was_foretold_happens_when_the_change_is_made(
    session: Session, authority: Person, cooperative: Person, batches: list[dict[str, Any]]
) -> None:
    [row] = moisture_rows(session)
    change = {"bound": {"kind": "number", "upper": "10"}, "reason": "勘误", "source": "公告"}
    said = authority.made("/what-if", json={"correction": {"requirement": str(row.id), **change}})
    assert said["freed"] == {"batches": 1, "labels": 0}
    foretold = {shown["batch"]: shown["then"] for shown in said["rows"]}
    authority.made(f"/requirements/{row.id}/corrections", json=change)
    for batch in batches:
        now = verdict(cooperative, batch)["outcome"]
        assert now == foretold.get(batch["id"], "conforming")


def test_an_edition_without_limits_leaves_its_batches_undetermined_and_with_them_it_does_not(
    session: Session, authority: Person, batches: list[dict[str, Any]]
) -> None:
    standard = session.scalars(select(Standard).where(Standard.number == PART_3)).one()
    edition = {
        "standard": str(standard.id), "designation": f"{PART_3}-2025", "starts": "2025-06-01",
    }  # fmt: skip
    bare = authority.made("/what-if", json={"edition": edition})
    assert bare["wait"]["batches"] == 2
    limits = [
        {
            "clause": "5.3", "stage": "processing", "characteristic": name, "product": TEA,
            "bound": {"kind": "number", "upper": upper}, "unit": "%", "nature": "recommended",
            "certainty": "confirmed",
        }
        for name, upper in (("水分", "5.0"), ("粉末", "2.0"), ("总灰分", "6.5"), ("水浸出物", "99"))
    ]  # fmt: skip
    whole = authority.made("/what-if", json={"edition": {**edition, "limits": limits}})
    assert whole["fail"]["batches"] == 1
    assert session.scalar(select(Edition.id).where(Edition.designation == f"{PART_3}-2025")) is None


def test_a_limit_entered_confirmed_and_a_plan_set_can_be_looked_at_first(
    session: Session, authority: Person, batches: list[dict[str, Any]]
) -> None:
    [row] = moisture_rows(session)
    confirmation = {"confirmation": {"requirement": str(row.id)}}
    assert authority.made("/what-if", json=confirmation)["looked_at"] == 3
    limit = {
        "clause": str(row.clause_id), "stage": "testing", "characteristic": "咖啡碱",
        "characteristic_en": "caffeine", "product": TEA, "bound": STRICT, "unit": "%",
        "nature": "mandatory", "certainty": "confirmed",
    }  # fmt: skip
    said = authority.made("/what-if", json={"limit": limit})
    assert said["wait"]["batches"] == 2
    plan = {
        "product": TEA, "starts": "2026-01-01", "standard": "GB/T 14456.3-2016", "type_items": [],
        "every_batch": [{"characteristic": "水分"}, {"characteristic": "新项目", "clause": "9"}],
    }  # fmt: skip
    said = authority.made("/what-if", json={"plan": plan})
    assert said["wait"]["batches"] == 2


def test_a_change_that_would_be_refused_is_refused_with_the_same_words(
    session: Session, authority: Person, batches: list[dict[str, Any]]
) -> None:
    [row] = moisture_rows(session)
    wrong = {"correction": {"requirement": str(row.id), "bound": STRICT, "unit": "没有"}}
    answer = authority.post("/what-if", json=wrong)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "/unit"
    missing = {"correction": {"requirement": str(uuid.uuid4())}}
    assert authority.post("/what-if", json=missing).status_code == 404
    for none_or_two in ({}, {"confirmation": {"requirement": str(row.id)}, **wrong}):
        assert authority.post("/what-if", json=none_or_two).status_code == 422


def test_only_the_authority_looks_ahead(cooperative: Person, inspector: Person) -> None:
    for person in (cooperative, inspector):
        assert person.post("/what-if", json={}).status_code == 403


def test_rows_come_in_pages(
    session: Session, authority: Person, batches: list[dict[str, Any]]
) -> None:
    [row] = moisture_rows(session)
    bound = {"kind": "number", "upper": "1.0"}
    change = {"correction": {"requirement": str(row.id), "bound": bound}}
    first = authority.made("/what-if?size=1", json=change)
    second = authority.made(f"/what-if?size=1&skip={first['next']}", json=change)
    assert (first["total"], second["next"]) == (3, 2)
    assert {first["rows"][0]["batch"], second["rows"][0]["batch"]} == {
        batches[0]["id"], batches[1]["id"],
    }  # fmt: skip


def test_the_history_read_in_columns_is_what_the_judge_is_given_batch_by_batch(
    app: Flask,
    session: Session,
    people: People,
    cooperative: Person,
    inspector: Person,
    batches: list[dict[str, Any]],
) -> None:
    fixed = published(inspector, batches[0], report(with_moisture("4.4"), number="OLD-1"))
    published(inspector, None, report(with_moisture("4.5"), reason="抄错"), corrects=fixed["id"])
    gone = published(inspector, batches[2], report([value("水分", "3.3")]))
    inspector.made(f"/inspections/{gone['id']}/withdrawal", json={"reason": "样品弄错"})
    event = {
        "stage": "storage", "happened_on": str(batches[0]["production_date"]),
        "readings": [value("水分", "5.5")],
    }  # fmt: skip
    logged = cooperative.made(f"/batches/{batches[1]['id']}/events", json=event)
    cooperative.made(f"/events/{logged['id']}/corrections", json={**event, "reason": "看错"})
    product = session.get_one(Product, people.product(TEA))
    history = history_of(session, product)
    one_by_one = [given_now(session, session.get_one(Batch, known.id)) for known in history.batches]
    columns = gathered(one_by_one)
    for place in range(len(one_by_one)):
        assert _said(history.columns, place) == _said(columns, place)
    rules = rulebook_for(session, product.id)
    assert len(rules.requirements) > 10


def _said(columns: Any, place: int) -> Any:
    given = columns.given(place)
    plain = [
        sorted((v.characteristic, v.typed, v.unit, v.document, v.withdrawn) for v in values)
        for values in (given.results, [v for event in given.events for v in event.values])
    ]
    logged = sorted((event.stage, event.documents) for event in given.events)
    return given.batch, given.on, plain, logged, given.type_inspections
