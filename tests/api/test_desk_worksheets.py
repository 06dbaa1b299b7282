"""A report's life on the inspector's desk: drafted, signed, verified by another, published."""

import re
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core.act import INSPECTOR
from core.clock import now
from core.identity.models import Account
from tests.api.bench_sheets import (
    CONFORMING,
    LEAD,
    MOISTURE,
    PASSWORD,
    entry_of,
    give_password,
    reports,
    row_of,
    saved,
    sheets,
    text_of,
)
from tests.api.filling import form_on, forms_of, send
from tests.api.looking import change, rows
from tests.api.test_main_job import sent_batch
from tests.people import People, Person
from trace.inspections.life_models import Signature

LIST = "/lab/worksheets/"


@pytest.fixture
def browser(app: Flask, inspector: Person) -> FlaskClient:
    """The inspector, signed in, with a password to sign with."""
    give_password(app, inspector)
    return inspector.signed_in()


@pytest.fixture
def second(app: Flask, inspector: Person) -> FlaskClient:
    """The colleague who verifies, signed in, with a password."""
    give_password(app, inspector.colleague)
    return inspector.colleague.signed_in()


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch of tea that was sent to the laboratory."""
    return sent_batch(cooperative, inspector)


@pytest.fixture
def draft(browser: FlaskClient, batch: dict[str, Any]) -> str:
    """The path of a worksheet that can be submitted."""
    return saved(browser, entry_of(batch), CONFORMING, number="YP-1")


def sign(browser: FlaskClient, path: str, form: str, password: str = PASSWORD, **more: Any) -> Any:
    """Sign one of the forms of a worksheet's page."""
    named = {f"{form}-{name}": text for name, text in more.items()}
    return send(
        browser, form_on(browser, path, f"/{form}"), **{f"{form}-password": password}, **named
    )


def submitted(browser: FlaskClient, path: str) -> str:
    assert sign(browser, path, "submission").status_code == 303
    return path


def page(answer: TestResponse, status: int) -> str:
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    return text


def text_without_keys(answer: TestResponse) -> str:
    """A page less what differs each time it is asked for, and its own address."""
    return re.sub(r'(value|href)="[^"]*"', "", answer.get_data(as_text=True))


def meanings(app: Flask) -> list[str]:
    return [row.meaning for row in rows(app, select(Signature).order_by(Signature.signed_at))]


# --- the way from a draft to a report -------------------------------------------------------


def test_a_report_goes_from_draft_through_two_signatures_to_its_page(
    app: Flask, browser: FlaskClient, second: FlaskClient, batch: dict[str, Any], draft: str
) -> None:
    seen = text_of(browser, draft)
    assert "我对以上内容负责，提交复核" in seen
    assert sheets(app)[0].content_sha256[:12] in seen
    assert "这一批还不能判定" in seen
    assert reports(app) == []
    submitted(browser, draft)
    assert "您写过或提交了这一份，要由另一位同事复核" in text_of(browser, draft)
    assert "复核人" in text_of(browser, draft)
    assert "我已逐项核对，同意发布" in text_of(second, draft)
    answer = sign(second, draft, "verification")
    (made,) = reports(app)
    assert answer.headers["Location"] == f"/lab/reports/{made.id}"
    report = text_of(second, answer.headers["Location"])
    assert "我已逐项核对，同意发布" in report
    assert "当场再输一次密码" in report
    assert report.index("湘中检验中心</b>") < report.index("复核人</b>")
    assert meanings(app) == ["submitted", "verified"]
    assert "看发布的报告" in text_of(browser, draft)
    assert "YP-1" in text_of(browser, LIST)


def test_the_list_sorts_worksheets_by_who_has_to_do_what(
    browser: FlaskClient, second: FlaskClient, batch: dict[str, Any], draft: str
) -> None:
    mine = text_of(browser, LIST)
    assert mine.index("我要写完的") < mine.index("YP-1")
    assert "同事没写完的 1 份" in text_of(second, LIST)
    submitted(browser, draft)
    assert mine.count("等别人复核") == 0
    mine, theirs = text_of(browser, LIST), text_of(second, LIST)
    assert mine.index("等别人复核") < mine.index("YP-1")
    assert "等我复核" not in mine
    assert theirs.index("等我复核") < theirs.index("YP-1") < theirs.index("我要写完的")
    assert "没写完" not in text_of(browser, "/lab/")
    assert "等复核" in text_of(browser, "/lab/")


