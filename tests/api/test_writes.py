"""What every write must withstand: repeats, races, forgeries, and bodies that are not what they say."""

import io
import json
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from core.database.base import Base
from core.database.engine import db
from core.identity.models import Account, AnsweredRequest, Party, Token
from core.record.models import Evidence
from tests.api.looking import rows
from tests.conftest import settings_for
from tests.people import Person, sample_credit_code
from wsgi import create_app

KEY = "c0ffee00-0000-4000-8000-000000000001"


def draft(serial: int = 90, **more: Any) -> dict[str, Any]:
    return {
        "name": f"示例·第{serial}茶厂",
        "credit_code": sample_credit_code(serial),
        "roles": ["producer"],
        **more,
    }


def code_of(answer: TestResponse) -> str:
    return str(answer.get_json()["code"])


def parties(app: Flask) -> int:
    return int(rows(app, select(func.count(Party.id)))[0])


def csrf_token(browser: FlaskClient) -> str:
    page = browser.get("/account").get_data(as_text=True)
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


# ---- once is once


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(
    app: Flask, authority: Person
) -> None:
    first = authority.post("/parties", json=draft(), key=KEY)
    facts = len(rows(app, select(Evidence.position)))
    again = authority.post("/parties", json=draft(), key=KEY)
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert first.headers["Location"] == again.headers["Location"]
    assert first.headers["ETag"] == again.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(rows(app, select(Evidence.position))) == facts


def test_fifty_parallel_sendings_make_one_row_and_one_answer(app: Flask, authority: Person) -> None:
    before, answers = parties(app), []

    def one() -> None:
        answers.append(authority.post("/parties", json=draft(), key=KEY))

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert parties(app) == before + 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 49


def test_a_key_stands_for_one_body_and_one_address(app: Flask, authority: Person) -> None:
    authority.made("/parties", json=draft(), key=KEY)
    other_body = authority.post("/parties", json=draft(91), key=KEY)
    other_place = authority.post("/tokens", json=draft(), key=KEY)
    for answer in (other_body, other_place):
        assert (answer.status_code, code_of(answer)) == (422, "idempotency-key-reused")
    assert rows(app, select(Party).where(Party.credit_code == sample_credit_code(91))) == []


def test_the_answer_is_the_same_after_a_restart(
    app: Flask, authority: Person, url: str, tmp_path: Path
) -> None:
    first = authority.post("/parties", json=draft(), key=KEY)
    second_life = create_app(settings_for(url, tmp_path))
    authority.app = second_life
    again = authority.post("/parties", json=draft(), key=KEY)
    assert again.get_json() == first.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    with second_life.app_context():
        db.engine.dispose()


def test_what_was_refused_may_be_sent_again_corrected_with_the_same_key(
    app: Flask, authority: Person
) -> None:
    for wrong in (draft(name=""), draft(credit_code="1"), draft(roles=["x"]), draft(x=1)):
        assert authority.post("/parties", json=wrong, key=KEY).status_code == 422
    assert rows(app, select(AnsweredRequest)) == []
    assert authority.post("/parties", json=draft(), key=KEY).status_code == 201
    taken = authority.post("/parties", json=draft(), key=KEY[::-1])
    assert taken.status_code == 409
    corrected = authority.post("/parties", json=draft(91), key=KEY[::-1])
    assert corrected.status_code == 201


def test_two_parties_may_happen_upon_the_same_key(
    app: Flask, cooperative: Person, stranger: Person
) -> None:
    mine = cooperative.made("/tokens", json={"name": "磅秤"}, key=KEY)
    theirs = stranger.made("/tokens", json={"name": "磅秤"}, key=KEY)
    assert mine["id"] != theirs["id"]
    owners = rows(app, select(Token.account_id).where(Token.name == "磅秤"))
    assert set(owners) == {cooperative.account, stranger.account}


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 65, "line\tbreak", "ünïcode-key", "中文中文中文中文"]
)
def test_a_write_without_a_proper_key_is_refused(app: Flask, authority: Person, key: str) -> None:
    before = parties(app)
    headers = {"Idempotency-Key": key.encode("utf-8").decode("latin-1")} if key else {}
    answer = app.test_client().post(
        "/api/v1/parties",
        json=draft(),
        headers={"Authorization": f"Bearer {authority.token}", **headers},
    )
    assert (answer.status_code, code_of(answer)) == (400, "idempotency-key-missing")
    assert parties(app) == before


