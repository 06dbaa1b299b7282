"""The inspector's desk: what was sent to us, entry, decisions; a refusal keeps what was typed."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.act import INSPECTOR, PRODUCER
from core.documents.models import Document
from desks.entry_table import row_key
from tests.api.bench_sheets import (
    CONFORMING,
    GLYPHOSATE,
    LEAD,
    MOISTURE,
    SENSORY,
    entry_of,
    head,
    kinds,
    pdf,
    photo,
    recorded,
    reports,
    row_of,
    saved,
    sent,
    sheets,
    signed_by_two,
    text_of,
)
from tests.api.filling import form_on, send
from tests.api.looking import rows
from tests.api.test_main_job import EVERY_BATCH, MADE, TEA, TODAY, published, report, sent_batch
from tests.people import People, Person


@pytest.fixture
def browser(inspector: Person) -> FlaskClient:
    """The inspector, signed in."""
    return inspector.signed_in()


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch of tea that was sent to the laboratory."""
    return sent_batch(cooperative, inspector)


# --- what was sent to us --------------------------------------------------------------------


def test_a_laboratory_that_was_sent_nothing_is_told_so(browser: FlaskClient) -> None:
    assert "没有等着出报告的批次" in text_of(browser, "/lab/")


def test_today_lists_what_waits_oldest_first_and_moves_it_once_it_is_reported(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    first, second = (sent_batch(cooperative, inspector) for _ in range(2))
    page = text_of(browser, "/lab/")
    assert page.index(first["number"]) < page.index(second["number"])
    assert "已出报告" not in page
    lead = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}
    published(inspector, first, report([*EVERY_BATCH, lead]))
    page = text_of(browser, "/lab/")
    assert entry_of(first) not in page
    assert page.index("等着出报告") < page.index(second["number"]) < page.index("已出报告")
    assert page.index("已出报告") < page.index(first["number"]) < page.index("我们封存的")
    assert "判定不合格，自动封存" in page


