"""Statistics: what counts after a fail, a retest and a withdrawal, who sees what, one table thrice."""

import csv
import io
import re
import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.http.exports import BYTE_ORDER_MARK
from tests.api.batches_ready import CONFORMING, ReadyBatches
from tests.api.test_main_job import (
    EVERY_BATCH,
    MADE,
    published,
    report,
    sent_batch,
    type_inspected,
)
from tests.people import People, Person
from tests.rules.test_statistics import line

LEAD = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}
ALL = "year=all"
PAGES = ("", "/requirements", "/clauses", "/control")


def told(person: Person, page: str, query: str = ALL) -> dict[str, Any]:
    """A statistic as JSON, which must answer."""
    answer = person.request("GET", f"//statistics{page}.json?{query}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def found(person: Person, characteristic: str, query: str = ALL) -> dict[str, Any]:
    """The row of one requirement; empty where nothing met it."""
    rows = told(person, "/requirements", query)["rows"]
    return next((row for row in rows if row["characteristic"] == characteristic), {})


def counts(row: dict[str, Any]) -> tuple[int, int, int, int]:
    """What holds, what is broken, what waits, what is open."""
    return row["holds"], row["broken"], row["unsure"], row["open"]


def standing(person: Person, query: str = ALL) -> tuple[int, int, int]:
    """Conforming, undetermined and nonconforming batches of all months."""
    rows = told(person, "", query)["rows"]
    names = ("conforming", "undetermined", "nonconforming")
    return tuple(sum(row[name] for row in rows) for name in names)  # type: ignore[return-value]


# --- what counts ---------------------------------------------------------------------------


def test_a_failing_value_counts_until_its_report_is_withdrawn(
    cooperative: Person, inspector: Person, authority: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    assert standing(authority) == (1, 0, 0)
    assert counts(found(authority, LEAD["characteristic"])) == (1, 0, 0, 0)
    failed = published(inspector, batch, report([LEAD]))
    assert standing(authority) == (0, 0, 1)
    assert counts(found(authority, LEAD["characteristic"])) == (1, 1, 0, 0)
    (clause,) = told(authority, "/clauses")["rows"]
    assert (clause["standard"], clause["broken"], clause["compared"]) == ("GB 2762-2025", 1, 2)
    inspector.made(f"/inspections/{failed['id']}/withdrawal", json={"reason": "仪器故障"})
    assert standing(authority)[2] == 0
    assert counts(found(authority, LEAD["characteristic"])) == (1, 0, 0, 0)
    assert told(authority, "/clauses")["rows"] == []


def test_a_retested_value_counts_by_its_retest(
    cooperative: Person, inspector: Person, authority: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    failed = published(inspector, batch, report([*EVERY_BATCH, LEAD]))
    again = report([{**LEAD, "typed": "0.5"}])
    published(
        inspector, None, again, retests=failed["id"], ground="laboratory-error", reason="称样有误"
    )
    assert counts(found(authority, LEAD["characteristic"])) == (1, 0, 0, 0)
    assert standing(authority)[2] == 0


def test_a_type_inspection_counts_once_and_not_for_every_batch(
    cooperative: Person, inspector: Person, authority: Person
) -> None:
    type_inspected(cooperative, inspector)
    for _ in range(3):
        published(inspector, sent_batch(cooperative, inspector), report(EVERY_BATCH))
    assert counts(found(authority, "总灰分")) == (1, 0, 0, 0)
    assert found(authority, "水分")["compared"] == 3
    assert found(authority, "总灰分", f"{ALL}&source=inspection") == {}
    assert found(authority, "水分", f"{ALL}&source=type") == {}


def test_what_the_producer_measured_stands_apart(
    cooperative: Person, inspector: Person, authority: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    event = {"stage": "processing", "happened_on": MADE.isoformat(),
             "readings": [{"characteristic": "水分", "typed": "6.1", "unit": "%"}]}  # fmt: skip
    cooperative.made(f"/batches/{batch['id']}/events", json=event)
    assert found(authority, "水分") == {}
    assert found(authority, "水分", f"{ALL}&source=own")["compared"] == 1
    assert told(inspector, "/requirements", f"{ALL}&source=own")["rows"] == []


# --- made straight: many batches -----------------------------------------------------------


@pytest.fixture
def ready(app: Flask) -> ReadyBatches:
    """Batches that stand where a test wants them."""
    return ReadyBatches(app, key=False)


def measured(
    ready: ReadyBatches, person: Person, values: list[str], **columns: Any
) -> list[uuid.UUID]:
    """A batch a day for each value of moisture, judged with one line."""
    made = []
    for place, value in enumerate(values):
        day = date(2026, 3, 1) + timedelta(days=place)
        batch = ready.batch(
            person, kind=None, outcome=None, confirmed=False, production_date=day, **columns
        )
        broken = Decimal(value) > 7
        outcome = "nonconforming" if broken else CONFORMING
        own = line(value=value, typed=value, result=str(uuid.uuid4()), requirement="req-1",
                   outcome=outcome, broken=broken)  # fmt: skip
        ready.judge(batch, outcome, [own])
        made.append(batch)
    return made


def test_below_twenty_values_there_is_no_percentage(
    ready: ReadyBatches, cooperative: Person, authority: Person
) -> None:
    measured(ready, cooperative, ["5.5"] * 19)
    row = found(authority, "水分")
    assert (row["holds"], row["share"], row["share_low"]) == (19, None, None)
    measured(ready, cooperative, ["7.5"])
    row = found(authority, "水分")
    assert (row["compared"], row["share"]) == (20, "0.9500")
    assert Decimal(row["share_low"]) < Decimal("0.95") < Decimal(row["share_high"])


def test_a_month_without_batches_is_shown_as_a_gap(
    ready: ReadyBatches, cooperative: Person, authority: Person
) -> None:
    for day in (date(2026, 1, 3), date(2026, 3, 3)):
        ready.batch(cooperative, kind=None, confirmed=False, production_date=day)
    ready.batch(
        cooperative, kind=None, outcome=None, confirmed=False, production_date=date(2026, 3, 9)
    )
    rows = told(authority, "", "from=2026-01-01&to=2026-03-31")["rows"]
    assert [(row["period"], row["batches"], row["not_judged"]) for row in rows] == [
        ("2026-01", 1, 0), ("2026-02", 0, 0), ("2026-03", 2, 1),
    ]  # fmt: skip
    assert [row["period"] for row in told(authority, "", "from=2026-03-01")["rows"]] == ["2026-03"]


def test_many_years_are_told_by_year(
    ready: ReadyBatches, cooperative: Person, authority: Person
) -> None:
    for year in (2023, 2026):
        ready.batch(cooperative, kind=None, confirmed=False, production_date=date(year, 5, 1))
    assert [row["period"] for row in told(authority, "")["rows"]] == [
        "2023",
        "2024",
        "2025",
        "2026",
    ]
    assert [row["period"] for row in told(authority, "", "year=2023")["rows"]] == ["2023-05"]


def test_a_county_counts_with_its_townships_and_no_other(
    ready: ReadyBatches, cooperative: Person, authority: Person
) -> None:
    measured(ready, cooperative, ["5.5"] * 2, place_code="430121110")
    measured(ready, cooperative, ["5.6"], place_code="430181")
    assert found(authority, "水分", f"{ALL}&place=430121")["compared"] == 2
    assert found(authority, "水分", f"{ALL}&place=430121110")["compared"] == 2
    assert found(authority, "水分", f"{ALL}&place=430181")["compared"] == 1


def test_values_lie_in_bins_that_end_at_the_limit(
    ready: ReadyBatches, cooperative: Person, authority: Person
) -> None:
    measured(ready, cooperative, ["5.1", "5.2", "6.9", "7.0", "7.3"])
    said = told(authority, "/values", f"{ALL}&requirement=req-1")
    assert (said["values"], said["holds"], said["broken"]) == (5, 4, 1)
    beyond = [row for row in said["rows"] if row["beyond_limit"] == "是"]
    assert sum(row["count"] for row in said["rows"]) == 5
    assert sum(row["count"] for row in beyond) == 1 and beyond[0]["from"] == "7.0"
    page = authority.signed_in().get(f"/statistics/values?{ALL}&requirement=req-1")
    assert '<title id="values-t">' in page.get_data(as_text=True)


@pytest.mark.parametrize("key", ["", "nothing", "' OR 1=1", "%"])
def test_a_limit_that_nothing_met_has_no_page(key: str, authority: Person) -> None:
    answer = authority.request("GET", f"//statistics/values?requirement={key}")
    assert answer.status_code == 404


def test_a_control_chart_is_in_the_order_of_production_and_says_what_is_odd(
    ready: ReadyBatches, cooperative: Person
) -> None:
    values = ["5.5", "5.6"] * 22 + ["6.9"]
    measured(ready, cooperative, values)
    said = told(cooperative, "/control", f"{ALL}&characteristic=水分")
    assert [row["value"] for row in said["rows"]] == values
    assert said["rows"][-1]["rules"].split(",")[0] == "1" and said["firm"] is True
    assert Decimal(said["lower"]) < Decimal(said["centre"]) < Decimal(said["upper"])
    browser = cooperative.signed_in()
    page = browser.get(f"/statistics/control?{ALL}&characteristic=水分").get_data(as_text=True)
    assert page.count('<circle class="dot"') + page.count('<path class="odd"') == 40 + 40
    assert "规则 1" in page and "第 45 点" in page.replace("\xa0", " ")
    older = browser.get(f"/statistics/control?{ALL}&characteristic=水分&page=2").get_data(
        as_text=True
    )
    assert older.count('<circle class="dot"') + older.count('<path class="odd"') == 5 + 4


def test_one_reading_makes_no_chart_and_none_says_so(
    ready: ReadyBatches, cooperative: Person
) -> None:
    measured(ready, cooperative, ["5.5"])
    browser = cooperative.signed_in()
    address = f"/statistics/control?{ALL}&characteristic="
    assert "至少两个才能算控制限" in browser.get(f"{address}水分").get_data(as_text=True)
    assert "没有读数" in browser.get(f"{address}没有的").get_data(as_text=True)
    assert "先在上面填检验项目" in browser.get(address).get_data(as_text=True)


# --- who sees what -------------------------------------------------------------------------


def test_each_sees_as_far_as_it_may(
    ready: ReadyBatches, cooperative: Person, stranger: Person, authority: Person,
    consumer: Person,
) -> None:  # fmt: skip
    measured(ready, cooperative, ["5.5"] * 3)
    measured(ready, stranger, ["5.6"] * 2)
    seen = [found(who, "水分")["compared"] for who in (cooperative, stranger, authority, consumer)]
    assert seen == [3, 2, 5, 5]
    assert found(authority, "水分", f"{ALL}&party={stranger.party}")["compared"] == 2
    assert found(cooperative, "水分", f"{ALL}&party={cooperative.party}")["compared"] == 3


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("form", ["", ".csv", ".json"])
def test_a_foreign_party_does_not_exist(
    page: str, form: str, ready: ReadyBatches, cooperative: Person, stranger: Person,
    inspector: Person, consumer: Person,
) -> None:  # fmt: skip
    measured(ready, cooperative, ["5.5"])
    for who in (stranger, inspector, consumer):
        for asked in (cooperative.party, uuid.uuid4(), "x"):
            answer = who.request("GET", f"//statistics{page}{form}?party={asked}")
            expected = (303,) if who is consumer and page == "/control" else (404,)
            assert answer.status_code in expected, (who.party, asked)


def test_a_laboratory_sees_only_what_it_measured_itself(
    people: People, cooperative: Person, inspector: Person, authority: Person
) -> None:
    other = people.person(71, "另一家检验所", ("inspector",))
    batch = sent_batch(cooperative, inspector)
    cooperative.made(f"/batches/{batch['id']}/submissions", json={"laboratory": str(other.party)})
    published(inspector, batch, report(EVERY_BATCH))
    published(
        other,
        batch,
        report([{**LEAD, "typed": "0.5"}]),
    )
    lead = LEAD["characteristic"]
    assert found(inspector, lead) == {} and found(other, "水分") == {}
    assert counts(found(other, lead)) == (1, 0, 0, 0)
    assert found(authority, "水分", f"{ALL}&laboratory={other.party}") == {}
    assert found(cooperative, lead, f"{ALL}&laboratory={other.party}")["holds"] == 1
    assert sum(standing(other)) == 1
    assert inspector.request("GET", f"//statistics?laboratory={other.party}").status_code == 404


def test_the_public_is_not_shown_a_place_with_few_makers(
    ready: ReadyBatches, people: People, cooperative: Person, stranger: Person, consumer: Person
) -> None:
    for who in (cooperative, stranger):
        measured(ready, who, ["5.5"], place_code="430121110")
    said = told(consumer, "/requirements", f"{ALL}&place=430121")
    assert said["withheld"] is True and said["rows"] == []
    assert told(consumer, "", f"{ALL}&place=430121")["rows"] == []
    measured(ready, people.person(72, "第三家", ("producer",)), ["5.5"], place_code="430121")
    assert found(consumer, "水分", f"{ALL}&place=430121")["compared"] == 3
    assert consumer.request("GET", "//statistics?place=430121110").status_code == 404


def test_the_public_is_shown_no_distribution_of_a_few_values(
    ready: ReadyBatches, cooperative: Person, consumer: Person
) -> None:
    measured(ready, cooperative, ["5.5"] * 19)
    query = f"{ALL}&requirement=req-1"
    assert told(consumer, "/values", query)["rows"] == []
    measured(ready, cooperative, ["5.6"])
    assert sum(row["count"] for row in told(consumer, "/values", query)["rows"]) == 20


@pytest.mark.parametrize(
    ("query", "status"),
    [("from=morgen", 422), ("from=2026-02-30", 422), ("from=2026-03-02&to=2026-03-01", 422),
     ("product=nothing", 404), ("place=999999", 404), ("year=x", 200), ("page=x", 200),
     ("page=-1", 200), ("year=99999999", 200), ("source=zzz", 200), ("product=%00", 200)],
)  # fmt: skip
@pytest.mark.parametrize("page", ["", "/requirements"])
def test_no_selection_breaks_a_page(
    page: str, query: str, status: int, client: FlaskClient
) -> None:
    assert client.get(f"/statistics{page}?{query}").status_code == status


# --- one table, three times ----------------------------------------------------------------


def cells(html: str) -> Iterator[list[str]]:
    """The rows of the first table of a page, cell by cell."""
    table = html.partition("<table")[2].partition("</table>")[0]
    for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL):
        inside = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        yield [re.sub(r"<[^>]+>", "", cell).strip() for cell in inside]


def sheet(person: Person, page: str, query: str) -> list[list[str]]:
    """The CSV of a statistic, row by row."""
    answer = person.request("GET", f"//statistics{page}.csv?{query}")
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    text = answer.get_data(as_text=True)
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK))))


