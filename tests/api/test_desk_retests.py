"""After a report is out: retest, reinstatement, and the owner's re-inspection by another."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.act import INSPECTOR, VERIFIER
from tests.api.bench_sheets import (
    CONFORMING,
    LEAD,
    entry_of,
    kinds,
    recorded,
    reports,
    row_of,
    signed_by_two,
    text_of,
)
from tests.api.filling import form_on, send
from tests.api.looking import put, rows
from tests.api.test_main_job import TODAY, sent_batch
from tests.people import People, Person
from trace.inspections.life_models import CalendarDay, Reinspection, Retest

FAILING = {**CONFORMING, LEAD: "5.6"}


@pytest.fixture
def browser(inspector: Person) -> FlaskClient:
    """The inspector, signed in."""
    return inspector.signed_in()


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch of tea that was sent to the laboratory."""
    return sent_batch(cooperative, inspector)


@pytest.fixture
def failed(browser: FlaskClient, inspector: Person, batch: dict[str, Any]) -> str:
    """The path of a report by which the batch fails."""
    return recorded(inspector, browser, entry_of(batch), FAILING, number="YP-1")


@pytest.fixture
def other(people: People) -> Person:
    """Another laboratory."""
    return people.person(7, "湘北检验所", (INSPECTOR, VERIFIER))


# --- retest ---------------------------------------------------------------------------------


def test_a_retest_says_beforehand_what_counts_and_shows_the_first_values(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any], failed: str
) -> None:
    form = form_on(browser, f"{failed}/retest", "/retest")
    answer = send(browser, form, reason=" ")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#ground"' in text
    assert 'href="#reason"' in text
    assert "reinspection" not in text
    answer = send(browser, form, ground="retained-sample", reason="平行样相差太大")
    assert answer.status_code == 303
    where = answer.headers["Location"]
    entry = text_of(browser, where)
    assert "首次 5.6 mg/kg" in row_of(entry, LEAD)
    assert "再测的项目，以这一次为准" in entry
    assert "平行样相差太大" in entry
    assert browser.get(f"{failed}/retest").status_code == 303
    saved = send(browser, form_on(browser, where, "/entry"), do="save", number="YP-1-F",
                 sampled_on=TODAY.isoformat(), reported_on=TODAY.isoformat(),
                 **{LEAD: "0.56"})  # fmt: skip
    assert saved.status_code == 303
    newer = signed_by_two(inspector, saved.headers["Location"])
    assert [row.ground for row in rows(app, select(Retest))] == ["retained-sample"]
    first = text_of(browser, failed)
    assert "首次结果保留，再测的项目以复验为准：平行样相差太大" in first
    assert "以复验为准" in first
    assert f'href="{newer}"' in first
    assert f'href="{failed}"' in text_of(browser, newer)
    assert "已复验" in text_of(browser, f"/lab/batches/{batch['id']}")
    assert browser.get(f"{failed}/retest").status_code == 409


def test_where_both_count_both_pages_say_that_the_worse_decides(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any], failed: str
) -> None:
    form = form_on(browser, f"{failed}/retest", "/retest")
    answer = send(browser, form, ground="double-sampling", reason="加倍抽样", both_count="true")
    entry = form_on(browser, answer.headers["Location"], "/entry")
    saved = send(browser, entry, do="save", number="YP-2", sampled_on=TODAY.isoformat(),
                 reported_on=TODAY.isoformat(), **{LEAD: "0.56"})  # fmt: skip
    assert "两次都算，以较差的为准" in text_of(browser, saved.headers["Location"])
    newer = signed_by_two(inspector, saved.headers["Location"])
    assert "两次都算、以较差的为准：加倍抽样" in text_of(browser, failed)
    assert "两次都算，以较差的为准" in text_of(browser, newer)
    assert kinds(app, batch) == ["hold"]


def test_a_retest_that_is_begun_twice_is_begun_once(
    app: Flask, browser: FlaskClient, failed: str
) -> None:
    form = form_on(browser, f"{failed}/retest", "/retest")
    boxes = {"ground": "laboratory-error", "reason": "天平漂移"}
    answers = [send(browser, form, **boxes) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert send(browser, form, csrf_token=None, **boxes).status_code == 403


# --- withdrawn and back ---------------------------------------------------------------------


def test_a_withdrawal_is_taken_back_by_another_person_only(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any], failed: str
) -> None:
    form = form_on(browser, failed, "/withdrawal")
    assert send(browser, form, **{"withdrawal-reason": "样品弄混"}).status_code == 303
    text = text_of(browser, failed)
    assert "还没有接替它的报告" in text
    assert "/reinstatement" not in text
    assert "另一位有“复核签字”权限的同事" in text
    second = inspector.colleague.signed_in()
    form = form_on(second, failed, "/reinstatement")
    refused = send(second, form)
    assert refused.status_code == 422
    assert 'href="#reinstatement-reason"' in refused.get_data(as_text=True)
    form = form_on(second, failed, "/reinstatement")
    answer = send(second, form, **{"reinstatement-reason": "查清了，没有弄混"})
    assert answer.status_code == 303
    text = text_of(browser, failed)
    assert "撤回过，又恢复了" in text
    assert "查清了，没有弄混" in text
    assert "/withdrawal" not in text
    assert reports(app)[0].withdrawal is None


