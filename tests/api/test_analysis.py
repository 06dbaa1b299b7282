"""检验报告: what a certificate says, who may see it, that it cannot be altered, how it stands."""

import gzip
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from labels.analysis_pdf import CheckError, check
from labels.report_key import PublicKey, public_key, report_keys
from tests.api.looking import rows
from tests.api.test_main_job import (
    EVERY_BATCH,
    MADE,
    TEA,
    TODAY,
    TYPE_ITEMS,
    order_type,
    published,
    report,
    sent_batch,
)
from tests.people import Person
from trace.inspections.report_links import ReportLink

LEAD = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg", "method": "GB 5009.12"}
MOST_BYTES = 14 * 1024


@pytest.fixture
def phone(app: Flask) -> FlaskClient:
    """A stranger's phone."""
    return app.test_client()


@pytest.fixture
def batch(cooperative: Person, inspector: Person) -> dict[str, Any]:
    """A batch of tea that was sent to the laboratory."""
    return sent_batch(cooperative, inspector)


def signing(app: Flask) -> list[PublicKey]:
    """Make a report key; the public halves of all."""
    made = app.test_cli_runner().invoke(args=["house", "new-report-key"])
    assert made.exit_code == 0, made.output
    return [one.public for one in report_keys(app.config["SETTINGS"].keys)]


def address(person: Person, made: dict[str, Any]) -> str:
    """Where a report stands, as its page on the REST side says."""
    from_report: str = person.get(f"/inspections/{made['id']}/certificate").get_json()["address"]
    return urlsplit(from_report).path


def told(phone: FlaskClient, where: str) -> dict[str, Any]:
    """The report as data."""
    answer = phone.get(f"{where}?f=json")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    return body


def text_of(html: str) -> str:
    """What is read on a page."""
    bare = re.sub(r"<style.*?</style>|<[^>]+>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", bare)


# --- the page ------------------------------------------------------------------------------


