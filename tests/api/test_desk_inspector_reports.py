"""The laboratory's reports on its desk: correcting, withdrawing, finding; type inspections."""

from datetime import timedelta
from html import escape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from desks.entry_table import row_key
from tests.api.bench_sheets import (
    CONFORMING,
    DUST,
    LEAD,
    entry_of,
    pdf,
    recorded,
    reports,
    row_of,
    saved,
    sent,
    signed_by_two,
    text_of,
)
from tests.api.filling import form_on, send
from tests.api.looking import rows
from tests.api.test_main_job import (
    TEA,
    TODAY,
    TYPE_ITEMS,
    order_type,
    sent_batch,
    type_inspected,
)
from tests.people import Person
from trace.inspections.models import Inspection


@pytest.fixture
def browser(inspector: Person) -> FlaskClient:
    """The inspector, signed in."""
    return inspector.signed_in()


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch of tea that was sent to the laboratory."""
    return sent_batch(cooperative, inspector)


# --- reports --------------------------------------------------------------------------------


def test_a_correction_starts_from_the_old_values_and_links_both_ways(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    values = {**CONFORMING, LEAD: "5600", f"{LEAD}-unit": "μg/kg"}
    older = recorded(inspector, browser, entry_of(batch), values, number="YP-7")
    form = form_on(browser, f"{older}/correction", "/correction")
    assert form.boxes["number"] == ["YP-7-G1"]
    assert (form.boxes[LEAD], form.boxes[f"{LEAD}-unit"]) == (["5600"], ["μg/kg"])
    refused = send(browser, form, do="save")
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.get_data(as_text=True)
    answer = send(browser, form, do="save", reason="小数点抄错", **{LEAD: "560"})
    assert answer.status_code == 303
    assert len(reports(app)) == 1
    assert "接着写更正或复验" in text_of(browser, older)
    assert browser.get(f"{older}/correction").status_code == 303
    newer = signed_by_two(inspector, answer.headers["Location"])
    old, new = reports(app)
    assert (new.corrects_id, new.reason) == (old.id, "小数点抄错")
    assert {(r.characteristic, r.typed) for r in old.results} >= {("铅（以Pb计）", "5600")}
    assert f'href="{newer}"' in text_of(browser, older)
    assert "小数点抄错" in text_of(browser, older)
    assert f'href="{older}"' in text_of(browser, newer)
    assert "不再判定" in text_of(browser, older)
    assert browser.get(f"{older}/correction").status_code == 409


def test_a_correction_keeps_the_file_of_the_older_report_unless_told_otherwise(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    older = recorded(inspector, browser, entry_of(batch), CONFORMING, report_file=pdf())
    form = form_on(browser, f"{older}/correction", "/correction")
    answer = send(browser, form, do="save", reason="抄错", **{DUST: "0.5"})
    assert answer.status_code == 303
    signed_by_two(inspector, answer.headers["Location"])
    old, new = reports(app)
    assert new.report_id == old.report_id is not None


def test_of_two_corrections_the_second_is_refused_and_loses_nothing(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    older = recorded(inspector, browser, entry_of(batch), CONFORMING)
    forms = [form_on(browser, f"{older}/correction", "/correction") for _ in range(2)]
    answer = send(browser, forms[0], do="save", reason="一")
    signed_by_two(inspector, answer.headers["Location"])
    answer = send(browser, forms[1], do="save", reason="二", number="YP-8", **{DUST: "0.77"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "已经更正过" in page
    assert 'value="0.77"' in page
    assert len(reports(app)) == 2


def test_withdrawing_needs_a_reason_and_judges_the_batch_again(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    where = recorded(inspector, browser, entry_of(batch), {**CONFORMING, LEAD: "5.6"})
    form = form_on(browser, where, "/withdrawal")
    assert send(browser, form).status_code == 422
    form = form_on(browser, where, "/withdrawal")
    answer = send(browser, form, **{"withdrawal-reason": "样品弄混"})
    assert answer.status_code == 303
    page = text_of(browser, where)
    assert "已撤回" in page
    assert "样品弄混" in page
    assert "/withdrawal" not in page
    (made,) = reports(app)
    assert made.withdrawal is not None


def test_the_list_of_reports_is_filtered_by_kind_and_number(
    browser: FlaskClient, cooperative: Person, inspector: Person, batch: dict[str, Any]
) -> None:
    type_inspected(cooperative, inspector)
    recorded(inspector, browser, entry_of(batch), CONFORMING, number="YP-55")
    assert "YP-55" in text_of(browser, "/lab/reports")
    assert "YP-55" in text_of(browser, "/lab/reports?kind=batch&q=YP-5")
    assert "YP-55" not in text_of(browser, "/lab/reports?kind=type")
    assert "没有这样的报告" in text_of(browser, "/lab/reports?q=YP-99")


# --- type inspections -----------------------------------------------------------------------


def type_path(cooperative: Person) -> str:
    return f"/lab/type-inspections/new?party={cooperative.party}&product={TEA}"


@pytest.fixture
def ordered(cooperative: Person, inspector: Person) -> Person:
    """The cooperative, which asked the laboratory for a type inspection of its tea."""
    order_type(cooperative, inspector)
    return cooperative


def type_values() -> dict[str, str]:
    """Every item of the type inspection, with its detection limit in the box."""
    values: dict[str, str] = {}
    for item in TYPE_ITEMS:
        limit = item.get("detection_limit")
        typed = str(item["typed"])
        values[row_key(str(item["characteristic"]))] = f"{typed}(<{limit})" if limit else typed
    return values


def test_a_type_inspection_is_chosen_entered_and_valid_as_long_as_the_plan_says(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    assert "没有人委托过" in text_of(browser, "/lab/type-inspections/new")
    path = type_path(cooperative)
    assert browser.get(path).status_code == 403
    order_type(cooperative, inspector)
    assert escape(path) in text_of(browser, "/lab/type-inspections/new")
    assert "型式检验要检" in text_of(browser, path)
    where = recorded(inspector, browser, path, type_values(), number="TX-1")
    (made,) = reports(app)
    assert (made.kind, made.party_id, made.valid_from) == ("type", cooperative.party, TODAY)
    assert made.valid_to is not None
    assert 180 <= (made.valid_to - TODAY).days <= 184
    page = text_of(browser, where)
    assert "is-fail" not in page
    assert "有效期" in page
    assert "有效期内" in text_of(browser, "/lab/type-inspections")


def test_a_type_inspection_that_has_lapsed_is_marked(
    browser: FlaskClient, inspector: Person, ordered: Person
) -> None:
    ended = {"reported_on": (TODAY - timedelta(days=300)).isoformat(), "number": "TX-OLD",
             "sampled_on": (TODAY - timedelta(days=310)).isoformat()}  # fmt: skip
    page = text_of(
        browser, recorded(inspector, browser, type_path(ordered), type_values(), **ended)
    )
    assert "有效期已过" in page
    assert "已过期" in text_of(browser, "/lab/type-inspections")


def test_a_type_inspection_is_checked_against_the_limits_of_its_grade(
    app: Flask, browser: FlaskClient, ordered: Person
) -> None:
    water = row_key("水浸出物")
    values = {water: "35.0", LEAD: "9"}
    page = sent(browser, type_path(ordered), values, "check", grade="一级")
    assert "待核实" in row_of(page.get_data(as_text=True), water)
    page = sent(browser, type_path(ordered), values, "check", grade="四级")
    assert "is-pass" in row_of(page.get_data(as_text=True), water)
    assert "不合格" in row_of(page.get_data(as_text=True), LEAD)
    assert reports(app) == []


def test_a_type_inspection_without_a_plan_needs_its_last_day(
    app: Flask, browser: FlaskClient, inspector: Person, cooperative: Person
) -> None:
    order = {"kind": "type", "laboratory": str(inspector.party), "product": "wangcheng-crayfish"}
    cooperative.made("/orders", json={**order, "items": ["铅（以Pb计）"]})
    path = f"/lab/type-inspections/new?party={cooperative.party}&product=wangcheng-crayfish"
    where = saved(browser, path, {LEAD: "0.1"})
    assert f'href="{where}/entry#valid_to"' in text_of(browser, where)
    until = (TODAY + timedelta(days=90)).isoformat()
    recorded(inspector, browser, path, {LEAD: "0.1"}, valid_to=until)
    assert [made.valid_to.isoformat() for made in reports(app) if made.valid_to] == [until]


def test_a_type_inspection_is_corrected_in_its_own_table(
    app: Flask, browser: FlaskClient, inspector: Person, ordered: Person
) -> None:
    older = recorded(inspector, browser, type_path(ordered), type_values())
    form = form_on(browser, f"{older}/correction", "/correction")
    answer = send(browser, form, do="save", reason="抄错", **{LEAD: "0.7"})
    signed_by_two(inspector, answer.headers["Location"])
    query = select(func.count()).select_from(Inspection).where(Inspection.corrects_id.is_not(None))
    assert rows(app, query) == [1]
    assert "已更正" in text_of(browser, "/lab/type-inspections")
