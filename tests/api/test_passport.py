"""A stranger's phone reads a label: what it is shown, in every state, and what it can never see."""

import gzip
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update
from werkzeug.test import TestResponse

from core.act import HOUSE, transaction
from core.database.engine import db
from labels.codes import encode
from labels.epochs import new_epoch, revoke_epoch
from labels.models import LabelRun, ScanCount
from products.models import GiRecord
from tests.api.batches_ready import ReadyBatches
from tests.api.entering import document_of
from tests.api.labelled import EVERY_BATCH, LEAD, TEA, TODAY, Labelled
from tests.api.looking import change, rows
from tests.people import People
from trace.batches.models import Batch
from trace.inspections import rejudge

MOST_BYTES = 14 * 1024
HIGH_LEAD = {"characteristic": LEAD, "typed": "6.2", "unit": "mg/kg", "method": "GB 5009.12"}
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
UNKNOWN = "1VYB2X0V00VG6X130"


@pytest.fixture
def labelled(app: Flask, people: People) -> Labelled:
    """A batch whose labels are drawn."""
    return Labelled(app, people)


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    """A stranger's phone."""
    return app.test_client()


def page(answer: TestResponse) -> str:
    """The page as text."""
    return answer.get_data(as_text=True)


def asked(phone: FlaskClient, code: str, **more: Any) -> dict[str, Any]:
    """The same as JSON."""
    headers = {"Accept": "application/json", **more.pop("headers", {})}
    body: dict[str, Any] = phone.get(f"/T/{code}", headers=headers, **more).get_json()
    return body


def text_of(html: str) -> str:
    """What is read on a page: no tags, no style."""
    return re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SELECTs that are sent meanwhile."""
    sent: list[str] = []

    def heard(_c: Any, _k: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", heard)


# --- a label in use ------------------------------------------------------------------------


def test_a_label_in_use_shows_the_verdict_the_results_and_who_vouches(
    labelled: Labelled, phone: FlaskClient, app: Flask
) -> None:
    code = labelled.in_use().code()
    with statements(app) as sent:
        answer = phone.get(f"/T/{code}")
    shown = page(answer)
    assert answer.status_code == 200 and len(sent) <= 7, sent
    assert shown.index("检验合格") < shown.index("长沙绿茶")
    for part in (
        "这批长沙绿茶查了 15 项，全部合格。", "春山茶叶专业合作社", "湖南省长沙县金井镇", "一级",
        "GB 2762-2025", "0.62", "湘中检验中心", "2026-09-02 起", "起始日待核实", "待核实",
        "没有印专用标志", "示例·农业农村局", "放行", "没有人担保",
    ):  # fmt: skip
        assert part in text_of(shown).replace("\u00a0", " "), part
    told = asked(phone, code.lower())
    assert (told["status"], told["code"], told["scans"]["number"]) == ("active", code, 2)
    assert [link["vouched"] for link in told["links"]] == [
        "nobody", "own", "own", "nobody", "own", "nobody", "nobody", "nobody", "signed",
    ]  # fmt: skip
    lead = next(item for item in told["results"] if item["name"]["zh"] == LEAD)
    assert (lead["number"], lead["limits"][0]["upper"], lead["outcome"]) == (
        "0.62",
        "5.0",
        "conforming",
    )
    assert told["not_tested"] > 0 and told["asked_without_result"] == 0


def test_the_page_is_light_and_needs_nothing_else(labelled: Labelled, phone: FlaskClient) -> None:
    answer = phone.get(f"/T/{labelled.in_use().code()}")
    shown = page(answer)
    assert shown.count("<h3>") >= 12
    assert len(gzip.compress(answer.data)) <= MOST_BYTES
    assert "Set-Cookie" not in answer.headers and "Location" not in answer.headers
    assert "<script" not in shown and "stylesheet" not in shown and "@font-face" not in shown
    assert not re.search(r"(?:src|url)\s*[=(]|\son\w+=|href=.https?:", shown)
    nonce = re.search(r'<style nonce="([^"]+)">', shown)
    assert nonce and f"style-src 'nonce-{nonce[1]}'" in answer.headers["Content-Security-Policy"]
    assert " style=" not in shown
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert {"Accept", "Accept-Language"} <= set(answer.headers["Vary"].split(", "))


class EnglishText(HTMLParser):
    """The words of a page, without what it marks as Chinese, its drawings and its house line."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self.skipped = "", [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        stated = dict(attrs)
        ours = stated.get("lang") == "zh-Hans" or tag == "svg" or stated.get("class") == "house"
        if ours or tag == self.skipped[-1]:
            self.skipped.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self.skipped[-1]:
            self.skipped.pop()

    def handle_data(self, data: str) -> None:
        if len(self.skipped) == 1:
            self.said += data


