"""让步放行 on the desks: the forms on the page of a batch, the overview, what everybody may know."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.act import AUTHORITY
from tests.api.filling import form_on, send
from tests.api.looking import rows
from tests.api.test_concessions import FAILING, REASON, asked
from tests.api.test_main_job import EVERY_BATCH, published, report, sent_batch
from tests.people import People, Person
from trace.inspections.concession_models import Concession
from trace.inspections.models import Disposition

WHY = {"concession-reason": "只作普通茶出售，联系 13800138000"}


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch that failed."""
    made = sent_batch(cooperative, inspector)
    published(inspector, made, report([*EVERY_BATCH, FAILING]))
    return made


def page_of(person: Person, where: str) -> str:
    """What somebody sees there."""
    answer = person.signed_in().get(where)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_asked_at_the_laboratory_and_confirmed_at_the_authority(
    app: Flask, inspector: Person, authority: Person, batch: dict[str, Any]
) -> None:
    browser, where = inspector.signed_in(), f"/lab/batches/{batch['id']}"
    answer = send(browser, form_on(browser, where, "/concessions"), **WHY)
    assert answer.status_code == 303
    page = page_of(inspector, where)
    assert "等第二个人确认" in page and "/confirmation" not in page
    assert "申请让步放行，等第二个人确认" in page_of(authority, "/gov/")
    browser, where = authority.signed_in(), f"/gov/batches/{batch['id']}"
    answer = send(browser, form_on(browser, where, "/confirmation"))
    assert answer.status_code == 303
    page = page_of(authority, where)
    assert "已让步放行" in page and "示例·湘中检验中心" in page and "/confirmation" not in page
    (made,) = rows(app, select(Disposition).where(Disposition.kind == "concession"))
    assert made.second_account_id == authority.account
    shown = page_of(inspector, f"/lab/batches/{batch['id']}")
    assert "已经拒收、召回或让步放行" in shown and "/concessions" not in shown


def test_wrong_input_is_told_at_its_box_and_nothing_is_stored(
    app: Flask, inspector: Person, batch: dict[str, Any]
) -> None:
    browser, where = inspector.signed_in(), f"/lab/batches/{batch['id']}"
    form = form_on(browser, where, "/concessions")
    answer = send(browser, form, **{"concession-reason": "　 "})
    assert answer.status_code == 422
    assert 'href="#concession-reason"' in answer.get_data(as_text=True)
    long = send(browser, form, **{"concession-reason": "长" * 501})
    assert long.status_code == 422 and "长" * 501 in long.get_data(as_text=True)
    without = send(browser, form, csrf_token=None, **WHY)
    assert without.status_code == 403
    assert rows(app, select(Concession)) == []
    assert send(browser, form, **WHY).status_code == 303
    assert send(browser, form, **WHY).headers.get("Idempotency-Replayed") == "true"
    again = form_on_all(browser, where)
    assert not any(action.endswith("/concessions") for action in again)


def form_on_all(browser: Any, where: str) -> list[str]:
    """Where the forms of a page go."""
    page: str = browser.get(where).get_data(as_text=True)
    return [part.partition('"')[0] for part in page.split('action="')[1:]]


def test_who_asked_sees_that_another_has_to_confirm(
    people: People, authority: Person, batch: dict[str, Any]
) -> None:
    browser, where = authority.signed_in(), f"/gov/batches/{batch['id']}"
    assert send(browser, form_on(browser, where, "/concessions"), **WHY).status_code == 303
    page = page_of(authority, where)
    assert "是您申请的，要另一个帐号的人来确认" in page and "/confirmation" not in page
    second = people.person(15, "第二位", (AUTHORITY,), party=authority.party)
    browser = second.signed_in()
    refusal = form_on(browser, where, "/refusal")
    empty = send(browser, refusal)
    assert empty.status_code == 422 and 'href="#refusal-reason"' in empty.get_data(as_text=True)
    done = send(browser, form_on(browser, where, "/refusal"), **{"refusal-reason": "铅超标"})
    assert done.status_code == 303
    assert "没有同意" in page_of(authority, where)


def test_a_laboratory_that_was_not_sent_the_batch_finds_nothing(
    people: People, batch: dict[str, Any]
) -> None:
    other = people.person(16, "别家检验", ("inspector",))
    browser = other.signed_in()
    token = form_on(browser, "/account", "/account/password").boxes["csrf_token"]
    answer = browser.post(
        f"/lab/batches/{batch['id']}/concessions",
        data={"csrf_token": token, "_key": "0" * 12, **WHY},
    )
    assert answer.status_code == 404


def test_everybody_may_know_how_many_and_why_and_nobody_is_named(
    app: Flask, inspector: Person, authority: Person, consumer: Person, batch: dict[str, Any]
) -> None:
    phone = app.test_client()
    assert "还没有让步放行的批次" in phone.get("/concessions").get_data(as_text=True)
    made = asked(inspector, batch)
    authority.made(f"/concessions/{made['id']}/confirmation")
    page = phone.get("/concessions").get_data(as_text=True)
    assert "长沙绿茶" in page and REASON["reason"] in page
    for hidden in (batch["number"], "春山", "湘中"):
        assert hidden not in page
    told = phone.get("/concessions.json").get_json()
    assert (told["count"], told["rows"][0]["product"]) == (1, "长沙绿茶")
    assert REASON["reason"] in phone.get("/concessions.csv").get_data(as_text=True)
    listed = authority.signed_in().get("/gov/batches?state=conceded").get_data(as_text=True)
    assert batch["number"] in listed
