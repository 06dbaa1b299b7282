"""Members of a party: inviting, rights, shutting an account; by its admin and by the authority."""

import re
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.act import ADMIN, AUTHORITY, INSPECTOR, PRODUCER
from core.identity.models import Account, AnsweredRequest, OneTimeLink
from tests.api.filling import Form, form_on, send
from tests.api.looking import rows
from tests.people import People, Person


@pytest.fixture
def admin(cooperative: Person) -> FlaskClient:
    """The cooperative's admin, signed in."""
    return cooperative.signed_in()


@pytest.fixture
def clerk(people: People, cooperative: Person) -> Person:
    """A member of the cooperative without the right to manage members."""
    return people.person(20, "社员", (PRODUCER,), party=cooperative.party)


def invite_form(browser: FlaskClient, party: Person, page: str = "/members") -> Form:
    return form_on(browser, page, f"/parties/{party.party}/members")


def accounts(app: Flask, party: Person) -> list[Account]:
    query = select(Account).where(Account.party_id == party.party)
    return rows(app, query.order_by(Account.created_at))


def invited(browser: FlaskClient, party: Person, **boxes: object) -> tuple[int, str]:
    right = {"invite-name": "新社员", "invite-login": "new-clerk", "invite-roles": [PRODUCER]}
    answer = send(browser, invite_form(browser, party), **(right | boxes))
    return answer.status_code, answer.get_data(as_text=True)


def link_on(page: str) -> str:
    found = re.search(r'class="code">https://gi\.example\.cn(/welcome/[^<]+)<', page)
    assert found, page
    return found[1]


# --- inviting ------------------------------------------------------------------------------


def test_an_invitation_shows_its_link_once_and_the_link_lets_the_person_in(
    app: Flask, admin: FlaskClient, cooperative: Person, client: FlaskClient
) -> None:
    status, page = invited(admin, cooperative)
    assert status == 200
    path = link_on(page)
    assert client.get(path).status_code == 200
    again = admin.get("/members").get_data(as_text=True)
    assert path not in again and "新社员" in again and "还没设密码" in again
    member = accounts(app, cooperative)[-1]
    assert (member.login, member.roles, member.password_hash) == ("new-clerk", [PRODUCER], None)


def test_the_link_is_not_kept_with_the_answer_and_a_repeat_does_not_tell_it(
    app: Flask, admin: FlaskClient, cooperative: Person
) -> None:
    form = invite_form(admin, cooperative)
    boxes = {"invite-name": "新社员", "invite-login": "new-clerk", "invite-roles": [PRODUCER]}
    path = link_on(send(admin, form, **boxes).get_data(as_text=True))
    repeated = send(admin, form, **boxes)
    assert (repeated.status_code, repeated.location) == (303, "/members")
    assert len(accounts(app, cooperative)) == 2
    assert all(path not in (row.body or "") for row in rows(app, select(AnsweredRequest)))


@pytest.mark.parametrize(
    ("wrong", "box"),
    [
        ({"invite-login": "大写 Login"}, "invite-login"),
        ({"invite-login": ""}, "invite-login"),
        ({"invite-name": ""}, "invite-name"),
        ({"invite-name": "张\u202e三"}, "invite-name"),
        ({"invite-roles": [INSPECTOR]}, "invite-roles"),
        ({"invite-roles": ["king"]}, "invite-roles"),
    ],
)
def test_a_wrong_invitation_is_named_and_stays_typed(
    app: Flask, admin: FlaskClient, cooperative: Person, wrong: dict[str, object], box: str
) -> None:
    status, page = invited(admin, cooperative, **wrong)
    assert status == 422
    assert f'href="#{box}"' in page and "/welcome/" not in page
    for name, text in {"invite-name": "新社员", "invite-login": "new-clerk"}.items():
        assert name in wrong or f'value="{text}"' in page
    assert len(accounts(app, cooperative)) == 1 and rows(app, select(OneTimeLink)) == []


def test_a_login_that_is_taken_is_refused(
    app: Flask, admin: FlaskClient, cooperative: Person, stranger: Person
) -> None:
    theirs = accounts(app, stranger)[0].login
    status, page = invited(admin, cooperative, **{"invite-login": theirs})
    assert status == 409
    assert "已有人用" in page and f'value="{theirs}"' in page


# --- rights --------------------------------------------------------------------------------


def member_form(browser: FlaskClient, member: Person, verb: str) -> Form:
    return form_on(browser, "/members", f"/members/{member.account}/{verb}")


