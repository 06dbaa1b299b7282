"""The authority's desk: standards, editions, clauses; limits entered, confirmed and corrected."""

import io
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.documents.models import Document
from products.standards.models import (
    Characteristic,
    Clause,
    Edition,
    ProductStandard,
    Requirement,
    Standard,
)
from tests.api.entering import TEA
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.test_desk_authority import WET, inspected, seen, text_of
from tests.api.test_main_job import TODAY, published, report, sent_batch, type_inspected
from tests.people import Person
from trace.inspections.models import Verdict

GREEN_TEA = "GB/T 14456.3-2016"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def browser(authority: Person) -> FlaskClient:
    """The authority, signed in."""
    return authority.signed_in()


def one(app: Flask, query: Any) -> Any:
    [found] = rows(app, query)
    return found


def as_files(boxes: dict[str, Any]) -> dict[str, Any]:
    """Boxes as they are sent: bytes become a file that says it is a PDF."""
    return {
        name: [(io.BytesIO(held), "x.pdf")] if isinstance(held, bytes) else held
        for name, held in boxes.items()
    }


def official() -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(PDF), "官方文本.pdf")]


# --- standards -----------------------------------------------------------------------------

GOOD_STANDARD = {
    "number": "DB43/T 9999", "title": "示例绿茶贮运", "title_en": "Sample storage of tea",
    "level": "local", "stages": ["storage", "transport"], "source": "湘市监公告 2026 年第 1 号",
}  # fmt: skip


def standard_form(browser: FlaskClient) -> Form:
    return form_on(browser, "/gov/standards/new", "/gov/standards/new")


def registered(app: Flask, browser: FlaskClient) -> Standard:
    assert send(browser, standard_form(browser), **GOOD_STANDARD).status_code == 303
    made: Standard = one(app, select(Standard).where(Standard.number == "DB43/T 9999"))
    return made


def test_a_standard_is_registered_and_its_first_edition_comes_next(
    app: Flask, browser: FlaskClient
) -> None:
    answer = send(browser, standard_form(browser), **GOOD_STANDARD)
    made = one(app, select(Standard).where(Standard.number == "DB43/T 9999"))
    assert (answer.status_code, answer.location) == (303, f"/gov/standards/{made.id}/editions/new")
    assert (made.level, made.stages) == ("local", ["storage", "transport"])
    listed = text_of(browser, "/gov/standards?q=9999&level=local&stage=storage")
    assert "示例绿茶贮运" in listed and "还没有版本" in listed
    assert "示例绿茶贮运" not in text_of(browser, "/gov/standards?q=9999&stage=testing")


