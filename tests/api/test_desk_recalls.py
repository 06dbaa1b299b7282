"""Shipments, traces and recalls at the desks of authority and cooperative."""

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.clock import now
from desks.trace_graph import MOST_BOXES
from labels.recall_models import Recall, RecallAnswer
from labels.shipment_models import Shipment, ShipmentReturn
from tests.api.batches_ready import ReadyBatches
from tests.api.chain import SHOP, STALL, Chain
from tests.api.filling import Form, form_on, forms_of, send
from tests.api.looking import put, rows
from tests.people import People, Person
from trace.batches.models import BatchOrigin
from trace.inspections.models import Disposition


@pytest.fixture
def chain(app: Flask, people: People) -> Chain:
    """A batch, a part of it, and what the stranger received and labelled."""
    return Chain(app, people)


@pytest.fixture
def browser(chain: Chain, authority: Person) -> FlaskClient:
    """The authority, signed in."""
    return authority.signed_in()


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True).replace("\xa0", " ")


def new_form(browser: FlaskClient, chain: Chain, desk: str = "gov") -> Form:
    """The form that decides, with its look ahead above."""
    page = f"/{desk}/recalls/new?from=batch&id={chain.batch}"
    found = [
        form
        for form in forms_of(text_of(browser, page))
        if form.action.endswith("/recalls/new") and form.method == "post"
    ]
    assert len(found) == 1
    return found[0]


def opened(app: Flask, browser: FlaskClient, chain: Chain, desk: str = "gov") -> str:
    """The path of a recall that was decided on the page."""
    answer = send(browser, new_form(browser, chain, desk), kind="recall", reason="抽检铅超标")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def answer_forms(browser: FlaskClient, page: str) -> list[Form]:
    """The forms that take an answer."""
    return [form for form in forms_of(text_of(browser, page)) if form.action.endswith("/answers")]


def filled(form: Form, **boxes: str) -> dict[str, Any]:
    """Boxes of an answer by their short names."""
    start = next(name for name in form.boxes if name.startswith("answer-")).rpartition("-")[0]
    return {f"{start}-{name}": text for name, text in boxes.items()}


def test_the_trace_shows_the_graph_the_tables_and_the_files(
    browser: FlaskClient, chain: Chain
) -> None:
    page = text_of(browser, f"/gov/trace?from=label&id={chain.house.code(2)}")
    assert '<svg class="network"' in page and page.count("<a href=") > 3
    for word in ("拆分", "交接", SHOP["consignee"], STALL["consignee"], "追不到的", "QS-1"):
        assert word in page
    assert f"{chain.house.first}–{chain.house.first + 9}" in page
    files = {kind: f"/gov/trace.{kind}?from=batch&id={chain.batch}" for kind in ("csv", "xlsx")}
    assert browser.get(files["csv"]).mimetype == "text/csv"
    assert browser.get(files["xlsx"]).get_data()[:2] == b"PK"


def test_a_trace_from_nothing_known_says_so_and_keeps_what_was_typed(
    browser: FlaskClient, chain: Chain
) -> None:
    assert "填一个号码" in text_of(browser, "/gov/trace")
    answer = browser.get("/gov/trace?from=batch&id=没有这批")
    said = answer.get_data(as_text=True)
    assert answer.status_code == 404 and 'value="没有这批"' in said and 'class="problems"' in said
    wrong = browser.get("/gov/trace?from=moon&id=1")
    assert wrong.status_code == 422
    clause = browser.get("/gov/trace?from=clause&id=GB+2762")
    assert clause.status_code == 422 and 'href="#clause"' in clause.get_data(as_text=True)


def test_a_cooperatives_trace_names_the_neighbour_and_nothing_behind(
    chain: Chain, cooperative: Person, stranger: Person
) -> None:
    page = text_of(cooperative.signed_in(), f"/coop/trace?from=batch&id={chain.batch}")
    assert "示例·秋水合作社" in page and "QS-1" not in page and STALL["consignee"] not in page
    other = stranger.signed_in().get(f"/coop/trace?from=batch&id={chain.batch}")
    assert other.status_code == 404


def test_a_recall_is_looked_at_before_it_is_decided(
    app: Flask, browser: FlaskClient, chain: Chain
) -> None:
    page = text_of(browser, f"/gov/recalls/new?from=batch&id={chain.batch}")
    for word in ("3 批", "60 枚", "4 家", "90.0%", "散货卖出"):
        assert word in page
    assert rows(app, select(Recall)) == []
    path = opened(app, browser, chain)
    shown = text_of(browser, path)
    assert "正在召回" in shown and SHOP["phone"] in shown and "还没有答复" in shown
    kinds = {row.batch_id for row in rows(app, select(Disposition)) if row.kind == "recall"}
    assert kinds == {chain.batch, chain.part, chain.taken}
    assert "进行中" in text_of(browser, "/gov/recalls")


