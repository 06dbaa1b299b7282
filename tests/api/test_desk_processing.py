"""The cooperative's pages of processing, and the authority's page of conversion ranges."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from products.forms.models import Conversion
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.test_goods import KG, LEAD, LEAF, conforming, leaf, stock
from tests.api.test_main_job import TEA, published, report, type_inspected
from tests.people import Person
from trace.batches.models import Batch, Processing

NEW = "/coop/processings/new"


@pytest.fixture
def browser(cooperative: Person) -> FlaskClient:
    """The cooperative, signed in."""
    return cooperative.signed_in()


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def form_for(browser: FlaskClient, *batches: dict[str, Any]) -> Form:
    query = "&".join(f"batch={batch['id']}" for batch in batches)
    return form_on(browser, f"{NEW}?{query}", NEW)


def ranged(authority: Person, **more: Any) -> None:
    draft = {
        "from_form": "鲜叶", "to_form": "成品茶", "low": "0.2", "high": "0.25", "unit": "公斤",
        "per_unit": "公斤", "source": "示例：本次测试的依据", **more,
    }  # fmt: skip
    authority.made(f"/products/{TEA}/conversions", json=draft)


def test_goods_in_stock_are_offered_all_of_it_in_the_box(
    browser: FlaskClient, cooperative: Person
) -> None:
    assert "账上还没有能用的货" in text_of(browser, NEW)
    batch = leaf(cooperative, "100")
    form = form_on(browser, NEW, NEW)
    assert form.boxes[f"in-quantity-{batch['id']}"] == ["100"]
    assert "in" not in form.boxes
    assert form_for(browser, batch).boxes["in"] == [batch["id"]]


def test_goods_of_several_forms_are_chosen_first(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    leaf(cooperative)
    batch = conforming(cooperative, inspector)
    page = text_of(browser, NEW)
    assert "长沙绿茶 鲜叶" in page and "长沙绿茶 成品茶" in page
    published(inspector, batch, report(LEAD))
    assert "长沙绿茶 成品茶" not in text_of(browser, NEW)


def test_leaf_is_made_into_tea_and_the_page_shows_what_went_where(
    app: Flask, browser: FlaskClient, cooperative: Person, authority: Person, session: Session
) -> None:
    ranged(authority)
    one, two = leaf(cooperative), leaf(cooperative, "50")
    assert "100 kg鲜叶 → 20–25 kg成品茶" in text_of(browser, f"{NEW}?batch={one['id']}")
    form = form_for(browser, one, two)
    more = send(browser, form, **{"kind": "transform:成品茶", "out-quantity-0": "20", "more": "1"})
    assert more.status_code == 200
    assert "投入共 150 kg，按范围应出 30–37.5 kg" in more.get_data(as_text=True)
    assert rows(app, select(Processing)) == []
    answer = send(
        browser, form,
        **{"kind": "transform:成品茶", "rows": "2", "out-quantity-0": "20", "out-quantity-1": "12.5",
           "out-unit-1": "公斤", "out-grade-1": "一级"},
    )  # fmt: skip
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = text_of(browser, answer.location)
    teas = rows(app, select(Batch).where(Batch.form == "成品茶").order_by(Batch.quantity.desc()))
    assert [(tea.quantity, tea.grade) for tea in teas] == [(20 * KG, None), (12_500_000, "一级")]
    for batch in (one["number"], two["number"], teas[0].number, teas[1].number):
        assert f">{batch}</text>" in page and f">{batch}</a>" in page
    assert page.count('<path d="M0') >= 4
    assert "未放行" in page
    assert [stock(session, batch) for batch in (one, two)] == [0, 0]
    assert teas[0].number in text_of(browser, "/coop/processings/")


def test_a_batch_opened_before_takes_in_what_was_made(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    source = leaf(cooperative)
    opened = cooperative.made("/batches", json={**LEAF, "form": "成品茶", "quantity": "1"})
    form = form_on(browser, f"{NEW}?batch={source['id']}&into={opened['id']}", NEW)
    assert form.boxes["out-batch-0"] == [opened["id"]]
    answer = send(browser, form, **{"kind": "transform:成品茶", "out-quantity-0": "22"})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    [batch] = rows(app, select(Batch).where(Batch.form == "成品茶"))
    assert (str(batch.id), batch.quantity) == (opened["id"], 22 * KG)


def test_a_yield_outside_the_range_asks_for_the_reason_and_keeps_everything(
    app: Flask, browser: FlaskClient, cooperative: Person, authority: Person
) -> None:
    ranged(authority)
    batch = leaf(cooperative)
    form = form_for(browser, batch)
    assert "reason" not in form.boxes
    box = f"in-quantity-{batch['id']}"
    said = {"kind": "transform:成品茶", box: "40", "out-quantity-0": "12"}
    answer = send(browser, form, **said)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'href="#reason"' in page and 'name="reason"' in page
    assert 'value="40"' in page and 'value="12"' in page and "checked" in page
    assert rows(app, select(Processing)) == []
    answer = send(browser, form_for(browser, batch), **said, reason="嫩芽含水少")
    assert answer.status_code == 303
    assert "嫩芽含水少" in text_of(browser, answer.location)
    assert "超出折算范围" in text_of(browser, "/coop/processings/")


WRONG = {
    "nothing ticked": ({"in": None}, "inputs"),
    "more than there is": ({"IN": "101"}, "IN"),
    "not a number": ({"IN": "很多"}, "IN"),
    "nothing came out": ({"out-quantity-0": ""}, "out-quantity-0"),
    "more than went in": ({"out-quantity-0": "100.5"}, "out-quantity-0"),
    "a unit of count": ({"out-unit-0": "头"}, "out-unit-0"),
    "another grade": ({"out-grade-0": "九级"}, "out-grade-0"),
    "a bad number": ({"out-number-0": "批次一"}, "out-number-0"),
    "a form that is none": ({"kind": "transform:石头"}, "kind"),
    "mixing one": ({"kind": "merge"}, "IN"),
    "tomorrow": ({"happened_on": "2100-01-01"}, "happened_on"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_box_is_named_and_nothing_is_stored(
    app: Flask, browser: FlaskClient, cooperative: Person, session: Session, name: str
) -> None:
    change, box = WRONG[name]
    batch = leaf(cooperative)
    amount = f"in-quantity-{batch['id']}"
    said = {"kind": "repack", "out-quantity-0": "99", "out-number-0": "MINE-7"} | change
    said = {(amount if key == "IN" else key): value for key, value in said.items()}
    answer = send(browser, form_for(browser, batch), **said)
    page = answer.get_data(as_text=True)
    assert answer.status_code in (409, 422), page
    assert f'href="#{amount if box == "IN" else box}"' in page
    assert f'id="{amount if box == "IN" else box}"' in page
    if "out-number-0" not in change:
        assert 'value="MINE-7"' in page
    assert rows(app, select(Processing)) == []
    assert stock(session, batch) == 100 * KG


def test_the_same_form_sent_twice_is_booked_once(
    app: Flask, browser: FlaskClient, cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    form = form_for(browser, batch)
    said = {"kind": "repack", f"in-quantity-{batch['id']}": "30", "out-quantity-0": "30"}
    assert send(browser, form, **said).location == send(browser, form, **said).location
    assert len(rows(app, select(Processing))) == 1
    assert stock(session, batch) == 70 * KG


def test_others_neither_see_it_nor_do_it(
    browser: FlaskClient, cooperative: Person, stranger: Person, inspector: Person
) -> None:
    batch = leaf(cooperative)
    form = form_for(browser, batch)
    said = {"kind": "repack", "out-quantity-0": "100"}
    done = send(browser, form, **said).location
    theirs = stranger.signed_in()
    assert theirs.get(done).status_code == 404
    assert batch["number"] not in text_of(theirs, f"{NEW}?batch={batch['id']}")
    assert inspector.signed_in().get(NEW).status_code == 403
    form.boxes["csrf_token"] = ["nothing"]
    assert send(browser, form, **said).status_code == 403


# --- conversion ranges --------------------------------------------------------------------------

CONVERSIONS = f"/gov/products/{TEA}/conversions"


def test_the_authority_sets_and_ends_a_range(
    authority: Person, browser: FlaskClient, session: Session
) -> None:
    gov = authority.signed_in()
    assert CONVERSIONS in text_of(gov, f"/products/{TEA}")
    form = form_on(gov, CONVERSIONS, CONVERSIONS)
    said = {"from_form": "鲜叶", "to_form": "成品茶", "low": "0.2", "high": "0.25"}
    assert send(gov, form, **said).status_code == 303
    page = text_of(gov, CONVERSIONS)
    assert "100 kg鲜叶 → 20–25 kg成品茶" in page and "没有依据，不作判断" in page
    form = form_on(gov, CONVERSIONS, CONVERSIONS)
    assert send(gov, form, **(said | {"low": "0.21"}), source="示例报告").status_code == 303
    page = text_of(gov, CONVERSIONS)
    assert page.index("21–25") < page.index("以前的") < page.index("20–25")
    end = form_on(gov, CONVERSIONS, f"{CONVERSIONS}/end")
    assert send(gov, end).status_code == 303
    assert "还没有折算范围" in text_of(gov, CONVERSIONS)
    assert session.scalar(select(func.count()).select_from(Conversion)) == 3
    assert browser.get(CONVERSIONS).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "box"),
    [
        ({"low": "0"}, "low"),
        ({"low": "0.3"}, "low"),
        ({"high": "很多"}, "high"),
        ({"to_form": "鲜叶"}, "to_form"),
        ({"unit": "头"}, "unit"),
    ],
)
def test_a_range_that_cannot_be_is_refused(
    app: Flask, authority: Person, wrong: dict[str, str], box: str
) -> None:
    gov = authority.signed_in()
    right = {
        "from_form": "鲜叶",
        "to_form": "成品茶",
        "low": "0.2",
        "high": "0.25",
        "source": "示例甲",
    }
    answer = send(gov, form_on(gov, CONVERSIONS, CONVERSIONS), **(right | wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{box}"' in page and "示例甲" in page
    assert rows(app, select(Conversion)) == []
