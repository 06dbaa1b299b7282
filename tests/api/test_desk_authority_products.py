"""The authority's desk: products, geographical-indication records and release plans."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.documents.models import Document
from products.models import WHOLE, GiRecord, Product
from products.parts import parts_of
from products.plans.models import ReleasePlan
from tests.api.entering import TEA
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.test_desk_authority import inspected, seen, text_of
from tests.api.test_desk_authority_standards import as_files, official, one
from tests.api.test_main_job import EVERY_BATCH, TODAY, type_inspected
from tests.people import Person
from trace.inspections.models import Verdict

GOOD_PRODUCT = {
    "name": "示例湘茶", "name_en": "Sample tea", "key": "sample-tea", "category": "茶叶",
    "form-name-0": "鲜叶", "form-name-1": "成品茶", "form-name-2": "礼盒",
    "form-measure-2": "盒", "default_form": "1", "grades": "特级\n一级、二级",
    "processes": "烘青", "area": "长沙县金井镇\n430121106", "aliases": "湘茶", "in_plan": "1",
    "note": "示例说明",
}  # fmt: skip


@pytest.fixture
def browser(authority: Person) -> FlaskClient:
    """The authority, signed in."""
    return authority.signed_in()


def product_form(browser: FlaskClient) -> Form:
    return form_on(browser, "/gov/products/new", "/gov/products/new")


def named(app: Flask, key: str) -> Product:
    made: Product = one(app, select(Product).where(Product.key == key).options(*WHOLE))
    return made


# --- products ------------------------------------------------------------------------------


def test_a_product_is_registered_with_its_words_and_area(app: Flask, browser: FlaskClient) -> None:
    answer = send(browser, product_form(browser), **GOOD_PRODUCT)
    assert (answer.status_code, answer.location) == (303, "/products/sample-tea")
    made = named(app, "sample-tea")
    parts = parts_of(made)
    words = parts.vocabulary
    assert [(f.name, f.base, f.units) for f in words.forms] == [
        ("鲜叶", "mass", ("kg", "g", "斤", "t")),
        ("成品茶", "mass", ("kg", "g", "斤", "t")),
        ("礼盒", "count", ("盒",)),
    ]
    assert (words.default_form, words.grades) == ("成品茶", ("特级", "一级", "二级"))
    assert parts.area == ("430121106", "430121110") and parts.aliases == ("湘茶",)
    assert (made.in_plan, made.area_certainty) == (True, "one-source")
    page = seen(text_of(browser, answer.location))
    assert "还没有登记记录" in page and "放行方案待定" in page and "金井镇" in page


@pytest.mark.parametrize(
    ("wrong", "box", "status"),
    [
        ({"key": "Sample Tea"}, "key", 422),
        ({"key": "changsha-green-tea"}, "key", 409),
        ({"key": ""}, "key", 422),
        ({"name": "长沙绿茶"}, "name", 409),
        ({"name": ""}, "name", 422),
        ({"name": "湘\u200b茶"}, "name", 422),
        ({"name_en": ""}, "name_en", 422),
        ({"area": "月亮镇"}, "area", 422),
        ({"aliases": "湘茶\n长沙绿茶"}, "aliases", 409),
        ({"grades": "特级\n特级"}, "grades", 422),
        ({"form-name-1": "鲜叶"}, "form-name-0", 422),
        ({"form-name-0": "", "form-name-1": "", "form-name-2": ""}, "form-name-0", 422),
        ({"form-measure-1": "moons"}, "form-measure-1", 422),
        ({"note": "x" * 1001}, "note", 422),
    ],
)
def test_a_wrong_product_is_named_and_stays_typed(
    app: Flask, browser: FlaskClient, wrong: dict[str, str], box: str, status: int
) -> None:
    before = len(rows(app, select(Product)))
    answer = send(browser, product_form(browser), **(GOOD_PRODUCT | wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == status, page
    assert f'href="#{box}"' in page and f'id="{box}"' in page
    assert 'value="礼盒"' in page or "form-name-2" in wrong
    assert "示例说明" in page or "note" in wrong
    assert len(rows(app, select(Product))) == before


def test_a_look_alike_name_is_told(browser: FlaskClient) -> None:
    answer = send(browser, product_form(browser), **(GOOD_PRODUCT | {"name": "长沙緑茶"}))
    assert answer.status_code == 303
    page = text_of(browser, answer.location)
    assert "相近" in page or "很像" in page or "长沙绿茶" in page


def test_a_product_is_changed_by_whoever_saw_its_present_version(
    app: Flask, browser: FlaskClient
) -> None:
    form = form_on(browser, f"/gov/products/{TEA}/edit", "/edit")
    assert form.boxes["form-name-2"] == ["成品茶"] and form.boxes["default_form"] == ["2"]
    assert "金井镇" in form.boxes["area"][0]
    assert send(browser, form, **{"form-name-3": "茶粉", "note": ""}).status_code == 303
    tea = named(app, TEA)
    assert tea.names("form") == ("鲜叶", "毛茶", "成品茶", "茶粉")
    assert (tea.note, tea.version, tea.default_form) == (None, 2, "成品茶")
    assert len(tea.area) == 7 and tea.names("grade")[0] == "特级"
    stale = send(browser, form, _key=str(uuid.uuid4()), note="又改")
    assert stale.status_code == 412 and "又改" in stale.get_data(as_text=True)


@pytest.mark.parametrize(
    ("wrong", "box"),
    [
        ({"form-name-2": ""}, "form-name-0"),
        ({"form-measure-2": "盒"}, "form-measure-2"),
        ({"grades": "特级"}, "grades"),
        ({"name_en": ""}, "name_en"),
    ],
)
def test_words_in_use_cannot_be_dropped(
    app: Flask, browser: FlaskClient, wrong: dict[str, str], box: str
) -> None:
    form = form_on(browser, f"/gov/products/{TEA}/edit", "/edit")
    answer = send(browser, form, **wrong)
    assert answer.status_code == 422
    assert f'href="#{box}"' in answer.get_data(as_text=True)
    assert named(app, TEA).version == 1


# --- records -------------------------------------------------------------------------------


def record_of(app: Flask, kind: str = "agricultural-gi") -> GiRecord:
    query = select(GiRecord).where(GiRecord.product_id == named(app, TEA).id)
    found: GiRecord = one(app, query.where(GiRecord.type == kind))
    return found


def test_a_record_is_proven_by_its_number_and_evidence_together(
    app: Flask, browser: FlaskClient
) -> None:
    path = f"/gov/products/{TEA}/gi-records/{record_of(app).id}"
    half = send(browser, form_on(browser, path, path), number="AGI01459")
    assert half.status_code == 303
    assert "还缺登记人、证明文件" in text_of(browser, half.location)
    form = form_on(browser, path, path)
    assert form.boxes["number"] == ["AGI01459"]
    whole = send(browser, form, registrant="示例协会", evidence=official())
    assert "登记已核实" in text_of(browser, whole.location)
    record = record_of(app)
    assert record.proven and record.certainty == "confirmed" and record.version == 3
    assert record.evidence_id == one(app, select(Document)).id
    assert "看现有的证明文件" in text_of(browser, path)


def test_another_number_needs_its_own_evidence(app: Flask, browser: FlaskClient) -> None:
    path = f"/gov/products/{TEA}/gi-records/{record_of(app).id}"
    form = form_on(browser, path, path)
    send(browser, form, number="AGI01459", evidence=official())
    send(browser, form_on(browser, path, path), number="AGI01460")
    assert not record_of(app).proven and record_of(app).evidence_id is None


def test_a_record_is_added(app: Flask, browser: FlaskClient) -> None:
    path = "/gov/products/yuelu-yellow-chives/gi-records/new"
    form = form_on(browser, path, path)
    assert form.boxes["name"] == ["岳麓韭黄"] and form.boxes["status"] == ["在册"]
    assert send(browser, form, type="agricultural-gi", date="2016-11").status_code == 303
    chives = named(app, "yuelu-yellow-chives").id
    made = one(app, select(GiRecord).where(GiRecord.product_id == chives))
    assert (made.date_text, made.number, made.certainty) == ("2016-11", None, "one-source")


@pytest.mark.parametrize(
    ("wrong", "box"),
    [
        ({"number": "AGI1"}, "number"),
        ({"type": ""}, "type"),
        ({"type": "moon"}, "type"),
        ({"name": ""}, "name"),
        ({"date": "11/2016"}, "date"),
        ({"date": "2100"}, "date"),
        ({"evidence": b"MZ"}, "evidence"),
    ],
)
def test_a_wrong_record_is_named_and_stays_typed(
    app: Flask, browser: FlaskClient, wrong: dict[str, Any], box: str
) -> None:
    before = len(rows(app, select(GiRecord)))
    path = f"/gov/products/{TEA}/gi-records/new"
    right = {"type": "agricultural-gi", "registrant": "示例协会"}
    answer = send(browser, form_on(browser, path, path), **(right | as_files(wrong)))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{box}"' in page and 'value="示例协会"' in page
    assert len(rows(app, select(GiRecord))) == before and rows(app, select(Document)) == []


def test_a_record_of_another_product_is_not_found(app: Flask, browser: FlaskClient) -> None:
    path = f"/gov/products/ningxiang-pig/gi-records/{record_of(app).id}"
    assert browser.get(path).status_code == 404
    own = f"/gov/products/{TEA}/gi-records/{record_of(app).id}"
    form = form_on(browser, own, own)
    form.action = path
    assert send(browser, form, number="AGI01459").status_code == 404
    assert record_of(app).number is None


# --- release plans -------------------------------------------------------------------------


def plan_form(browser: FlaskClient, key: str = TEA) -> Form:
    return form_on(browser, f"/gov/products/{key}/plans/new", "/plans/new")


def plans(app: Flask, key: str = TEA) -> list[ReleasePlan]:
    query = select(ReleasePlan).where(ReleasePlan.product_id == named(app, key).id)
    return rows(app, query.order_by(ReleasePlan.starts))


def test_the_form_holds_the_plan_of_today(browser: FlaskClient) -> None:
    form = plan_form(browser)
    assert form.boxes["standard"] == ["GB/T 14456.3-2016"] and form.boxes["clause"] == ["7.2"]
    assert form.boxes["every"] == ["水分", "粉末"]
    assert form.boxes["free-name-0"] == ["感官品质"] and form.boxes["free-name-1"] == ["净含量"]
    assert form.boxes["type"] == ["all"] and form.boxes["type_per_year"] == ["2"]
    assert form.boxes["source"] == [""]


def test_a_new_plan_closes_the_old_one_and_batches_are_judged_by_it(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    inspected(cooperative, inspector, *EVERY_BATCH)
    before = len(rows(app, select(Verdict)))
    starts = TODAY - timedelta(days=70)
    answer = send(
        browser, plan_form(browser), starts=starts.isoformat(), source="长农发〔2026〕5 号",
        every=["水分", "茶多酚"], type="none", type_per_year="", stage_events=["processing"],
        **{"document-stage-0": "processing", "document-name-0": "加工记录",
           "free-name-1": "", "free-clause-1": ""},
    )  # fmt: skip
    assert (answer.status_code, answer.location) == (303, f"/products/{TEA}#plan")
    old, new = plans(app)
    assert old.ends == starts - timedelta(days=1)
    assert [(item["characteristic"], item["clause"]) for item in new.every_batch] == [
        ("水分", "7.2"), ("茶多酚", "5.3 表5"), ("感官品质", "7.2"),
    ]  # fmt: skip
    assert (new.type_items, new.stage_events, new.documents) == (
        [], ["processing"], [["processing", "加工记录"]],
    )  # fmt: skip
    assert len(rows(app, select(Verdict))) > before
    page = seen(text_of(browser, f"/gov/products/{TEA}/plans"))
    assert "今天用的" in page and "已过" in page and "长农发〔2026〕5 号" in page
    assert "加工：加工记录" in seen(text_of(browser, f"/products/{TEA}"))


def test_a_product_without_a_plan_gets_its_first(app: Flask, browser: FlaskClient) -> None:
    form = plan_form(browser, "ningxiang-pig")
    assert form.boxes["type"] == ["none"] and "every" not in form.boxes
    boxes = {"standard": "GB 2707-2016", "source": "长农发〔2026〕6 号", "every": ["铅（以Pb计）"]}
    more = {"type": "listed", "type_items": ["镉（以Cd计）"], "type_months": "6"}
    assert send(browser, form, **boxes, **more, evidence=official()).status_code == 303
    [made] = plans(app, "ningxiang-pig")
    assert (made.type_items, made.type_months, made.certainty) == (
        ["镉（以Cd计）"], 6, "confirmed",
    )  # fmt: skip
    assert made.every_batch[0]["clause"] == "" and made.evidence_id is not None
    assert "宁乡花猪" not in re.sub(r"<tbody>.*", "", text_of(browser, "/gov/"))


@pytest.mark.parametrize(
    ("wrong", "box"),
    [
        ({"starts": ""}, "starts"),
        ({"starts": "2001-01-01"}, "starts"),
        ({"standard": "GB/T 99999-2026"}, "standard"),
        ({"standard": ""}, "standard"),
        ({"source": ""}, "source"),
        ({"every": ["月光"]}, "every"),
        ({"free-name-2": "月光"}, "free-name-2"),
        ({"free-name-2": "感官品质"}, "free-name-2"),
        ({"free-name-2": "x" * 81}, "free-name-2"),
        ({"type_per_year": "0"}, "type_per_year"),
        ({"type_per_year": "²"}, "type_per_year"),
        ({"type_per_year": "", "type": "all"}, "type_months"),
        ({"type": "listed", "type_items": ["月光"]}, "type_items"),
        ({"stage_events": ["selling"]}, "stage_events"),
        ({"document-stage-1": "storage"}, "document-name-1"),
        ({"document-name-0": "记录"}, "document-name-0"),
    ],
)
def test_a_wrong_plan_is_named_and_changes_nothing(
    app: Flask, browser: FlaskClient, wrong: dict[str, Any], box: str
) -> None:
    right = {"source": "长农发〔2026〕5 号", "document-name-3": ""}
    answer = send(browser, plan_form(browser), **(right | wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422, page
    assert f'href="#{box}"' in page and f'id="{box}"' in page
    assert "source" in wrong or "长农发〔2026〕5 号" in page
    assert [plan.ends for plan in plans(app)] == [None]


def test_a_plan_that_asks_nothing_is_refused(app: Flask, browser: FlaskClient) -> None:
    nothing = {f"free-name-{row}": "" for row in range(4)}
    answer = send(browser, plan_form(browser), every=None, type="none", source="文件", **nothing)
    assert answer.status_code == 422 and "至少要有一个" in answer.get_data(as_text=True)
    assert len(plans(app)) == 1


def test_plans_and_products_are_no_business_of_others(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    theirs = cooperative.signed_in()
    for form in (plan_form(browser), product_form(browser)):
        assert theirs.get(form.action).status_code == 403
        assert theirs.post(form.action, data=form.boxes).status_code == 403
        assert send(browser, form, csrf_token=None).status_code == 403
    assert browser.get("/gov/products/moon-tea/plans").status_code == 404
    assert browser.get("/gov/products/moon-tea/edit").status_code == 404
    assert len(plans(app)) == 1