def test_a_batch_that_was_begun_is_gone_on_with_and_not_begun_twice(
    browser: FlaskClient, batch: dict[str, Any], draft: str
) -> None:
    assert f'href="{draft}"' in text_of(browser, "/lab/")
    assert entry_of(batch) not in text_of(browser, "/lab/")
    assert f'href="{draft}"' in text_of(browser, f"/lab/batches/{batch['id']}")


def test_going_on_with_a_draft_starts_from_what_stands_on_it(
    app: Flask, browser: FlaskClient, draft: str
) -> None:
    form = form_on(browser, f"{draft}/entry", "/entry")
    assert form.boxes["number"] == ["YP-1"]
    assert form.boxes[MOISTURE] == ["5.8"]
    details = {f"{MOISTURE}-uncertainty": "0.2", f"{MOISTURE}-guarded": "1",
               f"{MOISTURE}-measured_on": form.boxes["sampled_on"][0]}  # fmt: skip
    assert send(browser, form, do="save", note="复称过", **details).status_code == 303
    (kept,) = sheets(app)
    value = next(row for row in kept.content["results"] if row["characteristic"] == "水分")
    assert (value["uncertainty"], value["guarded"]) == ("0.2", True)
    assert (kept.version, kept.content["note"]) == (2, "复称过")
    seen = text_of(browser, draft)
    assert "加保护带" in seen
    assert "0.2 %" in seen
    again = form_on(browser, f"{draft}/entry", "/entry")
    assert again.boxes[f"{MOISTURE}-guarded"] == ["1"]


def test_who_analysed_is_chosen_from_the_people_of_the_laboratory(
    app: Flask, browser: FlaskClient, inspector: Person, cooperative: Person, draft: str
) -> None:
    form = form_on(browser, f"{draft}/entry", "/entry")
    foreign = send(browser, form, do="save", **{f"{LEAD}-analyst": str(cooperative.account),
                                                LEAD: "0.5"})  # fmt: skip
    assert foreign.status_code == 303
    assert "检测人不是本机构的人" in text_of(browser, draft)
    form = form_on(browser, f"{draft}/entry", "/entry")
    send(browser, form, do="save", **{f"{LEAD}-analyst": str(inspector.account)})
    assert "检测人</small> 湘中检验中心" in text_of(browser, draft)


def test_a_draft_is_given_up_after_a_question(app: Flask, browser: FlaskClient, draft: str) -> None:
    form = form_on(browser, f"{draft}/discard", "/discard")
    assert send(browser, form, csrf_token=None).status_code == 403
    assert send(browser, form).status_code == 303
    assert [kept.state for kept in sheets(app)] == ["discarded"]
    assert "已经放弃" in text_of(browser, draft)
    assert browser.get(f"{draft}/entry").status_code == 303
    assert "YP-1" not in text_of(browser, LIST)


# --- signing --------------------------------------------------------------------------------


def test_a_wrong_password_signs_nothing_and_five_shut_the_account_for_a_while(
    app: Flask, browser: FlaskClient, inspector: Person, draft: str
) -> None:
    for _ in range(5):
        text = page(sign(browser, draft, "submission", "猜一个密码试试"), 422)
        assert "密码不对" in text
        assert 'href="#submission-password"' in text
    assert page(sign(browser, draft, "submission"), 422), "shut to the right password too"
    assert meanings(app) == []
    ago = now().replace(year=2020)
    change(app, update(Account).where(Account.id == inspector.account).values(locked_until=ago))
    submitted(browser, draft)
    assert rows(app, select(Account.failures).where(Account.id == inspector.account)) == [0]


def test_the_password_stands_on_no_page_and_in_no_kept_answer(
    app: Flask, browser: FlaskClient, draft: str
) -> None:
    assert PASSWORD not in page(sign(browser, draft, "submission", f"{PASSWORD}x"), 422)
    form = form_on(browser, draft, "/submission")
    assert "_key" not in form.boxes


