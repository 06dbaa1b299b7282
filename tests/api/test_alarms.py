"""What does not fit in the books is told in one sentence, to whom it concerns, until they say a word."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import day_of, now
from core.record.attempts import RefusedAttempt
from core.record.models import Evidence
from labels.alarm_models import AlarmWord
from labels.models import ScanCount
from tests.api.batches_ready import ReadyBatches
from tests.api.looking import put
from tests.api.test_goods import LEAF, leaf, made_of, processed
from tests.api.test_main_job import TEA, TODAY, confirm
from tests.api.test_plots import approval, cap, plot
from tests.people import Person

RUN = {"count": 40, "net_content": "1", "unit": "kg", "sheet_format": "a4-3x8"}


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    """Batches that stand where they are wanted."""
    return ReadyBatches(app)


def alarms(person: Person, **query: str) -> list[dict[str, Any]]:
    answer = person.get("/alarms", query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    told: list[dict[str, Any]] = answer.get_json()
    return told


def the_alarm(person: Person, kind: str) -> dict[str, Any]:
    [told] = alarms(person, kind=kind)
    return told


def said(person: Person, told: dict[str, Any], word: str = "已电话核实") -> dict[str, Any]:
    return person.made(f"/alarms/{told['key']}/words", json={"word": word})


def approved(cooperative: Person, authority: Person, **changed: Any) -> dict[str, Any]:
    made = cooperative.made("/plots", json=plot(**changed))
    authority.made(f"/plots/{made['id']}/approvals", json=approval())
    return made


def harvested(cooperative: Person, *shares: tuple[dict[str, Any], str]) -> Any:
    """Leaf of today, of which so much came from each plot; what confirming it was answered with."""
    total = str(sum(float(kg) for _, kg in shares))
    draft = {**LEAF, "production_date": TODAY.isoformat(), "quantity": total}
    batch = cooperative.made("/batches", json=draft)
    plots = [{"plot": one["id"], "quantity": kg, "unit": "kg"} for one, kg in shares]
    path = f"/batches/{batch['id']}"
    match = {"If-Match": cooperative.get(path).headers["ETag"]}
    return cooperative.put(f"{path}/quantity", json={"plots": plots}, headers=match)


def test_where_nothing_is_wrong_there_is_no_alarm(cooperative: Person, authority: Person) -> None:
    field = approved(cooperative, authority)
    authority.made(f"/products/{TEA}/yield-caps", json=cap())
    assert harvested(cooperative, (field, "100")).status_code == 200
    assert alarms(authority) == alarms(cooperative) == []


def test_a_yield_outside_its_range_is_told_to_the_maker_and_the_authority(
    authority: Person, cooperative: Person, stranger: Person
) -> None:
    draft = {
        "from_form": "鲜叶", "to_form": "成品茶", "low": "0.2", "high": "0.25", "unit": "kg",
        "per_unit": "kg", "source": "示例：本次测试的依据",
    }  # fmt: skip
    authority.made(f"/products/{TEA}/conversions", json=draft)
    batch = leaf(cooperative)
    made_of(cooperative, "transform", [(batch, "40")], [{"quantity": "9"}], form="成品茶")
    assert alarms(authority) == []
    made_of(
        cooperative, "transform", [(batch, "40")], [{"quantity": "12"}], form="成品茶",
        reason="嫩芽含水少",
    )  # fmt: skip
    told = the_alarm(authority, "conversion")
    assert "40 公斤" in told["sentence"]["zh"] and "12 公斤" in told["sentence"]["zh"]
    assert "得率 0.3" in told["sentence"]["zh"] and "0.2–0.25" in told["sentence"]["zh"]
    assert "嫩芽含水少" in told["why"]["zh"] and told["subject"]["kind"] == "batch"
    assert alarms(cooperative) == [told]
    assert alarms(stranger) == []


def test_a_word_silences_an_alarm_for_ones_own_side_alone(
    authority: Person, cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    made_of(cooperative, "repack", [(batch, "40")], [{"quantity": "30"}])
    told = the_alarm(cooperative, "loss")
    assert "（25 %）" in told["sentence"]["zh"]
    answer = said(cooperative, told, "过筛去了碎末")
    assert answer["open"] is False
    assert alarms(cooperative) == []
    [kept] = alarms(cooperative, standing="acknowledged")
    assert [word["word"] for word in kept["words"]] == ["过筛去了碎末"]
    [still] = alarms(authority)
    assert still["key"] == told["key"] and still["words"][0]["word"] == "过筛去了碎末"
    said(authority, still)
    assert alarms(authority) == []
    assert session.scalar(select(func.count()).select_from(AlarmWord)) == 2
    facts = session.scalars(select(Evidence.body).where(Evidence.kind == "alarm-word"))
    assert all(told["key"] in body for body in facts)


def test_a_small_loss_is_no_alarm(cooperative: Person) -> None:
    batch = leaf(cooperative)
    made_of(cooperative, "repack", [(batch, "40")], [{"quantity": "39.5"}])
    assert alarms(cooperative) == []


def test_labels_beyond_the_quantity_are_counted_though_the_act_was_undone(
    cooperative: Person, authority: Person, stranger: Person, ready: ReadyBatches, session: Session
) -> None:
    batch = ready.batch(cooperative, 10_000_000)
    path = f"/batches/{batch}/label-runs"
    for _ in range(2):
        assert cooperative.post(path, json=RUN).status_code == 409
    told = the_alarm(authority, "refused")
    assert "40 公斤" in told["sentence"]["zh"] and "10 公斤" in told["sentence"]["zh"]
    assert "试了 2 次" in told["sentence"]["zh"]
    assert alarms(cooperative) == [told] and alarms(stranger) == []
    said(authority, told)
    assert alarms(authority) == []
    cooperative.post(path, json={**RUN, "count": 11})
    again = the_alarm(authority, "refused")
    assert "试了 3 次" in again["sentence"]["zh"] and "40 公斤" in again["sentence"]["zh"]
    assert again["key"] != told["key"]
    [row] = session.scalars(select(RefusedAttempt))
    assert (row.asked, row.possible, row.count) == (40_000_000, 10_000_000, 3)
    cooperative.made(path, json={**RUN, "count": 10})
    session.rollback()
    assert session.scalar(select(RefusedAttempt.count)) == 3


def test_labels_for_what_is_not_released_are_an_attempt_with_nothing_possible(
    cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative, outcome="undetermined", kind=None)
    assert cooperative.post(f"/batches/{batch}/label-runs", json=RUN).status_code == 409
    assert "合格可贴的只有 0 公斤" in the_alarm(authority, "refused")["sentence"]["zh"]


def test_an_attempt_on_a_page_is_counted_like_one_over_rest(
    cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    batch = ready.batch(cooperative, 10_000_000)
    browser = cooperative.signed_in()
    path = f"/coop/batches/{batch}/labels"
    page = browser.get(f"/coop/batches/{batch}")
    token = page.get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    form = {f"run-{name}": str(value) for name, value in RUN.items()}
    form |= {"csrf_token": token, "_key": str(uuid.uuid4())}
    assert browser.post(path, data=form).status_code == 409
    assert "40 公斤" in the_alarm(authority, "refused")["sentence"]["zh"]


def test_more_from_a_plot_than_it_bears_and_more_than_the_allowance(
    cooperative: Person, authority: Person
) -> None:
    small, large = (
        approved(cooperative, authority, number="1", area_mu="2"),
        approved(cooperative, authority, number="2", area_mu="8"),
    )
    authority.made(f"/products/{TEA}/yield-caps", json=cap())  # 50 kg of leaf from a 亩
    assert harvested(cooperative, (small, "100"), (large, "100")).status_code == 200
    assert alarms(authority) == []
    assert harvested(cooperative, (small, "30")).status_code == 200
    told = the_alarm(authority, "plot")
    assert "地块 1" in told["sentence"]["zh"] and "多出 30 公斤" in told["sentence"]["zh"]
    assert told["subject"] == {
        "kind": "plot", "id": small["id"], "party": str(cooperative.party), "year": TODAY.year,
        "batch": None,
    }  # fmt: skip
    answer = harvested(cooperative, (large, "280"))
    assert answer.status_code == 409 and answer.get_json()["code"] == "allowance-exceeded"
    tried = the_alarm(cooperative, "refused")
    assert "280 公斤" in tried["sentence"]["zh"] and "270 公斤" in tried["sentence"]["zh"]


def test_a_cut_allowance_is_told_until_it_is_made_good(
    cooperative: Person, authority: Person
) -> None:
    field = approved(cooperative, authority, area_mu="10")
    authority.made(f"/products/{TEA}/yield-caps", json=cap())
    assert harvested(cooperative, (field, "400")).status_code == 200
    authority.made(f"/products/{TEA}/yield-caps", json=cap(quantity="50"))
    told = the_alarm(cooperative, "deficit")
    assert "透支 150 公斤" in told["sentence"]["zh"] and told["state"] == "fail"
    said(cooperative, told)
    authority.made(f"/products/{TEA}/yield-caps", json=cap(quantity="40"))
    bigger = the_alarm(cooperative, "deficit")
    assert "透支 200 公斤" in bigger["sentence"]["zh"] and bigger["open"]
    authority.made(f"/products/{TEA}/yield-caps", json=cap(quantity="90"))
    assert alarms(authority, kind="deficit") == []


def test_goods_entered_past_the_form_of_the_allowance_are_told(
    cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    ready.batch(cooperative, 7_000_000, form="成品茶", production_date=TODAY)
    assert alarms(authority) == []
    authority.made(f"/products/{TEA}/yield-caps", json=cap())
    told = the_alarm(authority, "mismatch")
    assert "7 公斤" in told["sentence"]["zh"] and "鲜叶" in told["sentence"]["zh"]


def test_a_year_s_making_outside_a_range_that_was_set_later_is_told(
    cooperative: Person, authority: Person
) -> None:
    batch = leaf(cooperative)
    made_of(cooperative, "transform", [(batch, "100")], [{"quantity": "40"}], form="成品茶")
    draft = {
        "from_form": "鲜叶", "to_form": "成品茶", "low": "0.2", "high": "0.25", "unit": "kg",
        "per_unit": "kg",
    }  # fmt: skip
    authority.made(f"/products/{TEA}/conversions", json=draft)
    assert alarms(authority) == [], "a range without a source does not alarm"
    authority.made(f"/products/{TEA}/conversions", json={**draft, "source": "示例：依据"})
    assert "得率 0.4" in the_alarm(authority, "mismatch")["sentence"]["zh"]


def test_labels_scanned_before_their_use_are_an_alarm(
    app: Flask, cooperative: Person, authority: Person, ready: ReadyBatches
) -> None:
    run = cooperative.made(f"/batches/{ready.batch(cooperative)}/label-runs",
                           json={**RUN, "count": 5})  # fmt: skip
    scan = ScanCount(epoch=1, serial=run["first"], day=day_of(now()), status="not_activated",
                     count=7, first_at=now(), last_at=now())  # fmt: skip
    put(app, scan)
    told = the_alarm(authority, "scans")
    assert "被扫了 7 次" in told["sentence"]["zh"]
    assert told["subject"]["id"] == run["id"]


def test_a_hand_over_with_a_difference_and_one_without_an_answer(
    cooperative: Person, stranger: Person, authority: Person
) -> None:
    draft = {**LEAF, "production_date": (TODAY - timedelta(days=9)).isoformat(), "quantity": "100"}
    batch = cooperative.made("/batches", json=draft)
    confirm(cooperative, batch)
    old = (TODAY - timedelta(days=4)).isoformat()
    body = {"batch": batch["id"], "to": str(stranger.party), "unit": "kg", "sent_on": old}
    first = cooperative.made("/transfers", json={**body, "quantity": "30"})
    assert "4 天没有答复" in the_alarm(stranger, "unanswered")["sentence"]["zh"]
    answer = {"quantity": "28", "unit": "kg", "condition": "intact"}
    stranger.made(f"/transfers/{first['id']}/confirmation", json=answer)
    assert alarms(cooperative, kind="unanswered") == []
    told = the_alarm(cooperative, "difference")
    assert "少收 2 公斤" in told["sentence"]["zh"]
    assert alarms(stranger) == alarms(authority) == [told]


def test_a_word_needs_an_alarm_that_one_sees(
    cooperative: Person, stranger: Person, inspector: Person, consumer: Person
) -> None:
    batch = leaf(cooperative)
    made_of(cooperative, "repack", [(batch, "40")], [{"quantity": "30"}])
    key = the_alarm(cooperative, "loss")["key"]
    for who, status in ((stranger, 404), (inspector, 403), (consumer, 401)):
        answer = who.post(f"/alarms/{key}/words", json={"word": "看过了"})
        assert answer.status_code == status
    for wrong in ("loss-00", "nothing", key[:-1] + "g"):
        answer = cooperative.post(f"/alarms/{wrong}/words", json={"word": "看过了"})
        assert answer.status_code == 404
    assert cooperative.post(f"/alarms/{key}/words", json={"word": " "}).status_code == 422
    assert len(alarms(cooperative)) == 1


def test_alarms_are_found_by_kind_and_in_pages(cooperative: Person) -> None:
    batch = leaf(cooperative, "1000")
    for _ in range(5):
        made_of(cooperative, "repack", [(batch, "40")], [{"quantity": "30"}])
    seen: list[str] = []
    path: str | None = "/alarms?size=2&kind=loss"
    while path:
        answer = cooperative.get(path)
        seen += [one["key"] for one in answer.get_json()]
        link = answer.headers.get("Link", "")
        path = link[1 : link.index(">")].removeprefix("/api/v1") if link else None
    assert len(seen) == len(set(seen)) == 5
    assert alarms(cooperative, kind="deficit") == []
    assert cooperative.get("/alarms?kind=other").status_code == 422
    assert cooperative.get("/alarms?after=!!").status_code == 422


def test_a_refused_act_of_another_kind_counts_nothing(
    cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    answer = processed(cooperative, "repack", [(batch, "999")], [{"quantity": "1"}])
    assert answer.status_code == 409
    assert session.scalars(select(RefusedAttempt)).first() is None
