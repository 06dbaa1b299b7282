"""The inspector's desk: entry, reports, decisions; what is refused keeps what was typed."""

import io
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from fpdf import FPDF
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from core.act import INSPECTOR, PRODUCER
from core.documents.models import Document
from desks.entry_table import row_key
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.test_main_job import (
    EVERY_BATCH,
    MADE,
    TEA,
    TODAY,
    TYPE_ITEMS,
    report,
    sent_batch,
    type_inspected,
)
from tests.people import People, Person
from trace.inspections.models import Disposition, Inspection

LEAD, MOISTURE, DUST = row_key("铅（以Pb计）"), row_key("水分"), row_key("粉末")
SENSORY, CONTENT, GLYPHOSATE = row_key("感官品质"), row_key("净含量"), row_key("草甘膦")
CONFORMING = {SENSORY: "符合", MOISTURE: "5.8", DUST: "0.4", CONTENT: "符合"}


@pytest.fixture
def browser(inspector: Person) -> FlaskClient:
    """The inspector, signed in."""
    return inspector.signed_in()


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch of tea that was sent to the laboratory."""
    return sent_batch(cooperative, inspector)


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def entry_of(batch: dict[str, Any]) -> str:
    return f"/lab/batches/{batch['id']}/entry"


def head(**more: str) -> dict[str, str]:
    """What stands above the table."""
    return {"number": f"YP-{uuid.uuid4().hex[:6]}", "sampled_on": MADE.isoformat(), **more}


def sent(
    browser: FlaskClient, path: str, values: Mapping[str, str], do: str = "record", **more: Any
) -> TestResponse:
    """The entry form of a page with these values, checked or recorded."""
    form = form_on(browser, path, path.partition("?")[0])
    return send(browser, form, **{**head(), **values, "do": do, **more})


def recorded(browser: FlaskClient, path: str, values: Mapping[str, str], **more: Any) -> str:
    """The path of the report that was made."""
    answer = sent(browser, path, values, **more)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def reports(app: Flask) -> list[Inspection]:
    return rows(app, select(Inspection).order_by(Inspection.recorded_at))


def kinds(app: Flask, batch: dict[str, Any]) -> list[str]:
    query = select(Disposition.kind).where(Disposition.batch_id == uuid.UUID(batch["id"]))
    return rows(app, query.order_by(Disposition.number))


def row_of(page: str, key: str) -> str:
    """The row of a box, from its tr to the next."""
    at = page.index(f'id="{key}"')
    return page[page.rindex("<tr", 0, at) : page.index("</tr>", at)]


def pdf() -> tuple[io.BytesIO, str]:
    made = FPDF()
    made.add_page()
    return io.BytesIO(bytes(made.output())), "报告.pdf"


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
    inspector.made(f"/batches/{first['id']}/inspections", json=report([*EVERY_BATCH, lead]))
    page = text_of(browser, "/lab/")
    assert entry_of(first) not in page
    assert page.index("等着出报告") < page.index(second["number"]) < page.index("已出报告")
    assert page.index("已出报告") < page.index(first["number"]) < page.index("我们封存的")
    assert "判定不合格，自动封存" in page


def test_a_withdrawn_report_puts_the_batch_back_among_those_that_wait(
    browser: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    made = inspector.made(f"/batches/{batch['id']}/inspections", json=report(EVERY_BATCH))
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


def test_recording_keeps_what_was_typed_and_leaves_empty_rows_out(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    where = recorded(browser, entry_of(batch), {**CONFORMING, MOISTURE: "５．９", LEAD: "<0.01"})
    (made,) = reports(app)
    assert where == f"/lab/reports/{made.id}"
    assert [(r.characteristic, r.typed) for r in made.results] == [
        ("感官品质", "符合"), ("水分", "５．９"), ("粉末", "0.4"), ("净含量", "符合"),
        ("铅（以Pb计）", "<0.01"),
    ]  # fmt: skip
    page = text_of(browser, where)
    assert "报告已记录" in page
    assert "５．９" in page
    assert "低于 0.01" in page


def test_a_failing_report_holds_the_batch_and_says_so(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    page = text_of(browser, recorded(browser, entry_of(batch), {**CONFORMING, LEAD: "5.6"}))
    assert "判定不合格，已经封存" in page
    assert kinds(app, batch) == ["hold"]


@pytest.mark.parametrize("do", ["check", "record"])
def test_a_value_that_cannot_be_read_is_marked_in_its_row_and_everything_typed_stays(
    app: Flask, browser: FlaskClient, batch: dict[str, Any], do: str
) -> None:
    values = {**CONFORMING, MOISTURE: "1,2", LEAD: "0.62", "note": "样品完好", "number": "YP-9"}
    answer = sent(browser, entry_of(batch), values, do)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "读不懂" in row_of(page, MOISTURE)
    assert 'value="1,2"' in row_of(page, MOISTURE)
    assert 'aria-invalid="true"' in row_of(page, MOISTURE)
    assert "is-pass" in row_of(page, LEAD)
    assert f'href="#{MOISTURE}"' in page
    assert "样品完好" in page
    assert 'value="YP-9"' in page
    assert reports(app) == []


@pytest.mark.parametrize(
    ("values", "box"),
    [
        ({LEAD: "NaN"}, LEAD),
        ({LEAD: "-1"}, LEAD),
        ({LEAD: "符合"}, LEAD),
        ({LEAD: "1", f"{LEAD}-unit": "℃"}, f"{LEAD}-unit"),
        ({LEAD: "ND", f"{LEAD}-detection_limit": "0"}, f"{LEAD}-detection_limit"),
        ({LEAD: "1\u202e5"}, LEAD),
        ({SENSORY: "5"}, SENSORY),
        ({LEAD: "1", f"{LEAD}-matrix": "翅膀"}, f"{LEAD}-matrix"),
        ({"number": "编号"}, "number"),
        ({"sampled_on": (MADE - timedelta(days=1)).isoformat()}, "sampled_on"),
        ({"reported_on": (TODAY + timedelta(days=1)).isoformat()}, "reported_on"),
        ({name: "" for name in CONFORMING}, "results"),
    ],
)
def test_bad_input_is_named_at_its_box_and_stores_nothing(
    app: Flask, browser: FlaskClient, batch: dict[str, Any], values: dict[str, str], box: str
) -> None:
    answer = sent(browser, entry_of(batch), {**CONFORMING, **values})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{box}"' in page
    assert 'class="error"' in page
    assert reports(app) == []


def test_a_report_number_is_used_once(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person, batch: dict[str, Any]
) -> None:
    recorded(browser, entry_of(batch), CONFORMING, number="YP-1")
    other = sent_batch(cooperative, inspector)
    answer = sent(browser, entry_of(other), CONFORMING, number="YP-1")
    assert answer.status_code == 409
    assert "YP-1 已经用过" in answer.get_data(as_text=True)
    assert len(reports(app)) == 1


def test_a_report_file_is_kept_with_the_report_and_only_with_it(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    answer = sent(browser, entry_of(batch), {MOISTURE: "x"}, report_file=pdf())
    assert answer.status_code == 422
    assert "文件没有保留" in answer.get_data(as_text=True)
    assert rows(app, select(Document)) == []
    where = recorded(browser, entry_of(batch), CONFORMING, report_file=pdf())
    answer = browser.get(f"{where}/content")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.get_data().startswith(b"%PDF")


def test_sending_the_same_form_twice_records_one_report(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    form = form_on(browser, entry_of(batch), entry_of(batch))
    boxes = {**head(), **CONFORMING, "do": "record"}
    answers = [send(browser, form, **boxes) for _ in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {answers[0].headers["Location"]}
    assert len(reports(app)) == 1


def test_a_form_without_its_csrf_key_is_refused(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    answer = sent(browser, entry_of(batch), CONFORMING, csrf_token=None)
    assert answer.status_code == 403
    assert reports(app) == []


# --- whose batches --------------------------------------------------------------------------


def test_batches_and_reports_of_others_are_not_there(
    app: Flask, people: People, inspector: Person, batch: dict[str, Any]
) -> None:
    made = inspector.made(f"/batches/{batch['id']}/inspections", json=report(EVERY_BATCH))
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


# --- reports --------------------------------------------------------------------------------


def test_a_correction_starts_from_the_old_values_and_links_both_ways(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    values = {**CONFORMING, LEAD: "5600", f"{LEAD}-unit": "μg/kg"}
    older = recorded(browser, entry_of(batch), values, number="YP-7")
    form = form_on(browser, f"{older}/correction", "/correction")
    assert form.boxes["number"] == ["YP-7-G1"]
    assert (form.boxes[LEAD], form.boxes[f"{LEAD}-unit"]) == (["5600"], ["μg/kg"])
    refused = send(browser, form, do="record")
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.get_data(as_text=True)
    answer = send(browser, form, do="record", reason="小数点抄错", **{LEAD: "560"})
    newer = answer.headers["Location"]
    assert answer.status_code == 303
    old, new = reports(app)
    assert (new.corrects_id, new.reason) == (old.id, "小数点抄错")
    assert {(r.characteristic, r.typed) for r in old.results} >= {("铅（以Pb计）", "5600")}
    assert f'href="{newer}"' in text_of(browser, older)
    assert "小数点抄错" in text_of(browser, older)
    assert f'href="{older}"' in text_of(browser, newer)
    assert "不再判定" in text_of(browser, older)
    assert browser.get(f"{older}/correction").status_code == 409


def test_a_correction_keeps_the_file_of_the_older_report_unless_told_otherwise(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    older = recorded(browser, entry_of(batch), CONFORMING, report_file=pdf())
    form = form_on(browser, f"{older}/correction", "/correction")
    answer = send(browser, form, do="record", reason="抄错", **{DUST: "0.5"})
    assert answer.status_code == 303
    old, new = reports(app)
    assert new.report_id == old.report_id is not None


def test_of_two_corrections_the_second_is_refused_and_loses_nothing(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    older = recorded(browser, entry_of(batch), CONFORMING)
    forms = [form_on(browser, f"{older}/correction", "/correction") for _ in range(2)]
    assert send(browser, forms[0], do="record", reason="一").status_code == 303
    answer = send(browser, forms[1], do="record", reason="二", number="YP-8", **{DUST: "0.77"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "已经更正过" in page
    assert 'value="0.77"' in page
    assert len(reports(app)) == 2


def test_withdrawing_needs_a_reason_and_judges_the_batch_again(
    app: Flask, browser: FlaskClient, batch: dict[str, Any]
) -> None:
    where = recorded(browser, entry_of(batch), {**CONFORMING, LEAD: "5.6"})
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
    recorded(browser, entry_of(batch), CONFORMING, number="YP-55")
    assert "YP-55" in text_of(browser, "/lab/reports")
    assert "YP-55" in text_of(browser, "/lab/reports?kind=batch&q=YP-5")
    assert "YP-55" not in text_of(browser, "/lab/reports?kind=type")
    assert "没有这样的报告" in text_of(browser, "/lab/reports?q=YP-99")


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
    assert "已经拒收或召回，不能再改" in page
    assert "/dispositions" not in page
    assert kinds(app, batch) == ["reject"]


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


# --- type inspections -----------------------------------------------------------------------


def type_path(cooperative: Person) -> str:
    return f"/lab/type-inspections/new?party={cooperative.party}&product={TEA}"


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
    choose = form_on(browser, "/lab/type-inspections/new", "/lab/type-inspections/new")
    assert choose.method == "get"
    path = type_path(cooperative)
    assert "型式检验要检" in text_of(browser, path)
    where = recorded(browser, path, type_values(), number="TX-1")
    (made,) = reports(app)
    assert (made.kind, made.party_id, made.valid_from) == ("type", cooperative.party, TODAY)
    assert made.valid_to is not None
    assert 180 <= (made.valid_to - TODAY).days <= 184
    page = text_of(browser, where)
    assert "is-fail" not in page
    assert "有效期" in page
    assert "有效期内" in text_of(browser, "/lab/type-inspections")


def test_a_type_inspection_that_has_lapsed_is_marked(
    browser: FlaskClient, cooperative: Person
) -> None:
    ended = {"reported_on": (TODAY - timedelta(days=300)).isoformat(), "number": "TX-OLD",
             "sampled_on": (TODAY - timedelta(days=310)).isoformat()}  # fmt: skip
    page = text_of(browser, recorded(browser, type_path(cooperative), type_values(), **ended))
    assert "有效期已过" in page
    assert "已过期" in text_of(browser, "/lab/type-inspections")


def test_a_type_inspection_is_checked_against_the_limits_of_its_grade(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    water = row_key("水浸出物")
    values = {water: "35.0", LEAD: "9"}
    page = sent(browser, type_path(cooperative), values, "check", grade="一级")
    assert "待核实" in row_of(page.get_data(as_text=True), water)
    page = sent(browser, type_path(cooperative), values, "check", grade="四级")
    assert "is-pass" in row_of(page.get_data(as_text=True), water)
    assert "不合格" in row_of(page.get_data(as_text=True), LEAD)
    assert reports(app) == []


def test_a_type_inspection_without_a_plan_needs_its_last_day(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    path = f"/lab/type-inspections/new?party={cooperative.party}&product=wangcheng-crayfish"
    answer = sent(browser, path, {LEAD: "0.1"})
    assert answer.status_code == 422
    assert 'href="#valid_to"' in answer.get_data(as_text=True)
    until = (TODAY + timedelta(days=90)).isoformat()
    recorded(browser, path, {LEAD: "0.1"}, valid_to=until)
    assert [made.valid_to.isoformat() for made in reports(app) if made.valid_to] == [until]


def test_a_type_inspection_is_corrected_in_its_own_table(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    older = recorded(browser, type_path(cooperative), type_values())
    form: Form = form_on(browser, f"{older}/correction", "/correction")
    answer = send(browser, form, do="record", reason="抄错", **{LEAD: "0.7"})
    assert answer.status_code == 303
    query = select(func.count()).select_from(Inspection).where(Inspection.corrects_id.is_not(None))
    assert rows(app, query) == [1]
    assert "已更正" in text_of(browser, "/lab/type-inspections")
