"""Values from instruments' sheets into drafted worksheets: looked at first, every row answered."""

import io
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.clock import now
from core.record.models import Evidence
from tests.api.entering import refusal
from tests.api.filling import form_on, send
from tests.api.looking import rows
from tests.api.test_documents import form as multipart
from tests.api.test_instruments import METER, METHOD
from tests.api.test_main_job import MADE, TODAY, order_type, published, report, sent_batch
from tests.people import People, Person
from tests.rules.instrument_sheets import with_cells, xlsx_of
from trace.inspections.life_models import Worksheet
from trace.laboratories.models import SheetImport
from trace.laboratories.sheets import LARGEST_SHEET
from trace.laboratories.workbooks import read_sheet

BY_VALUE = {
    "columns": {
        "sample": "样品编号", "characteristic": "项目", "value": "结果", "unit": "单位",
        "method": "方法",
    },
}  # fmt: skip
HEAD = "样品编号,项目,结果,单位,方法"


@pytest.fixture
def meter(inspector: Person) -> dict[str, Any]:
    """A calibrated moisture meter whose columns are known."""
    made = inspector.made("/instruments", json={**METER, "mapping": BY_VALUE})
    inspector.made(
        f"/instruments/{made['id']}/calibrations",
        json={
            "calibrated_on": MADE.isoformat(), "certificate_number": "JZ-1",
            "due_on": TODAY.replace(year=TODAY.year + 1).isoformat(),
        },
    )  # fmt: skip
    return made


def of(*lines: str) -> bytes:
    return "\n".join((HEAD, *lines)).encode()


def sent(person: Person, meter: dict[str, Any], octets: bytes, dry: bool = False) -> TestResponse:
    path = f"/instruments/{meter['id']}/imports{'?dry_run=true' if dry else ''}"
    return person.post(path, **multipart(("file", octets, "水分.csv")))


def outcome(person: Person, meter: dict[str, Any], octets: bytes, dry: bool = False) -> Any:
    answer = sent(person, meter, octets, dry)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def states(said: Any) -> list[tuple[int, str, str]]:
    return [(one["row"], one["state"], one["place"]) for one in said["answers"]]


def worksheets(app: Flask) -> list[Worksheet]:
    return rows(app, select(Worksheet).order_by(Worksheet.created_at))


def test_a_dry_run_answers_every_row_and_stores_nothing(
    app: Flask, cooperative: Person, inspector: Person, meter: dict[str, Any]
) -> None:
    batch = sent_batch(cooperative, inspector)
    octets = of(
        f"{batch['number']},水分,5.8,%,",
        "没有的,水分,5.8,%,",
        ",,,,",
        f"{batch['number']},总灰分,70,%,",
    )
    said = outcome(inspector, meter, octets, dry=True)
    assert states(said) == [
        (2, "taken", ""), (3, "refused", "C3"), (4, "empty", ""), (5, "refused", "C5"),
    ]  # fmt: skip
    assert said["worksheets"] == [{"name": batch["number"], "values": 1, "worksheet": None}]
    assert all(one["words"]["zh"] and one["words"]["en"] for one in said["answers"])
    assert worksheets(app) == rows(app, select(SheetImport)) == []


def test_each_row_goes_to_the_worksheet_of_its_batch(
    app: Flask, cooperative: Person, inspector: Person, meter: dict[str, Any], session: Session
) -> None:
    one, two = sent_batch(cooperative, inspector), sent_batch(cooperative, inspector)
    begun = inspector.made("/worksheets", json={"batch": two["id"], "number": "R-2"})
    octets = of(
        f"{one['number']},水分,5.80,%,", f"{two['number'].lower()},水分,6.1%,,",
        f"{one['number']},总灰分,５.９,g/100g,",
    )  # fmt: skip
    said = outcome(inspector, meter, octets)
    assert {state for _row, state, _at in states(said)} == {"taken"}
    kept = {str(sheet.batch_id): sheet for sheet in worksheets(app)}
    assert len(kept) == 2
    assert str(kept[two["id"]].id) == begun["id"]
    assert (kept[two["id"]].number, kept[two["id"]].version) == ("R-2", 2)
    values = [
        (v["characteristic"], v["typed"], v["unit"], v["instrument"], v["analyst"])
        for v in kept[one["id"]].content["results"]
    ]
    assert values == [
        ("水分", "5.80", "%", meter["id"], str(inspector.account)),
        ("总灰分", "５.９", "g/100g", meter["id"], str(inspector.account)),
    ]
    (filed,) = rows(app, select(SheetImport))
    assert (filed.put_in_at is not None, len(filed.answers)) == (True, 3)
    kinds = session.scalars(select(Evidence.kind).where(Evidence.subject == str(filed.id))).all()
    assert kinds == ["sheet-import"]


