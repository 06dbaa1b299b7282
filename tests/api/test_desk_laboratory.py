"""The pages of what a laboratory works with: instruments, calibrations, mappings, methods."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.api.bench_sheets import pdf, text_of
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.test_instruments import METER, METHOD
from tests.api.test_main_job import TODAY
from tests.people import People, Person
from trace.laboratories.models import Calibration, Instrument, Method

BOXES = {**METER, "characteristics": "水分\n总灰分"}


@pytest.fixture
def browser(inspector: Person) -> FlaskClient:
    """The inspector's browser."""
    return inspector.signed_in()


@pytest.fixture
def page(inspector: Person) -> str:
    """The page of a registered instrument."""
    return f"/lab/instruments/{inspector.made('/instruments', json=METER)['id']}"


def calibration_form(browser: FlaskClient, page: str) -> Form:
    return form_on(browser, page, "/calibrations")


def boxes(on: date, due: date, **more: Any) -> dict[str, Any]:
    said = {
        "certificate_number": "JZ-7",
        "calibrated_on": on.isoformat(),
        "due_on": due.isoformat(),
    }
    return {f"calibration-{name}": value for name, value in {**said, **more}.items()}


def test_an_instrument_is_registered_by_its_form(app: Flask, browser: FlaskClient) -> None:
    form = form_on(browser, "/lab/instruments/new", "/lab/instruments/new")
    answer = send(browser, form, **BOXES)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    (row,) = rows(app, select(Instrument))
    assert (row.name, row.characteristics) == (METER["name"], ["水分", "总灰分"])
    assert "没有校准记录" in text_of(browser, "/lab/instruments")


def test_a_form_that_is_refused_keeps_what_was_typed_and_stores_nothing(
    app: Flask, browser: FlaskClient
) -> None:
    form = form_on(browser, "/lab/instruments/new", "/lab/instruments/new")
    answer = send(browser, form, **{**BOXES, "unit": "furlong"})
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert METER["serial_number"] in text
    assert "没有“furlong”这个单位" in text
    assert send(browser, form, **BOXES, csrf_token=None).status_code == 403
    assert rows(app, select(Instrument)) == []


def test_a_change_on_an_old_page_is_told_so(app: Flask, browser: FlaskClient, page: str) -> None:
    form = form_on(browser, f"{page}/edit", "/edit")
    assert send(browser, form, highest="50", _key=str(uuid.uuid4())).status_code == 303
    late = send(browser, form, highest="40", _key=str(uuid.uuid4()))
    assert late.status_code == 412
    assert 'value="40"' in late.get_data(as_text=True)
    (row,) = rows(app, select(Instrument))
    assert row.highest == "50"
    send(browser, form_on(browser, f"{page}/edit", "/edit"), retired="1")
    assert "已停用" in text_of(browser, "/lab/instruments")


@pytest.mark.parametrize(
    ("days", "word"),
    [(60, "校准有效"), (30, "30 天内到期"), (0, "30 天内到期"), (-1, "校准已过期")],
)
def test_the_list_says_what_is_due(browser: FlaskClient, page: str, days: int, word: str) -> None:
    due = TODAY + timedelta(days=days)
    answer = send(browser, calibration_form(browser, page), **boxes(TODAY - timedelta(90), due))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert word in text_of(browser, "/lab/instruments")
    assert word in text_of(browser, page)


def test_a_calibration_is_recorded_with_its_certificate_and_corrected_with_a_reason(
    app: Flask, browser: FlaskClient, page: str
) -> None:
    said = boxes(TODAY - timedelta(9), TODAY + timedelta(3650), document=pdf())
    assert send(browser, calibration_form(browser, page), **said).status_code == 303
    (first,) = rows(app, select(Calibration))
    assert first.document_id is not None
    right = boxes(TODAY - timedelta(9), TODAY + timedelta(365), corrects=str(first.id))
    assert send(browser, calibration_form(browser, page), **right).status_code == 422
    right |= {"calibration-reason": "有效期抄错了"}
    assert send(browser, calibration_form(browser, page), **right).status_code == 303
    text = text_of(browser, page)
    assert "已更正" in text
    assert "有效期抄错了" in text


def test_a_mistyped_day_keeps_the_form_and_stores_nothing(
    app: Flask, browser: FlaskClient, page: str
) -> None:
    said = boxes(TODAY, TODAY - timedelta(1))
    answer = send(browser, calibration_form(browser, page), **said)
    assert answer.status_code == 422
    assert "JZ-7" in answer.get_data(as_text=True)
    assert rows(app, select(Calibration)) == []


def test_a_characteristic_that_no_standard_knows_is_pointed_at(
    inspector: Person, browser: FlaskClient
) -> None:
    made = inspector.made("/instruments", json={**METER, "characteristics": ["水分", "水份"]})
    text = text_of(browser, f"/lab/instruments/{made['id']}")
    assert "请核对：水份" in text


def test_a_mapping_is_told_by_its_form(app: Flask, browser: FlaskClient, page: str) -> None:
    form = form_on(browser, f"{page}/mapping", "/mapping")
    wrong = send(browser, form, **{"column-sample": "样品", "column-characteristic": "项目"})
    assert wrong.status_code == 422
    assert "请说明哪一列是结果" in wrong.get_data(as_text=True)
    said = {"column-sample": "样品", "column-value": "值", "fixed-characteristic": "水分"}
    assert send(browser, form, **said).status_code == 303
    (row,) = rows(app, select(Instrument))
    assert row.mapping["columns"] == {"sample": "样品", "value": "值"}
    assert row.mapping["fixed"] == {"characteristic": "水分"}
    again = form_on(browser, f"{page}/mapping", "/mapping")
    assert again.boxes["column-value"] == ["值"]


def test_a_method_is_registered_and_changed_by_its_form(app: Flask, browser: FlaskClient) -> None:
    form = form_on(browser, "/lab/methods/new", "/lab/methods/new")
    said = {
        "designation": METHOD["designation"], "characteristic-1": "水分", "unit-1": "furlong",
        "detection_limit-1": "0.1", "accredited_until": "2029-05-01",
    }  # fmt: skip
    wrong = send(browser, form, **said)
    assert wrong.status_code == 422
    assert 'href="#unit-1"' in wrong.get_data(as_text=True)
    assert rows(app, select(Method)) == []
    assert send(browser, form, **{**said, "unit-1": "%"}).status_code == 303
    (row,) = rows(app, select(Method))
    assert row.characteristics == [
        {"characteristic": "水分", "unit": "%", "detection_limit": "0.1"}
    ]
    path = f"/lab/methods/{row.id}"
    changed = form_on(browser, path, path)
    assert changed.boxes["characteristic-0"] == ["水分"]
    assert send(browser, changed, retired="1").status_code == 303
    assert "已停用" in text_of(browser, "/lab/methods")


def test_these_pages_are_the_laboratorys_own(
    cooperative: Person, page: str, people: People, inspector: Person
) -> None:
    method = inspector.made("/methods", json=METHOD)
    other = people.person(43, "别的检测", ("inspector",)).signed_in()
    for path in (page, f"{page}/edit", f"{page}/mapping", f"/lab/methods/{method['id']}"):
        assert other.get(path).status_code == 404
        assert cooperative.signed_in().get(path).status_code == 403