def test_a_write_that_fails_inside_leaves_nothing_and_may_be_retried(
    app: Flask, authority: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = parties(app)

    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("core.act.write_facts", broken)
        answer = authority.post("/parties", json=draft(), key=KEY)
    assert (answer.status_code, code_of(answer)) == (500, "server-error")
    assert "disk" not in answer.get_data(as_text=True)
    assert parties(app) == before and rows(app, select(AnsweredRequest)) == []
    assert authority.post("/parties", json=draft(), key=KEY).status_code == 201


# ---- forged requests


def test_a_cookie_alone_writes_nothing_through_the_api(app: Flask, authority: Person) -> None:
    browser, before = authority.signed_in(), parties(app)
    token = csrf_token(browser)
    for headers in (
        {},
        {"X-CSRFToken": "x"},
        {"X-CSRFToken": token[:-2]},
        {"X-CSRFToken": token, "Origin": "https://evil.example"},
        {"X-CSRFToken": token, "Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
    ):
        answer = browser.post(
            "/api/v1/parties", json=draft(), headers={"Idempotency-Key": KEY, **headers}
        )
        assert answer.status_code == 403, headers
        assert answer.mimetype == "application/problem+json"
    assert parties(app) == before
    good = {"Idempotency-Key": KEY, "X-CSRFToken": token, "Origin": "http://localhost"}
    assert browser.post("/api/v1/parties", json=draft(), headers=good).status_code == 201


def test_a_forged_upload_is_refused(cooperative: Person) -> None:
    browser = cooperative.signed_in()
    answer = browser.post(
        "/api/v1/documents",
        data={"file": (io.BytesIO(b"%PDF-1.4\n%%EOF"), "a.pdf"), "_key": KEY},
    )
    assert answer.status_code == 403


def test_reading_every_address_of_the_first_floor_changes_no_row(
    app: Flask, cooperative: Person
) -> None:
    browser = cooperative.signed_in()
    paths = [
        "/login", "/account", "/logout", "/welcome/x", "/api/v1/parties", "/api/v1/session",
        "/api/v1/tokens", f"/api/v1/parties/{cooperative.party}",
        f"/api/v1/parties/{cooperative.party}/members",
        f"/api/v1/members/{cooperative.account}", f"/api/v1/documents/{uuid.uuid4()}",
    ]  # fmt: skip

    def everything() -> str:
        with app.app_context():
            tables = Base.metadata.sorted_tables
            return "".join(str(db.session.execute(select(each)).all()) for each in tables)

    before = everything()
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS"):
            assert browser.open(path, method=method).status_code < 500
    assert everything() == before


# ---- bodies that are not what they say


def raw(
    person: Person, body: bytes, media: str = "application/json", **environ: Any
) -> TestResponse:
    return person.post("/parties", data=body, content_type=media, environ_overrides=environ)


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "text/plain; x=json", "", "*/*"]
)
def test_a_body_that_does_not_say_it_is_json_is_not_read(
    app: Flask, authority: Person, media: str
) -> None:
    before = parties(app)
    answer = raw(authority, json.dumps(draft()).encode(), media)
    assert (answer.status_code, code_of(answer)) == (415, "wrong-media-type")
    assert parties(app) == before


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 5000, b'{"name": NaN}', b"\x00"]
)
def test_a_body_that_is_not_a_whole_json_object_is_refused(authority: Person, body: bytes) -> None:
    answer = raw(authority, body)
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


