"""The pages of plots: a cooperative's own and its sheets, the authority's approvals, caps and map."""

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from products.plots.models import Plot, PlotApproval, PlotSheet, YieldCap
from tests.api.filling import Form, form_on, forms_of, send
from tests.api.looking import change, rows
from tests.api.test_desk_authority import seen, text_of
from tests.api.test_plots import TEA, YEAR, approval, cap, outline, plot
from tests.people import Person
from trace.books.models import Allowance
from trace.laboratories.workbooks import read_sheet

NEW = f"/coop/plots/new?product={TEA}"
HEAD = "编号,名称,面积（亩）,乡镇,小地名,种植人,轮廓（GeoJSON）\n"


@pytest.fixture
def coop(cooperative: Person) -> FlaskClient:
    """The cooperative, signed in."""
    return cooperative.signed_in()


@pytest.fixture
def gov(authority: Person) -> FlaskClient:
    """The authority, signed in."""
    return authority.signed_in()


def boxes(**changed: Any) -> dict[str, Any]:
    """A plot as it is typed into the form."""
    return {"number": "jj-01", "name": "东坡茶园", "area_mu": "12.50", "township": "430121110",
            "worked_by": "李某某", **changed}  # fmt: skip


def page_of(answer: TestResponse, status: int) -> str:
    text = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    return text.replace("\xa0", " ")


# --- the cooperative -----------------------------------------------------------------------


def test_a_plot_is_proposed_on_its_page_and_a_second_sending_changes_nothing(
    app: Flask, coop: FlaskClient
) -> None:
    form = form_on(coop, NEW, "/coop/plots/new")
    assert "township" in form.boxes
    first = send(coop, form, **boxes(outline=json.dumps(outline())))
    again = send(coop, form, **boxes(outline=json.dumps(outline())))
    assert first.status_code == again.status_code == 303
    assert first.headers["Location"] == again.headers["Location"]
    (row,) = rows(app, select(Plot))
    assert row.number == "JJ-01" and row.outline["coordinates"][0][0] == [
        "113.3000000",
        "28.5000000",
    ]
    page = text_of(coop, first.headers["Location"])
    assert "已提交，等核准" in page and "李某某" in page and 'class="own"' in page
    assert "相差超过一成：请核对" in page and "146.47" in page
    listed = text_of(coop, "/coop/plots")
    assert "JJ-01" in listed and "额度未设" in listed


def test_wrong_input_keeps_what_was_typed_and_stores_nothing(app: Flask, coop: FlaskClient) -> None:
    form = form_on(coop, NEW, "/coop/plots/new")
    answer = send(coop, form, **boxes(area_mu="12.505", outline='{"type": "Point"}'))
    page = page_of(answer, 422)
    assert 'value="12.505"' in page and "东坡茶园" in page and "&#34;Point&#34;" in page
    assert "最多两位小数" in page and "要是一个 GeoJSON Polygon" in page
    assert page_of(send(coop, form, **boxes(name="")), 422).count("必填") >= 1
    assert rows(app, select(Plot)) == []


def test_without_the_token_of_the_form_nothing_is_taken(app: Flask, coop: FlaskClient) -> None:
    form = form_on(coop, NEW, "/coop/plots/new")
    assert send(coop, form, **boxes(csrf_token=None)).status_code == 403
    assert rows(app, select(Plot)) == []


def test_a_plot_is_changed_and_given_up_and_a_stale_change_keeps_what_was_typed(
    app: Flask, coop: FlaskClient, cooperative: Person
) -> None:
    made = cooperative.made("/plots", json=plot(outline=outline()))
    path = f"/coop/plots/{made['id']}"
    form = form_on(coop, f"{path}/edit", "/edit")
    assert form.boxes["worked_by"] == ["李某某"] and "113.3000000" in form.boxes["outline"][0]
    late = form_on(coop, f"{path}/edit", "/edit")
    assert send(coop, form, area_mu="13", worked_by="", outline="").status_code == 303
    (row,) = rows(app, select(Plot))
    assert f"{row.area_mu}" == "13" and row.worked_by is None and row.outline is None
    stale = page_of(send(coop, late, area_mu="14"), 412)
    assert 'value="14"' in stale and "已经有别人改过" in stale
    gone = form_on(coop, path, "/retirement")
    assert "必填" in page_of(send(coop, gone), 422)
    assert send(coop, gone, _key="another-key-1", reason="退耕").status_code == 303
    assert "已停用" in text_of(coop, path)