def test_english_is_whole(labelled: Labelled, phone: FlaskClient) -> None:
    code = labelled.in_use().code()
    labelled.decide("hold", "留样复检")
    by_header = phone.get(f"/T/{code}", headers={"Accept-Language": "en-GB,en;q=0.9"})
    by_link = phone.get(f"/T/{code}?lang=en", headers={"Sec-Fetch-Site": "same-origin"})
    assert by_header.headers["Content-Language"] == by_link.headers["Content-Language"] == "en"
    for path in (f"/T/{code}?lang=en", f"/T/{UNKNOWN}?lang=en", "/T/x?lang=en", "/T?lang=en"):
        read = EnglishText()
        read.feed(page(phone.get(path)).partition("<main>")[2].partition("</main>")[0])
        said = read.said
        for name in ("示例·春山茶叶专业合作社", "示例·湘中检验中心", "示例·农业农村局", "示例电话"):
            said = said.replace(name, "")
        assert re.findall("[\u4e00-\u9fff]+", said) == [], path
    assert "Changsha green tea" in page(by_header) and 'lang="en"' in page(by_header)


def test_larger_type_and_the_other_language_are_links_to_the_same_label(
    labelled: Labelled, phone: FlaskClient
) -> None:
    code = labelled.in_use().code()
    large = page(phone.get(f"/T/{code}?size=xl"))
    assert 'class="xl"' in large
    for link in (f"/T/{code}?size=xl&amp;lang=en", f"/T/{code}?size=xl&amp;f=json"):
        assert f'href="{link}"' in large
    assert f'href="/T/{code}"' in large
    assert phone.get(f"/T/{code}?f=json").mimetype == "application/json"


# --- no label ------------------------------------------------------------------------------


def slips(code: str) -> Iterator[str]:
    """One change at every place, every swap of neighbours, every cut, a prefix and a suffix."""
    for place, letter in enumerate(code):
        other = ALPHABET[(ALPHABET.index(letter) + 7 + place) % 32]
        yield code[:place] + other + code[place + 1 :]
        yield code[: place + 1] if place < 16 else code * 2
        if place and code[place - 1] != letter:
            yield code[: place - 1] + letter + code[place - 1] + code[place + 1 :]
    yield from ("X" + code, code + "0", "中" * 17, "%" * 17)


def test_no_slip_of_a_live_code_is_taken_for_a_strange_label(
    labelled: Labelled, phone: FlaskClient, app: Flask
) -> None:
    code = labelled.in_use().code()
    with statements(app) as sent:
        for slip in slips(code):
            answer = phone.get("/T", query_string={"code": slip, "f": "json"})
            assert answer.get_json()["status"] in ("malformed", "mistyped"), slip
            assert answer.status_code == 404
    assert sent == [], "a slip is told without the database"
    assert rows(app, select(ScanCount)) == []


def test_unknown_codes_answer_with_the_same_words_after_the_same_work(
    labelled: Labelled, phone: FlaskClient, app: Flask
) -> None:
    masters = labelled.press.masters((labelled.epoch,))
    in_no_run = encode(masters, labelled.epoch, labelled.last + 1)
    not_held = encode({9: b"\x07\x21" * 16}, 9, 5)
    wrong_tag = encode({labelled.epoch: b"\x07\x21" * 16}, labelled.epoch, labelled.first)
    said, work = set(), set()
    for code in (in_no_run, not_held, wrong_tag):
        with statements(app) as sent:
            answer = phone.get(f"/T/{code}")
        assert answer.status_code == 404
        shown = page(answer).replace(code, "").replace(_grouped(code), "")
        said.add(re.sub(r'nonce="[^"]+"', "", shown))
        work.add(tuple(sent))
    assert len(said) == len(work) == 1
    assert "查不到" in said.pop()


def _grouped(code: str) -> str:
    return f"{code[:4]} {code[4:8]} {code[8:12]} {code[12:]}"


def test_an_old_epoch_answers_as_before_until_it_is_revoked(
    labelled: Labelled, phone: FlaskClient, app: Flask
) -> None:
    labelled.in_use()
    again = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}
    codes = [labelled.code(place) for place in range(40)]
    before = [phone.get(f"/T/{code}", headers=again).data for code in codes]
    with app.app_context(), transaction(db.session, HOUSE) as act:
        new_epoch(act, labelled.press)
    assert [phone.get(f"/T/{code}", headers=again).data for code in codes] == before
    with app.app_context(), transaction(db.session, HOUSE) as act:
        revoke_epoch(act, labelled.epoch, "密钥可能外泄")
    for code in codes[:5]:
        answer = phone.get(f"/T/{code}")
        assert answer.status_code == 410 and "已整体停用" in text_of(page(answer)).replace(" ", "")
    assert asked(phone, codes[0])["status"] == "revoked_key"