@pytest.mark.parametrize(
    ("wrong", "box", "status"),
    [
        ({"number": "DB43/T 9999-2026"}, "number", 422),
        ({"number": "gb2762"}, "number", 409),
        ({"number": ""}, "number", 422),
        ({"level": "moon"}, "level", 422),
        ({"level": ""}, "level", 422),
        ({"stages": ["selling"]}, "stages", 422),
        ({"source": ""}, "source", 422),
        ({"title_en": ""}, "title_en", 422),
    ],
)
def test_a_wrong_standard_is_named_and_stays_typed(
    app: Flask, browser: FlaskClient, wrong: dict[str, Any], box: str, status: int
) -> None:
    before = len(rows(app, select(Standard)))
    answer = send(browser, standard_form(browser), **(GOOD_STANDARD | wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert f'href="#{box}"' in page and 'value="示例绿茶贮运"' in page
    assert len(rows(app, select(Standard))) == before


def test_a_standard_is_linked_to_a_product_and_its_page_shows_it(
    app: Flask, browser: FlaskClient
) -> None:
    made = registered(app, browser)
    form = form_on(browser, f"/gov/standards/{made.id}", "/products")
    boxes = {"link-product": TEA}
    assert {send(browser, form, **boxes).status_code for _ in range(2)} == {303}
    linked = select(ProductStandard.product_id).where(ProductStandard.standard_id == made.id)
    assert len(rows(app, linked)) == 1
    assert send(browser, form, **{"link-product": "moon-tea", "_key": "x" * 9}).status_code == 404
    assert browser.get(f"/gov/standards/{uuid.uuid4()}").status_code == 404


# --- editions ------------------------------------------------------------------------------


def edition_form(browser: FlaskClient, standard: uuid.UUID) -> Form:
    page = f"/gov/standards/{standard}/editions/new"
    return form_on(browser, page, "/editions/new")


def test_a_new_edition_closes_the_old_one_and_batches_are_judged_by_it(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(WET, number="R-1", sampled_on=TODAY.isoformat()))
    before = len(rows(app, select(Verdict)))
    old = one(app, select(Edition).where(Edition.designation == GREEN_TEA))
    starts = TODAY - timedelta(days=60)
    boxes = {"designation": "GB/T 14456.3-2026", "starts": starts.isoformat(), "source": "公告"}
    answer = send(browser, edition_form(browser, old.standard_id), evidence=official(), **boxes)
    assert answer.status_code == 303
    new = one(app, select(Edition).where(Edition.designation == "GB/T 14456.3-2026"))
    assert answer.location == f"/gov/editions/{new.id}"
    assert new.evidence_id == one(app, select(Document)).id
    old = one(app, select(Edition).where(Edition.designation == GREEN_TEA))
    assert old.ends == starts - timedelta(days=1)
    assert len(rows(app, select(Verdict))) > before
    page = text_of(browser, answer.location)
    assert "GB/T 14456.3-2016在前一天终止" in seen(page) and "还没有录条款" in page


@pytest.mark.parametrize(
    ("wrong", "box", "status"),
    [
        ({"designation": "GB 2762-2027"}, "designation", 422),
        ({"designation": GREEN_TEA}, "designation", 409),
        ({"starts": ""}, "starts", 422),
        ({"starts": "soon"}, "starts", 422),
        ({"ends": "2001-01-01"}, "ends", 422),
        ({"starts": "2016-01-01"}, "starts", 409),
        ({"source": ""}, "source", 422),
        ({"evidence": b"<html>"}, "evidence", 422),
    ],
)
def test_a_wrong_edition_is_named_and_closes_nothing(
    app: Flask, browser: FlaskClient, wrong: dict[str, Any], box: str, status: int
) -> None:
    old = one(app, select(Edition).where(Edition.designation == GREEN_TEA))
    right = {"designation": "GB/T 14456.3-2026", "starts": "2026-10-01", "source": "公告第 9 号"}
    answer = send(browser, edition_form(browser, old.standard_id), **(right | as_files(wrong)))
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert f'href="#{box}"' in page
    assert "source" in wrong or "公告第 9 号" in page
    assert one(app, select(Edition).where(Edition.designation == GREEN_TEA)).ends is None
    assert rows(app, select(Document)) == []


# --- clauses and limits --------------------------------------------------------------------


def clause_of(app: Flask, browser: FlaskClient, number: str = "9.9") -> Clause:
    """A fresh clause of the tea standard, added through its form."""
    edition = one(app, select(Edition).where(Edition.designation == GREEN_TEA))
    form = form_on(browser, f"/gov/editions/{edition.id}", "/clauses")
    assert send(browser, form, **{"clause-number": number}).status_code == 303
    made: Clause = one(app, select(Clause).where(Clause.number == number))
    return made


def test_a_clause_is_added_once(app: Flask, browser: FlaskClient) -> None:
    made = clause_of(app, browser)
    page = f"/gov/editions/{made.edition_id}"
    assert "9.9" in text_of(browser, page)
    form = form_on(browser, page, "/clauses")
    again = send(browser, form, **{"clause-number": "9.9", "clause-title": "再来"})
    assert again.status_code == 409 and 'value="再来"' in again.get_data(as_text=True)
    assert send(browser, form, **{"clause-number": ""}).status_code == 422


GOOD_LIMIT = {
    "stage": "testing", "characteristic": "水浸出物", "bound-kind": "number",
    "bound-lower": "３５.０", "unit": "%", "nature": "recommended", "certainty": "confirmed",
    "source": "公告第 9 号 5.1", "scope-grades": ["特级", "一级"],
}  # fmt: skip


def limit_form(browser: FlaskClient, clause: uuid.UUID, product: str = TEA) -> Form:
    page = f"/gov/clauses/{clause}/requirements/new?product={product}"
    return form_on(browser, page, "/requirements/new", [("product", product)])


def entered(app: Flask, clause: uuid.UUID) -> list[Requirement]:
    return rows(app, select(Requirement).where(Requirement.clause_id == clause))


def test_the_product_is_chosen_before_the_limit_so_that_its_words_can_be_ticked(
    app: Flask, browser: FlaskClient
) -> None:
    clause = clause_of(app, browser)
    bare = text_of(browser, f"/gov/clauses/{clause.id}/requirements/new")
    assert "管哪个产品" in bare and "bound-lower" not in bare
    tea = text_of(browser, f"/gov/clauses/{clause.id}/requirements/new?product={TEA}")
    assert 'value="特级"' in tea and 'value="烘青"' in tea
    every = text_of(browser, f"/gov/clauses/{clause.id}/requirements/new?product=*")
    assert "不分范围" in every and 'value="特级"' not in every


def test_a_limit_is_entered_with_scope_and_source(app: Flask, browser: FlaskClient) -> None:
    clause = clause_of(app, browser)
    answer = send(browser, limit_form(browser, clause.id), evidence=official(), **GOOD_LIMIT)
    [made] = entered(app, clause.id)
    assert (answer.status_code, answer.location) == (303, f"/gov/requirements/{made.id}")
    assert (made.bound, made.unit, made.scope, made.certainty, made.enforce) == (
        {"kind": "number", "lower": "35.0"}, "%", {"grades": ["特级", "一级"]}, "confirmed", True,
    )  # fmt: skip
    page = seen(text_of(browser, answer.location))
    assert "≥ 35.0 %" in page and "特级、一级" in page and "公告第 9 号 5.1" in page
    assert "水浸出物" in seen(text_of(browser, f"/products/{TEA}"))


@pytest.mark.parametrize(
    ("boxes", "bound"),
    [
        ({"bound-kind": "not_detected", "bound-detection_limit": "0.01", "unit": "mg/kg"},
         {"kind": "not_detected", "detection_limit": "0.01"}),
        ({"bound-kind": "choice", "bound-choices": "嫩绿\n黄绿", "unit": ""},
         {"kind": "choice", "choices": ["嫩绿", "黄绿"]}),
        ({"bound-kind": "yes_no", "bound-lower": "3", "unit": ""}, {"kind": "yes_no"}),
        ({"bound-kind": "number", "bound-upper": "7", "bound-upper_open": "1"},
         {"kind": "number", "lower": "35.0", "upper": "7", "upper_open": True}),
    ],
)  # fmt: skip
def test_each_kind_of_bound_takes_only_its_own_boxes(
    app: Flask, browser: FlaskClient, boxes: dict[str, str], bound: dict[str, Any]
) -> None:
    clause = clause_of(app, browser)
    answer = send(browser, limit_form(browser, clause.id), **(GOOD_LIMIT | boxes))
    if bound.get("upper"):
        assert answer.status_code == 422 and entered(app, clause.id) == []
        return
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert entered(app, clause.id)[0].bound == bound


def test_a_packages_condition_is_a_part_of_the_scope(app: Flask, browser: FlaskClient) -> None:
    clause = clause_of(app, browser)
    boxes = GOOD_LIMIT | {
        "subject": "package", "characteristic": "包装成本占售价", "bound-lower": "",
        "bound-upper": "15", "scope-grades": [], "scope-when-characteristic": "售价",
        "scope-when-bound-lower": "200", "scope-when-bound-lower_open": "1",
        "scope-when-unit": "元", "stage": "packaging",
    }  # fmt: skip
    answer = send(browser, limit_form(browser, clause.id), **boxes)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    when = entered(app, clause.id)[0].scope["when"]
    assert when == {
        "characteristic": "售价", "unit": "元",
        "bound": {"kind": "number", "lower": "200", "lower_open": True},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "box"),
    [
        ({"bound-lower": "1,2"}, "bound-lower"),
        ({"bound-lower": "NaN"}, "bound-lower"),
        ({"bound-lower": ""}, "bound"),
        ({"bound-upper": "3"}, "bound"),
        ({"bound-kind": "guess"}, "bound"),
        ({"bound-kind": "choice"}, "bound"),
        ({"unit": ""}, "unit"),
        ({"unit": "moons"}, "unit"),
        ({"stage": ""}, "stage"),
        ({"characteristic": ""}, "characteristic"),
        ({"characteristic": "月光"}, "characteristic_en"),
        ({"nature": ""}, "nature"),
        ({"nature": "reference", "enforce": "1"}, "enforce"),
        ({"certainty": ""}, "certainty"),
        ({"scope-grades": ["九级"]}, "scope-grades"),
        ({"scope-when-characteristic": "售价", "scope-when-unit": "元"}, "scope-when-bound-lower"),
        ({"source": ""}, "source"),
        ({"product": "moon-tea"}, "product"),
    ],
)
def test_a_wrong_limit_is_named_and_stays_typed(
    app: Flask, browser: FlaskClient, wrong: dict[str, Any], box: str
) -> None:
    clause = clause_of(app, browser)
    known = len(rows(app, select(Characteristic)))
    answer = send(browser, limit_form(browser, clause.id), **(GOOD_LIMIT | wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{box}"' in page
    if "product" not in wrong:
        assert f'id="{box}"' in page
        assert "source" in wrong or "公告第 9 号 5.1" in page
    assert entered(app, clause.id) == [] and len(rows(app, select(Characteristic))) == known


# --- confirming and correcting -------------------------------------------------------------


def water(app: Flask) -> Requirement:
    """The current limit for water of the better grades: one source, enforced."""
    query = (
        select(Requirement)
        .join(Clause, Clause.id == Requirement.clause_id)
        .join(Edition, Edition.id == Clause.edition_id)
        .join(Characteristic, Characteristic.id == Requirement.characteristic_id)
        .where(Edition.designation == GREEN_TEA, Characteristic.name == "水分")
        .where(Requirement.retired_at.is_(None))
    )
    found: Requirement = next(row for row in rows(app, query) if "一级" in row.scope["grades"])
    return found


def outcome_of(app: Flask, batch: dict[str, Any]) -> str:
    query = select(Verdict).where(Verdict.batch_id == uuid.UUID(batch["id"]))
    last: Verdict = rows(app, query.order_by(Verdict.number.desc()))[0]
    return last.outcome


def test_confirming_a_limit_turns_what_is_beyond_it_from_open_to_failed(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = inspected(cooperative, inspector, *WET)
    assert outcome_of(app, batch) == "undetermined"
    path = f"/gov/requirements/{water(app).id}/confirmation"
    form = form_on(browser, path, "/confirmation")
    assert "1 批马上重判" in seen(text_of(browser, path))
    bare = send(browser, form, note="看过")
    page = bare.get_data(as_text=True)
    assert bare.status_code == 422 and 'href="#evidence"' in page and "看过" in page
    assert water(app).certainty == "one-source"
    answer = send(browser, form, source="GB/T 14456.3-2016 表 5：水分 ≤7.0", evidence=official())
    assert answer.status_code == 303
    assert (water(app).certainty, water(app).revision) == ("confirmed", 2)
    assert water(app).evidence_id == one(app, select(Document)).id
    assert outcome_of(app, batch) == "nonconforming"
    page = text_of(browser, answer.location)
    assert "已核实" in page and "确认" in page and "/confirmation" not in page


def test_correcting_a_limit_makes_a_revision_and_judges_again(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = inspected(cooperative, inspector, *WET)
    old = water(app)
    form = form_on(browser, f"/gov/requirements/{old.id}/correction", "/correction")
    assert form.boxes["bound-upper"] == ["7.0"]
    assert form.boxes["scope-grades"] == ["特级", "一级", "二级"]
    boxes = {"bound-upper": "7.5", "reason": "抄错了", "source": "官方文本表 5：≤7.5"}
    assert send(browser, form, **(boxes | {"reason": ""})).status_code == 422
    answer = send(browser, form, **boxes)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    new = water(app)
    assert (new.code, new.revision, new.bound["upper"], new.reason) == (
        old.code, 2, "7.5", "抄错了",
    )  # fmt: skip
    assert (new.unit, new.scope, new.method) == (old.unit, old.scope, old.method)
    assert outcome_of(app, batch) == "conforming"
    page = text_of(browser, f"/gov/requirements/{old.id}")
    assert "已经被替换" in page and f"/gov/requirements/{new.id}" in page
    stale = send(browser, form, _key=str(uuid.uuid4()), **boxes)
    assert stale.status_code == 409 and "官方文本表 5：≤7.5" in stale.get_data(as_text=True)


def test_limits_are_found_by_item_standard_product_stage_and_how_sure_they_are(
    app: Flask, browser: FlaskClient
) -> None:
    found = re.findall(
        r'href="/gov/requirements/([0-9a-f-]+)"',
        text_of(browser, f"/gov/requirements?q=水分&product={TEA}&sure=one-source"),
    )
    assert str(water(app).id) in found
    assert "没有这样的限量" in text_of(browser, "/gov/requirements?q=月光")
    code = water(app).code
    assert str(water(app).id) in text_of(browser, f"/gov/requirements?q={code.lower()}")
    for query in ("q=%00", "sure=x", "stage=x", "product=x"):
        assert browser.get(f"/gov/requirements?{query}").status_code == 200


def test_limits_are_no_business_of_others(
    app: Flask, cooperative: Person, browser: FlaskClient
) -> None:
    limit = water(app)
    theirs = cooperative.signed_in()
    form = form_on(browser, f"/gov/requirements/{limit.id}/confirmation", "/confirmation")
    assert theirs.get(f"/gov/requirements/{limit.id}").status_code == 403
    assert theirs.post(form.action, data=form.boxes).status_code == 403
    assert send(browser, form, csrf_token=None, source="原文").status_code == 403
    assert browser.get(f"/gov/requirements/{uuid.uuid4()}").status_code == 404
    assert water(app).id == limit.id
