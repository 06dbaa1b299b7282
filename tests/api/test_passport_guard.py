"""The public page against who would misuse it: counting, other hosts, markup, persons."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from core.clock import now
from core.identity.models import Account, Party
from labels import scans
from labels.issuing import RunDraft, issue_run
from labels.models import ScanCount
from labels.passport import MANY_SCANS
from products.licences.models import TradeItem
from products.models import GiRecord, Product
from tests.api.labelled import EVERY_BATCH, TEA, TODAY, Labelled
from tests.api.looking import change, put, rows
from tests.people import People
from trace.batches.drafts import EventDraft
from trace.inspections import rejudge

EVIL = "evil.example"
MARKUP = "<script>alert(1)</script>\"'{{7*7}}{%x%}<svg/onload=x>"
GTIN = "09506000134352"
"""The example of the GS1 specifications."""


@pytest.fixture
def labelled(app: Flask, people: People) -> Labelled:
    """A batch whose labels are in use."""
    return Labelled(app, people).in_use()


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    """A stranger's phone."""
    return app.test_client()


def number_of(phone: FlaskClient, code: str, **headers: str) -> int:
    """Which scan of the label this is."""
    answer = phone.get(f"/T/{code}?f=json", headers=headers)
    number: int = answer.get_json()["scans"]["number"]
    return number


# --- counting ------------------------------------------------------------------------------


def test_every_scan_counts_and_looking_again_does_not(
    labelled: Labelled, phone: FlaskClient, app: Flask
) -> None:
    code = labelled.code()
    phone.get(f"/T/{code}")
    assert phone.head(f"/T/{code}").status_code == 200
    link = {"Sec-Fetch-Site": "same-origin"}
    assert number_of(phone, code, **link) == 1
    assert number_of(phone, code, **{"Sec-Fetch-Site": "none"}) == 2
    phone.get("/T", query_string={"code": code}, headers=link)
    assert number_of(phone, code, **link) == 3
    (row,) = rows(app, select(ScanCount))
    assert (row.serial, row.day, row.status, row.count) == (labelled.first, TODAY, "active", 3)
    assert row.first_at < row.last_at


