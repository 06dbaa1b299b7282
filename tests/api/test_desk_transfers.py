"""The pages of hand-overs and collectors' cards: what is typed stays, and foreign things are unknown."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from labels.symbols import matrix
from tests.api.filling import Form, form_on, forms_of, send
from tests.api.looking import rows
from tests.api.test_collector_cards import PIN
from tests.api.test_goods import conforming, leaf
from tests.api.test_main_job import TEA, TODAY, type_inspected
from tests.api.test_plots import plot
from tests.api.test_transfers import confirmed, sent
from tests.people import People, Person
from trace.batches.models import Batch
from trace.transfers.models import CardBooking, CollectorCard, Transfer, TransferAnswer


@pytest.fixture
def browser(cooperative: Person) -> FlaskClient:
    return cooperative.signed_in()


@pytest.fixture
def buyer(stranger: Person) -> FlaskClient:
    return stranger.signed_in()


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def sending_form(browser: FlaskClient, batch: dict[str, Any]) -> Form:
    return form_on(browser, f"/coop/batches/{batch['id']}/hand-over", "/hand-over")


def needs(browser: FlaskClient) -> str:
    """What the first page says is to be done."""
    page = text_of(browser, "/coop/")
    return page.partition('aria-labelledby="need"')[2].partition("</section>")[0]


# --- sending and answering -------------------------------------------------------------------


def test_goods_are_sent_from_the_page_of_the_batch_and_confirmed_by_the_receiver(
    app: Flask, cooperative: Person, stranger: Person, browser: FlaskClient, buyer: FlaskClient
) -> None:
    batch = leaf(cooperative)
    assert f"/coop/batches/{batch['id']}/hand-over" in text_of(
        browser, f"/coop/batches/{batch['id']}"
    )
    form = sending_form(browser, batch)
    assert form.boxes["to"] == [str(stranger.party)], "the only other party with a licence"
    answer = send(browser, form, quantity="40", unit="公斤", note="两筐")
    assert answer.status_code == 303
    path = answer.headers["Location"]
    assert "等收货方确认" in text_of(browser, path)
    assert "等您点数确认" in needs(buyer) and "今天发出" in needs(buyer)
    confirming = form_on(buyer, path, "/confirmation")
    assert confirming.boxes["confirm-quantity"] == ["40"], "what was sent stands there already"
    answer = send(buyer, confirming, **{"confirm-quantity": "38", "confirm-condition": "wet",
                                        "confirm-note": "淋了雨"})  # fmt: skip
    assert answer.status_code == 303
    for side in (browser, buyer):
        page = text_of(side, path)
        assert "少收 2 公斤，已记为损耗" in page and "淋了雨" in page and "受潮" in page
        assert "少收 2 公斤" in text_of(side, "/coop/hand-overs/")
    assert "等您点数确认" not in needs(buyer)
    made = rows(app, select(TransferAnswer))[0].batch_id
    theirs = text_of(buyer, f"/coop/batches/{made}")
    assert "收来" in theirs and batch["number"] in theirs
    assert f"{batch['number']}-J1" in text_of(browser, f"/coop/batches/{batch['id']}")


def test_a_wrong_sending_keeps_what_was_typed_and_stores_nothing(
    app: Flask, cooperative: Person, stranger: Person, browser: FlaskClient
) -> None:
    batch = leaf(cooperative)
    form = sending_form(browser, batch)
    answer = send(browser, form, quantity="400", unit="公斤", note="整车都给您")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "整车都给您" in page and 'value="400"' in page and "数量不够" in page
    answer = send(browser, form, quantity="", unit="公斤")
    assert answer.status_code == 422 and "必填" in answer.get_data(as_text=True)
    assert send(browser, form, csrf_token=None, quantity="1").status_code == 403
    assert rows(app, select(Transfer)) == []


def test_the_same_form_sent_twice_moves_goods_once(
    app: Flask, cooperative: Person, stranger: Person, browser: FlaskClient
) -> None:
    form = sending_form(browser, leaf(cooperative))
    first, again = (send(browser, form, quantity="1", unit="公斤") for _ in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    assert len(rows(app, select(Transfer))) == 1


def test_a_wrong_confirmation_keeps_what_was_typed(
    app: Flask, cooperative: Person, stranger: Person, buyer: FlaskClient
) -> None:
    path = f"/coop/hand-overs/{sent(cooperative, leaf(cooperative), stranger)['id']}"
    form = form_on(buyer, path, "/confirmation")
    answer = send(buyer, form, **{"confirm-quantity": "0", "confirm-number": "IN-7"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "请拒收" in page and 'value="IN-7"' in page
    answer = send(buyer, form, **{"confirm-condition": "damaged"})
    assert answer.status_code == 422 and "请写明货的状况" in answer.get_data(as_text=True)
    assert rows(app, select(TransferAnswer)) == []


def test_refusing_and_withdrawing_need_a_reason_and_bring_the_goods_back(
    cooperative: Person, stranger: Person, browser: FlaskClient, buyer: FlaskClient
) -> None:
    batch = leaf(cooperative)
    for side, what in ((buyer, "refusal"), (browser, "withdrawal")):
        path = f"/coop/hand-overs/{sent(cooperative, batch, stranger)['id']}"
        box = "refuse-reason" if what == "refusal" else "withdraw-reason"
        form = form_on(side, path, f"/{what}")
        assert send(side, form).status_code == 422
        assert send(side, form, **{box: "品种不对"}).status_code == 303
        page = text_of(side, path)
        assert "品种不对" in page and forms_of(page.partition("<main")[2]) == []


def test_goods_held_under_way_offer_only_the_refusal(
    cooperative: Person, stranger: Person, authority: Person, buyer: FlaskClient
) -> None:
    batch = leaf(cooperative)
    path = f"/coop/hand-overs/{sent(cooperative, batch, stranger)['id']}"
    hold = {"kind": "hold", "reason": "抽检不合格"}
    authority.made(f"/batches/{batch['id']}/dispositions", json=hold)
    actions = [form.action for form in forms_of(text_of(buyer, path).partition("<main")[2])]
    assert [action.rpartition("/")[2] for action in actions] == ["refusal"]


def test_an_unconfirmed_hand_over_ages_in_the_senders_needs_after_three_days(
    cooperative: Person, stranger: Person, browser: FlaskClient, buyer: FlaskClient
) -> None:
    made = (TODAY - timedelta(days=9)).isoformat()
    batch = leaf_of(cooperative, made)
    for days, seen in ((3, False), (4, True)):
        day = (TODAY - timedelta(days=days)).isoformat()
        sent(cooperative, batch, stranger, "1", sent_on=day)
        assert ("还没有确认" in needs(browser)) is seen
        assert f"等了 {days} 天" in needs(buyer)


def leaf_of(person: Person, day: str) -> dict[str, Any]:
    draft = {
        "product": TEA,
        "form": "鲜叶",
        "quantity": "100",
        "unit": "公斤",
        "production_date": day,
    }
    batch = person.made("/batches", json=draft)
    etag = person.get(f"/batches/{batch['id']}").headers["ETag"]
    path = f"/batches/{batch['id']}/quantity"
    assert person.put(path, json={}, headers={"If-Match": etag}).status_code == 200
    return batch


def test_foreign_hand_overs_batches_and_cards_are_unknown(
    people: People, cooperative: Person, stranger: Person, inspector: Person
) -> None:
    batch = leaf(cooperative)
    path = f"/coop/hand-overs/{sent(cooperative, batch, stranger)['id']}"
    card = cooperative.made("/collector-cards", json={"holder": "周桂英", "pin": PIN})
    third = people.person(31, "冬雪合作社", ("producer",)).signed_in()
    for foreign in (path, f"/coop/cards/{card['id']}", f"/coop/batches/{batch['id']}/hand-over"):
        assert third.get(foreign).status_code == 404
        assert inspector.signed_in().get(foreign).status_code == 403
    assert stranger.signed_in().get(f"/coop/cards/{card['id']}").status_code == 404
    assert "没有等您确认的货" in text_of(third, "/coop/hand-overs/")


def test_who_recorded_what_before_is_told_by_party_and_not_by_person(
    cooperative: Person, stranger: Person, inspector: Person, buyer: FlaskClient
) -> None:
    type_inspected(cooperative, inspector)
    batch = conforming(cooperative, inspector)
    event = {"stage": "production", "happened_on": TODAY.isoformat(), "note": "摊青两小时"}
    cooperative.made(f"/batches/{batch['id']}/events", json=event)
    theirs = confirmed(stranger, sent(cooperative, batch, stranger))["answer"]["batch"]
    page = text_of(buyer, f"/coop/batches/{theirs}")
    assert "摊青两小时" in page and "示例·春山茶叶专业合作社" in page
    assert "/correction" not in page
    assert "/correction" in text_of(cooperative.signed_in(), f"/coop/batches/{batch['id']}")
    reports = re.findall(r"/reports/[0-9a-f-]+/certificate", page)
    assert reports and buyer.get(reports[0]).status_code == 303


# --- cards -----------------------------------------------------------------------------------


def test_a_card_is_made_printed_with_its_code_and_revoked(
    app: Flask, cooperative: Person, browser: FlaskClient
) -> None:
    own = cooperative.made("/plots", json=plot())
    form = form_on(browser, "/coop/cards/", "/cards/")
    answer = send(browser, form, holder="周桂英", pin="111111", plots=own["id"])
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and 'value="周桂英"' in page and "111111" not in page
    answer = send(browser, form, holder="周桂英", pin=PIN, plots=own["id"])
    assert answer.status_code == 303
    path = answer.headers["Location"]
    page = text_of(browser, path)
    code = rows(app, select(CollectorCard.code))[0]
    assert "周桂英" in page and own["number"] in page and code[:5] in page and PIN not in page
    side = len(matrix(f"https://gi.example.cn/coop/collect?card={code}", "M"))
    assert f'viewBox="-4 -4 {side + 8} {side + 8}"' in page
    answer = send(browser, form_on(browser, path, "/revocation"), **{"revoke-reason": "丢了"})
    assert answer.status_code == 303
    page = text_of(browser, path)
    assert "已停用" in page and "丢了" in page and '<svg viewBox="-4' not in page


def collecting(browser: FlaskClient, code: str) -> Form:
    """The form for what the holder of a card brought, filled in but for the PIN."""
    form = form_on(browser, f"/coop/collect?card={code}", "/collect")
    typed = {"goods": f"{TEA}|鲜叶", "quantity": "12.5", "unit": "公斤"}
    form.boxes |= {name: [value] for name, value in typed.items()}
    return form


def test_a_collector_scans_a_card_and_books_under_its_holders_pin(
    app: Flask, cooperative: Person, stranger: Person, browser: FlaskClient, buyer: FlaskClient
) -> None:
    card = cooperative.made("/collector-cards", json={"holder": "周桂英", "pin": PIN})
    form = collecting(buyer, card["code"].lower())
    answer = send(buyer, form, pin="558812")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "密码不对" in page
    assert 'value="12.5"' in page and "558812" not in page
    assert rows(app, select(Batch)) == []
    answer = send(buyer, form, pin=PIN)
    assert answer.status_code == 303
    page = re.sub("<[^>]+>", "", text_of(buyer, answer.headers["Location"]))
    assert "由收购员代记：示例·秋水合作社，凭第 1 号收购卡" in page
    assert "周桂英" not in page, "the name is for the party that gave out the card"
    assert "周桂英" in text_of(browser, answer.headers["Location"])
    again = send(buyer, form, pin=PIN)
    assert again.headers["Location"] == answer.headers["Location"]
    batch = rows(app, select(CardBooking.batch_id))
    assert len(batch) == 1
    assert "由收购员代记" in text_of(browser, f"/coop/batches/{batch[0]}")


def test_an_unknown_and_a_revoked_card_say_so_before_anything_is_typed(
    cooperative: Person, buyer: FlaskClient
) -> None:
    card = cooperative.made("/collector-cards", json={"holder": "周桂英", "pin": PIN})
    answer = buyer.get("/coop/collect", query_string={"card": "1" * 26})
    assert answer.status_code == 422 and "没有这张收购卡" in answer.get_data(as_text=True)
    form = collecting(buyer, card["code"])
    cooperative.made(f"/collector-cards/{card['id']}/revocation", json={"reason": "丢了"})
    answer = buyer.get("/coop/collect", query_string={"card": card["code"]})
    assert answer.status_code == 409 and "已经停用" in answer.get_data(as_text=True)
    answer = send(buyer, form, pin=PIN)
    assert answer.status_code == 409 and "已经停用" in answer.get_data(as_text=True)
    assert buyer.get("/coop/collect").status_code == 200