def test_another_partys_plot_and_sheet_are_not_there(
    cooperative: Person, stranger: Person, gov: FlaskClient, coop: FlaskClient
) -> None:
    made = stranger.made("/plots", json=plot(number="SECRET", outline=outline(west=100)))
    own = cooperative.made("/plots", json=plot(outline=outline()))
    for path in (f"/coop/plots/{made['id']}", f"/coop/plots/{made['id']}/edit"):
        assert coop.get(path).status_code == 404
        assert gov.get(path).status_code == 403
    assert coop.get("/gov/plots").status_code == 403
    sheet = upload(stranger.signed_in(), HEAD + "1,a,1,金井镇,,,\n")
    assert coop.get(sheet).status_code == 404
    assert coop.get(f"{sheet}/answers.xlsx").status_code == 404
    page = text_of(coop, f"/coop/plots/{own['id']}")
    assert "与另一地块重叠约 97.65 亩" in page and "SECRET" not in page


# --- sheets --------------------------------------------------------------------------------


def upload(browser: FlaskClient, text: str | bytes, name: str = "地块.csv") -> str:
    """Send a sheet in; where it can be looked at."""
    answer = sent_in(browser, text, name)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def sent_in(browser: FlaskClient, text: str | bytes, name: str = "地块.csv") -> TestResponse:
    octets = text if isinstance(text, bytes) else text.encode()
    form = form_on(browser, "/coop/plots/sheets", "/sheets")
    return send(browser, form, product=TEA, file=(io.BytesIO(octets), name))


def test_a_sheet_is_looked_at_first_and_put_in_only_in_the_second_step(
    app: Flask, coop: FlaskClient
) -> None:
    ring = json.dumps(outline()).replace('"', '""')
    where = upload(coop, f'{HEAD}1,一号,12.5,金井镇,金龙村,李某某,"{ring}"\n2,二号,3,高桥镇,,,\n')
    page = seen(text_of(coop, where))
    assert "2 行可以登记，0 行要改" in page and "轮廓内 146.47 亩" in page
    assert rows(app, select(Plot)) == []
    form = form_on(coop, where, where.rpartition("/")[2])
    first, again = send(coop, form), send(coop, form)
    assert first.status_code == again.status_code == 303
    assert {row.number for row in rows(app, select(Plot))} == {"1", "2"}
    (kept,) = rows(app, select(PlotSheet))
    assert kept.plots == 2 and rows(app, select(PlotSheet.octets)) == [b""]
    assert page_of(send(coop, form, _key="another-key-1"), 409).count("已经登记了")
    assert "已登记 2 块" in text_of(coop, where)


def test_a_sheet_with_duplicates_is_answered_row_by_row_and_nothing_is_put_in(
    app: Flask, coop: FlaskClient, cooperative: Person
) -> None:
    cooperative.made("/plots", json=plot(outline=outline()))
    ring = json.dumps(outline()).replace('"', '""')
    where = upload(
        coop,
        f"{HEAD}A,一号,12.5,金井镇,,,\na,二号,3,金井镇,,,\nJJ-01,三号,1,高桥镇,,,\n,,,,,,\n"
        f'B,四号,1,没有的镇,,,\nC,五号,0,金井镇,,,\nD,六号,146,金井镇,,,"{ring}"\n'
        "E,七号,1,金井镇,,,\n",
    )
    page = seen(text_of(coop, where))
    assert "2 行可以登记，5 行要改，1 行空着" in page and "取回自己的表" in page
    for said in ("第 2 行已经有编号 A", "已经有编号 JJ-01 的地块", "没有“没有的镇”",
                 "面积（亩）要大于 0", "与已有地块 JJ-01 的轮廓完全相同"):  # fmt: skip
        assert said in page, said
    forms = [f for f in _forms(coop, where) if f.action.endswith(where.rpartition("/")[2])]
    assert forms == [], "there is nothing to press"
    token = form_on(coop, "/coop/plots/sheets", "/sheets").boxes
    forced = coop.post(where, data={"csrf_token": token["csrf_token"], "_key": token["_key"]})
    assert "一块地都没有登记" in page_of(forced, 409)
    assert len(rows(app, select(Plot))) == 1
    answered = read_sheet(coop.get(f"{where}/answers.xlsx").data)
    says = [row[-1].text for row in answered.rows]
    assert says[0] == "标源的回答" and says[1] == "金井镇，12.5 亩"
    assert says[2] == "没有放进 A3：第 2 行已经有编号 A" and answered.rows[2][1].text == "二号"