def test_a_decision_without_a_reason_is_refused_and_what_was_typed_stays(
    app: Flask, browser: FlaskClient, chain: Chain
) -> None:
    answer = send(browser, new_form(browser, chain), kind="recall", reason="")
    said = answer.get_data(as_text=True)
    assert answer.status_code == 422 and 'href="#reason"' in said
    assert 'value="recall" checked' in said and "会追到多少" in said
    assert rows(app, select(Recall)) == []


def test_deciding_twice_with_one_key_recalls_once_and_without_a_token_never(
    app: Flask, browser: FlaskClient, chain: Chain
) -> None:
    form = new_form(browser, chain)
    boxes = {"kind": "recall", "reason": "抽检铅超标"}
    bare = send(browser, form, **boxes, csrf_token=None)
    assert bare.status_code in (400, 403) and rows(app, select(Recall)) == []
    answers = [send(browser, form, **boxes) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert len(rows(app, select(Recall))) == 1
    again = send(browser, new_form(browser, chain), **boxes)
    assert again.status_code == 409 and "还没有办结" in again.get_data(as_text=True)


def test_a_drill_says_how_long_it_took_and_asks_nobody(
    app: Flask, browser: FlaskClient, chain: Chain, stranger: Person
) -> None:
    answer = send(browser, new_form(browser, chain), kind="drill", reason="季度演练")
    page = text_of(browser, str(answer.location))
    assert "什么也没有停" in page and "毫秒" in page and "没有通知" in page
    assert answer_forms(browser, str(answer.location)) == []
    assert "正在召回" not in text_of(stranger.signed_in(), "/coop/")
    assert stranger.signed_in().get(str(answer.location).replace("gov", "coop")).status_code == 404


def test_a_holder_is_told_and_answers_for_itself_and_its_customers(
    app: Flask, browser: FlaskClient, chain: Chain, stranger: Person
) -> None:
    path = opened(app, browser, chain).replace("/gov/", "/coop/")
    theirs = stranger.signed_in()
    today = text_of(theirs, "/coop/")
    assert "正在召回" in today and "抽检铅超标" in today
    page = text_of(theirs, path)
    assert STALL["phone"] in page and SHOP["consignee"] not in page and "另有 2 家" in page
    forms = answer_forms(theirs, path)
    assert len(forms) == 3
    goods = next(form for form in forms if any(n.endswith("-quantity") for n in form.boxes))
    much = send(theirs, goods, **filled(goods, told="destroyed", quantity="99"))
    said = much.get_data(as_text=True)
    assert much.status_code == 422 and 'value="99"' in said and "比召回时记的还多" in said
    assert rows(app, select(RecallAnswer)) == []
    done = send(theirs, goods, **filled(goods, told="destroyed", quantity="1", note="烧了"))
    assert done.status_code == 303
    shown = text_of(theirs, path)
    assert "已入账" in shown and "烧了" in shown


def test_a_recall_is_closed_with_a_reason_for_who_is_silent_and_prints(
    app: Flask, browser: FlaskClient, chain: Chain
) -> None:
    path = opened(app, browser, chain)
    first = str(chain.house.first)
    packs = next(
        form
        for form in answer_forms(browser, path)
        if any(name.endswith("-first") and form.boxes[name] == [first] for name in form.boxes)
    )
    span = {"first": str(chain.house.first), "last": str(chain.house.first + 3)}
    assert send(browser, packs, **filled(packs, told="returned", **span)).status_code == 303
    assert len(rows(app, select(ShipmentReturn))) == 1
    closing = form_on(browser, path, "/closing")
    early = send(browser, closing, **{"closing-note": "办完"})
    said = early.get_data(as_text=True)
    assert early.status_code == 422 and said.count('href="#closing-why-') == 3 and "办完" in said
    reasons = {name: "三次无人接" for name in closing.boxes if name.startswith("closing-why-")}
    done = send(browser, closing, **{"closing-note": "办完", **reasons})
    assert done.status_code == 303
    page = text_of(browser, path)
    assert "已办结" in page and "三次无人接" in page and not answer_forms(browser, path)
    report = text_of(browser, f"{path}/report")
    assert "召回报告" in report and "三次无人接" in report and "签字" in report
    assert SHOP["consignee"] in report and "0.4 kg" in report


def test_a_cooperative_recalls_its_own_goods_from_its_desk(
    app: Flask, chain: Chain, cooperative: Person
) -> None:
    mine = cooperative.signed_in()
    path = opened(app, mine, chain, "coop")
    page = text_of(mine, path)
    assert SHOP["phone"] in page and STALL["consignee"] not in page
    assert "另有 1 家" in page and "closing-otherwise" in page


def test_the_page_of_a_batch_leads_to_the_recall(browser: FlaskClient, chain: Chain) -> None:
    page = text_of(browser, f"/gov/batches/{chain.batch}")
    assert f"/gov/recalls/new?id={chain.batch}&amp;from=batch" in page
    assert 'value="recall"' not in page
    assert f"/gov/trace?id={chain.batch}&amp;from=batch" in page


def test_packs_are_shipped_and_taken_back_on_the_page_of_their_run(
    app: Flask, chain: Chain, cooperative: Person, stranger: Person
) -> None:
    mine, path = cooperative.signed_in(), f"/coop/labels/{chain.house.run}/shipments"
    assert f'href="{path}"' in text_of(mine, f"/coop/labels/{chain.house.run}")
    form = form_on(mine, path, path)
    assert form.boxes["ship-first"] == [str(chain.house.first + 10)]
    bare = send(mine, form)
    said = bare.get_data(as_text=True)
    assert bare.status_code == 422 and 'href="#ship-consignee"' in said
    whom = {"ship-consignee": "示例·火宫殿", "ship-phone": "0731-8000 0002"}
    last = {"ship-last": chain.house.code(14)}
    assert send(mine, form, **whom, **last).status_code == 303
    sent = next(row for row in rows(app, select(Shipment)) if row.consignee == "示例·火宫殿")
    assert (sent.first, sent.last) == (chain.house.first + 10, chain.house.first + 14)
    listed = text_of(mine, "/coop/shipments")
    assert "示例·火宫殿" in listed and STALL["consignee"] not in listed
    back = form_on(mine, path, f"{sent.id}/returns")
    wrong = send(mine, back, **{f"back-{sent.id}-reason": "退货"})
    assert wrong.status_code == 422 and "退货" in wrong.get_data(as_text=True)
    boxes = {
        f"back-{sent.id}-{name}": text for name, text in (("fate", "labelled"), ("reason", "退货"))
    }
    assert send(mine, back, **boxes).status_code == 303
    assert "都回来了" in text_of(mine, path)
    assert stranger.signed_in().get(path).status_code == 404


def test_other_roles_and_strangers_see_none_of_it(
    app: Flask, browser: FlaskClient, chain: Chain, inspector: Person, people: People
) -> None:
    path = opened(app, browser, chain)
    third = people.person(7, "旁人合作社", ("producer",)).signed_in()
    assert third.get(path.replace("/gov/", "/coop/")).status_code == 404
    assert "没有召回" in text_of(third, "/coop/recalls")
    lab = inspector.signed_in()
    for where in ("/gov/recalls", "/gov/trace", "/coop/recalls", path):
        assert lab.get(where).status_code == 403
    assert third.get("/gov/recalls").status_code == 403
    nothing = uuid.uuid4()
    assert browser.get(f"/gov/recalls/{nothing}").status_code == 404


def test_a_trace_of_very_many_batches_is_drawn_by_columns(
    app: Flask, cooperative: Person, authority: Person
) -> None:
    whole = ReadyBatches(app).batch(cooperative, confirmed=False, kind=None, outcome=None)
    parts = [
        ReadyBatches(app, key=False).batch(
            cooperative, 1000 + place, confirmed=False, kind=None, outcome=None
        )
        for place in range(MOST_BOXES)
    ]
    put(
        app,
        *(
            BatchOrigin(number=place, kind="split", batch_id=part, parent_id=whole, quantity=1,
                        at=now())
            for place, part in enumerate(parts, start=1)
        ),
    )  # fmt: skip
    page = text_of(authority.signed_in(), f"/gov/trace?from=batch&id={whole}")
    drawing = page[page.index('<svg class="network"') : page.index("</svg>", page.index("network"))]
    assert drawing.count("<a href=") == 2
    assert f"{MOST_BOXES} 批" in drawing and f"{MOST_BOXES} 次" in drawing
    assert "在下载的表里" not in page and f"{MOST_BOXES + 1} 批" in page
