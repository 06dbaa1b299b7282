"""Orders and samples on the three desks, as people fill in forms."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.api.filling import form_on, send
from tests.api.looking import rows
from tests.api.test_main_job import TEA, TODAY, confirm, sent_batch
from tests.api.test_orders import a_sample, ordered, risk
from tests.people import People, Person
from trace.batches.models import Batch
from trace.sampling.models import HandOver, InspectionOrder, RiskItem, Sample


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch of tea that was sent to the laboratory."""
    return sent_batch(cooperative, inspector)


def only_order(app: Flask) -> InspectionOrder:
    [order] = rows(app, select(InspectionOrder))
    assert isinstance(order, InspectionOrder)
    return order


def test_a_laboratory_opens_an_order_and_reads_what_to_draw(
    app: Flask, inspector: Person, authority: Person, batch: dict[str, Any]
) -> None:
    authority.made("/risk-items", json=risk())
    browser = inspector.signed_in()
    page = f"/lab/batches/{batch['id']}/orders/new"
    form = form_on(browser, page, "/orders/new")
    assert form.boxes["items"] == ["感官品质", "水分", "粉末", "净含量"]
    assert form.boxes["sampling-standard"] == ["GB/T 2828.1"] or "GB/T 8302-2013" in str(form.boxes)
    answer = send(
        browser, form, **{"items": ["水分"], "more": "总灰分", "sampling-lot_size": "120",
                          "sampling-standard": "GB/T 8302-2013", "sampling-unit": "箱"},
    )  # fmt: skip
    assert answer.status_code == 303
    order = only_order(app)
    assert [item["characteristic"] for item in order.items] == ["吡虫啉", "水分", "总灰分"]
    assert order.sampling["n"] == 4
    text = browser.get(answer.headers["Location"]).get_data(as_text=True)
    for word in (order.number, order.sampling["seed"], "GB/T 8302-2013", "待核实", "风险监测"):
        assert word in text
    for unit in order.sampling["drawn"]:
        assert str(unit) in text
    sheet = browser.get(f"/orders/{order.id}/sheet").get_data(as_text=True)
    assert order.sampling["seed"] in sheet and "SHA-256" in sheet
    assert order.number in browser.get("/lab/orders").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"sampling-lot_size": "x"}, "须为整数"),
        ({"sampling-lot_size": "0"}, "须在"),
        ({"sampling-level": ""}, "请选检验水平"),
        ({"sampling-aql": ""}, "请选 AQL"),
        ({"sampling-unit": ""}, "必填"),
        ({"more": "没有这一项"}, "没有这一项"),
        ({"items": None}, "至少写一个检验项目"),
    ],
)
def test_a_wrong_order_keeps_what_was_typed(
    app: Flask, inspector: Person, batch: dict[str, Any], changed: dict[str, Any], says: str
) -> None:
    browser = inspector.signed_in()
    form = form_on(browser, f"/lab/batches/{batch['id']}/orders/new", "/orders/new")
    typed = {
        "note": "请尽快", "sampling-standard": "GB/T 2828.1", "sampling-lot_size": "500",
        "sampling-unit": "箱", "sampling-level": "II", "sampling-aql": "2.5", **changed,
    }  # fmt: skip
    answer = send(browser, form, **typed)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert says in text and "请尽快" in text
    assert rows(app, select(InspectionOrder)) == []