def test_a_chunked_body_is_refused_because_it_would_be_cut(app: Flask, authority: Person) -> None:
    before = parties(app)
    answer = authority.request(
        "POST",
        "/parties",
        input_stream=io.BytesIO(json.dumps(draft()).encode()),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert (answer.status_code, code_of(answer)) == (411, "length-required")
    assert parties(app) == before


@pytest.mark.parametrize("path", ["/parties", "/documents"])
def test_one_byte_over_the_limit_is_refused_unread(
    app: Flask, authority: Person, path: str
) -> None:
    limit = app.config["MAX_CONTENT_LENGTH"]
    padded = json.dumps(draft(name="x")).encode()
    whole = padded[:-1] + b" " * (limit - len(padded)) + b"}"
    assert len(whole) == limit
    assert raw(authority, whole).status_code == 201
    media = "application/json" if path == "/parties" else "multipart/form-data; boundary=x"
    answer = authority.post(path, data=whole + b" ", content_type=media)
    assert (answer.status_code, code_of(answer)) == (413, "too-large")


@pytest.mark.parametrize("told", ["999", "100000", "-1", "x"])
def test_a_lying_length_stores_nothing(app: Flask, authority: Person, told: str) -> None:
    before = parties(app)
    body = json.dumps(draft(), ensure_ascii=False).encode()
    answer = raw(authority, body, CONTENT_LENGTH=told)
    assert answer.status_code in (400, 411, 413, 422)
    assert parties(app) == before


def test_a_body_longer_than_it_says_is_read_no_further(app: Flask, authority: Person) -> None:
    before = parties(app)
    body = json.dumps(draft(), ensure_ascii=False).encode()
    answer = raw(authority, body, CONTENT_LENGTH=str(len(body) - 5))
    assert answer.status_code in (400, 422)
    assert parties(app) == before


@pytest.mark.parametrize("path", ["/documents", "//login"])
def test_ten_thousand_form_parts_are_refused(authority: Person, path: str) -> None:
    part = b'--cut\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n'
    answer = authority.post(
        path,
        data=part * 10_000 + b"--cut--\r\n",
        content_type="multipart/form-data; boundary=cut",
    )
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(
    "body", [b"", b"--cut", b"--cut\r\n\r\n", b"no boundary at all", b"--cut\r\nContent-"]
)
def test_a_form_that_breaks_off_is_refused(authority: Person, body: bytes) -> None:
    answer = authority.post(
        "/documents", data=body, content_type="multipart/form-data; boundary=cut"
    )
    assert answer.status_code in (400, 422)


def test_an_unknown_field_is_named_by_its_pointer(app: Flask, authority: Person) -> None:
    answer = authority.post("/parties", json=draft(**{"a/b~c": 1, "name": 5}))
    assert answer.status_code == 422
    told = {fault["pointer"]: fault["zh"] for fault in answer.get_json()["errors"]}
    assert told == {"/a~1b~0c": "没有这个栏目", "/name": "须为文字"}


def test_a_refusal_speaks_the_language_that_was_asked_for(authority: Person) -> None:
    asked = {"Accept-Language": "en"}
    english = authority.post("/parties", json={}, headers=asked).get_json()
    chinese = authority.post("/parties", json={}).get_json()
    assert english["errors"][0]["message"] == "Required"
    assert chinese["errors"][0]["message"] == "必填"
    assert english["detail_zh"] == chinese["detail_zh"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_method_that_is_not_there_says_which_are(authority: Person, method: str) -> None:
    answer = authority.request(method, "/parties", json={})
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))
    assert answer.mimetype == "application/problem+json"


def test_a_row_too_long_for_its_column_is_refused_at_the_edge(authority: Person) -> None:
    for field, longest in (("name", 120), ("short_name", 40), ("address", 200), ("contact", 60)):
        fits = authority.post("/parties", json=draft(90 + longest % 9, **{field: "长" * longest}))
        assert fits.status_code in (201, 409)
        over = authority.post("/parties", json=draft(**{field: "长" * (longest + 1)}))
        assert (over.status_code, over.get_json()["errors"][0]["pointer"]) == (422, f"/{field}")


def test_nobody_signed_in_leaves_no_trace(app: Flask, consumer: Person) -> None:
    answer = consumer.post("/parties", json=draft())
    assert answer.status_code == 401
    assert rows(app, select(AnsweredRequest)) == [] and rows(app, select(Account)) == []