def test_signing_twice_does_no_harm(
    app: Flask, browser: FlaskClient, second: FlaskClient, draft: str
) -> None:
    form = form_on(browser, draft, "/submission")
    boxes = {"submission-password": PASSWORD}
    assert send(browser, form, **boxes).status_code == 303
    assert "已经提交，等另一个人复核" in page(send(browser, form, **boxes), 409)
    form = form_on(second, draft, "/verification")
    boxes = {"verification-password": PASSWORD}
    assert send(second, form, **boxes).status_code == 303
    assert "已经发布" in page(send(second, form, **boxes), 409)
    assert meanings(app) == ["submitted", "verified"]
    assert len(reports(app)) == 1


def test_nobody_verifies_their_own_work_whatever_they_send(
    app: Flask, people: People, inspector: Person, batch: dict[str, Any]
) -> None:
    both = inspector.colleague
    give_password(app, both)
    own = both.signed_in()
    path = submitted(own, saved(own, entry_of(batch), CONFORMING))
    assert "要由另一位同事复核" in text_of(own, path)
    digest = sheets(app)[0].content_sha256
    token = form_on(own, path, "/logout").boxes["csrf_token"]
    boxes = {"csrf_token": token, "verification-digest": digest, "verification-password": PASSWORD}
    answer = own.post(f"{path}/verification", data=boxes)
    assert "提交的人不能复核自己的记录" in page(answer, 403)
    assert reports(app) == []


def test_content_that_changed_meanwhile_is_not_signed(
    app: Flask, browser: FlaskClient, second: FlaskClient, draft: str
) -> None:
    form = form_on(browser, draft, "/submission")
    entry = form_on(second, f"{draft}/entry", "/entry")
    assert send(second, entry, do="save", **{MOISTURE: "6.4"}).status_code == 303
    answer = send(browser, form, **{"submission-password": PASSWORD})
    assert "内容已经变了" in page(answer, 409)
    assert meanings(app) == []


def test_what_is_sent_back_says_why_and_comes_again(
    app: Flask, browser: FlaskClient, second: FlaskClient, draft: str
) -> None:
    submitted(browser, draft)
    assert 'href="#return-reason"' in page(sign(second, draft, "return", reason=" "), 422)
    kept = page(sign(second, draft, "return", "不是密码不是", reason="水分的单位不对"), 422)
    assert "水分的单位不对" in kept
    assert sign(second, draft, "return", reason="水分的单位不对").status_code == 303
    assert "退回：水分的单位不对" in text_of(browser, draft)
    assert "被退回" in text_of(browser, LIST)
    submitted(browser, draft)
    assert sign(second, draft, "verification").status_code == 303
    assert meanings(app) == ["submitted", "returned", "submitted", "verified"]


