"""Instruments, calibrations and methods through REST, and what a result asks of them."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.record.models import Evidence
from products.errors import RuleError
from tests.api.entering import document_of, refusal
from tests.api.test_main_job import TODAY
from tests.people import People, Person
from trace.laboratories.service import calibration_doubt, check_instrument, check_method

METER = {
    "name": "快速水分仪 1 号", "maker": "示例仪器厂", "model": "SF-10", "serial_number": "20230817",
    "unit": "%", "lowest": "0.5", "highest": "60", "characteristics": ["水分", "总灰分"],
}  # fmt: skip
METHOD = {
    "designation": "GB/T 8304-2013",
    "characteristics": [{"characteristic": "水分", "unit": "g/100g", "detection_limit": "0.1"}],
    "accredited": "CMA 示例",
    "accredited_until": "2029-05-01",
}


def calibration(on: date, due: date, **more: Any) -> dict[str, Any]:
    return {
        "calibrated_on": on.isoformat(), "due_on": due.isoformat(),
        "certificate_number": f"JZ-{uuid.uuid4().hex[:6]}", **more,
    }  # fmt: skip


@pytest.fixture
def meter(inspector: Person) -> dict[str, Any]:
    """A registered moisture meter."""
    return inspector.made("/instruments", json=METER)


def own(meter: dict[str, Any]) -> uuid.UUID:
    return uuid.UUID(meter["id"])


def test_an_instrument_is_kept_as_registered_and_put_on_record(
    inspector: Person, meter: dict[str, Any], session: Session
) -> None:
    seen = inspector.get(f"/instruments/{meter['id']}")
    assert {name: seen.json[name] for name in METER} == METER
    assert seen.headers["ETag"] == f'"{meter["id"]}-1"'
    assert [one["id"] for one in inspector.get("/instruments").json] == [meter["id"]]
    kinds = session.scalars(select(Evidence.kind).where(Evidence.subject == meter["id"])).all()
    assert kinds == ["instrument"]


def test_what_makes_no_instrument_is_refused_at_its_field(inspector: Person) -> None:
    wrong = {**METER, "unit": "furlong", "lowest": "9", "highest": "abc", "characteristics": []}
    assert refusal(inspector.post("/instruments", json=wrong)) == (
        422, "instrument-invalid", ["/unit", "/highest", "/characteristics"],
    )  # fmt: skip
    turned = {**METER, "lowest": "60", "highest": "0.5", "characteristics": ["水分", " 水 分 "]}
    assert refusal(inspector.post("/instruments", json=turned)) == (
        422, "instrument-invalid", ["/highest", "/characteristics"],
    )  # fmt: skip


def test_two_instruments_of_one_laboratory_have_two_names(
    inspector: Person, meter: dict[str, Any]
) -> None:
    answer = inspector.post("/instruments", json=METER)
    assert refusal(answer) == (409, "name-taken", ["/name"])


def test_a_change_says_which_version_it_is_meant_for(
    inspector: Person, meter: dict[str, Any]
) -> None:
    path = f"/instruments/{meter['id']}"
    assert inspector.patch(path, json={"highest": "50"}).status_code == 428
    first = inspector.patch(
        path, json={"highest": "50"}, headers={"If-Match": f'"{meter["id"]}-1"'}
    )
    assert (first.status_code, first.json["highest"]) == (200, "50")
    late = inspector.patch(path, json={"highest": "40"}, headers={"If-Match": f'"{meter["id"]}-1"'})
    assert refusal(late)[0] == 412
    assert inspector.get(path).json["highest"] == "50"


def test_another_laboratory_sees_no_instrument_and_no_method(
    inspector: Person, meter: dict[str, Any], people: People
) -> None:
    other = people.person(40, "湘江检测", ("inspector",))
    method = inspector.made("/methods", json=METHOD)
    every = {"If-Match": "*"}
    for answer in (
        other.get(f"/instruments/{meter['id']}"),
        other.patch(f"/instruments/{meter['id']}", json={"retired": True}, headers=every),
        other.post(
            f"/instruments/{meter['id']}/calibrations",
            json=calibration(TODAY, TODAY.replace(year=2030)),
        ),
        other.get(f"/methods/{method['id']}"),
        other.patch(f"/methods/{method['id']}", json={"retired": True}, headers=every),
    ):
        assert refusal(answer)[:2] == (404, "not-found")
    assert other.get("/instruments").json == other.get("/methods").json == []


def test_a_producer_has_no_instruments(cooperative: Person) -> None:
    assert cooperative.post("/instruments", json=METER).status_code == 403
    assert cooperative.get("/methods").status_code == 403


def test_a_value_counts_only_while_the_calibration_of_its_day_holds(
    inspector: Person, meter: dict[str, Any], session: Session
) -> None:
    never = calibration_doubt(session, own(meter), TODAY)
    assert never is not None
    assert "没有校准" in never.zh
    path = f"/instruments/{meter['id']}/calibrations"
    begins, due = TODAY - timedelta(days=100), TODAY - timedelta(days=10)
    inspector.made(path, json=calibration(begins, due))
    session.rollback()
    assert calibration_doubt(session, own(meter), due) is None
    assert calibration_doubt(session, own(meter), begins - timedelta(days=1)) is not None
    late = calibration_doubt(session, own(meter), TODAY)
    assert late is not None
    assert METER["name"] in late.zh
    assert str(due) in late.zh
    assert METER["name"] in late.en
    assert str(due) in late.en


def test_a_newer_calibration_counts_even_where_it_is_due_sooner(
    inspector: Person, meter: dict[str, Any], session: Session
) -> None:
    path = f"/instruments/{meter['id']}/calibrations"
    inspector.made(path, json=calibration(TODAY - timedelta(90), TODAY + timedelta(275)))
    inspector.made(path, json=calibration(TODAY - timedelta(40), TODAY - timedelta(1)))
    assert calibration_doubt(session, own(meter), TODAY - timedelta(50)) is None
    assert calibration_doubt(session, own(meter), TODAY) is not None


def test_a_mistyped_calibration_is_corrected_with_a_reason_and_both_stay(
    inspector: Person, meter: dict[str, Any], session: Session
) -> None:
    path = f"/instruments/{meter['id']}/calibrations"
    wrong = inspector.made(path, json=calibration(TODAY - timedelta(9), TODAY + timedelta(3650)))
    bare = calibration(TODAY - timedelta(9), TODAY - timedelta(1), corrects=wrong["id"])
    assert refusal(inspector.post(path, json=bare))[2] == ["/reason"]
    inspector.made(path, json={**bare, "reason": "有效期抄错了"})
    assert calibration_doubt(session, own(meter), TODAY) is not None
    assert len(inspector.get(f"/instruments/{meter['id']}").json["calibrations"]) == 2
    again = inspector.post(path, json={**bare, "reason": "再改"})
    assert refusal(again)[2] == ["/corrects"]


def test_a_calibration_with_impossible_days_or_a_foreign_certificate_is_refused(
    inspector: Person, meter: dict[str, Any], app: Flask, cooperative: Person
) -> None:
    path = f"/instruments/{meter['id']}/calibrations"
    tomorrow = TODAY + timedelta(days=1)
    assert refusal(inspector.post(path, json=calibration(tomorrow, tomorrow)))[2] == [
        "/calibrated_on", "/due_on",
    ]  # fmt: skip
    foreign = calibration(TODAY, tomorrow, document=document_of(app, cooperative))
    assert refusal(inspector.post(path, json=foreign))[2] == ["/document"]
    kept = calibration(TODAY, tomorrow, document=document_of(app, inspector))
    assert inspector.made(path, json=kept)["document"] == kept["document"]


@pytest.mark.parametrize(
    ("characteristic", "typed", "unit", "code"),
    [
        ("水分", "5.8", "%", None),
        ("水 分", "5.8", "g/100g", None),
        ("水分", "60", "%", None),
        ("水分", "0.5", "%", None),
        ("水分", "未检出", "%", None),
        ("水分", "<0.5", "%", None),
        ("水分", "5.8；5.9；6.1", "%", None),
        ("水分", "60.1", "%", "above-the-instrument"),
        ("水分", "５.８；６００", "%", "above-the-instrument"),
        ("水分", "0.49", "%", "below-the-instrument"),
        ("水分", "5.8", "kg", "instrument-other-dimension"),
        ("铅（以Pb计）", "0.5", "%", "instrument-not-for-it"),
    ],
)
def test_an_instrument_gives_only_what_it_can_read(
    inspector: Person, meter: dict[str, Any], session: Session,
    characteristic: str, typed: str, unit: str, code: str | None,
) -> None:  # fmt: skip
    assert inspector.party is not None
    said = (session, inspector.party, own(meter), characteristic, typed, unit)
    if code is None:
        check_instrument(*said)
        return
    with pytest.raises(RuleError) as refused:
        check_instrument(*said)
    assert refused.value.code == code
    assert METER["name"] in refused.value.words.zh
    assert METER["name"] in refused.value.words.en


def test_a_foreign_or_retired_instrument_measures_nothing(
    inspector: Person, stranger: Person, meter: dict[str, Any], session: Session
) -> None:
    assert inspector.party is not None
    assert stranger.party is not None
    with pytest.raises(RuleError, match="没有这台仪器"):
        check_instrument(session, stranger.party, own(meter), "水分", "5.8", "%")
    inspector.patch(
        f"/instruments/{meter['id']}", json={"retired": True}, headers={"If-Match": "*"}
    )
    session.rollback()
    with pytest.raises(RuleError, match="停用"):
        check_instrument(session, inspector.party, own(meter), "水分", "5.8", "%")
    check_instrument(session, inspector.party, own(meter), "水分", "5.8", "%", TODAY)


def test_a_registered_method_gives_only_its_own_characteristics(
    inspector: Person, session: Session
) -> None:
    inspector.made("/methods", json=METHOD)
    lab = inspector.party
    assert lab is not None
    check_method(session, lab, "gb/t 8304-2013", "水分", "%")
    check_method(session, lab, "GB/T 5009.3", "铅（以Pb计）", "mg/kg")
    with pytest.raises(RuleError, match="不测"):
        check_method(session, lab, "GB/T8304-2013", "铅（以Pb计）", "mg/kg")
    with pytest.raises(RuleError, match="不能换算"):
        check_method(session, lab, "GB/T 8304-2013", "水分", "kg")


def test_a_method_with_an_unknown_unit_or_no_characteristic_is_refused(inspector: Person) -> None:
    wrong = {**METHOD, "characteristics": [
        {"characteristic": "水分", "unit": "furlong", "detection_limit": "0"}
    ]}  # fmt: skip
    assert refusal(inspector.post("/methods", json=wrong))[2] == [
        "/characteristics/0/unit", "/characteristics/0/detection_limit",
    ]  # fmt: skip
    none = {**METHOD, "characteristics": []}
    assert refusal(inspector.post("/methods", json=none))[2] == ["/characteristics"]


def test_a_mapping_that_cannot_be_meant_is_refused_at_its_part(
    inspector: Person, meter: dict[str, Any]
) -> None:
    path, every = f"/instruments/{meter['id']}", {"If-Match": "*"}
    wrong = {"mapping": {"columns": {"sample": "样品编号"}}}
    answer = inspector.patch(path, json=wrong, headers=every)
    assert refusal(answer) == (422, "instrument-invalid", ["/mapping/columns/value"])
    right = {"columns": {"sample": "样品编号", "characteristic": "项目", "value": "结果"}}
    kept = inspector.patch(path, json={"mapping": right}, headers=every)
    assert kept.json["mapping"]["columns"] == right["columns"]