@pytest.mark.parametrize("page", ["", "/requirements", "/clauses", "/values", "/control"])
def test_the_csv_says_what_the_json_says(
    page: str, ready: ReadyBatches, cooperative: Person
) -> None:
    measured(ready, cooperative, ["5.5", "6.9", "7.5"] * 8)
    query = f"{ALL}&requirement=req-1&characteristic=水分"
    said = told(cooperative, page, query)["rows"]
    titles, *rows = sheet(cooperative, page, query)
    assert rows == [["" if cell is None else str(cell) for cell in row.values()] for row in said]
    assert len(rows) > 0 and len(titles) == len(said[0])


def test_the_page_says_what_the_csv_says(ready: ReadyBatches, cooperative: Person) -> None:
    measured(ready, cooperative, ["5.5", "6.9", "7.5"] * 8)
    browser = cooperative.signed_in()
    head, *rows = cells(browser.get(f"/statistics?{ALL}").get_data(as_text=True))
    titles, *lines = sheet(cooperative, "", ALL)
    assert head == titles and rows == lines[::-1]
    page = browser.get(f"/statistics/control?{ALL}&characteristic=水分").get_data(as_text=True)
    _, *points = sheet(cooperative, "/control", f"{ALL}&characteristic=水分")
    assert [row[:5] for row in list(cells(page))[:0:-1]] == [
        [row[0], row[1], row[2], row[3], row[4] or "—"] for row in points
    ]
    (rate,) = list(cells(browser.get(f"/statistics/requirements?{ALL}").get_data(as_text=True)))[1:]
    (sums,) = sheet(cooperative, "/requirements", ALL)[1:]
    assert rate[3:] == sums[5:9]