def test_the_same_sheet_twice_changes_nothing_and_another_value_is_not_written_over(
    app: Flask, cooperative: Person, inspector: Person, meter: dict[str, Any]
) -> None:
    batch = sent_batch(cooperative, inspector)
    octets = of(f"{batch['number']},水分,5.8,%,")
    outcome(inspector, meter, octets)
    assert states(outcome(inspector, meter, octets)) == [(2, "same", "")]
    other = outcome(inspector, meter, of(f"{batch['number']},水分,5.9,%,"))
    assert states(other) == [(2, "refused", "C2")]
    assert "5.8" in other["answers"][0]["words"]["zh"]
    (sheet,) = worksheets(app)
    assert [value["typed"] for value in sheet.content["results"]] == ["5.8"]
    assert sheet.version == 1


def test_values_pass_the_same_checks_as_typed_ones(
    cooperative: Person, inspector: Person, meter: dict[str, Any]
) -> None:
    inspector.made("/methods", json=METHOD)
    number = sent_batch(cooperative, inspector)["number"]
    wrong = (
        "水分,-1,%,", "水分,5.8,kg,", "水分,600,%,", "水分,0.1,%,", "水分,符合,,", "水分,abc,%,",
        "总灰分,5.9,%,GB/T 8304-2013", "铅（以Pb计）,0.5,mg/kg,", "魔法,5,%,",
    )  # fmt: skip
    said = [outcome(inspector, meter, of(f"{number},{line}"), dry=True) for line in wrong]
    assert [states(one) for one in said] == [[(2, "refused", "C2")]] * len(wrong)
    assert len({one["answers"][0]["words"]["zh"] for one in said}) == len(wrong)
    right = of(f"{number},水分,5.8,%,GB/T 8304-2013", f"{number},水分,5.9,%,")
    assert states(outcome(inspector, meter, right, dry=True)) == [
        (2, "taken", ""), (3, "refused", "C3"),
    ]  # fmt: skip


def test_a_value_from_an_expired_instrument_goes_in_with_the_warning(
    cooperative: Person, inspector: Person
) -> None:
    meter = inspector.made("/instruments", json={**METER, "mapping": BY_VALUE})
    batch = sent_batch(cooperative, inspector)
    said = outcome(inspector, meter, of(f"{batch['number']},水分,5.8,%,"))
    assert states(said) == [(2, "doubted", "")]
    assert "没有校准" in said["answers"][0]["words"]["zh"]


def test_nothing_goes_onto_what_was_submitted_or_published_or_is_ambiguous(
    cooperative: Person, inspector: Person, meter: dict[str, Any]
) -> None:
    value = [{"characteristic": "水分", "typed": "5.8", "unit": "%"}]
    submitted, done, two = (sent_batch(cooperative, inspector) for _ in range(3))
    inspector.made("/worksheets", json={"batch": submitted["id"], **report(value), "sign": True})
    published(inspector, done, report(value))
    for number in ("A-1", "A-2"):
        inspector.made("/worksheets", json={"batch": two["id"], "number": number})
    octets = of(*(f"{batch['number']},总灰分,5.9,%," for batch in (submitted, done, two)))
    said = outcome(inspector, meter, octets)
    assert [state for _row, state, _at in states(said)] == ["refused"] * 3
    words = [one["words"]["zh"] for one in said["answers"]]
    assert ["等复核" in words[0], "已有发布" in words[1], "2 份" in words[2]] == [True] * 3


