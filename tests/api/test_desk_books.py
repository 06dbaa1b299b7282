"""The books of a batch on the cooperative's desk, and the plots beside the confirmed quantity."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.plotted import approved_plot, capped
from tests.api.test_goods import KG, LEAD, LEAF, conforming, leaf, made_of, stock
from tests.api.test_main_job import published, report, type_inspected
from tests.api.test_stock_acts import entered, harvest_of
from tests.people import Person
from trace.books.models import Harvest, PostingCorrection
from trace.books.stock_models import StockAct


@pytest.fixture
def browser(cooperative: Person) -> FlaskClient:
    """The cooperative, signed in."""
    return cooperative.signed_in()


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def told(html: str) -> str:
    """The words of a page, without marks and without what only keeps them together."""
    return re.sub(r"<[^>]+>|[\u2060\u200b]", "", html).replace("\u00a0", " ")


def books(batch: dict[str, Any]) -> str:
    return f"/coop/batches/{batch['id']}/books"


def act_form(browser: FlaskClient, batch: dict[str, Any], kind: str) -> Form:
    return form_on(browser, books(batch), "/stock-acts", [("kind", kind)])


# --- the books ------------------------------------------------------------------------------------


def test_the_books_say_each_posting_in_plain_words(
    browser: FlaskClient, cooperative: Person
) -> None:
    batch = leaf(cooperative)
    assert books(batch) in text_of(browser, f"/coop/batches/{batch['id']}")
    made = made_of(cooperative, "repack", [(batch, "30")], [{"quantity": "29"}])
    entered(cooperative, batch, "sale", "10")
    page = text_of(browser, books(batch))
    assert page.index("散货售出") < page.index("分装用掉") < page.index("采收入账")
    for said in ("−10 kg", "−30 kg", "+100 kg", "示例茶庄，示例电话 000", "还有 60 kg 没有贴标签"):
        assert said in told(page), said
    assert f"/coop/processings/{made['id']}" in page
    child = made["origins"][0]["batch"]
    assert "分装所得" in text_of(browser, f"/coop/batches/{child}/books")


def test_without_a_confirmed_quantity_there_are_no_books(
    browser: FlaskClient, cooperative: Person
) -> None:
    batch = cooperative.made("/batches", json={**LEAF, "quantity": "1"})
    page = text_of(browser, books(batch))
    assert "数量确认以后才有账" in page and "/stock-acts" not in page


def test_every_act_on_the_stock_has_its_form(
    app: Flask, browser: FlaskClient, cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    assert "return-sale" not in text_of(browser, books(batch))
    for kind, boxes in (
        ("loss", {"loss-reason": "虫蛀"}),
        ("sample", {}),
        ("destruction", {"destruction-reason": "发霉，已掩埋"}),
        ("sale", {"sale-buyer": "示例茶庄", "sale-contact": "示例电话 000"}),
        ("return", {"return-reason": "规格不对"}),
    ):
        answer = send(browser, act_form(browser, batch, kind), **{f"{kind}-quantity": "2", **boxes})
        assert answer.status_code == 303, answer.get_data(as_text=True)
    assert {row.kind for row in rows(app, select(StockAct))} == {
        "loss", "sample", "destruction", "sale", "return",
    }  # fmt: skip
    assert stock(session, batch) == 94 * KG
    page = text_of(browser, books(batch))
    assert "虫蛀" in page and "发霉，已掩埋" in page and "规格不对" in page


WRONG: list[tuple[str, dict[str, str], str]] = [
    ("loss", {"quantity": "101"}, ""),
    ("loss", {"quantity": "nothing"}, "loss-quantity"),
    ("loss", {"reason": ""}, "loss-reason"),
    ("loss", {"unit": "头"}, "loss-unit"),
    ("loss", {"happened_on": "2020-01-01"}, "loss-happened_on"),
    ("sale", {"buyer": ""}, "sale-buyer"),
    ("sale", {"contact": ""}, "sale-contact"),
]


@pytest.mark.parametrize(("kind", "wrong", "box"), WRONG)
def test_a_wrong_box_is_named_and_everything_typed_stays(
    app: Flask,
    browser: FlaskClient,
    cooperative: Person,
    kind: str,
    wrong: dict[str, str],
    box: str,
) -> None:
    batch = leaf(cooperative)
    right = {"quantity": "2", "reason": "说明甲"}
    right |= {"buyer": "示例茶庄", "contact": "示例电话 000"} if kind == "sale" else {}
    typed = {f"{kind}-{name}": value for name, value in (right | wrong).items()}
    answer = send(browser, act_form(browser, batch, kind), **typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code in (409, 422)
    assert f'href="#{box}"' in page if box else "数量不够" in page
    assert all(value in page for name, value in typed.items() if value and name != f"{kind}-unit")
    assert rows(app, select(StockAct)) == []


def test_what_failed_is_not_sold_from_the_page_either(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = conforming(cooperative, inspector)
    published(inspector, batch, report(LEAD))
    answer = send(
        browser, act_form(browser, batch, "sale"),
        **{"sale-quantity": "1", "sale-buyer": "甲", "sale-contact": "乙"},
    )  # fmt: skip
    assert answer.status_code == 409
    assert "不能再加工、混装或交出" in told(answer.get_data(as_text=True))


# --- corrections ----------------------------------------------------------------------------------


def correction_of(batch: dict[str, Any], posting: str) -> str:
    return f"{books(batch)}/{posting}/correction"


def test_a_posting_is_taken_back_once(
    app: Flask, browser: FlaskClient, cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    loss = entered(cooperative, batch, "loss", "10")
    path = correction_of(batch, loss["id"])
    assert path in text_of(browser, books(batch))
    form = form_on(browser, path, path)
    empty = send(browser, form)
    assert empty.status_code == 422 and 'href="#count-reason"' in empty.get_data(as_text=True)
    assert send(browser, form, **{"count-reason": "记错了"}).status_code == 303
    assert send(browser, form, **{"count-reason": "记错了"}).status_code == 303
    again = send(browser, form_on(browser, path, path), **{"count-reason": "再来"})
    assert again.status_code == 409 and "再来" in again.get_data(as_text=True)
    assert len(rows(app, select(PostingCorrection))) == 1
    page = text_of(browser, books(batch))
    assert "更正冲回" in page and "已更正" in page and path not in page
    assert stock(session, batch) == 100 * KG


def test_a_harvest_is_counted_anew_from_the_page(
    browser: FlaskClient, cooperative: Person, session: Session
) -> None:
    batch = leaf(cooperative)
    path = correction_of(batch, harvest_of(cooperative, batch))
    form = form_on(browser, path, path)
    missing = send(browser, form, **{"count-reason": "称错了"})
    assert missing.status_code == 422
    assert 'href="#count-quantity"' in missing.get_data(as_text=True)
    answer = send(browser, form, **{"count-reason": "称错了", "count-quantity": "96.5"})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert stock(session, batch) == 96_500_000


def test_others_neither_see_nor_touch_the_books(
    browser: FlaskClient, cooperative: Person, stranger: Person, inspector: Person
) -> None:
    batch, other = leaf(cooperative), leaf(cooperative)
    loss = entered(cooperative, batch, "loss", "1")
    theirs = stranger.signed_in()
    assert theirs.get(books(batch)).status_code == 404
    assert theirs.get(correction_of(batch, loss["id"])).status_code == 404
    assert browser.get(correction_of(other, loss["id"])).status_code == 404
    assert inspector.signed_in().get(books(batch)).status_code == 403
    form = act_form(browser, batch, "loss")
    form.boxes["csrf_token"] = ["nothing"]
    assert send(browser, form, **{"loss-quantity": "1"}).status_code == 403


# --- plots beside the quantity --------------------------------------------------------------------


def confirm_form(browser: FlaskClient, batch: dict[str, Any]) -> Form:
    return form_on(browser, f"/coop/batches/{batch['id']}", "/quantity")


def fresh(cooperative: Person, quantity: str = "100", **more: Any) -> dict[str, Any]:
    return cooperative.made("/batches", json={**LEAF, "quantity": quantity, **more})


def test_one_plot_is_ticked_and_takes_all_of_it(
    app: Flask, browser: FlaskClient, cooperative: Person, authority: Person
) -> None:
    plot = approved_plot(cooperative, authority)
    capped(authority)
    batch = fresh(cooperative)
    page = text_of(browser, f"/coop/batches/{batch['id']}")
    assert "鲜叶额度 120 公斤，已用 0 公斤，还剩 120 公斤" in page
    form = confirm_form(browser, batch)
    assert form.boxes["quantity-plot"] == [plot["id"]]
    assert send(browser, form).status_code == 303
    [row] = rows(app, select(Harvest))
    assert (str(row.plot_id), row.quantity) == (plot["id"], 100 * KG)
    assert "还剩 20 公斤" in text_of(browser, f"/coop/batches/{fresh(cooperative)['id']}")


def test_of_several_plots_each_says_how_much(
    app: Flask, browser: FlaskClient, cooperative: Person, authority: Person
) -> None:
    one, two = (approved_plot(cooperative, authority, number)["id"] for number in ("A-1", "A-2"))
    capped(authority)
    batch = fresh(cooperative)
    form = confirm_form(browser, batch)
    assert "quantity-plot" not in form.boxes
    nobody = send(browser, form)
    assert nobody.status_code == 422
    assert 'href="#quantity-plots"' in nobody.get_data(as_text=True)
    both = {"quantity-plot": [one, two], f"quantity-plot-{one}": "70", f"quantity-plot-{two}": "20"}
    short = send(browser, form, **both)
    page = short.get_data(as_text=True)
    assert short.status_code == 422 and "各地块合计" in page
    assert 'value="70"' in page and page.count("checked") >= 2
    silent = send(browser, form, **(both | {f"quantity-plot-{two}": ""}))
    assert f'href="#quantity-plot-{two}"' in silent.get_data(as_text=True)
    assert rows(app, select(Harvest)) == []
    assert send(browser, form, **(both | {f"quantity-plot-{two}": "30"})).status_code == 303
    assert {row.quantity for row in rows(app, select(Harvest))} == {70 * KG, 30 * KG}


def test_more_than_the_allowance_is_refused_with_what_is_left(
    app: Flask, browser: FlaskClient, cooperative: Person, authority: Person
) -> None:
    approved_plot(cooperative, authority)
    capped(authority)
    batch = fresh(cooperative, "121")
    answer = send(browser, confirm_form(browser, batch))
    assert answer.status_code == 409
    assert "还剩 120 公斤，这次 121 公斤" in told(answer.get_data(as_text=True))
    assert rows(app, select(Harvest)) == []


def test_what_must_be_made_of_something_else_is_sent_to_processing(
    browser: FlaskClient, cooperative: Person, authority: Person
) -> None:
    approved_plot(cooperative, authority)
    capped(authority)
    batch = fresh(cooperative, form="成品茶")
    page = text_of(browser, f"/coop/batches/{batch['id']}")
    assert f"/coop/processings/new?into={batch['id']}" in page
    answer = send(browser, confirm_form(browser, batch))
    assert answer.status_code == 422 and "由它加工而来" in answer.get_data(as_text=True)


def test_without_a_cap_and_without_plots_nothing_is_asked(
    browser: FlaskClient, cooperative: Person, authority: Person
) -> None:
    batch = fresh(cooperative)
    assert "采自哪些地块" not in text_of(browser, f"/coop/batches/{batch['id']}")
    approved_plot(cooperative, authority)
    page = text_of(browser, f"/coop/batches/{batch['id']}")
    assert "额度未设" in page and "采自哪些地块" in page
    assert send(browser, confirm_form(browser, batch), **{"quantity-plot": None}).status_code == 303