# --- the owner's re-inspection --------------------------------------------------------------


def owner_page(cooperative: Person, batch: dict[str, Any]) -> str:
    return text_of(cooperative.signed_in(), f"/coop/batches/{batch['id']}")


def asked(cooperative: Person, batch: dict[str, Any], report: str, **boxes: str) -> Any:
    own = cooperative.signed_in()
    name = f"reinspection-{report.rpartition('/')[2][:8]}"
    form = form_on(own, f"/coop/batches/{batch['id']}", "/reinspection")
    return send(own, form, **{f"{name}-{key}": text for key, text in boxes.items()})


def test_the_owner_is_told_until_when_and_by_which_days(
    app: Flask, cooperative: Person, authority: Person, other: Person, batch: dict[str, Any],
    failed: str,
) -> None:  # fmt: skip
    page = owner_page(cooperative, batch)
    assert "没有录入节假日，按周一至周五算" in page
    assert "第五十一条" in page
    put(app, CalendarDay(day=TODAY + timedelta(days=1), works=False, source="示例"))
    page = owner_page(cooperative, batch)
    assert "按录入的放假和调休算" in page


def test_another_laboratory_is_asked_sees_the_batch_and_its_result_counts(
    app: Flask, cooperative: Person, other: Person, batch: dict[str, Any], failed: str
) -> None:
    browser = other.signed_in()
    assert browser.get(f"/lab/batches/{batch['id']}").status_code == 404
    assert browser.get(failed).status_code == 404
    answer = asked(cooperative, batch, failed, sample="retained-sample", reason=" ")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "-laboratory" in text[text.index('class="problems"') : text.index("</section>")]
    assert rows(app, select(Reinspection)) == []
    boxes = {"laboratory": str(other.party), "sample": "retained-sample", "reason": "不服铅的结果"}
    assert asked(cooperative, batch, failed, **boxes).status_code == 303
    page = owner_page(cooperative, batch)
    assert "已申请，等结果" in page
    assert "不服铅的结果" in page
    assert "请您的机构复检" in text_of(browser, f"/lab/batches/{batch['id']}")
    assert "做复检" in text_of(browser, "/lab/")
    assert "YP-1" in text_of(browser, failed)
    assert browser.get(f"{failed}/correction").status_code == 404
    form = form_on(browser, f"{failed}/retest", "/retest")
    answer = send(browser, form, ground="reinspection", reason="受检方申请")
    entry = form_on(browser, answer.headers["Location"], "/entry")
    saved = send(browser, entry, do="save", number="XB-1", sampled_on=TODAY.isoformat(),
                 reported_on=TODAY.isoformat(), **{LEAD: "0.56"})  # fmt: skip
    signed_by_two(other, saved.headers["Location"])
    page = owner_page(cooperative, batch)
    assert "已复检" in page
    assert "XB-1" in page


def test_the_same_laboratory_and_a_strangers_batch_are_refused(
    app: Flask, cooperative: Person, stranger: Person, other: Person, inspector: Person,
    batch: dict[str, Any], failed: str,
) -> None:  # fmt: skip
    boxes = {"laboratory": str(inspector.party), "sample": "double-sampling", "reason": "不服"}
    answer = asked(cooperative, batch, failed, **boxes)
    assert answer.status_code == 422
    assert "复检要由另一家机构做" in answer.get_data(as_text=True)
    own = stranger.signed_in()
    token = form_on(own, "/coop/batches", "/logout").boxes["csrf_token"]
    path = f"/coop/batches/{batch['id']}/reports/{failed.rpartition('/')[2]}/reinspection"
    posted = own.post(path, data={"csrf_token": token, "_key": "12345678"})
    assert posted.status_code == 404
    assert rows(app, select(Reinspection)) == []


def test_too_late_is_said_plainly(
    app: Flask, cooperative: Person, other: Person, batch: dict[str, Any], failed: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("desks.reinspection_parts.last_day_to_ask", _yesterday)
    page = owner_page(cooperative, batch)
    assert "已经过了" in page
    assert "/reinspection" not in page


def _yesterday(*_: object) -> tuple[Any, str]:
    return TODAY - timedelta(days=1), "monday-to-friday"


# --- the calendar ---------------------------------------------------------------------------


def test_the_authority_enters_days_of_the_calendar(
    app: Flask, authority: Person, cooperative: Person
) -> None:
    desk = authority.signed_in()
    assert "还没有录入" in text_of(desk, "/gov/calendar")
    form = form_on(desk, "/gov/calendar", "/gov/calendar")
    refused = send(desk, form, day="2026-10-01", source="国办发明电〔2025〕7号")
    text = refused.get_data(as_text=True)
    assert refused.status_code == 422
    assert 'href="#works"' in text
    assert "国办发明电" in text
    assert rows(app, select(CalendarDay)) == []
    answer = send(desk, form, day="2026-10-01", works="false", source="国办发明电〔2025〕7号")
    assert answer.status_code == 303
    page = text_of(desk, "/gov/calendar")
    assert "2026-10-01" in page
    assert "放假" in page
    assert send(desk, form, csrf_token=None).status_code == 403
    assert cooperative.signed_in().get("/gov/calendar").status_code == 403