def test_a_batch_that_was_not_sent_here_is_as_unknown_as_none(
    cooperative: Person, inspector: Person, meter: dict[str, Any], people: People
) -> None:
    other = people.person(41, "别的检测", ("inspector",))
    batch = sent_batch(cooperative, other)
    said = outcome(inspector, meter, of(f"{batch['number']},水分,5.8,%,", "无此,水分,5.8,%,"))
    here, none = (one["words"]["zh"] for one in said["answers"])
    assert here.replace(batch["number"], "无此") == none
    assert refusal(sent(other, meter, of("x,水分,5.8,%,")))[0] == 404


def test_two_parties_batches_of_one_number_are_told_apart_by_nothing(
    cooperative: Person, stranger: Person, inspector: Person, meter: dict[str, Any]
) -> None:
    for person in (cooperative, stranger):
        sent_batch(person, inspector, number="LOT-1")
    said = outcome(inspector, meter, of("LOT-1,水分,5.8,%,"))
    assert states(said)[0][1] == "refused"
    assert "样品编号" in said["answers"][0]["words"]["zh"]


def test_a_sample_of_the_laboratory_is_found_by_its_number(
    app: Flask, cooperative: Person, inspector: Person, meter: dict[str, Any]
) -> None:
    order_type(cooperative, inspector)
    order = inspector.get("/orders").get_json()[0]
    inspector.made(
        f"/orders/{order['id']}/samples",
        json={
            "number": "YP-26-007", "seal": "F-1", "role": "test", "amount": "500", "unit": "g",
            "drawn_on": TODAY.isoformat(), "place": "示例仓库",
        },
    )  # fmt: skip
    said = outcome(inspector, meter, of("yp-26-007,水分,5.8,%,"))
    assert states(said) == [(2, "taken", "")]
    (sheet,) = worksheets(app)
    assert (sheet.kind, sheet.batch_id, sheet.party_id) == ("type", None, cooperative.party)