def test_several_are_verified_with_one_password_all_or_none(
    app: Flask, browser: FlaskClient, second: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    paths = [
        submitted(browser, saved(browser, entry_of(sent_batch(cooperative, inspector)), CONFORMING))
        for _ in range(3)
    ]
    ids = [path.rpartition("/")[2] for path in paths]
    form = form_on(second, LIST, "/verification")
    assert "请勾选" in page(send(second, form, **{"verification-password": PASSWORD}), 422)
    ticked = {"verification-sheets": ids[:2], "verification-password": "不是这个密码"}
    text = page(send(second, form, **ticked), 422)
    assert text.count("checked") == 2
    ticked["verification-password"] = PASSWORD
    stale = {f"digest-{ids[1]}": "0" * 64}
    assert "一份也没有发布" in page(send(second, form, **ticked, **stale), 409)
    assert reports(app) == []
    assert send(second, form, **ticked).status_code == 303
    assert {str(made.id) for made in reports(app)} == set(ids[:2])
    assert "已经复核过或被退回" in page(send(second, form, **ticked), 409)


# --- a page left open -----------------------------------------------------------------------


def test_a_page_left_open_is_told_what_changed_and_loses_nothing(
    app: Flask, browser: FlaskClient, second: FlaskClient, draft: str
) -> None:
    form = form_on(browser, f"{draft}/entry", "/entry")
    other = form_on(second, f"{draft}/entry", "/entry")
    assert send(second, other, do="save", **{MOISTURE: "6.4"}).status_code == 303
    answer = send(browser, form, do="save", note="我的备注", **{LEAD: "0.62"})
    text = page(answer, 412)
    assert "打开之后这份记录变了" in text
    assert "复核人 在" in text
    assert "我的备注" in text
    assert 'value="0.62"' in row_of(text, LEAD)
    assert 'value="5.8"' in row_of(text, MOISTURE)
    told = text[text.index("哪一格") : text.index("</table>", text.index("哪一格"))]
    assert "6.4" in told
    assert "0.62" in told
    assert 'target="_blank"' in text
    assert [kept.version for kept in sheets(app)] == [2]
    mine = next(form for form in forms_of(text) if form.action.endswith("/entry"))
    assert send(browser, mine, do="save").status_code == 303
    (kept,) = sheets(app)
    typed = {row["characteristic"]: row["typed"] for row in kept.content["results"]}
    assert (kept.version, typed["水分"], typed["铅（以Pb计）"]) == (3, "5.8", "0.62")


def test_a_page_left_open_while_it_was_submitted_keeps_what_was_typed(
    app: Flask, browser: FlaskClient, second: FlaskClient, draft: str
) -> None:
    form = form_on(second, f"{draft}/entry", "/entry")
    submitted(browser, draft)
    text = page(send(second, form, do="save", note="晚了一步"), 412)
    assert "它已经不是草稿" in text
    assert "晚了一步" in text
    mine = next(form for form in forms_of(text) if form.action.endswith("/entry"))
    assert "已经提交" in page(send(second, mine, do="save"), 409)
    assert "note" not in sheets(app)[0].content


# --- whose ----------------------------------------------------------------------------------


def test_nothing_of_a_draft_is_there_for_others(
    app: Flask, people: People, cooperative: Person, authority: Person, draft: str
) -> None:
    other = people.person(7, "别家检验所", (INSPECTOR,)).signed_in()
    for path in (draft, f"{draft}/entry", f"{draft}/discard"):
        assert other.get(path).status_code == 404, path
        assert cooperative.signed_in().get(path).status_code == 403, path
        assert authority.signed_in().get(path).status_code == 403, path
    assert "YP-1" not in text_of(other, LIST)
    for page_of_owner in ("/coop/", "/coop/batches"):
        assert "YP-1" not in text_of(cooperative.signed_in(), page_of_owner)
    token = form_on(other, LIST, "/logout").boxes["csrf_token"]
    for verb in ("submission", "discard"):
        assert other.post(f"{draft}/{verb}", data={"csrf_token": token}).status_code == 404
    missing = text_without_keys(other.get(f"/lab/worksheets/{uuid.uuid4()}"))
    assert missing == text_without_keys(other.get(draft))


def test_who_may_not_verify_is_told_who_may(
    app: Flask, browser: FlaskClient, inspector: Person, people: People, draft: str
) -> None:
    submitted(browser, draft)
    assert "还没有别的人有这个权限" in text_of(browser, draft)
    plain = people.person(91, "见习检验员", (INSPECTOR,), party=inspector.party)
    assert "复核要有“复核签字”的权限" in text_of(plain.signed_in(), draft)
    token = form_on(plain.signed_in(), draft, "/logout").boxes["csrf_token"]
    for path in (f"{draft}/verification", f"{draft}/return", "/lab/worksheets/verification"):
        answer = plain.signed_in().post(path, data={"csrf_token": token})
        assert answer.status_code == 403, path


def test_an_admin_gives_the_right_to_verify_and_takes_it_back(
    app: Flask, browser: FlaskClient, inspector: Person, people: People, draft: str
) -> None:
    plain = people.person(91, "见习检验员", (INSPECTOR,), party=inspector.party)
    give_password(app, plain)
    assert "复核签字" in text_of(browser, "/members")
    form = form_on(browser, "/members", f"/members/{plain.account}/roles")
    assert send(browser, form, roles=["inspector", "verifier"]).status_code == 303
    submitted(browser, draft)
    assert "见习检验员" in text_of(browser, draft)
    assert sign(plain.signed_in(), draft, "verification").status_code == 303
    assert len(reports(app)) == 1


def test_forms_that_sign_need_their_csrf_key(
    app: Flask, browser: FlaskClient, second: FlaskClient, draft: str
) -> None:
    form = form_on(browser, draft, "/submission")
    form.boxes.pop("csrf_token")
    assert send(browser, form, **{"submission-password": PASSWORD}).status_code == 403
    submitted(browser, draft)
    for name in ("verification", "return"):
        form = form_on(second, draft, f"/{name}")
        form.boxes.pop("csrf_token")
        assert send(second, form, **{f"{name}-password": PASSWORD}).status_code == 403
    assert meanings(app) == ["submitted"]
