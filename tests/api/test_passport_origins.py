"""A passport says where mixed goods came from, and never the batch of another party."""

import gzip
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from labels.codes import encode
from labels.models import LabelRun
from labels.origin_reading import read_origins
from tests.api.batches_ready import ReadyBatches
from tests.api.test_goods import conforming, made_of, outputs_of
from tests.api.test_main_job import TODAY, type_inspected
from tests.people import Person
from trace.batches.models import Batch

JINJING, LUKOU = "430121110", "430121108"
RUN = {"count": 5, "net_content": "1", "unit": "kg", "sheet_format": "a4-3x8"}


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    """The house with its first key."""
    return ReadyBatches(app)


@pytest.fixture
def tested(cooperative: Person, inspector: Person, ready: ReadyBatches) -> None:
    type_inspected(cooperative, inspector)


def labelled(ready: ReadyBatches, session: Session, person: Person, batch: dict[str, Any]) -> str:
    """The code of a label in use of a batch."""
    run = person.made(f"/batches/{batch['id']}/label-runs", json=RUN)
    for state in ("printed", "activated"):
        person.made(f"/label-runs/{run['id']}/states", json={"state": state})
    session.rollback()
    row = session.get_one(LabelRun, uuid.UUID(run["id"]))
    return encode(ready.press.masters((row.epoch,)), row.epoch, row.first)


def blend(
    cooperative: Person, inspector: Person, first: str = "144", second: str = "96"
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    parts = [
        conforming(cooperative, inspector, place_code=JINJING),
        conforming(cooperative, inspector, place_code=LUKOU),
    ]
    told = made_of(cooperative, "merge", list(zip(parts, (first, second), strict=True)),
                   [{"quantity": "240"}])  # fmt: skip
    return outputs_of(cooperative, told)[0], parts


def test_a_blend_tells_its_places_by_weight_and_that_it_is_one(
    tested: None, cooperative: Person, inspector: Person, consumer: Person, ready: ReadyBatches,
    session: Session,
) -> None:  # fmt: skip
    made, parts = blend(cooperative, inspector)
    code = labelled(ready, session, cooperative, made)
    answer = consumer.get(f"//T/{code}")
    page = answer.get_data(as_text=True)
    assert "60 % 长沙县金井镇，40 % 长沙县路口镇（按重量）" in page.replace("\u00a0", " ")
    assert "混配：由 2 批混成" in page.replace("\u00a0", " ")
    assert len(gzip.compress(answer.data)) <= 14 * 1024
    told = consumer.get(f"//T/{code}?f=json").get_json()
    assert told["batch"]["origins"] == {
        "shares": [{"place": "长沙县金井镇", "percent": 60}, {"place": "长沙县路口镇", "percent": 40}],
        "batches": 2, "blended": True, "by_weight": True,
    }  # fmt: skip
    stages = {link["stage"]: link["vouched"] for link in told["links"]}
    assert stages["testing"] == "signed", "the reports on what was mixed stand behind the blend"
    assert all(part["number"] not in page for part in parts)
    english = consumer.get(f"//T/{code}?lang=en").get_data(as_text=True).replace("\u00a0", " ")
    assert "60 % 长沙县金井镇, 40 % 长沙县路口镇 (by weight)" in english
    assert "A blend of 2 batches" in english


def test_goods_that_were_handed_over_keep_their_place_and_lose_their_number(
    tested: None, cooperative: Person, inspector: Person, stranger: Person, consumer: Person,
    ready: ReadyBatches, session: Session,
) -> None:  # fmt: skip
    made, parts = blend(cooperative, inspector)
    sent = cooperative.made(
        "/transfers",
        json={"batch": made["id"], "to": str(stranger.party), "quantity": "100", "unit": "kg",
              "sent_on": TODAY.isoformat()},
    )  # fmt: skip
    answer = {"quantity": "100", "unit": "kg", "condition": "intact", "number": "QS-1"}
    stranger.made(f"/transfers/{sent['id']}/confirmation", json=answer)
    session.rollback()
    got = session.scalars(select(Batch).where(Batch.number == "QS-1")).one()
    told = read_origins(session, got.id)
    assert told is not None and told.blended
    assert [(one.place, one.percent) for one in told.shares] == [
        ("长沙县金井镇", 60), ("长沙县路口镇", 40),
    ]  # fmt: skip
    code = labelled(ready, session, stranger, {"id": str(got.id)})
    page = consumer.get(f"//T/{code}").get_data(as_text=True)
    assert "QS-1" in page
    for other in (made, *parts):
        assert other["number"] not in page
    assert "签" in page


def test_what_came_out_of_one_place_only_names_it(
    tested: None, cooperative: Person, inspector: Person, consumer: Person, ready: ReadyBatches,
    session: Session,
) -> None:  # fmt: skip
    whole = conforming(cooperative, inspector, place_code=JINJING)
    told = made_of(cooperative, "repack", [(whole, "30")], [{"quantity": "30"}])
    [packed] = outputs_of(cooperative, told)
    code = labelled(ready, session, cooperative, packed)
    page = consumer.get(f"//T/{code}").get_data(as_text=True)
    assert "湖南省长沙县金井镇" in page and "混配" not in page and "按重量" not in page


def test_what_was_made_tells_where_the_leaf_came_from(
    cooperative: Person, session: Session
) -> None:
    leaf = {
        "product": "changsha-green-tea", "form": "鲜叶", "unit": "公斤", "quantity": "100",
        "production_date": (TODAY - timedelta(days=2)).isoformat(),
    }  # fmt: skip
    batches = []
    for place in (JINJING, LUKOU, None):
        more = {"place_code": place} if place else {}
        batch = cooperative.made("/batches", json={**leaf, **more})
        match = {"If-Match": cooperative.get(f"/batches/{batch['id']}").headers["ETag"]}
        cooperative.put(f"/batches/{batch['id']}/quantity", json={}, headers=match)
        batches.append(batch)
    told = made_of(cooperative, "transform", list(zip(batches, ("50", "30", "20"), strict=True)),
                   [{"quantity": "20"}], form="成品茶")  # fmt: skip
    [tea] = outputs_of(cooperative, told)
    session.rollback()
    origins = read_origins(session, session.get_one(Batch, _id(tea)).id)
    assert origins is not None and not origins.blended and origins.batches == 3
    assert [(one.place, one.percent) for one in origins.shares] == [
        ("长沙县金井镇", 50), ("长沙县路口镇", 30), ("", 20),
    ]  # fmt: skip
    assert read_origins(session, _id(batches[0])) is None


def _id(batch: dict[str, Any]) -> Any:
    return uuid.UUID(batch["id"])