@pytest.mark.parametrize(
    ("octets", "status", "code"),
    [
        (b"%PDF-1.7 x", 422, "sheet-kind"),
        (b"", 422, "sheet-empty"),
        (b"a,b\n" * (LARGEST_SHEET // 4 + 1), 413, "sheet-too-large"),
        (with_cells('<row><c r="XFD1048576"><v>1</v></c></row>'), 413, "sheet-too-large"),
        (b"a,b\n1,2\n", 422, "sheet-columns"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_of_it_stays(
    app: Flask, inspector: Person, meter: dict[str, Any], octets: bytes, status: int, code: str
) -> None:
    assert refusal(sent(inspector, meter, octets))[:2] == (status, code)
    assert rows(app, select(SheetImport)) == []


def test_an_instrument_without_a_mapping_says_so(inspector: Person) -> None:
    bare = inspector.made("/instruments", json=METER)
    assert refusal(sent(inspector, bare, of("x,水分,5.8,%,")))[1] == "no-mapping"


def test_one_key_puts_in_once(
    app: Flask, cooperative: Person, inspector: Person, meter: dict[str, Any]
) -> None:
    batch = sent_batch(cooperative, inspector)
    key, path = str(uuid.uuid4()), f"/instruments/{meter['id']}/imports"
    octets = of(f"{batch['number']},水分,5.8,%,")
    answers = [
        inspector.post(path, key=key, data={"file": (io.BytesIO(octets), "a.csv")})
        for _ in range(2)
    ]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(rows(app, select(SheetImport))) == len(worksheets(app)) == 1


# --- the page ------------------------------------------------------------------------------


def upload(browser: FlaskClient, meter: dict[str, Any], octets: bytes, name: str) -> TestResponse:
    form = form_on(browser, "/lab/imports", "/lab/imports")
    return send(browser, form, instrument=meter["id"], file=(io.BytesIO(octets), name))


def test_a_sheet_is_looked_at_mapped_put_in_and_comes_back_with_its_answers(
    app: Flask, cooperative: Person, inspector: Person
) -> None:
    meter = inspector.made("/instruments", json=METER)
    batch, browser = sent_batch(cooperative, inspector), inspector.signed_in()
    octets = xlsx_of(
        ("样品编号", "水分(%)", "备注"), (batch["number"], 5.8, "=1+1"), ("没有的", -2.5, "@x")
    )
    answer = upload(browser, meter, octets, "水分仪 11 月.xlsx")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = answer.headers["Location"]
    first = browser.get(page).get_data(as_text=True)
    assert "还没有列对应" in first
    (filed,) = rows(app, select(SheetImport))
    form = form_on(
        browser, f"/lab/instruments/{meter['id']}/mapping?sheet_id={filed.id}", "/mapping"
    )
    assert (form.boxes["column-sample"], form.boxes["item-0-column"], form.boxes["layout"]) == (
        ["样品编号"], ["水分(%)"], ["wide"],
    )  # fmt: skip
    assert send(browser, form).headers["Location"] == page
    text = browser.get(page).get_data(as_text=True)
    assert "1 行可以放进，1 行放不进" in text
    assert worksheets(app) == []
    done = send(browser, form_on(browser, page, page))
    assert done.status_code == 303, done.get_data(as_text=True)
    (sheet,) = worksheets(app)
    assert [value["typed"] for value in sheet.content["results"]] == ["5.8"]
    back = browser.get(f"{page}/answers.xlsx")
    again = read_sheet(back.get_data())
    assert [[cell.text for cell in row] for row in again.rows] == [
        ["样品编号", "水分(%)", "备注", "标源的回答"],
        [batch["number"], "5.8", "=1+1", again.rows[1][3].text],
        ["没有的", "-2.5", "@x", again.rows[2][3].text],
    ]
    assert again.rows[1][3].text.startswith("放进")
    assert again.rows[2][3].text.startswith("没有放进 B3")


def test_putting_in_a_second_time_is_refused_and_the_first_answers_stay(
    app: Flask, cooperative: Person, inspector: Person, meter: dict[str, Any]
) -> None:
    batch, browser = sent_batch(cooperative, inspector), inspector.signed_in()
    page = upload(browser, meter, of(f"{batch['number']},水分,5.8,%,"), "a.csv").headers["Location"]
    form = form_on(browser, page, page)
    assert send(browser, form).status_code == 303
    assert send(browser, form, _key=str(uuid.uuid4())).status_code == 409
    assert len(worksheets(app)) == 1
    assert "逐行的回答" in browser.get(page).get_data(as_text=True)


def test_an_upload_that_is_no_sheet_or_names_no_instrument_stores_nothing(
    app: Flask, inspector: Person, meter: dict[str, Any]
) -> None:
    browser = inspector.signed_in()
    assert upload(browser, meter, b"%PDF-1.4", "a.pdf").status_code == 422
    form = form_on(browser, "/lab/imports", "/lab/imports")
    lost = send(browser, form, instrument="", file=(io.BytesIO(b"a,b\n"), "a.csv"))
    assert lost.status_code == 422
    assert "请选是哪台仪器" in lost.get_data(as_text=True)
    assert send(browser, form, instrument=meter["id"], csrf_token=None).status_code == 403
    assert rows(app, select(SheetImport)) == []


def test_another_laboratory_and_a_producer_find_no_sheet(
    cooperative: Person, inspector: Person, meter: dict[str, Any], people: People
) -> None:
    page = upload(inspector.signed_in(), meter, of("x,水分,5.8,%,"), "a.csv").headers["Location"]
    other = people.person(42, "别的检测", ("inspector",)).signed_in()
    for path in (page, f"{page}/answers.xlsx", f"/lab/instruments/{meter['id']}"):
        assert other.get(path).status_code == 404
        assert cooperative.signed_in().get(path).status_code == 403


def test_sheets_that_nobody_put_in_go_after_a_week(
    app: Flask, inspector: Person, meter: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = inspector.signed_in()
    upload(browser, meter, of("x,水分,5.8,%,"), "alt.csv")
    later = now()
    monkeypatch.setattr("trace.laboratories.uploads.KEEP_LOOKED_AT", now() - later)
    upload(browser, meter, of("x,水分,5.8,%,"), "neu.csv")
    assert [one.name for one in rows(app, select(SheetImport))] == ["neu.csv"]
