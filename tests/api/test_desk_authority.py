"""The authority's desk: what waits, batches and what is decided, parties and their licences."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from core.identity.models import Party, PartyRole
from labels.models import LabelRun
from products.licences.models import Licence
from products.models import GiRecord, Product
from products.standards.models import Requirement
from tests.api.entering import TEA, document_of
from tests.api.filling import Form, form_on, send
from tests.api.labelled import Labelled
from tests.api.looking import change, rows
from tests.api.test_main_job import (
    EVERY_BATCH,
    TODAY,
    published,
    report,
    sent_batch,
    tea,
    type_inspected,
)
from tests.people import People, Person, sample_credit_code
from trace.inspections.models import Disposition, Withdrawal

LEAD = {"characteristic": "铅（以Pb计）", "typed": "5.2", "unit": "mg/kg"}
WET = [row | ({"typed": "7.4"} if row["characteristic"] == "水分" else {}) for row in EVERY_BATCH]


@pytest.fixture
def browser(authority: Person) -> FlaskClient:
    """The authority, signed in."""
    return authority.signed_in()


def text_of(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True).replace("\xa0", " ")


def seen(html: str) -> str:
    """A page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def inspected(cooperative: Person, inspector: Person, *results: dict[str, Any]) -> dict[str, Any]:
    """A batch that the laboratory has reported on."""
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(list(results)))
    return batch


# --- what waits ----------------------------------------------------------------------------


