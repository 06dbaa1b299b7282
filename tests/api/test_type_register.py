"""The register of type inspections: what is covered until when, what a gap stops, who sees it."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.act import INSPECTOR
from tests.api.looking import rows
from tests.api.test_main_job import (
    EVERY_BATCH,
    MADE,
    TEA,
    TODAY,
    TYPE_ITEMS,
    confirm,
    order_type,
    published,
    report,
    sent_batch,
    type_inspected,
)
from tests.people import People, Person
from trace.inspections.models import Disposition
from trace.inspections.type_register import COMING, DUE, LAPSED, VALID, state_on

LEAD = "铅（以Pb计）"


def register(person: Person, **asked: str) -> list[dict[str, Any]]:
    """The rows of tea that somebody sees."""
    answer = person.get("/type-register", query_string={"product": TEA, **asked})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.get_json()
    return found


def inspected(
    cooperative: Person, inspector: Person, items: Any, *, begins: date, ends: date
) -> dict[str, Any]:
    """A type inspection of tea of some items, from day to day."""
    order_type(cooperative, inspector)
    draft = report(
        items,
        sampled_on=begins.isoformat(),
        reported_on=begins.isoformat(),
        valid_from=begins.isoformat(),
        valid_to=ends.isoformat(),
    )
    return published(inspector, None, draft, party=str(cooperative.party), product=TEA)


@pytest.mark.parametrize(
    ("begins", "until", "state"),
    [(-30, -1, LAPSED), (-30, None, LAPSED), (-30, 0, DUE), (-30, 60, DUE), (-30, 61, VALID), (1, 90, COMING)],
)  # fmt: skip
def test_a_period_has_one_state_on_each_day(begins: int, until: int | None, state: str) -> None:
    last = None if until is None else TODAY + timedelta(days=until)
    assert state_on(TODAY + timedelta(days=begins), last, TODAY) == state


def test_what_was_never_inspected_stands_first_with_the_batches_that_it_stops(
    cooperative: Person, inspector: Person, authority: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    confirm(cooperative, batch)
    published(inspector, batch, report(EVERY_BATCH))
    (row,) = [one for one in register(authority) if one["party_id"] == str(cooperative.party)]
    assert (row["state"], row["report_id"]) == ("never", None)
    assert LEAD in row["items"]
    (stop,) = row["stops"]
    assert (stop["number"], LEAD in stop["items"]) == (batch["number"], True)
    type_inspected(cooperative, inspector)
    (after,) = register(cooperative)
    assert after["stops"] == [] and after["state"] in ("valid", "due")
    assert set(after["items"]) == {item["characteristic"] for item in TYPE_ITEMS}


def test_items_of_two_inspections_are_two_rows_and_the_newest_covers(
    cooperative: Person, inspector: Person
) -> None:
    early, late = TODAY - timedelta(days=100), TODAY - timedelta(days=20)
    inspected(cooperative, inspector, TYPE_ITEMS, begins=early, ends=TODAY + timedelta(days=20))
    lead = [item for item in TYPE_ITEMS if item["characteristic"] == LEAD]
    inspected(cooperative, inspector, lead, begins=late, ends=TODAY + timedelta(days=150))
    found = {row["state"]: row for row in register(cooperative)}
    assert set(found) == {"due", "valid"}
    assert found["valid"]["items"] == [LEAD] and LEAD not in found["due"]["items"]


def test_a_lapse_stops_what_is_made_after_it_and_leaves_what_was_released(
    app: Flask, cooperative: Person, inspector: Person
) -> None:
    begins, ends = MADE - timedelta(days=9), MADE + timedelta(days=3)
    inspected(cooperative, inspector, TYPE_ITEMS, begins=begins, ends=ends)
    before, after = (
        sent_batch(cooperative, inspector, production_date=day.isoformat())
        for day in (MADE, ends + timedelta(days=1))
    )
    for batch in (before, after):
        confirm(cooperative, batch)
        made_on = date.fromisoformat(batch["production_date"])
        published(inspector, batch, report(EVERY_BATCH, sampled_on=made_on.isoformat()))
    (row,) = register(cooperative)
    assert (row["state"], row["valid_to"]) == ("lapsed", ends.isoformat())
    assert [stop["number"] for stop in row["stops"]] == [after["number"]]
    released = rows(app, select(Disposition.batch_id).where(Disposition.kind == "release"))
    assert [str(batch) for batch in released] == [before["id"]]


def test_a_withdrawn_type_inspection_covers_nothing(cooperative: Person, inspector: Person) -> None:
    made = inspected(
        cooperative, inspector, TYPE_ITEMS, begins=MADE, ends=TODAY + timedelta(days=90)
    )
    assert register(cooperative)[0]["state"] == "valid"
    inspector.made(f"/inspections/{made['id']}/withdrawal", json={"reason": "仪器故障"})
    assert register(cooperative)[0]["state"] == "never"


def test_everybody_sees_as_far_as_they_may(
    people: People, cooperative: Person, stranger: Person, inspector: Person, authority: Person,
    consumer: Person,
) -> None:  # fmt: skip
    type_inspected(cooperative, inspector)
    other = people.person(21, "别家检验", (INSPECTOR,))
    assert {row["party_id"] for row in register(authority)} >= {
        str(cooperative.party),
        str(stranger.party),
    }
    assert {row["party_id"] for row in register(cooperative)} == {str(cooperative.party)}
    assert {row["party_id"] for row in register(stranger)} == {str(stranger.party)}
    assert {row["party_id"] for row in register(inspector)} == {str(cooperative.party)}
    assert register(other) == []
    assert consumer.get("/type-register").status_code == 401


def test_the_register_is_filtered_and_paged(
    cooperative: Person, stranger: Person, inspector: Person, authority: Person
) -> None:
    type_inspected(cooperative, inspector)
    every = register(authority)
    assert len(every) >= 2
    assert register(authority, state="coming") == []
    first = authority.get("/type-register", query_string={"product": TEA, "size": "1"})
    assert len(first.get_json()) == 1 and 'rel="next"' in first.headers["Link"]
    where = first.headers["Link"].partition(">")[0].removeprefix("</api/v1")
    assert authority.get(where).get_json()[0] == every[1]
    assert authority.get("/type-register?after=nonsense").status_code == 422
    assert authority.get("/type-register?state=perhaps").status_code == 422


# --- the page ------------------------------------------------------------------------------


def test_page_csv_and_json_say_the_same_and_texts_stay_texts(
    people: People, cooperative: Person, inspector: Person, authority: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    browser = authority.signed_in()
    page = browser.get(f"/type-register?product={TEA}").get_data(as_text=True)
    assert "春山茶叶专业合作社" in page and "型式检验登记" in page
    told = browser.get(f"/type-register.json?product={TEA}").get_json()
    sheet = browser.get(f"/type-register.csv?product={TEA}")
    assert sheet.data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(sheet.get_data(as_text=True).lstrip("\ufeff"))))
    assert len(lines) == len(told["rows"]) + 1
    assert {row["state"] for row in told["rows"]} == {line[2] for line in lines[1:]}
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line)
    assert browser.get("/type-register.xml").status_code == 404


def test_the_page_finds_by_words_and_says_when_there_is_nothing(
    cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    browser = cooperative.signed_in()
    assert "型式检验" in browser.get("/type-register").get_data(as_text=True)
    assert "没有这样的型式检验" in browser.get("/type-register?q=XXYY").get_data(as_text=True)
    for strange in ("?page=0", "?page=-1", "?page=99999999", "?page=x", "?state=%00", "?q=%27"):
        assert browser.get(f"/type-register{strange}").status_code == 200, strange
    own = inspector.signed_in().get("/type-register").get_data(as_text=True)
    assert "/lab/reports/" in own


def test_the_overview_tells_the_authority_what_is_stopped(
    cooperative: Person, inspector: Person, authority: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    page = authority.signed_in().get("/gov/").get_data(as_text=True)
    assert "从没做过型式检验、有批次等着" in page and "挡住 1 批" in page
