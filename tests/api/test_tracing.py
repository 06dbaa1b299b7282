"""Tracing backward and forward: every batch, link, range, and what cannot be reached."""

import csv
import io
import uuid
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from labels.models import LabelRun
from tests.api.chain import KILO, PACK, SHOP, STALL, Chain
from tests.api.labelled import LEAD
from tests.api.looking import rows
from tests.people import People, Person
from trace.batches.models import Batch
from trace.inspections.models import Inspection


@pytest.fixture
def chain(app: Flask, people: People) -> Chain:
    """A batch, a part of it, and what the stranger received and labelled."""
    return Chain(app, people)


def traced(person: Person, kind: str, id_: object, **more: str) -> dict[str, Any]:
    """A trace as JSON."""
    query = {"from": kind, "id": str(id_), **more}
    answer = person.get("/traces", query_string=query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def ids(found: dict[str, Any]) -> set[str]:
    """The batches of a trace."""
    return {one["id"] for one in found["batches"]}


def test_the_authority_traces_forward_to_everything_the_batch_went_into(
    chain: Chain, authority: Person
) -> None:
    found = traced(authority, "batch", chain.batch, direction="forward")
    assert ids(found) == {str(one) for one in (chain.batch, chain.part, chain.taken)}
    assert {(one["kind"], one["child"], one["quantity"]) for one in found["links"]} == {
        ("split", str(chain.part), str(3 * KILO)),
        ("transfer", str(chain.taken), str(5 * KILO)),
    }
    who = {one["kind"]: one["who"] for one in found["links"]}
    assert who == {"split": "示例·春山茶叶专业合作社", "transfer": "示例·秋水合作社"}


def test_backward_from_what_was_handed_over_ends_at_where_it_came_from(
    chain: Chain, authority: Person
) -> None:
    found = traced(authority, "batch", chain.taken, direction="backward")
    assert ids(found) == {str(chain.batch), str(chain.taken)}
    both = traced(authority, "batch", chain.taken)
    assert ids(both) == ids(found)


def test_every_serial_stands_once_with_its_state_and_place(
    app: Flask, chain: Chain, authority: Person
) -> None:
    found = traced(authority, "batch", chain.batch)
    serials = [
        (one["epoch"], serial)
        for one in found["labels"]
        for serial in range(one["first"], one["last"] + 1)
    ]
    runs = rows(app, select(LabelRun))
    assert sorted(serials) == sorted(
        (run.epoch, serial) for run in runs for serial in range(run.first, run.last + 1)
    )
    out = {one["consignee"]: one["count"] for one in found["labels"] if one["place"] == "out"}
    assert out == {SHOP["consignee"]: 10, STALL["consignee"]: 5}


def test_what_cannot_be_reached_is_said_with_its_quantity(chain: Chain, authority: Person) -> None:
    found = traced(authority, "batch", chain.batch)
    told = {(one["batch"], one["kind"]): one["quantity"] for one in found["unreached"]}
    assert told[str(chain.batch), "bulk"] == str(KILO)
    assert told[str(chain.batch), "lost"] == str(KILO // 2)
    assert told[str(chain.batch), "unshipped"] == str(30 * PACK)
    assert told[str(chain.taken), "unshipped"] == str(15 * PACK)


def test_a_cooperative_sees_its_neighbour_and_nothing_behind_it(
    chain: Chain, cooperative: Person, stranger: Person
) -> None:
    found = traced(cooperative, "batch", chain.batch)
    node = next(one for one in found["batches"] if one["id"] == str(chain.taken))
    assert (node["known"], node["party"], node["number"], node["quantity"]) == (
        False, "示例·秋水合作社", "", "0",
    )  # fmt: skip
    assert STALL["consignee"] not in str(found) and "QS-1" not in str(found)
    assert {one["batch"] for one in found["labels"]} == {str(chain.batch)}
    back = traced(stranger, "batch", chain.taken)
    assert [one["party"] for one in back["batches"] if not one["known"]] == [
        "示例·春山茶叶专业合作社"
    ]
    assert str(chain.part) not in str(back) and SHOP["consignee"] not in str(back)


@pytest.mark.parametrize("kind", ["batch", "label", "report", "party"])
def test_a_start_of_another_party_is_as_if_it_were_not_there(
    app: Flask, chain: Chain, stranger: Person, kind: str
) -> None:
    report = next(one for one in rows(app, select(Inspection)) if one.batch_id == chain.batch)
    start = {
        "batch": chain.batch, "label": chain.house.code(), "report": report.number,
        "party": chain.house.maker.party,
    }[kind]  # fmt: skip
    for one in (start, uuid.uuid4()):
        answer = stranger.get("/traces", query_string={"from": kind, "id": str(one)})
        assert answer.status_code == 404
        assert answer.get_json()["code"] == "not-found"


def test_one_starts_from_whatever_one_has_in_hand(
    app: Flask, chain: Chain, authority: Person
) -> None:
    number = next(one.number for one in rows(app, select(Batch)) if one.id == chain.batch)
    report = next(one for one in rows(app, select(Inspection)) if one.batch_id == chain.batch)
    code = chain.house.code(3)
    for kind, start in (
        ("batch", number),
        ("label", code),
        ("label", f"https://gi.example.cn/T/{code}"),
        ("report", report.number),
        ("report", report.id),
        ("party", chain.house.maker.party),
    ):
        found = traced(authority, kind, start)
        assert str(chain.batch) in found["starts"], kind
    type_report = traced(authority, "report", chain.house.type_report)
    assert str(chain.batch) in type_report["starts"]


def test_a_clause_finds_the_batches_that_do_not_conform_to_it(
    chain: Chain, authority: Person
) -> None:
    lead = {"from": "clause", "id": "GB 2762", "clause": "表1"}
    assert authority.get("/traces", query_string=lead).status_code == 404
    chain.house.inspect({"characteristic": LEAD, "typed": "9.5", "unit": "mg/kg"})
    verdict = authority.get(f"/batches/{chain.batch}/verdict").get_json()
    line = next(
        one for one in verdict["lines"]
        if one["characteristic"] == LEAD and one["outcome"] == "nonconforming"
    )  # fmt: skip
    for standard in (line["edition"], line["edition"].rpartition("-")[0]):
        found = traced(authority, "clause", standard, clause=line["clause"])
        assert str(chain.batch) in found["starts"]
    missing = authority.get("/traces", query_string={"from": "clause", "id": "GB 2762"})
    assert missing.get_json()["errors"][0]["pointer"] == "/clause"


def test_the_sheet_has_a_row_for_every_link_shipment_range_and_gap(
    chain: Chain, authority: Person
) -> None:
    query = {"from": "batch", "id": str(chain.batch)}
    answer = authority.get("/traces.csv", query_string=query)
    text = answer.get_data(as_text=True)
    assert text.startswith("\ufeff")
    told = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    kinds = [row["什么"] for row in told]
    assert kinds.count("拆分") == kinds.count("交接") == 1 and kinds.count("发货") == 2
    assert {row["到谁那里"] for row in told if row["什么"] == "发货"} == {
        SHOP["consignee"], STALL["consignee"],
    }  # fmt: skip
    split = next(row for row in told if row["什么"] == "拆分")
    assert (split["数量"], split["单位"]) == ("3", "kg")
    assert "追不到" in kinds and "结存" in kinds


def test_the_workbook_has_the_exact_serial_ranges_on_its_second_sheet(
    chain: Chain, authority: Person
) -> None:
    query = {"from": "batch", "id": str(chain.batch), "lang": "en"}
    query.pop("lang")
    answer = authority.get("/traces.xlsx", query_string=query)
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))
    assert book.sheet_names == ["去向", "标签序号"]
    head, *body = book.get_sheet_by_name("标签序号").to_python()
    place = {title: column for column, title in enumerate(head)}
    out = [row for row in body if row[place["在哪里"]] == "已发货"]
    assert {(row[place["起始序号"]], row[place["终止序号"]]) for row in out} == {
        (chain.house.first, chain.house.first + 9), (chain.first, chain.first + 4),
    }  # fmt: skip
    assert all(isinstance(row[place["标签枚数"]], float) for row in body)


def test_only_producers_and_the_authority_trace(
    chain: Chain, inspector: Person, consumer: Person
) -> None:
    query = {"from": "batch", "id": str(chain.batch)}
    assert inspector.get("/traces", query_string=query).status_code == 403
    assert consumer.get("/traces", query_string=query).status_code == 401