def _forms(browser: FlaskClient, page: str) -> list[Form]:
    return forms_of(browser.get(page).get_data(as_text=True))


def test_the_empty_sheet_can_be_filled_and_read_back(app: Flask, coop: FlaskClient) -> None:
    answer = coop.get("/coop/plots/sheets/template.xlsx")
    assert answer.status_code == 200
    sheet = read_sheet(answer.data)
    assert [cell.text for cell in sheet.rows[0]] == HEAD.strip().split(",")
    where = upload(coop, answer.data, "空白.xlsx")
    assert "登记 0 块" not in text_of(coop, where)
    assert "0 行可以登记" in seen(text_of(coop, where))


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"", "请选一个表格文件"),
        (b"%PDF-1.4 x", "不是表格"),
        (b"\xff\xd8\xff\xe0", "不是表格"),
    ],
)
def test_what_is_no_sheet_is_refused_on_the_form(
    app: Flask, coop: FlaskClient, octets: bytes, said: str
) -> None:
    answer = sent_in(coop, octets, "x.csv" if octets else "")
    assert said in page_of(answer, 422)
    assert rows(app, select(PlotSheet)) == []


def test_a_sheet_without_the_columns_says_which_are_needed(coop: FlaskClient) -> None:
    where = upload(coop, "a,b,c\n1,2,3\n")
    page = text_of(coop, where)
    assert "要有编号、名称、面积（亩）、乡镇这几列" in page


# --- the authority -------------------------------------------------------------------------


@pytest.fixture
def waiting(cooperative: Person, stranger: Person) -> list[dict[str, Any]]:
    """Three plots of two parties that wait for this year's approval."""
    return [
        cooperative.made("/plots", json=plot(outline=outline())),
        cooperative.made("/plots", json=plot(number="2", name="二号", township="高桥镇")),
        stranger.made("/plots", json=plot(number="QS", outline=outline(west=100))),
    ]


def test_many_plots_are_approved_at_once_by_last_years_area(
    app: Flask, gov: FlaskClient, authority: Person, waiting: list[dict[str, Any]]
) -> None:
    first, second, third = (row["id"] for row in waiting)
    authority.made(f"/plots/{first}/approvals", json=approval(year=YEAR - 1, area_mu="9"))
    page = "/gov/plots?state=waiting"
    shown = seen(text_of(gov, page))
    assert "9 亩" in shown and "重叠 97.65 亩" in shown
    form = form_on(gov, page, "/gov/plots/approvals")
    assert "plot" not in form.boxes
    assert "勾选要核准的地块" in page_of(send(gov, form, source="示例公告"), 422)
    all_ticked = form_on(gov, f"{page}&tick=all", "/gov/plots/approvals")
    assert set(all_ticked.boxes["plot"]) == {first, second, third}
    refused = page_of(send(gov, all_ticked, plot=[first, second]), 422)
    assert refused.count("checked>") == 2 and rows(app, select(PlotApproval.year)) == [YEAR - 1]
    done = send(gov, all_ticked, plot=[first, second], source="示例公告", basis="last")
    assert done.status_code == 303 and "state=waiting" in done.headers["Location"]
    made = {
        str(a.plot_id): f"{a.area_mu}" for a in rows(app, select(PlotApproval)) if a.year == YEAR
    }
    assert made == {first: "9", second: "12.50"}
    left = seen(text_of(gov, page))
    assert "QS" in left and "二号" not in left


def test_where_one_of_many_cannot_be_approved_none_is(
    app: Flask, gov: FlaskClient, authority: Person, waiting: list[dict[str, Any]]
) -> None:
    form = form_on(gov, "/gov/plots?tick=all", "/gov/plots/approvals")
    authority.made(f"/plots/{waiting[1]['id']}/approvals", json=approval())
    page = page_of(send(gov, form, source="示例公告"), 409)
    assert "地块 2 的" in page and "已经核准" in page
    assert len(rows(app, select(PlotApproval))) == 1