def test_rights_are_exactly_what_is_ticked(
    app: Flask, admin: FlaskClient, cooperative: Person, clerk: Person
) -> None:
    form = member_form(admin, clerk, "roles")
    assert form.boxes["roles"] == [PRODUCER]
    assert send(admin, form, roles=[PRODUCER, ADMIN]).status_code == 303
    assert {a.id: a.roles for a in accounts(app, cooperative)}[clerk.account] == [ADMIN, PRODUCER]
    assert send(admin, member_form(admin, clerk, "roles"), roles=None).status_code == 303
    assert {a.id: a.roles for a in accounts(app, cooperative)}[clerk.account] == []
    assert "什么也不能做" in admin.get("/members").get_data(as_text=True)


def test_a_right_that_the_party_lacks_is_refused(
    app: Flask, admin: FlaskClient, cooperative: Person, clerk: Person
) -> None:
    answer = send(admin, member_form(admin, clerk, "roles"), roles=[AUTHORITY])
    assert answer.status_code == 422
    assert {a.id: a.roles for a in accounts(app, cooperative)}[clerk.account] == [PRODUCER]


def test_a_shut_account_is_out_at_its_next_request_and_may_come_back(
    admin: FlaskClient, clerk: Person
) -> None:
    browser = clerk.signed_in()
    assert browser.get("/coop/").status_code == 200
    assert send(admin, member_form(admin, clerk, "disable")).status_code == 303
    assert browser.get("/coop/").status_code == 303
    assert "已停用" in admin.get("/members").get_data(as_text=True)
    assert send(admin, member_form(admin, clerk, "enable")).status_code == 303
    assert "已停用" not in admin.get("/members").get_data(as_text=True).partition("<table")[2]


def test_a_new_link_ends_the_one_before(
    admin: FlaskClient, clerk: Person, client: FlaskClient
) -> None:
    first = link_on(send(admin, member_form(admin, clerk, "link")).get_data(as_text=True))
    second = link_on(send(admin, member_form(admin, clerk, "link")).get_data(as_text=True))
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200


def test_nobody_changes_the_own_rights(admin: FlaskClient, cooperative: Person) -> None:
    page = admin.get("/members").get_data(as_text=True)
    assert f"/members/{cooperative.account}/" not in page and "另一位管理员" in page


# --- who may -------------------------------------------------------------------------------


def test_the_authority_manages_the_members_of_every_party(
    app: Flask, authority: Person, cooperative: Person, clerk: Person
) -> None:
    browser = authority.signed_in()
    page = f"/parties/{cooperative.party}/members"
    boxes = {"invite-name": "新社员", "invite-login": "new-clerk", "invite-roles": [PRODUCER]}
    answer = send(browser, invite_form(browser, cooperative, page), **boxes)
    link_on(answer.get_data(as_text=True))
    form = form_on(browser, page, f"/members/{clerk.account}/disable")
    answer = send(browser, form)
    assert (answer.status_code, answer.location) == (303, page)
    assert {a.id: a.disabled_at is None for a in accounts(app, cooperative)}[clerk.account] is False


def test_strangers_members_do_not_exist(
    app: Flask, admin: FlaskClient, cooperative: Person, stranger: Person
) -> None:
    assert admin.get(f"/parties/{stranger.party}/members").status_code == 404
    assert admin.get(f"/parties/{uuid.uuid4()}/members").status_code == 404
    form = invite_form(admin, cooperative)
    form.action = f"/parties/{stranger.party}/members"
    boxes = {"invite-name": "内应", "invite-login": "spy", "invite-roles": [PRODUCER]}
    assert send(admin, form, **boxes).status_code == 404
    for verb in ("roles", "disable", "enable", "link"):
        form.action = f"/members/{stranger.account}/{verb}"
        assert send(admin, form).status_code == 404, verb
    assert len(accounts(app, stranger)) == 1 and accounts(app, stranger)[0].disabled_at is None


def test_members_without_the_right_see_no_members(clerk: Person, client: FlaskClient) -> None:
    assert clerk.signed_in().get("/members").status_code == 403
    assert client.get("/members").status_code == 303


def test_a_form_without_its_token_is_refused(
    app: Flask, admin: FlaskClient, cooperative: Person, clerk: Person
) -> None:
    form = member_form(admin, clerk, "disable")
    assert send(admin, form, csrf_token=None).status_code == 403
    assert all(account.disabled_at is None for account in accounts(app, cooperative))
