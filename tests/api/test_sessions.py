"""The ways in: links, passwords, sign-ins, and how each of them ends."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core.act import ADMIN, AUTHORITY
from core.clock import now
from core.database.engine import db
from core.errors import Conflict, Invalid
from core.identity import passwords
from core.identity.commands import first_admin
from core.identity.models import Account, AnsweredRequest, OneTimeLink, SignIn, Token
from core.identity.signing_in import ABSOLUTE, IDLE, key_digest
from tests.api.looking import change, rows
from tests.conftest import settings_for
from tests.people import People, Person, sample_credit_code
from wsgi import create_app

GOOD = "春眠不觉晓，处处闻啼鸟"
OTHER = "another long passphrase"


def hidden(page: TestResponse, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.get_data(as_text=True))
    assert found, f"no {name} in the page"
    return found[1]


def send(client: FlaskClient, form_on: str, to: str = "", **values: str) -> TestResponse:
    """Fill a form as a person would: open its page, take the hidden fields, send it."""
    page = client.get(form_on)
    sent = {"csrf_token": hidden(page, "csrf_token"), **values}
    if "_key" not in sent and 'name="_key"' in page.get_data(as_text=True):
        sent["_key"] = hidden(page, "_key")
    return client.post(to or form_on, data=sent)


def sign_in(client: FlaskClient, login: str, password: str, **more: str) -> TestResponse:
    return send(client, "/login", login=login, password=password, **more)


def is_in(client: FlaskClient) -> bool:
    return client.get("/api/v1/session").status_code == 200


def all_at_once(*works: Callable[[], Any]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def set_password(client: FlaskClient, link: str, password: str = GOOD) -> TestResponse:
    return send(client, link, password=password, again=password)


class Member:
    """A member invited by the cooperative, with a password."""

    def __init__(self, app: Flask, by: Person) -> None:
        self.app, self.by, self.login = app, by, "li.si"
        draft = {"login": self.login, "name": "李四", "roles": ["producer"]}
        made = by.made(f"/parties/{by.party}/members", json=draft)
        self.id, self.link = made["id"], made["link"]

    def new_link(self) -> str:
        return str(self.by.made(f"/members/{self.id}/link")["link"])

    def browser(self, password: str = GOOD) -> FlaskClient:
        client = self.app.test_client()
        assert sign_in(client, self.login, password).status_code == 303
        return client


@pytest.fixture
def invited(app: Flask, cooperative: Person) -> Member:
    return Member(app, cooperative)


@pytest.fixture
def member(app: Flask, invited: Member) -> Member:
    assert set_password(app.test_client(), invited.link).status_code == 303
    return invited


# ---- the one-time link


def test_a_link_sets_the_password_once_and_lets_in(app: Flask, invited: Member) -> None:
    first, second = app.test_client(), app.test_client()
    answer = set_password(first, invited.link)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert first.get("/api/v1/session").get_json()["login"] == "li.si"
    assert second.get(invited.link).status_code == 404
    assert sign_in(second, "li.si", GOOD).status_code == 303


def test_looking_at_a_link_does_not_use_it_up(client: FlaskClient, invited: Member) -> None:
    for _ in range(3):
        page = client.get(invited.link)
        assert page.status_code == 200
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
    assert client.head(invited.link).status_code == 200
    assert set_password(client, invited.link).status_code == 303


def test_a_link_lives_thirty_minutes(app: Flask, client: FlaskClient, invited: Member) -> None:
    link = rows(app, select(OneTimeLink))[0]
    assert link.expires_at - link.made_at == timedelta(minutes=30)
    form = client.get(invited.link)
    change(app, update(OneTimeLink).values(expires_at=now() - timedelta(seconds=1)))
    late = client.post(
        invited.link,
        data={"csrf_token": hidden(form, "csrf_token"), "password": GOOD, "again": GOOD},
    )
    assert late.status_code == 404
    assert rows(app, select(Account.password_hash).where(Account.login == "li.si")) == [None]


def test_a_new_link_ends_the_one_before(client: FlaskClient, invited: Member) -> None:
    newer = invited.new_link()
    assert client.get(invited.link).status_code == 404
    assert set_password(client, newer).status_code == 303


def test_a_link_of_a_disabled_account_opens_nothing(
    client: FlaskClient, cooperative: Person, invited: Member
) -> None:
    cooperative.patch(f"/members/{invited.id}", json={"disabled": True})
    assert client.get(invited.link).status_code == 404
    cooperative.patch(f"/members/{invited.id}", json={"disabled": False})
    assert client.get(invited.link).status_code == 404


def test_one_of_many_parallel_uses_of_a_link_wins(app: Flask, invited: Member) -> None:
    answers: list[int] = []
    forms = [app.test_client() for _ in range(8)]
    tokens = [hidden(client.get(invited.link), "csrf_token") for client in forms]

    def use(client: FlaskClient, token: str, number: int) -> None:
        word = f"{GOOD}{number}"
        sent = {"csrf_token": token, "password": word, "again": word}
        answers.append(client.post(invited.link, data=sent).status_code)

    pairs = enumerate(zip(forms, tokens, strict=True))
    all_at_once(*(partial(use, client, token, n) for n, (client, token) in pairs))
    assert sorted(answers) == [303] + [404] * 7
    assert sum(is_in(client) for client in forms) == 1


@pytest.mark.parametrize(
    "bad", ["short", "x" * 129, "li.si", "李四", "aaaaaaaaaaaa", "tab\tin the middle"]
)
def test_a_weak_password_is_refused_and_the_link_stays(
    client: FlaskClient, invited: Member, bad: str
) -> None:
    refused = set_password(client, invited.link, bad)
    assert refused.status_code == 422
    assert 'href="#password"' in refused.get_data(as_text=True)
    assert bad not in refused.get_data(as_text=True).replace(invited.login, "").replace("李四", "")
    assert set_password(client, invited.link).status_code == 303


def test_the_partys_name_is_no_password() -> None:
    for name in ("示例·春山茶叶专业合作社", "示例·春山茶叶专业合作社 "):
        with pytest.raises(Invalid):
            passwords.check_policy(name, ["li.si", "示例·春山茶叶专业合作社"])


def test_two_different_entries_are_refused(client: FlaskClient, invited: Member) -> None:
    assert send(client, invited.link, password=GOOD, again=OTHER).status_code == 422
    assert client.get(invited.link).status_code == 200


def test_a_reset_ends_every_sign_in(app: Flask, member: Member) -> None:
    device = member.browser()
    assert set_password(app.test_client(), member.new_link(), OTHER).status_code == 303
    assert not is_in(device)
    assert sign_in(app.test_client(), "li.si", GOOD).status_code == 401


# ---- signing in


def test_wrong_login_and_wrong_password_are_told_in_the_same_words(
    client: FlaskClient, member: Member, cooperative: Person
) -> None:
    cooperative.made(
        f"/parties/{cooperative.party}/members",
        json={"login": "no.password", "name": "王五", "roles": []},
    )
    pages_seen = set()
    for login in ("li.si", "nobody.here", "no.password", "李四\u202e", "x" * 5000, "a\x00b", ""):
        page = sign_in(client, login, OTHER)
        assert page.status_code == 401
        text = page.get_data(as_text=True)
        said = re.search(r'<section class="problems".*?</section>', text, re.DOTALL)
        assert said
        pages_seen.add(said[0])
    assert len(pages_seen) == 1


def test_five_failures_in_a_row_shut_the_account_for_fifteen_minutes(
    app: Flask, client: FlaskClient, member: Member
) -> None:
    for _ in range(5):
        assert sign_in(client, "li.si", OTHER).status_code == 401
    assert sign_in(client, "li.si", GOOD).status_code == 401, "shut to the right password too"
    until = rows(app, select(Account.locked_until).where(Account.login == "li.si"))[0]
    assert timedelta(minutes=14) < until - now() <= timedelta(minutes=15)
    change(app, update(Account).values(locked_until=now() - timedelta(seconds=1)))
    assert sign_in(client, "li.si", GOOD).status_code == 303


def test_a_success_begins_the_count_anew(app: Flask, member: Member) -> None:
    for _ in range(3):
        for _ in range(4):
            assert sign_in(app.test_client(), "li.si", OTHER).status_code == 401
        assert sign_in(app.test_client(), "LI.SI ", GOOD).status_code == 303


def test_parallel_guesses_are_all_counted(
    app: Flask, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def counted(stored: str | None, password: str, memory_kib: int) -> bool:
        if stored is not None:
            looked_at.append(password)
        return False

    monkeypatch.setattr(passwords, "matches", counted)
    clients = [app.test_client() for _ in range(20)]
    tokens = [hidden(client.get("/login"), "csrf_token") for client in clients]

    def guess(client: FlaskClient, token: str) -> None:
        client.post("/login", data={"csrf_token": token, "login": "li.si", "password": "guess"})

    all_at_once(*(partial(guess, *pair) for pair in zip(clients, tokens, strict=True)))
    assert len(looked_at) == 5


def test_a_session_fixed_beforehand_is_worth_nothing_after_the_sign_in(
    app: Flask, client: FlaskClient, member: Member
) -> None:
    client.get("/login")
    before = client.get_cookie("biaoyuan")
    assert before
    assert sign_in(client, "li.si", GOOD).status_code == 303
    after = client.get_cookie("biaoyuan")
    assert after and after.value != before.value
    thief = app.test_client()
    thief.set_cookie("biaoyuan", before.value)
    assert not is_in(thief)
    assert is_in(client)


def test_signing_in_over_another_sign_in_ends_that_one(app: Flask, member: Member) -> None:
    planted = member.browser()
    victim = app.test_client()
    victim.set_cookie("biaoyuan", planted.get_cookie("biaoyuan").value)  # type: ignore[union-attr]
    page = victim.get("/account")
    sent = {"csrf_token": hidden(page, "csrf_token"), "login": "li.si", "password": GOOD}
    assert victim.post("/login", data=sent).status_code == 303
    assert is_in(victim) and not is_in(planted)


def test_a_cookie_is_worth_nothing_after_signing_out(app: Flask, member: Member) -> None:
    browser = member.browser()
    kept = browser.get_cookie("biaoyuan")
    assert kept
    form = send(browser, "/account", "/logout")
    assert (form.status_code, form.headers["Location"]) == (303, "/login")
    thief = app.test_client()
    thief.set_cookie("biaoyuan", kept.value)
    assert not is_in(thief)
    assert thief.get("/account").status_code == 303


def test_one_device_signs_out_and_the_other_stays(member: Member) -> None:
    phone, desk = member.browser(), member.browser()
    assert send(phone, "/account", "/logout").status_code == 303
    assert not is_in(phone) and is_in(desk)


def test_a_change_of_password_ends_the_other_devices_only(app: Flask, member: Member) -> None:
    phone, desk = member.browser(), member.browser()
    wrong = {"old": OTHER, "password": OTHER, "again": OTHER}
    assert send(desk, "/account", "/account/password", **wrong).status_code == 422
    right = {"old": GOOD, "password": OTHER, "again": OTHER}
    assert send(desk, "/account", "/account/password", **right).status_code == 303
    assert is_in(desk) and not is_in(phone)
    assert sign_in(app.test_client(), "li.si", GOOD).status_code == 401
    assert sign_in(app.test_client(), "li.si", OTHER).status_code == 303


def test_guessing_the_old_password_is_counted_too(app: Flask, member: Member) -> None:
    desk = member.browser()
    wrong = {"old": "guess guess guess", "password": OTHER, "again": OTHER}
    for _ in range(5):
        assert send(desk, "/account", "/account/password", **wrong).status_code == 422
    right = {"old": GOOD, "password": OTHER, "again": OTHER}
    assert send(desk, "/account", "/account/password", **right).status_code == 422


def test_every_other_device_can_be_sent_away_at_once(member: Member) -> None:
    here, there, third = (member.browser() for _ in range(3))
    assert send(here, "/account", "/account/devices/end").status_code == 303
    assert is_in(here) and not is_in(there) and not is_in(third)


def test_twelve_idle_hours_end_a_session(member: Member) -> None:
    browser = member.browser()
    for ago, still in ((IDLE - timedelta(minutes=1), True), (IDLE + timedelta(minutes=1), False)):
        with browser.session_transaction() as cookie:
            cookie["seen"] = int((now() - ago).timestamp())
        assert is_in(browser) is still


def test_fourteen_days_end_a_session_that_was_never_idle(app: Flask, member: Member) -> None:
    browser = member.browser()
    change(app, update(SignIn).values(began_at=now() - ABSOLUTE + timedelta(minutes=1)))
    assert is_in(browser)
    change(app, update(SignIn).values(began_at=now() - ABSOLUTE - timedelta(minutes=1)))
    assert not is_in(browser)


def test_the_cookie_is_for_the_server_alone(url: str, tmp_path: Path) -> None:
    settings = settings_for(url, tmp_path)
    for secure in (False, True):
        made = create_app(type(settings)(**{**vars(settings), "cookie_secure": secure}))
        flags = made.test_client().get("/login").headers["Set-Cookie"]
        assert "HttpOnly" in flags and "SameSite=Lax" in flags
        assert ("Secure" in flags) is secure
        with made.app_context():
            db.engine.dispose()


def test_the_database_holds_no_key_that_lets_in(app: Flask, member: Member) -> None:
    browser = member.browser()
    with browser.session_transaction() as cookie:
        key = cookie["_user_id"]
    kept = {row.key_sha256 for row in rows(app, select(SignIn))}
    assert key_digest(key) in kept and key not in kept


# ---- where to go next


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "\\\\evil.example", "/\\evil.example", "https://evil.example/",
        "http:evil.example", "/\t/evil.example", "%2f%2fevil.example", "/%2f/evil.example",
        "@evil.example", "///evil.example", "javascript:alert(1)", "/account\r\nX: y", "/nowhere",
        "/logout", " //evil.example", "/.//evil.example",
    ],
)  # fmt: skip
def test_signing_in_never_leads_out_of_the_house(
    client: FlaskClient, member: Member, target: str
) -> None:
    answer = sign_in(client, "li.si", GOOD, next=target)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_signing_in_leads_back_to_the_page_that_asked_for_it(
    client: FlaskClient, member: Member
) -> None:
    asked = client.get("/account?lang=zh", headers={"Host": "evil.example"})
    assert asked.status_code == 303
    assert asked.headers["Location"].startswith("/login?next=")
    assert "evil" not in asked.headers["Location"]
    form = client.get(asked.headers["Location"])
    answer = sign_in(client, "li.si", GOOD, next=hidden(form, "next"))
    assert answer.headers["Location"] == "/account?lang=zh"


# ---- forms


FORMS = [
    "/logout", "/account/password", "/account/devices/end", "/account/tokens",
    "/account/tokens/00000000-0000-0000-0000-000000000000/revoke",
]  # fmt: skip


@pytest.mark.parametrize("path", ["/login", "/welcome/x", *FORMS])
def test_a_form_without_its_token_or_from_another_site_is_refused(
    app: Flask, cooperative: Person, path: str
) -> None:
    browser = cooperative.signed_in()
    token = hidden(browser.get("/account"), "csrf_token")
    sent = {"_key": "12345678", "login": "x", "password": "x", "name": "x"}
    for form, headers in (
        (sent, {}),
        ({**sent, "csrf_token": "x"}, {}),
        ({**sent, "csrf_token": token}, {"Origin": "https://evil.example"}),
    ):
        assert browser.post(path, data=form, headers=headers).status_code == 403
    assert is_in(browser)
    assert rows(app, select(Token).where(Token.name == "x")) == []


@pytest.mark.parametrize("path", FORMS)
def test_reading_an_address_that_writes_changes_nothing(cooperative: Person, path: str) -> None:
    browser = cooperative.signed_in()
    assert browser.get(path).status_code == 405
    assert is_in(browser)


def test_a_token_made_on_the_page_is_shown_once(app: Flask, cooperative: Person) -> None:
    browser = cooperative.signed_in()
    form = {"csrf_token": hidden(browser.get("/account"), "csrf_token"), "name": "磅秤"}
    first = browser.post("/account/tokens", data={**form, "_key": "12345678"})
    token = re.search(r"by_[\w-]{43}", first.get_data(as_text=True))
    assert token and first.status_code == 200
    again = browser.post("/account/tokens", data={**form, "_key": "12345678"})
    assert (again.status_code, again.headers["Location"]) == (303, "/account")
    assert token[0] not in browser.get("/account").get_data(as_text=True)
    assert Person(app, None, None, token[0]).get("/session").status_code == 200
    made = rows(app, select(Token).where(Token.name == "磅秤"))
    revoke = send(browser, "/account", f"/account/tokens/{made[0].id}/revoke")
    assert (revoke.status_code, len(made)) == (303, 1)
    assert Person(app, None, None, token[0]).get("/session").status_code == 401


def test_nothing_of_a_password_is_kept_but_its_slow_hash(app: Flask, member: Member) -> None:
    desk = member.browser()
    send(desk, "/account", "/account/password", old=GOOD, password=OTHER, again=OTHER)
    for kept in rows(app, select(AnsweredRequest)):
        assert "welcome" not in kept.owner
        assert kept.status == 201, "only the invitation; no form with a password"
    stored = rows(app, select(Account.password_hash).where(Account.login == "li.si"))[0]
    assert stored.startswith("$argon2id$")


# ---- passwords


def test_a_password_is_the_same_however_it_is_composed() -> None:
    stored = passwords.hash_password("cafe\u0301 long enough", 64)
    assert passwords.matches(stored, "caf\u00e9 long enough", 64)
    assert not passwords.matches(stored, "cafe long enough", 64)
    assert not passwords.matches(None, "caf\u00e9 long enough", 64)
    assert not passwords.matches("not a hash", GOOD, 64)
    assert not passwords.matches(stored, "\ud800" * 200, 64)


def test_a_hash_of_old_costs_is_renewed_at_the_next_sign_in(app: Flask, member: Member) -> None:
    cheap = passwords.hash_password(GOOD, 32)
    change(app, update(Account).where(Account.login == "li.si").values(password_hash=cheap))
    member.browser()
    stored = rows(app, select(Account.password_hash).where(Account.login == "li.si"))[0]
    assert "m=64," in stored
    member.browser()


# ---- the first admin


def start_house(app: Flask, **more: Any) -> str:
    draft = {"party_name": "示例·农业农村局", "credit_code": sample_credit_code(80)}
    with app.app_context():
        return first_admin(db.session, **{**draft, "login": "boss", "name": "局长", **more})


def test_the_first_admin_gets_a_link_and_no_password(app: Flask, client: FlaskClient) -> None:
    link = start_house(app)
    assert rows(app, select(Account.password_hash)) == [None]
    assert set_password(client, link).status_code == 303
    assert client.get("/api/v1/session").get_json()["roles"] == [ADMIN, AUTHORITY]


def test_asking_again_gives_a_new_link_to_the_same_account(app: Flask, client: FlaskClient) -> None:
    old, new = start_house(app), start_house(app)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert len(rows(app, select(Account))) == 1


def test_the_first_admin_takes_nobody_elses_login_or_party(app: Flask, people: People) -> None:
    login = rows(app, select(Account.login).where(Account.id == people.cooperative.account))[0]
    with pytest.raises(Conflict):
        start_house(app, login=login)
    with pytest.raises(Conflict):
        start_house(app, credit_code=sample_credit_code(2))
    assert len(rows(app, select(Account))) == 1