def test_an_answer_never_waits_for_its_count(
    labelled: Labelled, phone: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(scans, "_add", broken)
    answer = phone.get(f"/T/{labelled.code()}")
    assert answer.status_code == 200 and "检验合格" in answer.get_data(as_text=True)
    assert rows(app, select(ScanCount)) == []


def test_many_scans_ask_to_look_at_the_pack_and_accuse_nobody(
    labelled: Labelled, phone: FlaskClient, app: Flask
) -> None:
    before = now() - timedelta(days=20)
    many = ScanCount(
        epoch=labelled.epoch, serial=labelled.first, day=before.date(), status="active",
        count=MANY_SCANS - 1, first_at=before, last_at=before,
    )  # fmt: skip
    put(app, many)
    shown = phone.get(f"/T/{labelled.code()}").get_data(as_text=True)
    assert f"第 {MANY_SCANS} 次" in shown.replace("\u00a0", " ")
    assert "检验合格" in shown and "次数多不等于货有问题" in shown and "假" not in shown
    other = phone.get(f"/T/{labelled.code(1)}").get_data(as_text=True)
    assert "次数多" not in other


# --- other hosts ---------------------------------------------------------------------------


WAYS_OUT = (
    "/T/{code}", "/T/{code}/", "/T//{code}", "//T/{code}", "/T/%2F%2Fevil.example",
    "/T/%5C%5Cevil.example", "/T?code=//evil.example", "/T?code=https://evil.example/",
    "/T?code=@evil.example", "/T/?next=//evil.example", "/T/{code}?next=//evil.example",
    "/01/09506000134352/21/{code}", "/T/%0d%0aLocation:%20https://evil.example", "/t", "/T/",
)  # fmt: skip


def test_no_address_leads_away_and_no_foreign_host_is_repeated(
    labelled: Labelled, phone: FlaskClient
) -> None:
    for path in WAYS_OUT:
        address = path.format(code=labelled.code())
        answer = phone.get(address, headers={"Host": EVIL, "X-Forwarded-Host": EVIL})
        assert answer.status_code in (200, 404), path
        assert "Location" not in answer.headers and "Refresh" not in answer.headers
        shown = answer.get_data(as_text=True)
        links = re.findall(r'(?:href|action)="([^"]*)"', shown)
        assert [link for link in links if not re.match(r"/(?!/)|data:|#", link)] == [], path
        assert EVIL not in shown or EVIL in path, path


def test_any_case_of_letters_and_a_slash_too_many_find_the_label(
    labelled: Labelled, phone: FlaskClient
) -> None:
    code = labelled.code()
    spelled = (code, code.lower(), f"{code[:4]}-{code[4:8]}-{code[8:]}", f"{code}/")
    for path in (*(f"/T/{one}" for one in spelled), f"/t/{code}"):
        assert phone.get(path).status_code == 200, path


def test_a_digital_link_answers_for_its_own_gtin_only(
    labelled: Labelled, phone: FlaskClient, app: Flask, people: People
) -> None:
    item = TradeItem(
        gtin=GTIN, party_id=people.cooperative.party, product_id=people.product(TEA),
        net_content=100_000, created_at=now(),
    )  # fmt: skip
    put(app, item)
    with labelled.act(labelled.maker) as act:
        draft = RunDraft(4, "100", "g", "a4-2x5", gtin=GTIN)
        run = issue_run(act, labelled.press, labelled.batch, draft)
        labelled.first = run.first
    code = labelled.code()
    assert phone.get(f"/01/{GTIN}/21/{code.lower()}").status_code == 200
    assert phone.get(f"/01/{GTIN[1:]}/21/{code}").status_code == 200
    english = f'href="/01/{GTIN}/21/{code}?lang=en"'
    assert english in phone.get(f"/01/{GTIN}/21/{code}").get_data(as_text=True)
    assert phone.get(f"/01/04006381333931/21/{code}").status_code == 404
    assert phone.get(f"/01/x/21/{code}").status_code == 404
    assert phone.get(f"/T/{code}").status_code == 200


# --- markup and persons --------------------------------------------------------------------


def test_markup_in_names_and_reasons_stays_text(
    labelled: Labelled, phone: FlaskClient, app: Flask, people: People
) -> None:
    labelled.inspect(*EVERY_BATCH, number="R'\"<b>{{1}}")
    labelled.decide("hold", MARKUP)
    change(app, update(Party).values(name=MARKUP, contact=MARKUP[:60]))
    change(app, update(Product).where(Product.key == TEA).values(name_en=MARKUP))
    change(app, update(GiRecord).values(name=MARKUP[:60], type="<i>"))
    code = labelled.code()
    for path in (f"/T/{code}", f"/T/{code}?lang=en", f"/T?code={MARKUP}",
                 f"/T/{code}?size={MARKUP}&lang={MARKUP}"):  # fmt: skip
        shown = phone.get(path).get_data(as_text=True)
        for raw in ("<script", "<svg/onload", "<b>{{1}}", "<i>"):
            assert raw not in shown.partition("<main>")[2], (path, raw)
        assert "&lt;script&gt;" in shown
    told = phone.get(f"/T/{labelled.code()}?f=json")
    assert told.mimetype == "application/json" and told.get_json()["decision"]["reason"] == MARKUP


PERSONAL = {
    "note": "联系张三 13912345678", "place": "28.23456,113.12345 李四家", "operator": "王五",
}  # fmt: skip


def test_no_person_is_named_on_the_page_or_in_its_data(app: Flask, people: People) -> None:
    made = Labelled(app, people, place="赵六家东坡 28.11111,112.99999").in_use()
    with made.act(made.maker) as act:
        event = EventDraft("production", TODAY, readings=(), documents=(), **PERSONAL)
        rejudge.log_stage(act, made.batch, event)
    contact = update(Party).where(Party.id == people.cooperative.party)
    change(app, contact.values(contact="钱七 13700001111", address="某村 5 号"))
    change(app, update(Account).values(name="孙八"))
    made.become("void", reason="周九 打坏", place=3)
    names = ("张三", "李四", "王五", "赵六", "钱七", "孙八", "周九", "某村")
    numbers = ("139123", "28.2", "113.1", "28.1", "112.9", "1370000")
    phone = app.test_client()
    for code in (made.code(), made.code(3)):
        for path in (f"/T/{code}", f"/T/{code}?f=json", f"/T/{code}?lang=en"):
            shown = phone.get(path).get_data(as_text=True)
            assert "CSLC-" in shown
            assert [found for found in (*names, *numbers) if found in shown] == [], path
