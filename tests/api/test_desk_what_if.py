"""先看影响 on the authority's desk: from every form that changes a rule, and nothing is stored."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.record.models import Evidence
from products.standards.models import Edition, Standard
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.test_main_job import TEA
from tests.api.test_what_if import PART_3, batches, moisture_rows
from tests.people import Person

__all__ = ["batches"]


@pytest.fixture
def browser(authority: Person) -> FlaskClient:
    """The authority, signed in."""
    return authority.signed_in()


def ahead(
    browser: FlaskClient, form: Form, kind: str, of: Any, more: str = "", **boxes: Any
) -> Any:
    """The form sent by its other button."""
    form.action = f"/gov/what-if/{kind}/{of}{more}"
    return send(browser, form, **boxes)


def facts(app: Flask) -> int:
    [found] = rows(app, select(func.count(Evidence.position)))
    return int(found)


def test_a_correction_tells_whose_batches_it_would_stop(
    app: Flask,
    session: Session,
    browser: FlaskClient,
    cooperative: Person,
    batches: list[dict[str, Any]],
) -> None:
    [row] = moisture_rows(session)
    path = f"/gov/requirements/{row.id}/correction"
    assert f'formaction="/gov/what-if/correction/{row.id}"' in browser.get(path).get_data(True)
    before = facts(app)
    boxes = {"bound-upper": "5.0"}
    answer = ahead(browser, form_on(browser, path, path), "correction", row.id, **boxes)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert batches[1]["number"] in page and batches[0]["number"] not in page
    assert "春山茶叶专业合作社" in page
    file = ahead(browser, form_on(browser, path, path), "correction", row.id, "/csv", **boxes)
    assert file.mimetype == "text/csv"
    lines = file.get_data(as_text=True).lstrip("\ufeff").splitlines()
    assert len(lines) == 3 and batches[1]["number"] in lines[1]
    assert facts(app) == before


def test_every_form_that_changes_a_rule_has_the_button(
    session: Session, browser: FlaskClient, batches: list[dict[str, Any]]
) -> None:
    [row] = moisture_rows(session)
    standard = session.scalars(select(Standard).where(Standard.number == PART_3)).one()
    for path, kind, of, boxes in (
        (f"/gov/standards/{standard.id}/editions/new", "edition", standard.id,
         {"designation": f"{PART_3}-2025", "starts": "2025-06-01"}),
        (f"/gov/requirements/{row.id}/confirmation", "confirmation", row.id, {}),
        (f"/gov/products/{TEA}/plans/new", "plan", TEA, {}),
    ):  # fmt: skip
        answer = ahead(browser, form_on(browser, path, path), kind, of, **boxes)
        assert answer.status_code == 200, (kind, answer.get_data(as_text=True))
    path = f"/gov/clauses/{row.clause_id}/requirements/new"
    form = form_on(browser, f"{path}?product={TEA}", path)
    boxes = {
        "stage": "testing", "characteristic": "咖啡碱", "characteristic_en": "caffeine",
        "bound-upper": "5", "unit": "%", "nature": "mandatory", "certainty": "confirmed",
    }  # fmt: skip
    answer = ahead(browser, form, "limit", row.clause_id, **boxes)
    assert answer.status_code == 200
    assert session.scalar(select(Edition.id).where(Edition.designation == f"{PART_3}-2025")) is None


def test_what_would_be_refused_is_said_and_a_change_of_nothing_says_so(
    session: Session, browser: FlaskClient, batches: list[dict[str, Any]]
) -> None:
    [row] = moisture_rows(session)
    path = f"/gov/requirements/{row.id}/correction"
    form = form_on(browser, path, path)
    answer = ahead(browser, form, "correction", row.id, **{"bound-upper": "many"})
    assert answer.status_code == 422
    plan = f"/gov/products/{TEA}/plans/new"
    calm = ahead(browser, form_on(browser, plan, plan), "plan", TEA)
    assert "没有一批的判定会变" in calm.get_data(as_text=True)


def test_a_cooperative_finds_no_way_in(cooperative: Person) -> None:
    browser = cooperative.signed_in()
    assert browser.post("/gov/what-if/plan/x").status_code == 403