def test_a_report_is_seen_by_everybody_who_has_its_address(
    phone: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    made = published(
        inspector, batch, report([*EVERY_BATCH, LEAD], note="来样完好，电话 13800138000")
    )
    where = address(inspector, made)
    assert re.fullmatch(r"/A/[0-7][0-9A-HJKMNP-TV-Z]{25}", where)
    answer = phone.get(where)
    shown = text_of(answer.get_data(as_text=True))
    assert answer.status_code == 200
    for part in (
        "报告有效", "1 项不合格", "铅（以Pb计）", "5.6 mg/kg", "≤ 5.0 mg/kg", "GB 2762-2025", made["number"],
        batch["number"], "长沙绿茶", "示例·湘中检验中心", "主检（提交）", "审核（复核）", "来样完好",
    ):  # fmt: skip
        assert part in shown, part
    assert "13800138000" not in shown
    assert "Set-Cookie" not in answer.headers and "<script" not in answer.get_data(as_text=True)
    assert len(gzip.compress(answer.data)) <= MOST_BYTES
    assert phone.get(where.lower()).status_code == 200
    assert phone.get(f"{where}?lang=en&size=xl").status_code == 200
    assert "Set-Cookie" not in phone.get(f"{where}?lang=en").headers


def test_no_name_of_a_person_stands_on_the_page_in_the_data_or_in_the_document(
    app: Flask, phone: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    signing(app)
    people = [inspector, inspector.colleague]
    made = published(inspector, batch, report(EVERY_BATCH))
    where = address(inspector, made)
    pdf = phone.get(f"{where}.pdf").data
    written = pdf + phone.get(where).data + phone.get(f"{where}?f=json").data
    drawn = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    for person in people:
        assert str(person.account).encode() not in written
        assert person.account is not None and person.account.hex[:8] in drawn


def test_what_is_no_address_and_what_has_none_answer_alike(phone: FlaskClient) -> None:
    for wrong in ("Z" * 26, "0" * 26, "1234", "0" * 27, "../etc", "' OR 1=1"):
        answer = phone.get(f"/A/{wrong}")
        assert answer.status_code == 404, wrong
        assert phone.get(f"/A/{wrong}.pdf").status_code == 404, wrong


def test_every_report_gets_one_random_address_by_itself(
    app: Flask, inspector: Person, batch: dict[str, Any]
) -> None:
    made = [published(inspector, batch, report(EVERY_BATCH)) for _ in range(2)]
    links = rows(app, select(ReportLink))
    assert {str(link.inspection_id) for link in links} == {one["id"] for one in made}
    assert len({link.token for link in links}) == 2


# --- how it stands -------------------------------------------------------------------------


def test_a_withdrawn_report_says_so_and_why_and_comes_back_when_reinstated(
    phone: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    made = published(inspector, batch, report(EVERY_BATCH))
    where = address(inspector, made)
    before = told(phone, where)
    assert (before["state"], before["outcome"]) == ("counts", "conforming")
    inspector.made(f"/inspections/{made['id']}/withdrawal", json={"reason": "样品弄错"})
    after = told(phone, where)
    assert after["state"] == "withdrawn" and "样品弄错" in after["sentence"]["zh"]
    assert "样品弄错" in text_of(phone.get(where).get_data(as_text=True))
    assert after["sha256"] != before["sha256"]


def test_a_corrected_report_leads_to_the_one_that_counts_and_back(
    phone: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    old = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    fixed = report([*EVERY_BATCH, {**LEAD, "typed": "0.56"}])
    new = published(inspector, None, {**fixed, "reason": "小数点抄错"}, corrects=old["id"])
    said = told(phone, address(inspector, old))
    assert said["state"] == "corrected"
    by = said["content"]["standing"]["by"]
    assert (by["number"], by["reason"]) == (new["number"], "小数点抄错")
    assert f"/A/{by['address']}" == address(inspector, new)
    assert by["address"] in phone.get(address(inspector, old)).get_data(as_text=True)
    newer = told(phone, address(inspector, new))
    assert (newer["state"], newer["outcome"]) == ("counts", "conforming")
    assert newer["content"]["corrects"]["number"] == old["number"]


def test_a_retest_says_which_items_count_where(
    phone: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    old = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    again = report([{**LEAD, "typed": "0.61"}])
    new = published(
        inspector, None, again, retests=old["id"], ground="laboratory-error", reason="空白被污染"
    )
    said = told(phone, address(inspector, old))
    assert said["state"] == "partly"
    assert said["content"]["standing"]["tested_again"] == ["铅（以Pb计）"]
    assert said["content"]["standing"]["by"]["number"] == new["number"]
    assert said["content"]["findings"][-1]["typed"] == "5.6", "the first result is kept"
    newer = told(phone, address(inspector, new))
    assert newer["state"] == "counts" and newer["content"]["ground"] == "laboratory-error"
    assert "空白被污染" in text_of(phone.get(address(inspector, new)).get_data(as_text=True))


def test_a_type_inspection_is_judged_by_itself(
    phone: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    order_type(cooperative, inspector)
    draft = report(
        TYPE_ITEMS,
        sampled_on=(MADE - timedelta(days=9)).isoformat(),
        reported_on=(MADE - timedelta(days=1)).isoformat(),
    )
    made = published(inspector, None, draft, party=str(cooperative.party), product=TEA)
    said = told(phone, address(inspector, made))
    assert said["content"]["subject"]["kind"] == "type" and said["content"]["valid_to"]
    lead = said["content"]["findings"][0]
    assert (lead["typed"], lead["limits"][0]["standard"]) == ("0.62", "GB 2762-2025")
    assert said["outcome"] == "conforming"


# --- the document --------------------------------------------------------------------------


@pytest.fixture
def keys(app: Flask) -> list[PublicKey]:
    """The house's report keys."""
    return signing(app)


def pdf_of(phone: FlaskClient, where: str) -> bytes:
    """The certificate."""
    answer = phone.get(f"{where}.pdf")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/pdf" and "Set-Cookie" not in answer.headers
    return bytes(answer.data)


def test_the_document_is_signed_and_the_same_each_time(
    phone: FlaskClient, inspector: Person, batch: dict[str, Any], keys: list[PublicKey]
) -> None:
    made = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    where = address(inspector, made)
    pdf = pdf_of(phone, where)
    assert pdf == pdf_of(phone, where)
    found = check(pdf, keys)
    assert found.same_pages and found.digest == told(phone, where)["sha256"]
    assert found.analysis.number == made["number"]
    listed = phone.get("/A/keys").get_json()["keys"]
    assert [public_key(one["public"]) for one in listed] == keys


def test_its_pages_show_the_results_in_chinese_and_its_symbol_opens_the_live_state(
    phone: FlaskClient, inspector: Person, batch: dict[str, Any], keys: list[PublicKey]
) -> None:
    made = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    where = address(inspector, made)
    document = pypdfium2.PdfDocument(pdf_of(phone, where))
    drawn = "".join(page.get_textpage().get_text_range() for page in document)
    for part in (
        "检验报告",
        "示例",
        "铅（以Pb计）",
        "5.6 mg/kg",
        "不合格",
        "GB 2762-2025",
        "怎样核验",
    ):
        assert part in drawn, part
    picture = np.asarray(document[0].render(scale=3).to_pil())
    read = [one.text for one in zxingcpp.read_barcodes(picture)]
    assert read == [f"https://gi.example.cn{where}"]


def test_a_file_of_which_one_character_was_changed_is_found_out(
    phone: FlaskClient, inspector: Person, batch: dict[str, Any], keys: list[PublicKey]
) -> None:
    made = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    pdf = pdf_of(phone, address(inspector, made))
    altered = pdf.replace(b'"typed":"5.6"', b'"typed":"0.6"')
    assert altered != pdf
    with pytest.raises(CheckError) as refused:
        check(altered, keys)
    assert "对不上" in refused.value.zh
    assert not check(pdf + b"\n", keys).same_pages, "the pages are no longer those that were signed"
    with pytest.raises(CheckError):
        check(pdf, [public_key("11" * 32)])
    with pytest.raises(CheckError):
        check(b"%PDF-1.7 nothing of ours", keys)


def test_the_house_checks_a_file_without_any_network(
    app: Flask, phone: FlaskClient, inspector: Person, batch: dict[str, Any],
    keys: list[PublicKey], tmp_path: Path,
) -> None:  # fmt: skip
    made = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    file = tmp_path / "report.pdf"
    file.write_bytes(pdf_of(phone, address(inspector, made)))
    run = app.test_cli_runner().invoke
    said = run(args=["house", "check-report", str(file)])
    assert said.exit_code == 0, said.output
    assert "签名正确" in said.output and "页面和所签内容一致" in said.output
    assert made["number"] in said.output
    whole = file.read_bytes()
    file.write_bytes(whole[:3000] + bytes([whole[3000] ^ 1]) + whole[3001:])
    painted = run(args=["house", "check-report", str(file)])
    assert painted.exit_code == 2 and "不看页面" in painted.output
    file.write_bytes(whole)
    wrong = run(args=["house", "check-report", str(file), "--key", "11" * 32])
    assert wrong.exit_code == 1 and "没有密钥" in wrong.output
    file.write_bytes(b"no pdf")
    assert run(args=["house", "check-report", str(file)]).exit_code == 1


def test_a_newer_key_signs_and_the_older_still_verifies(
    app: Flask, phone: FlaskClient, inspector: Person, batch: dict[str, Any], keys: list[PublicKey]
) -> None:
    made = published(inspector, batch, report(EVERY_BATCH))
    where = address(inspector, made)
    older = pdf_of(phone, where)
    both = signing(app)
    newer = pdf_of(phone, where)
    assert check(newer, both).key == both[0].key
    assert check(older, both).key == both[1].key == keys[0].key


def test_without_a_key_or_with_one_that_all_can_read_nothing_is_signed(
    app: Flask, phone: FlaskClient, inspector: Person, batch: dict[str, Any]
) -> None:
    made = published(inspector, batch, report(EVERY_BATCH))
    where = address(inspector, made)
    answer = phone.get(f"{where}.pdf", headers={"Accept": "application/json"})
    assert answer.status_code == 409 and "new-report-key" in answer.get_data(as_text=True)
    assert phone.get(where).status_code == 200, "the page needs no key"
    signing(app)
    (file,) = app.config["SETTINGS"].keys.glob("report-*.key")
    assert file.stat().st_mode & 0o777 == 0o400
    file.chmod(0o644)
    assert phone.get(f"{where}.pdf").status_code == 409


def test_a_character_that_the_font_lacks_is_refused_and_named(
    app: Flask, phone: FlaskClient, inspector: Person, batch: dict[str, Any], keys: list[PublicKey]
) -> None:
    made = published(inspector, batch, report(EVERY_BATCH, note="象形 𓀀"))
    answer = phone.get(f"{address(inspector, made)}.pdf")
    assert answer.status_code == 409 and "U+13000" in answer.get_data(as_text=True)


def test_a_withdrawn_report_says_so_on_its_face(
    phone: FlaskClient, inspector: Person, batch: dict[str, Any], keys: list[PublicKey]
) -> None:
    made = published(inspector, batch, report(EVERY_BATCH))
    inspector.made(f"/inspections/{made['id']}/withdrawal", json={"reason": "样品弄错"})
    document = pypdfium2.PdfDocument(pdf_of(phone, address(inspector, made)))
    drawn = document[0].get_textpage().get_text_range()
    assert "撤回" in drawn and "样品弄错" in drawn and TODAY.isoformat() in drawn