def test_a_sample_is_registered_and_handed_on_by_forms(
    app: Flask, inspector: Person, cooperative: Person, batch: dict[str, Any]
) -> None:
    order = ordered(inspector, batch)
    browser, page = inspector.signed_in(), f"/orders/{order['id']}"
    sample = a_sample()
    typed = {f"sample-{name}": value for name, value in sample.items()}
    wrong = {**typed, "sample-drawn_on": (TODAY + timedelta(days=1)).isoformat()}
    refused = send(browser, form_on(browser, page, "/samples"), **wrong)
    assert refused.status_code == 422
    text = refused.get_data(as_text=True)
    assert "不能在今天以后" in text and sample["seal"] in text
    some = order["sampling"]["drawn"][:2]
    good = {**typed, "sample-units": "、".join(map(str, some)), "sample-role": "retained"}
    form = form_on(browser, page, "/samples")
    assert send(browser, form, **good).status_code == 303
    assert send(browser, form, **good).status_code == 303
    [kept] = rows(app, select(Sample))
    assert (kept.units, kept.role) == (sorted(some), "retained")
    prefix = f"hand-{kept.id}"
    form = form_on(browser, page, "/hand-overs")
    refused = send(browser, form, **{f"{prefix}-condition": "封条完好"})
    assert refused.status_code == 422
    assert "请选接收的单位" in refused.get_data(as_text=True)
    assert "封条完好" in refused.get_data(as_text=True)
    given = {f"{prefix}-condition": "封条完好", f"{prefix}-to": str(cooperative.party)}
    assert send(browser, form_on(browser, page, "/hand-overs"), **given).status_code == 303
    theirs = cooperative.signed_in()
    form = form_on(theirs, page, "/hand-overs")
    gone = {f"{prefix}-kind": "destroyed", f"{prefix}-to": "", f"{prefix}-condition": "过期"}
    assert send(theirs, form, **gone).status_code == 303
    assert [row.kind for row in rows(app, select(HandOver).order_by(HandOver.number))] == [
        "handed", "destroyed",
    ]  # fmt: skip
    assert "已销毁" in browser.get(page).get_data(as_text=True)
    closing = form_on(browser, page, "/closing")
    assert send(browser, closing).status_code == 422
    assert send(browser, closing, **{"closing-reason": "报告已出"}).status_code == 303
    assert "已结束" in browser.get(page).get_data(as_text=True)


def test_a_producer_orders_a_type_inspection_and_the_laboratory_plans_the_draw(
    app: Flask, inspector: Person, cooperative: Person, batch: dict[str, Any]
) -> None:
    browser = cooperative.signed_in()
    form = form_on(browser, f"/coop/batches/{batch['id']}", "/type-orders")
    answer = send(browser, form, **{"order-laboratory": str(inspector.party), "order-note": "春茶"})
    assert answer.status_code == 303
    order = only_order(app)
    assert order.kind == "type" and order.sampling is None
    page = answer.headers["Location"]
    assert "检验机构还没有定" in browser.get(page).get_data(as_text=True)
    theirs = inspector.signed_in()
    typed = {"sampling-lot_size": "30", "sampling-unit": "袋"}
    form = form_on(theirs, page, "/sampling")
    bad = send(theirs, form, **{**typed, "sampling-standard": "GB/T 2828.1"})
    assert bad.status_code == 422 and 'value="30"' in bad.get_data(as_text=True)
    assert send(theirs, form_on(theirs, page, "/sampling"), **typed).status_code == 303
    assert only_order(app).sampling["standard"] == "GB/T 8302-2013"


def test_a_producer_splits_a_batch_by_the_form(
    app: Flask, cooperative: Person, batch: dict[str, Any]
) -> None:
    browser, page = cooperative.signed_in(), f"/coop/batches/{batch['id']}"
    refused = send(
        browser, form_on(browser, page, "/parts"),
        **{"part-quantity-1": "9999", "part-note-1": "受潮的"},
    )  # fmt: skip
    assert refused.status_code == 422
    text = refused.get_data(as_text=True)
    assert "要留下一部分" in text and "受潮的" in text and 'value="9999"' in text
    empty = send(browser, form_on(browser, page, "/parts"))
    assert empty.status_code == 422 and "至少写一份" in empty.get_data(as_text=True)
    form = form_on(browser, page, "/parts")
    typed = {"part-quantity-0": "40", "part-note-0": "受潮的", "part-quantity-2": "5"}
    assert send(browser, form, **typed).status_code == 303
    assert send(browser, form, **typed).status_code == 303
    made = rows(app, select(Batch).where(Batch.id != uuid.UUID(batch["id"])))
    assert sorted(row.quantity for row in made) == [5_000_000, 40_000_000]
    text = browser.get(page).get_data(as_text=True)
    for row in made:
        assert row.number in text
        assert batch["number"] in browser.get(f"/coop/batches/{row.id}").get_data(as_text=True)