def test_one_plot_is_approved_with_less_and_ended_with_a_reason(
    app: Flask, gov: FlaskClient, authority: Person, waiting: list[dict[str, Any]]
) -> None:
    path = f"/gov/plots/{waiting[0]['id']}"
    page = text_of(gov, path)
    assert "李某某" in page and "QS" in page and 'class="near"' in page
    form = form_on(gov, path, "/approvals")
    more = page_of(send(gov, form, area_mu="13", source="示例公告"), 422)
    assert "不能超过填报的 12.50 亩" in more and 'value="13"' in more and "示例公告" in more
    assert send(gov, form, area_mu="11", source="示例公告").status_code == 303
    end = form_on(gov, path, "/end")
    assert end.boxes["end_year"] == [str(YEAR)]
    assert "必填" in page_of(send(gov, end), 422)
    assert page_of(send(gov, end, end_year="x", reason="改种"), 422)
    assert send(gov, end, reason="改种").status_code == 303
    (row,) = rows(app, select(PlotApproval))
    assert row.end_reason == "改种"
    assert "核准已结束" in text_of(gov, path)


def test_plots_are_found_by_party_and_township(
    gov: FlaskClient, stranger: Person, waiting: list[dict[str, Any]]
) -> None:
    page = seen(text_of(gov, f"/gov/plots?party={stranger.party}"))
    assert "QS" in page and "二号" not in page
    assert "二号" in seen(text_of(gov, "/gov/plots?township=430121109&year=1999&q="))
    assert "没有这样的地块" in text_of(gov, "/gov/plots?q=不存在&product=x&state=y&party=z")
    assert "二号" in seen(text_of(gov, "/gov/plots?township=430121"))


def test_a_cap_is_set_with_its_source_and_a_deficit_is_said_in_words(
    app: Flask, gov: FlaskClient, coop: FlaskClient, authority: Person,
    waiting: list[dict[str, Any]],
) -> None:  # fmt: skip
    path = f"/gov/caps?product={TEA}&year={YEAR}"
    assert "额度未设" in text_of(gov, path)
    form = form_on(gov, path, "/gov/caps")
    form.boxes["form"] = ["鲜叶"]
    given = {"quantity": "40", "unit": "斤"}
    assert 'value="40"' in page_of(send(gov, form, **given), 422)
    assert rows(app, select(YieldCap)) == []
    authority.made(f"/plots/{waiting[0]['id']}/approvals", json=approval())
    assert send(gov, form, **given, source="示例测产").status_code == 303
    assert "每亩 40 斤 鲜叶" in text_of(gov, path)
    own = seen(text_of(coop, "/coop/plots"))
    assert "已用 0 斤" in own and "还剩 500 斤" in own
    use_up(app)
    authority.made(f"/products/{TEA}/yield-caps", json=cap(quantity="10"))
    assert "已用的比额度多 375 斤" in seen(text_of(coop, "/coop/plots"))
    assert "超出 375 斤" in seen(text_of(gov, path))


def use_up(app: Flask) -> None:
    """All of every allowance, past the verbs."""
    change(app, update(Allowance).values(used=Allowance.granted))


def test_the_map_has_a_tile_for_every_township_of_the_area_and_a_table_beside_it(
    gov: FlaskClient, authority: Person, waiting: list[dict[str, Any]]
) -> None:
    authority.made(f"/plots/{waiting[1]['id']}/approvals", json=approval())
    page = text_of(gov, f"/gov/plots/map?product={TEA}")
    assert page.count("<li><a href") == 7, "the seven townships of the area"
    shown = seen(page)
    assert (
        "3 块，填报 37.50 亩" in shown and "25.00 亩 · 2 块" in shown and "核准 12.50 亩" in shown
    )
    land = text_of(gov, f"/gov/plots/map?product={TEA}&township=430121110")
    assert land.count('class="near"') == 2 and "黑线长" in land
    assert "还没有登记地块" in text_of(gov, "/gov/plots/map?product=yuelu-yellow-chives")
    assert "没有这个产品" in text_of(gov, "/gov/plots/map?product=x")


def test_no_public_page_tells_where_a_plot_lies(
    app: Flask, consumer: Person, waiting: list[dict[str, Any]]
) -> None:
    browser = app.test_client()
    for path in (f"/products/{TEA}", "/products", f"/api/v1/products/{TEA}"):
        page = browser.get(path).get_data(as_text=True)
        assert "113.3" not in page and "东坡茶园" not in page and "李某某" not in page
    assert browser.get("/api/v1/plots").status_code == 401
    assert browser.get("/gov/plots/map").status_code in (302, 303)