def test_a_withdrawn_report_puts_the_batch_back_among_those_that_wait(
    browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    made = published(inspector, batch, report(EVERY_BATCH))
    assert entry_of(batch) not in text_of(browser, "/lab/")
    inspector.made(f"/inspections/{made['id']}/withdrawal", json={"reason": "样品弄混"})
    assert entry_of(batch) in text_of(browser, "/lab/")


def test_batches_are_found_by_number(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    for number in ("CSLC-A1", "CSLC-B2"):
        sent_batch(cooperative, inspector, number=number)
    page = text_of(browser, "/lab/?q=b2")
    assert "CSLC-B2" in page
    assert "CSLC-A1" not in page
    assert "没有这样的批次" in text_of(browser, "/lab/?q=%25")


# --- entry ---------------------------------------------------------------------------------


def test_the_entry_table_shows_each_limit_with_its_clause_beside_the_box(
    browser: FlaskClient, batch: dict[str, Any]
) -> None:
    page = text_of(browser, entry_of(batch))
    lead = row_of(page, LEAD)
    assert "≤ 5.0" in lead
    assert "GB 2762-2025" in lead
    assert "GB 5009.12" in lead
    assert "未检" in lead
    assert page.index("放行方案每批要检") < page.index("强制<") < page.index("声明执行<")
    assert page.index("声明执行<") < page.index('<details class="more">')
    assert "0 / 4" in page
    assert 'value="不符合"' in row_of(page, SENSORY)


def test_checking_judges_every_row_and_stores_nothing(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    values = {**CONFORMING, MOISTURE: "５．９", LEAD: "5.6", GLYPHOSATE: "ND"}
    answer = sent(browser, entry_of(batch), values, "check", number="")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert 'value="５．９"' in row_of(page, MOISTURE)
    assert "测得 5.9" in row_of(page, MOISTURE)
    assert "is-pass" in row_of(page, MOISTURE)
    assert "is-fail" in row_of(page, LEAD)
    assert "超过限量" in row_of(page, LEAD)
    assert "is-wait" in row_of(page, GLYPHOSATE)
    assert f'name="{GLYPHOSATE}-detection_limit"' in row_of(page, GLYPHOSATE)
    assert f'name="{LEAD}-detection_limit"' not in row_of(page, LEAD)
    assert "最差：不合格（铅（以Pb计））" in page
    assert "会自动封存" in page
    assert "4 / 4" in page
    assert reports(app) == []
    assert kinds(app, batch) == []


def test_a_detection_limit_and_another_unit_change_the_verdict_of_a_row(
    browser: FlaskClient, batch: dict[str, Any]
) -> None:
    values = {GLYPHOSATE: "ND", f"{GLYPHOSATE}-detection_limit": "0.05"}
    page = sent(browser, entry_of(batch), values, "check").get_data(as_text=True)
    assert "is-pass" in row_of(page, GLYPHOSATE)
    values = {LEAD: "620", f"{LEAD}-unit": "μg/kg"}
    page = sent(browser, entry_of(batch), values, "check").get_data(as_text=True)
    assert "is-pass" in row_of(page, LEAD)
    assert 'value="μg/kg" selected' in row_of(page, LEAD)


def test_saving_keeps_what_was_typed_and_leaves_empty_rows_out(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    values = {**CONFORMING, MOISTURE: "５．９", LEAD: "<0.01"}
    where = recorded(inspector, browser, entry_of(batch), values)
    (made,) = reports(app)
    assert where == f"/lab/reports/{made.id}"
    assert [(r.characteristic, r.typed) for r in made.results] == [
        ("感官品质", "符合"), ("水分", "５．９"), ("粉末", "0.4"), ("净含量", "符合"),
        ("铅（以Pb计）", "<0.01"),
    ]  # fmt: skip
    page = text_of(browser, where)
    assert "５．９" in page
    assert "低于 0.01" in page


def test_a_failing_report_holds_the_batch_and_says_so(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    worksheet = saved(browser, entry_of(batch), {**CONFORMING, LEAD: "5.6"})
    assert "这一批不合格，会自动封存" in text_of(browser, worksheet)
    assert kinds(app, batch) == []
    recorded(inspector, browser, entry_of(batch), {**CONFORMING, LEAD: "5.6"})
    assert kinds(app, batch) == ["hold"]


def test_a_value_that_cannot_be_read_is_marked_in_its_row_and_everything_typed_stays(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    values = {**CONFORMING, MOISTURE: "1,2", LEAD: "0.62", "note": "样品完好", "number": "YP-9"}
    answer = sent(browser, entry_of(batch), values, "check")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "读不懂" in row_of(page, MOISTURE)
    assert 'value="1,2"' in row_of(page, MOISTURE)
    assert 'aria-invalid="true"' in row_of(page, MOISTURE)
    assert "is-pass" in row_of(page, LEAD)
    assert f'href="#{MOISTURE}"' in page
    assert "样品完好" in page
    assert 'value="YP-9"' in page
    assert sheets(app) == []


@pytest.mark.parametrize(
    ("values", "box"),
    [
        ({LEAD: "NaN"}, LEAD),
        ({LEAD: "-1"}, LEAD),
        ({LEAD: "符合"}, LEAD),
        ({LEAD: "1", f"{LEAD}-unit": "℃"}, f"{LEAD}-unit"),
        ({LEAD: "ND", f"{LEAD}-detection_limit": "0"}, f"{LEAD}-detection_limit"),
        ({LEAD: "1", f"{LEAD}-matrix": "翅膀"}, f"{LEAD}-matrix"),
        ({LEAD: "1", f"{LEAD}-measured_on": (TODAY + timedelta(days=1)).isoformat()},
         f"{LEAD}-measured_on"),
        ({"number": ""}, "number"),
        ({"sampled_on": ""}, "sampled_on"),
        ({"sampled_on": (MADE - timedelta(days=1)).isoformat()}, "sampled_on"),
        ({"reported_on": (TODAY + timedelta(days=1)).isoformat()}, "reported_on"),
        ({name: "" for name in CONFORMING}, "results"),
    ],
)  # fmt: skip
def test_what_cannot_stand_yet_is_kept_and_named_with_the_way_to_its_box(
    app: Flask, browser: FlaskClient, batch: dict[str, Any], values: dict[str, str], box: str
) -> None:
    where = saved(browser, entry_of(batch), {**CONFORMING, **values})
    page = text_of(browser, where)
    assert f'href="{where}/entry#{box}"' in page
    assert "/submission" not in page
    entry = text_of(browser, f"{where}/entry")
    for name, text in {**CONFORMING, **values}.items():
        assert f'value="{text}"' in entry or not text, name
    assert reports(app) == []


@pytest.mark.parametrize(
    ("values", "box"),
    [
        ({LEAD: "1\u202e5"}, LEAD),
        ({"number": "编号"}, "number"),
        ({"number": "Y" * 41}, "number"),
        ({"reported_on": "昨天"}, "reported_on"),
        ({f"{LEAD}-instrument": "天平", LEAD: "1"}, f"{LEAD}-instrument"),
        ({f"{LEAD}-measured_on": "昨天", LEAD: "1"}, f"{LEAD}-measured_on"),
    ],
)
def test_what_no_record_can_hold_is_named_at_its_box_and_stores_nothing(
    app: Flask, browser: FlaskClient, batch: dict[str, Any], values: dict[str, str], box: str
) -> None:
    answer = sent(browser, entry_of(batch), {**CONFORMING, **values})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{box}"' in page
    assert 'class="error"' in page
    assert 'value="5.8"' in row_of(page, MOISTURE)
    assert sheets(app) == []


@pytest.mark.parametrize("do", ["check", "save"])
def test_a_value_whose_row_is_gone_is_told_and_never_dropped_in_silence(
    app: Flask, browser: FlaskClient, batch: dict[str, Any], do: str
) -> None:
    answer = sent(browser, entry_of(batch), {**CONFORMING, row_key("旧项目"): "0.123"}, do)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "没有地方放：0.123" in page
    assert 'value="5.8"' in row_of(page, MOISTURE)
    assert reports(app) == []


def test_a_report_file_and_photos_are_kept_with_the_report_and_only_with_it(
    app: Flask, browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    files: dict[str, Any] = {"report_file": pdf(), "photo_files": [photo(), photo()]}
    answer = sent(browser, entry_of(batch), {"number": "编号"}, **files)
    assert answer.status_code == 422
    assert "文件没有保留" in answer.get_data(as_text=True)
    assert rows(app, select(Document)) == []
    files = {"report_file": pdf(), "photo_files": [photo(), photo()]}
    where = saved(browser, entry_of(batch), CONFORMING, **files)
    dropped, kept = sheets(app)[0].content["photos"]
    form = form_on(browser, f"{where}/entry", "/entry")
    assert form.boxes["keep_photo"] == [dropped, kept]
    assert send(browser, form, do="save", keep_photo=[kept]).status_code == 303
    report = signed_by_two(inspector, where)
    with browser.get(f"{report}/content") as paper:
        assert (paper.status_code, paper.mimetype) == (200, "application/pdf")
        assert paper.get_data().startswith(b"%PDF")
    with browser.get(f"{report}/photos/{kept}/content") as picture:
        assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert browser.get(f"{report}/photos/{dropped}/content").status_code == 404


def test_sending_the_same_form_twice_saves_one_worksheet(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    form = form_on(browser, entry_of(batch), entry_of(batch))
    boxes = {**head(), **CONFORMING, "do": "save"}
    answers = [send(browser, form, **boxes) for _ in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {answers[0].headers["Location"]}
    assert len(sheets(app)) == 1


def test_a_form_without_its_csrf_key_is_refused(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    answer = sent(browser, entry_of(batch), CONFORMING, csrf_token=None)
    assert answer.status_code == 403
    assert sheets(app) == []


# --- whose batches --------------------------------------------------------------------------


def test_batches_and_reports_of_others_are_not_there(
    app: Flask, people: People, inspector: Person, batch: dict[str, Any]
) -> None:
    made = published(inspector, batch, report(EVERY_BATCH))
    other = people.person(7, "别家检验所", (INSPECTOR,)).signed_in()
    for path in (
        f"/lab/batches/{batch['id']}",
        entry_of(batch),
        f"/lab/reports/{made['id']}",
        f"/lab/reports/{made['id']}/content",
        f"/lab/reports/{made['id']}/correction",
    ):
        assert other.get(path).status_code == 404, path
    assert batch["number"] not in text_of(other, "/lab/")
    assert made["number"] not in text_of(other, "/lab/reports")


def test_nobody_inspects_the_goods_of_their_own_party(
    app: Flask, people: People, cooperative: Person, inspector: Person
) -> None:
    own = people.person(8, "自检合作社", (PRODUCER, INSPECTOR))
    people.license(own, TEA)
    theirs = sent_batch(own, inspector)
    browser = own.signed_in()
    assert browser.get(entry_of(theirs)).status_code == 404
    chosen = f"/lab/type-inspections/new?party={own.party}&product={TEA}"
    assert browser.get(chosen).status_code == 403
    assert str(own.party) not in text_of(browser, "/lab/type-inspections/new")


def test_only_inspectors_come_in(cooperative: Person, people: People) -> None:
    for path in ("/lab/", "/lab/reports", "/lab/type-inspections"):
        assert cooperative.signed_in().get(path).status_code == 403
        assert people.consumer.app.test_client().get(path).status_code == 303


# --- decisions ------------------------------------------------------------------------------


def decision(browser: FlaskClient, batch: dict[str, Any], **boxes: str) -> TestResponse:
    form = form_on(browser, f"/lab/batches/{batch['id']}", "/dispositions")
    return send(browser, form, **{f"decision-{name}": text for name, text in boxes.items()})


def test_a_laboratory_holds_a_batch_and_lifts_the_hold_with_reasons(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    assert decision(browser, batch, kind="hold", reason="样品有异味").status_code == 303
    assert "样品有异味" in text_of(browser, f"/lab/batches/{batch['id']}")
    assert "样品有异味" in text_of(browser, "/lab/")
    assert decision(browser, batch, kind="lift", reason="复查无异味").status_code == 303
    assert kinds(app, batch) == ["hold", "lift"]


def test_rejecting_is_final(app: Flask, browser: FlaskClient, batch: dict[str, Any]) -> None:
    assert decision(browser, batch, kind="reject", reason="霉变").status_code == 303
    page = text_of(browser, f"/lab/batches/{batch['id']}")
    assert "已经拒收、召回或让步放行，不能再改" in page
    assert "/dispositions" not in page
    assert kinds(app, batch) == ["reject"]
    assert entry_of(batch) not in text_of(browser, "/lab/")
    assert batch["number"] in text_of(browser, "/lab/")


@pytest.mark.parametrize(
    ("boxes", "wrong"),
    [
        ({"kind": "hold", "reason": " "}, "decision-reason"),
        ({"reason": "没选"}, "decision-kind"),
        ({"kind": "recall", "reason": "没有这个权"}, "decision-kind"),
        ({"kind": "release", "reason": "没有这个权"}, "decision-kind"),
    ],
)
def test_a_decision_that_is_not_whole_is_refused_and_keeps_what_was_typed(
    app: Flask, browser: FlaskClient, batch: dict[str, Any], boxes: dict[str, str], wrong: str
) -> None:
    answer = decision(browser, batch, **boxes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{wrong}"' in page
    assert boxes["reason"].strip() in page
    assert kinds(app, batch) == []