def test_a_split_of_an_old_page_is_told(
    cooperative: Person, batch: dict[str, Any], app: Flask
) -> None:
    browser, page = cooperative.signed_in(), f"/coop/batches/{batch['id']}"
    form = form_on(browser, page, "/parts")
    confirm(cooperative, batch)
    answer = send(browser, form, **{"part-quantity-0": "40", "part-note-0": "受潮的"})
    assert answer.status_code == 412
    assert "受潮的" in answer.get_data(as_text=True)
    assert len(rows(app, select(Batch))) == 1


def test_the_authority_adds_and_ends_a_risk_item_by_forms(app: Flask, authority: Person) -> None:
    browser = authority.signed_in()
    typed = {f"risk-{name}": value for name, value in risk().items()}
    form = form_on(browser, "/gov/risk-items", "/gov/risk-items")
    refused = send(browser, form, **{**typed, "risk-characteristic": "没有的"})
    assert refused.status_code == 422
    assert "近期检出偏多" in refused.get_data(as_text=True)
    assert rows(app, select(RiskItem)) == []
    form = form_on(browser, "/gov/risk-items", "/gov/risk-items")
    assert send(browser, form, **typed).status_code == 303
    [row] = rows(app, select(RiskItem))
    page = f"/gov/risk-items/{row.id}/end"
    form = form_on(browser, page, "/end")
    assert send(browser, form).status_code == 422
    assert send(browser, form_on(browser, page, "/end"), reason="监测结束").status_code == 303
    assert "监测结束" in browser.get("/gov/risk-items").get_data(as_text=True)


def test_the_authority_supervises_by_a_form(
    app: Flask, authority: Person, cooperative: Person, inspector: Person, batch: dict[str, Any]
) -> None:
    assert inspector.party
    browser = authority.signed_in()
    form = form_on(browser, "/gov/orders/new", "/gov/orders/new")
    assert send(browser, form, note="飞行检查").status_code == 422
    typed = {
        "party": str(cooperative.party), "product": TEA, "laboratory": str(inspector.party),
        "more": "水分\n没有的", "note": "飞行检查",
    }  # fmt: skip
    refused = send(browser, form_on(browser, "/gov/orders/new", "/gov/orders/new"), **typed)
    assert refused.status_code == 422
    assert "飞行检查" in refused.get_data(as_text=True)
    answer = send(
        browser, form_on(browser, "/gov/orders/new", "/gov/orders/new"),
        **{**typed, "more": "水分、总灰分"},
    )  # fmt: skip
    assert answer.status_code == 303
    order = only_order(app)
    assert [item["characteristic"] for item in order.items] == ["水分", "总灰分"]
    assert cooperative.signed_in().get(f"/orders/{order.id}").status_code == 404
    page = f"/gov/orders/new?batch={batch['id']}"
    of_batch = form_on(browser, page, "/gov/orders/new")
    assert of_batch.boxes["batch"] == [batch["id"]]


def test_strangers_see_nothing_and_other_roles_are_refused(
    app: Flask, cooperative: Person, inspector: Person, stranger: Person, authority: Person,
    people: People, batch: dict[str, Any],
) -> None:  # fmt: skip
    order = ordered(inspector, batch)
    other = people.person(5, "湘北检验所", ("inspector", "admin")).signed_in()
    theirs = stranger.signed_in()
    for path in (f"/orders/{order['id']}", f"/orders/{order['id']}/sheet"):
        assert theirs.get(path).status_code == 404
        assert other.get(path).status_code == 404
    assert other.get(f"/lab/batches/{batch['id']}/orders/new").status_code == 404
    assert order["number"] not in other.get("/lab/orders").get_data(as_text=True)
    for path in ("/gov/risk-items", "/gov/orders/new", "/lab/orders"):
        assert cooperative.signed_in().get(path).status_code == 403
    browser = inspector.signed_in()
    form = form_on(browser, f"/orders/{order['id']}", "/closing")
    assert send(browser, form, csrf_token="x", **{"closing-reason": "不检"}).status_code == 403
    page = f"/coop/batches/{batch['id']}"
    form = form_on(cooperative.signed_in(), page, "/parts")
    assert theirs.post(form.action, data={"_key": str(uuid.uuid4())}).status_code in (403, 404)
    assert len(rows(app, select(Batch))) == 1