def test_a_code_can_be_typed_and_typed_again(labelled: Labelled, phone: FlaskClient) -> None:
    form = phone.get("/T")
    assert form.status_code == 200 and 'name="code"' in page(form)
    assert phone.get("/t").status_code == 200
    typed = phone.get("/T", query_string={"code": _grouped(labelled.in_use().code()).lower()})
    assert typed.status_code == 200 and "检验合格" in page(typed)
    wrong = page(phone.get("/T", query_string={"code": 'x"><b>{{7*7}}', "size": "xl"}))
    assert 'value="x&#34;&gt;&lt;b&gt;{{7*7}}"' in wrong
    assert '<input type="hidden" name="size" value="xl">' in wrong


# --- labels that vouch for nothing ---------------------------------------------------------


def _licence_revoked(made: Labelled) -> None:
    (licence,) = rows(made.app, select(LabelRun.licence_id).where(LabelRun.id == made.run))
    with made.act(made.authority) as act:
        rejudge.take_licence(act, licence, "资料不实")


WAYS: dict[str, Any] = {
    "not_activated": lambda made: made.become("printed"),
    "void": lambda made: made.in_use().become("void", reason="打坏"),
    "nonconforming": lambda made: made.in_use().inspect(*EVERY_BATCH, HIGH_LEAD),
    "withdrawn": lambda made: made.in_use().withdraw(made.type_report, "样品弄错"),
    "on_hold": lambda made: made.in_use().decide("hold", "留样复检"),
    "rejected": lambda made: made.in_use().decide("reject", "感官不符"),
    "recalled": lambda made: made.in_use().decide("recall", "抽检铅超标，致电 13800138000"),
    "conceded": lambda made: ReadyBatches(made.in_use().app, key=False).dispose(
        made.batch, "concession", "作普通茶出售"
    ),
    "licence_revoked": lambda made: _licence_revoked(made.in_use()),
}


@pytest.mark.parametrize("status", WAYS)
def test_each_label_that_vouches_for_nothing_says_why_and_what_to_do(
    labelled: Labelled, phone: FlaskClient, app: Flask, status: str
) -> None:
    WAYS[status](labelled)
    answer = phone.get(f"/T/{labelled.code()}")
    shown = text_of(page(answer))
    assert answer.status_code == 200
    assert "码是真的，但" in shown and "您可以怎么做" in shown
    assert "假" not in shown and "正品" not in shown and "13800138000" not in shown
    told = asked(phone, labelled.code())
    assert told["status"] == status and told["state"] in ("fail", "wait") and told["steps"]
    assert told["title"]["en"] and told["sentence"]["en"]
    assert ("results" in told) == (status not in ("not_activated", "void"))
    assert ("检验结果" in shown and "0.62" in shown) <= ("results" in told)
    counted = rows(app, select(ScanCount.status))
    assert counted == [status], "staff can see what was scanned"


def test_past_its_best_before_day_a_label_says_so(app: Flask, people: People) -> None:
    made = Labelled(app, people, best_before=TODAY).in_use()
    assert asked(app.test_client(), made.code())["status"] == "active"
    change(app, update(Batch).values(best_before=TODAY - timedelta(days=1)))
    told = asked(app.test_client(), made.code())
    assert told["status"] == "expired"
    assert (TODAY - timedelta(days=1)).isoformat() in told["sentence"]["zh"]


# --- reports -------------------------------------------------------------------------------


def test_a_corrected_report_shows_the_newer_and_leads_to_the_older(
    labelled: Labelled, phone: FlaskClient
) -> None:
    old = labelled.in_use().inspect(*EVERY_BATCH, HIGH_LEAD, number="R-OLD")
    assert asked(phone, labelled.code())["status"] == "nonconforming"
    labelled.correct(old, *EVERY_BATCH, {**HIGH_LEAD, "typed": "0.62"}, reason="小数点抄错")
    shown = page(phone.get(f"/T/{labelled.code()}"))
    assert '<a href="#older">更正了报告 R-OLD</a>' in shown and 'id="older"' in shown
    older = text_of(shown.partition('id="older"')[2])
    assert "R-OLD" in older and "6.2 mg/kg" in older and "小数点抄错" in text_of(shown)
    told = asked(phone, labelled.code())
    assert told["status"] == "active"
    reports = {report["number"]: report for report in told["reports"]}
    assert not reports["R-OLD"]["stands"]
    assert [r["reason"] for r in reports.values() if r["corrects"] == "R-OLD"] == ["小数点抄错"]


def test_a_proven_record_is_no_longer_to_be_verified(
    labelled: Labelled, phone: FlaskClient, app: Flask, people: People
) -> None:
    code = labelled.in_use().code()
    assert not any(record["proven"] for record in asked(phone, code)["batch"]["gi_records"])
    document = uuid.UUID(document_of(app, people.authority))
    product = people.product(TEA)
    proof = update(GiRecord).where(GiRecord.product_id == product, GiRecord.ordinal == 0)
    change(app, proof.values(number="12345678", evidence_id=document))
    assert "地理标志：有据可查" in page(phone.get(f"/T/{code}"))
