"""Certificates of promise and inputs on the desks: one tap, collecting, finding, taking back."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from labels.promise_models import Promise, PromiseReceipt
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.api.promised import Fields, name_of, promised
from tests.people import People, Person
from trace.batches.input_models import BatchInput


@pytest.fixture
def fields(app: Flask) -> Fields:
    """Where batches grow."""
    return Fields(app)


@pytest.fixture
def batch(fields: Fields, cooperative: Person) -> str:
    """240 kg of pears of the cooperative."""
    return fields.batch(cooperative)


@pytest.fixture
def browser(cooperative: Person) -> FlaskClient:
    """The cooperative, signed in."""
    return cooperative.signed_in()


def page_of(browser: FlaskClient, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def issue_form(browser: FlaskClient, batch: str) -> Form:
    return form_on(browser, f"/coop/batches/{batch}", f"/{batch}/promises")


# --- issuing --------------------------------------------------------------------------------


def test_one_tick_and_one_tap_give_a_certificate_to_print(
    app: Flask, browser: FlaskClient, batch: str
) -> None:
    form = issue_form(browser, batch)
    assert form.boxes["promise-quantity"] == ["240"]
    assert form.boxes["promise-contact"] == ["示例电话"]
    answer = send(browser, form, **{"promise-basis": "control"})
    assert answer.status_code == 303
    [made] = rows(app, select(Promise))
    page = page_of(browser, answer.location)
    assert made.number in page
    assert page.count(".pdf?paper=") == 2
    assert made.number in page_of(browser, f"/coop/batches/{batch}")


def test_the_same_submit_twice_makes_one(app: Flask, browser: FlaskClient, batch: str) -> None:
    form = issue_form(browser, batch)
    places = {send(browser, form, **{"promise-basis": "control"}).location for _ in range(2)}
    assert len(places) == 1
    assert len(rows(app, select(Promise))) == 1


def test_without_a_tick_nothing_is_issued_and_what_was_typed_stays(
    app: Flask, browser: FlaskClient, batch: str
) -> None:
    answer = send(
        browser, issue_form(browser, batch),
        **{"promise-quantity": "999", "promise-origin": "我写的产地"},
    )  # fmt: skip
    said = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "请至少勾一项承诺依据" in said
    assert "我写的产地" in said and 'value="999"' in said
    ticked = {"promise-basis": "control", "promise-quantity": "999"}
    answer = send(browser, issue_form(browser, batch), **ticked)
    assert answer.status_code == 422
    assert 'value="control" checked' in answer.get_data(as_text=True)
    assert "还没有开证的只有" in answer.get_data(as_text=True)
    assert rows(app, select(Promise)) == []


def test_a_basis_of_test_is_shut_and_says_what_is_missing(browser: FlaskClient, batch: str) -> None:
    page = page_of(browser, f"/coop/batches/{batch}")
    assert page.count('name="promise-basis"') == 3
    assert 'value="entrusted_test" disabled' in page
    assert "还没有检验机构发布的" in page


def test_goods_outside_the_scope_say_why_and_have_no_form(
    fields: Fields, cooperative: Person, browser: FlaskClient
) -> None:
    tea = fields.batch(cooperative, product="changsha-green-tea", form="成品茶")
    page = page_of(browser, f"/coop/batches/{tea}")
    assert "成品茶是加工食品，不在范围" in page
    assert 'name="promise-basis"' not in page


def test_when_all_is_promised_the_form_replaces_an_older_one(
    app: Flask, browser: FlaskClient, cooperative: Person, batch: str
) -> None:
    first = promised(cooperative, batch)
    form = issue_form(browser, batch)
    answer = send(
        browser, form,
        **{"promise-basis": "control", "promise-replaces": first["id"], "promise-quantity": "200"},
    )  # fmt: skip
    assert answer.status_code == 303
    assert first["number"] in page_of(browser, answer.location)
    assert len(rows(app, select(Promise))) == 2


def test_a_buyer_sees_the_purchasers_words_and_must_say_what_it_collected(
    fields: Fields, stranger: Person, batch: str
) -> None:
    buyer = stranger.signed_in()
    bought = fields.hand_over(batch, stranger, 100)
    form = issue_form(buyer, bought)
    assert "已按规定收取并保存" in page_of(buyer, f"/coop/batches/{bought}")
    assert send(buyer, form, **{"promise-basis": "control"}).status_code == 422
    form = issue_form(buyer, bought)
    proof = {"promise-basis": "control", "promise-other_proof": "购货凭证 118"}
    assert send(buyer, form, **proof).status_code == 303


# --- collecting, finding, taking back -------------------------------------------------------


@pytest.mark.parametrize("by", ["number", "address"])
def test_a_buyer_collects_one_and_finds_it_in_its_list(
    app: Flask, cooperative: Person, stranger: Person, batch: str, by: str
) -> None:
    made, buyer = promised(cooperative, batch), stranger.signed_in()
    form = form_on(buyer, "/coop/promises", "/promises/receipts")
    answer = send(buyer, form, **{"receipt-name": made[by]})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert len(rows(app, select(PromiseReceipt))) == 1
    page = page_of(buyer, f"/coop/promises?q={made['number'].lower()}")
    assert made["number"] in page and "收来的" in page
    assert "示例·秋水合作社" in page_of(cooperative.signed_in(), f"/coop/promises/{made['id']}")


def test_a_number_that_is_none_keeps_what_was_typed(app: Flask, browser: FlaskClient) -> None:
    form = form_on(browser, "/coop/promises", "/promises/receipts")
    answer = send(browser, form, **{"receipt-name": "20261123-01-XXXXX"})
    assert answer.status_code == 404
    assert 'value="20261123-01-XXXXX"' in answer.get_data(as_text=True)
    assert rows(app, select(PromiseReceipt)) == []


def test_the_authority_finds_all_and_takes_one_back_with_a_reason(
    people: People, cooperative: Person, batch: str
) -> None:
    made, office = promised(cooperative, batch), people.authority.signed_in()
    assert made["number"] in page_of(office, f"/gov/promises?q={made['number'][-5:]}")
    path = f"/gov/promises/{made['id']}"
    assert send(office, form_on(office, path, "/withdrawal")).status_code == 422
    answer = send(office, form_on(office, path, "/withdrawal"), **{"withdrawal-reason": "查实不符"})
    assert answer.status_code == 303
    assert "查实不符" in page_of(office, path)
    assert "查实不符" in people.consumer.get(f"//C/{name_of(made)}").get_data(as_text=True)


def test_the_issuer_takes_one_back(browser: FlaskClient, cooperative: Person, batch: str) -> None:
    path = f"/coop/promises/{promised(cooperative, batch)['id']}"
    form = form_on(browser, path, "/withdrawal")
    assert send(browser, form, **{"withdrawal-reason": "数量写错"}).status_code == 303
    assert "/withdrawal" not in page_of(browser, path)


def test_strangers_wrong_roles_and_forged_forms_are_refused(
    cooperative: Person, stranger: Person, inspector: Person, browser: FlaskClient, batch: str
) -> None:
    made = promised(cooperative, batch, quantity="10")
    page_of(stranger.signed_in(), f"/coop/promises/{made['id']}", 404)
    page_of(stranger.signed_in(), f"/coop/batches/{batch}/inputs", 404)
    page_of(inspector.signed_in(), "/coop/promises", 403)
    page_of(inspector.signed_in(), "/gov/promises", 403)
    form = issue_form(browser, batch)
    answer = send(browser, form, **{"promise-basis": "control", "csrf_token": None})
    assert answer.status_code in (400, 403)


def test_the_public_page_speaks_both_languages_and_needs_no_script(
    people: People, cooperative: Person, batch: str
) -> None:
    made = promised(cooperative, batch)
    for tongue, words in (("zh", "未使用禁用农药"), ("en", "without banned pesticides")):
        page = people.consumer.get(f"//C/{name_of(made)}?lang={tongue}").get_data(as_text=True)
        assert words in page and "承诺达标" in page and "<script" not in page
        assert len(page.encode()) < 60_000


# --- inputs ---------------------------------------------------------------------------------


INPUT = {
    "input-kind": "pesticide", "input-name": "苦参碱水剂", "input-supplier": "示例农资店",
    "input-supplier_number": "24-118", "input-amount_typed": "80", "input-amount_unit": "mL/亩",
    "input-method": "喷雾", "input-used_on": "2026-03-28", "input-interval_days": "14",
}  # fmt: skip


def test_an_input_is_logged_corrected_and_warned_about(
    app: Flask, browser: FlaskClient, batch: str
) -> None:
    path = f"/coop/batches/{batch}/inputs"
    assert path in page_of(browser, f"/coop/batches/{batch}")
    assert send(browser, form_on(browser, path, "/inputs"), **INPUT).status_code == 303
    page = page_of(browser, path)
    assert "苦参碱水剂" in page and "生产日期在间隔期以内" in page
    [row] = rows(app, select(BatchInput))
    form = form_on(browser, f"{path}/{row.id}/correction", "/correction")
    assert form.boxes["input-amount_typed"] == ["80"]
    assert send(browser, form, **{"input-interval_days": "3"}).status_code == 422
    changed = {"input-interval_days": "3", "input-reason": "看错标签"}
    assert send(browser, form_on(browser, form.action, "/correction"), **changed).status_code == 303
    page = page_of(browser, path)
    assert "看错标签" in page and "生产日期在间隔期以内" not in page


def test_a_wrong_input_keeps_what_was_typed(app: Flask, browser: FlaskClient, batch: str) -> None:
    path = f"/coop/batches/{batch}/inputs"
    wrong = {**INPUT, "input-amount_typed": "一瓶"}
    answer = send(browser, form_on(browser, path, "/inputs"), **wrong)
    assert answer.status_code == 422
    assert 'value="一瓶"' in answer.get_data(as_text=True)
    assert rows(app, select(BatchInput)) == []


def test_an_input_of_another_batch_is_not_there(
    app: Flask, fields: Fields, cooperative: Person, browser: FlaskClient, batch: str
) -> None:
    path = f"/coop/batches/{batch}/inputs"
    send(browser, form_on(browser, path, "/inputs"), **INPUT)
    [row] = rows(app, select(BatchInput))
    other = fields.batch(cooperative)
    page_of(browser, f"/coop/batches/{other}/inputs/{row.id}/correction", 404)
    page_of(browser, f"{path}/{uuid.uuid4()}/correction", 404)