def test_a_limit_of_one_source_that_holds_batches_is_told_with_the_way_to_confirm_it(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    one = inspected(cooperative, inspector, *WET)
    other = inspected(cooperative, inspector, *WET)
    page = text_of(browser, "/gov/")
    alarms = page.partition('class="alarms"')[2].partition("</ul>")[0]
    assert "2 批等着它" in alarms and one["number"] in alarms and other["number"] in alarms
    found = re.search(r'href="(/gov/requirements/[0-9a-f-]+)">去核对', alarms)
    assert found, alarms
    limit = seen(text_of(browser, found[1]))
    assert "水分" in limit and "2 批的数值超出了它" in limit
    shown = text_of(browser, f"/gov/batches/{one['id']}")
    assert found[1] in shown and "待核实" in shown


def test_failing_and_held_batches_licences_and_missing_plans_wait(
    app: Flask, browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    failing = inspected(cooperative, inspector, LEAD)
    soon = TODAY + timedelta(days=59)
    tea_id = select(Product.id).where(Product.key == TEA).scalar_subquery()
    change(app, update(Licence).where(Licence.product_id == tea_id).values(ends=soon))
    page = seen(text_of(browser, "/gov/"))
    assert "不合格的有 1 批" in page and failing["number"] in page
    assert f"长沙绿茶准入到 {soon} 为止" in page and "还有 59 天" in page
    assert "还没有放行方案的产品" in page and "宁乡花猪" in page
    change(app, update(Licence).where(Licence.product_id == tea_id).values(ends=None))
    assert "准入到" not in seen(text_of(browser, "/gov/"))


def test_a_licence_that_was_renewed_does_not_wait(
    app: Flask, people: People, browser: FlaskClient, cooperative: Person
) -> None:
    soon = TODAY + timedelta(days=10)
    change(app, update(Licence).values(ends=soon))
    assert "准入到" in seen(text_of(browser, "/gov/"))
    people.license(cooperative, TEA, "wangcheng-crayfish", "liuyang-camellia-oil")
    assert "准入到" not in seen(text_of(browser, "/gov/"))


def test_the_overview_counts_the_batches_of_the_year_by_how_they_stand(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    inspected(cooperative, inspector, LEAD)
    cooperative.made("/batches", json=tea())
    counts = text_of(browser, "/gov/").partition('id="counts"')[2]
    row = counts.partition("<tbody>")[2].partition("</tr>")[0]
    numbers = [seen(cell) for cell in re.findall(r'<td class="r".*?</td>', row)]
    assert "长沙绿茶" in row and numbers == ["1", "0", "0", "1", "0", "0", "0"]
    assert "/gov/batches?product=changsha-green-tea&amp;state=failing" in row


def test_others_have_no_business_at_the_authoritys_desk(
    cooperative: Person, inspector: Person, client: FlaskClient
) -> None:
    paths = ("/gov/", "/gov/batches", "/gov/parties", "/gov/standards", "/gov/requirements",
             "/gov/products/new", "/gov/parties/new", "/gov/standards/new")  # fmt: skip
    for path in paths:
        assert cooperative.signed_in().get(path).status_code == 403, path
        assert inspector.signed_in().get(path).status_code == 403, path
        assert client.get(path).status_code == 303, path


# --- batches -------------------------------------------------------------------------------


def test_batches_are_found_by_number_maker_product_and_how_they_stand(
    browser: FlaskClient, cooperative: Person, stranger: Person, inspector: Person
) -> None:
    one = cooperative.made("/batches", json=tea(number="EAST-1"))
    other = stranger.made("/batches", json=tea(number="WEST-2"))
    failing = inspected(cooperative, inspector, LEAD)
    numbers = {batch["number"] for batch in (one, other, failing)}
    for query, found in {
        "q=east": {"EAST-1"},
        "q=秋水": {"WEST-2"},
        f"party={stranger.party}": {"WEST-2"},
        "state=failing": {failing["number"]},
        "product=wangcheng-crayfish": set(),
        "q=%25": set(),
        "q=%00": numbers,
        "party=nobody": numbers,
        "state=under-way": {"EAST-1", "WEST-2"},
    }.items():
        page = text_of(browser, f"/gov/batches?{query}")
        assert {number for number in numbers if f">{number}</a>" in page} == found, query


def test_a_labels_code_leads_to_its_batch_and_its_serials_are_shown(
    app: Flask, people: People, browser: FlaskClient
) -> None:
    held = Labelled(app, people)
    assert f'href="/gov/batches/{held.batch}"' in text_of(browser, f"/gov/batches?q={held.code()}")
    [run] = rows(app, select(LabelRun))
    page = seen(text_of(browser, f"/gov/batches/{held.batch}"))
    assert f"{run.first:,} – {run.last:,}".replace(",", " ") in page
    assert "40 枚" in page and "已领号" in page


def test_the_page_of_a_batch_says_why_it_stands_as_it_does(
    browser: FlaskClient, cooperative: Person, inspector: Person
) -> None:
    type_inspected(cooperative, inspector)
    batch = inspected(cooperative, inspector, *EVERY_BATCH, LEAD)
    page = seen(text_of(browser, f"/gov/batches/{batch['id']}"))
    assert "超过限量 ≤ 5.0 mg/kg" in page and "GB 2762-2025 4.1" in page
    assert "湘中检验中心" in page and "九个环节" in page and "按判定自动" in page
    assert "还没有领标签" in page


def decision(browser: FlaskClient, batch: Any, kind: str, reason: str) -> TestResponse:
    form = form_on(browser, f"/gov/batches/{batch}", "/dispositions")
    return send(browser, form, **{"decision-kind": kind, "decision-reason": reason})


def last_of(app: Flask, batch: Any) -> Disposition:
    query = select(Disposition).where(Disposition.batch_id == uuid.UUID(str(batch)))
    found: Disposition = rows(app, query.order_by(Disposition.number.desc()))[0]
    return found


def test_a_batch_is_held_lifted_and_recalled_with_a_reason(
    app: Flask, people: People, browser: FlaskClient, client: FlaskClient
) -> None:
    held = Labelled(app, people).in_use()
    assert decision(browser, held.batch, "hold", "有人投诉霉味").status_code == 303
    assert (last_of(app, held.batch).kind, last_of(app, held.batch).reason) == (
        "hold", "有人投诉霉味",
    )  # fmt: skip
    page = seen(text_of(browser, f"/gov/batches/{held.batch}"))
    assert "已封存" in page and "有人投诉霉味" in page
    assert decision(browser, held.batch, "lift", "复查没有问题").status_code == 303
    assert last_of(app, held.batch).kind == "release"
    assert decision(browser, held.batch, "recall", "农残超标").status_code == 303
    assert "已召回" in seen(text_of(browser, f"/gov/batches/{held.batch}"))
    page = text_of(browser, f"/gov/batches/{held.batch}")
    assert "decision-kind" not in page
    assert "召回" in client.get(f"/T/{held.code()}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("kind", "reason", "status", "box"),
    [
        ("hold", "", 422, "decision-reason"),
        ("", "看看", 422, "decision-kind"),
        ("release", "放了吧", 422, "decision-kind"),
        ("lift", "没有封存", 409, ""),
        ("hold", "x" * 501, 422, "decision-reason"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_stays_typed(
    app: Flask, browser: FlaskClient, cooperative: Person, kind: str, reason: str, status: int,
    box: str,
) -> None:  # fmt: skip
    batch = cooperative.made("/batches", json=tea())["id"]
    answer = decision(browser, batch, kind, reason)
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert f'href="#{box}"' in page if box else 'class="problems"' in page
    assert reason in page
    assert rows(app, select(Disposition)) == []


def test_the_same_decision_sent_twice_is_one(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    batch = cooperative.made("/batches", json=tea())["id"]
    form = form_on(browser, f"/gov/batches/{batch}", "/dispositions")
    boxes = {"decision-kind": "hold", "decision-reason": "先停下"}
    assert {send(browser, form, **boxes).status_code for _ in range(2)} == {303}
    assert len(rows(app, select(Disposition))) == 1


def test_a_decision_without_its_token_and_one_on_no_batch_are_refused(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    batch = cooperative.made("/batches", json=tea())["id"]
    form = form_on(browser, f"/gov/batches/{batch}", "/dispositions")
    boxes = {"decision-kind": "hold", "decision-reason": "先停下"}
    assert send(browser, form, csrf_token=None, **boxes).status_code == 403
    form.action = f"/gov/batches/{uuid.uuid4()}/dispositions"
    assert send(browser, form, **boxes).status_code == 404
    assert browser.get(f"/gov/batches/{uuid.uuid4()}").status_code == 404
    assert rows(app, select(Disposition)) == []


def test_a_report_is_taken_back_and_the_batch_judged_again(
    app: Flask, people: People, browser: FlaskClient
) -> None:
    held = Labelled(app, people)
    page = text_of(browser, f"/gov/batches/{held.batch}")
    path = re.findall(r'href="(/gov/batches/reports/[0-9a-f-]+/withdrawal)"', page)
    assert len(path) == 1
    form = form_on(browser, path[0], "/withdrawal")
    assert send(browser, form, reason="").status_code == 422
    assert send(browser, form, reason="样品拿错了").status_code == 303
    assert [row.reason for row in rows(app, select(Withdrawal))] == ["样品拿错了"]
    assert last_of(app, held.batch).kind == "hold"
    assert "不算数" in text_of(browser, path[0])


# --- parties -------------------------------------------------------------------------------


def party_form(browser: FlaskClient) -> Form:
    return form_on(browser, "/gov/parties/new", "/gov/parties/new")


GOOD_PARTY = {
    "name": "金井茶厂", "credit_code": sample_credit_code(77), "roles": ["producer"],
    "address": "示例路 1 号", "contact": "示例电话",
}  # fmt: skip


def test_a_party_is_registered_and_a_member_invited_next(app: Flask, browser: FlaskClient) -> None:
    answer = send(browser, party_form(browser), **GOOD_PARTY)
    [party] = rows(app, select(Party).where(Party.name == "金井茶厂"))
    assert (answer.status_code, answer.location) == (303, f"/gov/parties/{party.id}")
    roles = rows(app, select(PartyRole.role).where(PartyRole.party_id == party.id))
    assert (roles, party.contact) == (["producer"], "示例电话")
    page = text_of(browser, answer.location)
    assert "还没有成员" in page and f"/parties/{party.id}/members" in page
    assert "金井茶厂" in text_of(browser, "/gov/parties?q=金井&role=producer")
    assert "金井茶厂" not in text_of(browser, "/gov/parties?role=inspector")


@pytest.mark.parametrize(
    ("wrong", "box", "status"),
    [
        ({"credit_code": sample_credit_code(77)[:-1] + "0"}, "credit_code", 422),
        ({"credit_code": "123"}, "credit_code", 422),
        ({"credit_code": ""}, "credit_code", 422),
        ({"name": ""}, "name", 422),
        ({"name": "金\u200b井"}, "name", 422),
        ({"roles": []}, "roles", 422),
        ({"roles": ["king"]}, "roles", 422),
        ({"contact": "x" * 61}, "contact", 422),
    ],
)
def test_a_wrong_party_is_named_and_stays_typed(
    app: Flask, browser: FlaskClient, wrong: dict[str, Any], box: str, status: int
) -> None:
    before = len(rows(app, select(Party)))
    answer = send(browser, party_form(browser), **(GOOD_PARTY | wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert f'href="#{box}"' in page and 'value="示例路 1 号"' in page
    assert len(rows(app, select(Party))) == before


def test_a_credit_code_is_registered_once_and_a_look_alike_is_warned_of(
    app: Flask, browser: FlaskClient
) -> None:
    send(browser, party_form(browser), **GOOD_PARTY)
    assert send(browser, party_form(browser), **GOOD_PARTY).status_code == 409
    other = GOOD_PARTY | {"credit_code": sample_credit_code(78), "name": "金井茶场"}
    answer = send(browser, party_form(browser), **other)
    assert "很像" in text_of(browser, answer.location)


def test_a_party_is_changed_by_whoever_saw_its_present_version(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    form = form_on(browser, f"/gov/parties/{cooperative.party}/edit", "/edit")
    assert send(browser, form, contact="", short_name="春山").status_code == 303
    [party] = rows(app, select(Party).where(Party.id == cooperative.party))
    assert (party.short_name, party.contact, party.version) == ("春山", None, 2)
    stale = send(browser, form, _key=str(uuid.uuid4()), short_name="秋山")
    assert stale.status_code == 412 and 'value="秋山"' in stale.get_data(as_text=True)
    assert browser.get(f"/gov/parties/{uuid.uuid4()}/edit").status_code == 404
    assert browser.get(f"/gov/parties/{uuid.uuid4()}").status_code == 404


# --- licences ------------------------------------------------------------------------------


def licence_form(browser: FlaskClient, party: Person, query: str = "") -> Form:
    page = f"/gov/parties/{party.party}/licences/new{query}"
    return form_on(browser, page, "/licences/new")


def licences(app: Flask, party: Person) -> list[Licence]:
    query = select(Licence).where(Licence.party_id == party.party)
    return rows(app, query.order_by(Licence.granted_at.desc()))


def test_a_party_is_licensed_without_the_mark_where_no_record_is_proven(
    app: Flask, browser: FlaskClient, cooperative: Person
) -> None:
    form = licence_form(browser, cooperative, "?product=ningxiang-pig")
    assert form.boxes["product"] == ["ningxiang-pig"]
    assert form.boxes["starts"] == [TODAY.isoformat()] and "gi_record" not in form.boxes
    assert send(browser, form, source="长农发〔2026〕3 号").status_code == 303
    made = licences(app, cooperative)[0]
    assert (made.mark, made.evidence, made.ends) == (False, "长农发〔2026〕3 号", None)
    page = seen(text_of(browser, f"/gov/parties/{cooperative.party}"))
    assert "宁乡花猪" in page and "不带" in page and "有效" in page


def test_the_mark_goes_with_a_proven_record_of_the_very_product(
    app: Flask, browser: FlaskClient, authority: Person, cooperative: Person
) -> None:
    [pig, green] = (
        rows(app, select(Product.id).where(Product.key == key))[0] for key in ("ningxiang-pig", TEA)
    )
    proof = {"number": "AGI01459", "evidence_id": uuid.UUID(document_of(app, authority))}
    change(app, update(GiRecord).where(GiRecord.product_id == pig).values(**proof))
    [record] = rows(app, select(GiRecord).where(GiRecord.product_id == pig).limit(1))
    form = licence_form(browser, cooperative, "?product=ningxiang-pig")
    boxes = {"gi_record": str(record.id), "source": "长农发〔2026〕3 号"}
    wrong = send(browser, form, product=TEA, **boxes)
    assert wrong.status_code == 422 and "长沙绿茶没有这项" in wrong.get_data(as_text=True)
    assert send(browser, form, **boxes).status_code == 303
    assert (licences(app, cooperative)[0].mark, licences(app, cooperative)[0].product_id) == (
        True, pig,
    )  # fmt: skip
    assert green != pig


@pytest.mark.parametrize(
    ("wrong", "box"),
    [
        ({"source": ""}, "source"),
        ({"product": ""}, "product"),
        ({"product": "moon-tea"}, "product"),
        ({"starts": ""}, "starts"),
        ({"starts": "soon"}, "starts"),
        ({"ends": "2001-01-01"}, "ends"),
    ],
)
def test_a_wrong_licence_is_named_and_stays_typed(
    app: Flask, browser: FlaskClient, cooperative: Person, wrong: dict[str, Any], box: str
) -> None:
    before = len(licences(app, cooperative))
    right = {"product": TEA, "source": "长农发〔2026〕3 号"}
    answer = send(browser, licence_form(browser, cooperative), **(right | wrong))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and f'href="#{box}"' in page
    assert ("长农发〔2026〕3 号" in page) is (wrong != {"source": ""})
    assert len(licences(app, cooperative)) == before


def test_a_laboratory_is_not_licensed(browser: FlaskClient, inspector: Person) -> None:
    form = licence_form(browser, inspector)
    answer = send(browser, form, product=TEA, source="文件")
    assert answer.status_code == 422 and "不是生产经营者" in answer.get_data(as_text=True)


def test_a_revoked_licence_holds_what_was_released_under_it(
    app: Flask, people: People, browser: FlaskClient
) -> None:
    held = Labelled(app, people)
    tea_id = people.product(TEA)
    [licence] = [row for row in licences(app, people.cooperative) if row.product_id == tea_id]
    path = f"/gov/licences/{licence.id}/revocation"
    page = seen(text_of(browser, path))
    assert "放行着的 1 批马上封存" in page
    form = form_on(browser, path, "/revocation")
    assert send(browser, form, reason="").status_code == 422
    assert send(browser, form, reason="冒用产地").status_code == 303
    assert last_of(app, held.batch).kind == "hold"
    assert "已撤销" in seen(text_of(browser, f"/gov/parties/{people.cooperative.party}"))
    assert "已经撤销" in text_of(browser, path)
    again = send(browser, form, _key=str(uuid.uuid4()), reason="再来")
    assert again.status_code == 409
    assert browser.get(f"/gov/licences/{uuid.uuid4()}/revocation").status_code == 404


def test_no_form_of_the_desk_shows_a_limit_twice(app: Flask, browser: FlaskClient) -> None:
    current = select(Requirement).where(Requirement.retired_at.is_(None))
    page = text_of(browser, "/gov/requirements?q=GB 2762-2025&sure=confirmed")
    found = re.findall(r'href="/gov/requirements/([0-9a-f-]+)"', page)
    assert found and len(found) == len(set(found)) <= len(rows(app, current))
