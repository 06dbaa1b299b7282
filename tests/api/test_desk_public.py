"""What everybody may see: the front page, the products, and what is asked of each on a day."""

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from products.models import GiRecord, Product
from tests.api.entering import document_of
from tests.api.looking import change, rows
from tests.people import People, Person

TEA = "/products/changsha-green-tea"


def text_of(browser: FlaskClient, path: str) -> str:
    """The text of a page that must answer, as the eye sees its blanks."""
    answer = browser.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True).replace("\xa0", " ")


def seen(html: str) -> str:
    """A page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def stage_of(html: str, stage: str) -> str:
    """What stands under one link."""
    inside = html.partition(f'<li class="link" id="{stage}">')[2]
    return seen(inside.partition('<li class="link"')[0])


def limits(html: str, stage: str) -> list[list[str]]:
    """The rows of the tables under one link, cell by cell."""
    inside = html.partition(f'<li class="link" id="{stage}">')[2].partition('<li class="link"')[0]
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row) for row in re.findall(r"<tr>.*?</tr>", inside)]
    return [[seen(cell.replace("<br>", " ")).strip() for cell in row] for row in cells]


def lying(html: str) -> dict[str, str]:
    """The nine links lying: title and count."""
    line = html.partition('<ol class="line9">')[2].partition("</ol>")[0]
    found = re.findall(r'class="dot">([^<]*)</span><b>([^<]*)</b>', line)
    return {title: count for count, title in found}


# --- the front page ------------------------------------------------------------------------


def test_a_stranger_finds_what_this_is_and_where_to_type_a_label(client: FlaskClient) -> None:
    page = text_of(client, "/")
    assert 'action="/T" method="get"' in page or 'method="get" action="/T"' in page
    assert 'name="code"' in page and "17 位字符" in page
    assert 'href="/products/changsha-green-tea"' in page and 'href="/login"' in page


def test_the_label_form_leads_to_the_passport(client: FlaskClient) -> None:
    answer = client.get("/T?code=1VYA2X0V00VG6X131")
    assert answer.status_code == 404
    assert "1VYA 2X0V 00VG 6X131" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("who", "desk"),
    [("cooperative", "/coop/"), ("inspector", "/lab/"), ("authority", "/gov/")],
)
def test_who_is_signed_in_is_led_to_the_own_desk(people: People, who: str, desk: str) -> None:
    answer = getattr(people, who).signed_in().get("/")
    assert (answer.status_code, answer.location) == (303, desk)
    assert getattr(people, who).signed_in().get(desk).status_code == 200


# --- the products --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=韭皇", "岳麓韭黄"),
        ("q=jiuhuang", "岳麓韭黄"),
        ("q=cslc", "长沙绿茶"),
        ("q=绿茶", "长沙绿茶"),
        ("category=咖啡", "进口非洲咖啡"),
    ],
)
def test_a_product_is_found_by_name_other_name_and_pinyin(
    client: FlaskClient, query: str, found: str
) -> None:
    page = text_of(client, f"/products?{query}")
    names = re.findall(r'<a href="/products/[a-z-]+">([^<]+)</a>', page)
    assert names == [found]


@pytest.mark.parametrize("query", ["q=没有这个", "category=没有", "q=xyz\u202e"])
def test_a_search_without_a_match_says_so(client: FlaskClient, query: str) -> None:
    assert "没有这样的产品" in text_of(client, f"/products?{query}")


@pytest.mark.parametrize("query", ["q=%00", "category=%00", "q=%25", "after=x", "q=" + "茶" * 3000])
def test_no_search_breaks_the_list(client: FlaskClient, query: str) -> None:
    assert client.get(f"/products?{query}").status_code in (200, 422)


def test_the_list_says_which_record_is_proven_and_which_plan_stands(client: FlaskClient) -> None:
    page = seen(text_of(client, "/products"))
    assert "登记待核实" in page and "没有登记记录" in page and "登记已核实" not in page
    assert "方案已定" in page and "方案待定" in page and "计划内" in page


# --- one product ---------------------------------------------------------------------------


def test_a_record_without_evidence_is_to_be_verified_and_says_what_is_missing(
    client: FlaskClient,
) -> None:
    page = seen(text_of(client, TEA))
    assert "缺注册号、注册人、证明文件" in page and "缺登记编号、登记人、证明文件" in page
    assert "来源一处，待核实" in page and "不印专用标志" in page


def test_a_proven_record_is_no_longer_doubted(
    app: Flask, client: FlaskClient, authority: Person
) -> None:
    [tea] = rows(app, select(Product.id).where(Product.key == "changsha-green-tea"))
    proof = {"number": "12345678", "evidence_id": UUID(document_of(app, authority))}
    change(app, update(GiRecord).where(GiRecord.product_id == tea).values(**proof))
    page = text_of(client, TEA)
    assert "不印专用标志" not in page and "已核实" in page
    assert "登记已核实" in text_of(client, "/products?q=长沙绿茶")
    assert "content" not in page.partition("<main")[2].partition('id="std"')[0]


def test_the_area_is_told_by_present_townships(client: FlaskClient) -> None:
    page = seen(text_of(client, TEA))
    assert "春华镇、路口镇、高桥镇、金井镇" in page and "长沙县" in page
    assert "约10.6万亩" in page.replace(" ", "")


def test_the_nine_links_lie_in_a_line_and_a_gap_is_a_gap(client: FlaskClient) -> None:
    page = text_of(client, TEA)
    links = lying(page)
    assert list(links) == [
        "分级", "生产", "加工", "保鲜", "存储", "运输", "包装", "标志", "质量检测",
    ]  # fmt: skip
    assert links["保鲜"] == "—" and int(links["质量检测"]) > 10
    assert "这是空缺，不是“没有限制”" in stage_of(page, "preservation")
    for stage in ("grading", "testing"):
        assert f'href="#{stage}"' in page


def test_each_limit_stands_with_its_clause_scope_nature_and_doubt(client: FlaskClient) -> None:
    page = text_of(client, f"{TEA}?on=2026-11-23")
    lead = ["铅（以Pb计） 毛茶、成品茶", "≤ 5.0 mg/kg", "GB 2762-2025 4.1 表1 茶叶", "强制"]
    assert lead in limits(page, "testing")
    water = [row for row in limits(page, "processing") if row[0].startswith("水分 特级")]
    clause = "GB/T 14456.3-2016 5.3 表5"
    assert [row[1:] for row in water] == [["≤ 7.0 %", clause, "推荐，声明后约束 待核实"]]


def test_duties_of_parties_are_named_as_such(client: FlaskClient) -> None:
    made = stage_of(text_of(client, TEA), "production")
    duties = made.partition("经营者的义务")[2]
    assert "管单位，不判批次" in duties and "生产记录保存期" in duties and "≥ 24 个月" in duties


def test_limits_that_decide_nothing_are_folded_apart(client: FlaskClient) -> None:
    page = text_of(client, TEA)
    shown = stage_of(page, "testing").partition("只显示、不参与判定的")[2]
    assert "粗纤维" in shown and "待核对" in shown


@pytest.mark.parametrize(
    ("day", "edition", "other"),
    [
        ("2026-09-01", "GB 2762-2022", "GB 2762-2025"),
        ("2026-09-02", "GB 2762-2025", "GB 2762-2022"),
    ],
)
def test_the_chosen_day_decides_the_edition(
    client: FlaskClient, day: str, edition: str, other: str
) -> None:
    tested = stage_of(text_of(client, f"{TEA}?on={day}"), "testing")
    assert edition in tested
    assert other not in tested.replace("起 GB 2762-2025", "")
    assert f'value="{day}"' in text_of(client, f"{TEA}?on={day}")


def test_days_on_which_an_edition_changes_are_offered(client: FlaskClient) -> None:
    page = text_of(client, f"{TEA}?on=2026-11-23")
    assert 'href="/products/changsha-green-tea?on=2026-09-02"' in page
    assert "2027-03-16" in page and "GB 7718-2025" in page


@pytest.mark.parametrize("typed", ["yesterday", "2026-02-30", "%E4%BB%8A%E5%A4%A9", "9999999"])
def test_a_day_that_is_none_is_told_and_today_is_shown(client: FlaskClient, typed: str) -> None:
    page = text_of(client, f"{TEA}?on={typed}")
    assert "读不出这个日期" in page and 'aria-invalid="true"' in page


def test_the_plan_of_the_day_stands_on_the_page_or_is_said_to_be_open(client: FlaskClient) -> None:
    page = seen(text_of(client, TEA))
    assert "每批都检感官品质" in page.replace(" ", "") and "每年不少于 2 次" in page
    assert "放行方案待定" in seen(text_of(client, "/products/ningxiang-pig"))
    assert "放行方案待定" in seen(text_of(client, f"{TEA}?on=2000-01-01"))


def test_a_product_nobody_knows_is_not_found(client: FlaskClient) -> None:
    assert client.get("/products/moon-tea").status_code == 404
    assert client.get("/products/00000000-0000-0000-0000-000000000000").status_code == 404


def test_only_the_authority_finds_ways_to_change_a_product(
    client: FlaskClient, authority: Person, cooperative: Person
) -> None:
    assert "/gov/" not in text_of(client, TEA)
    assert "/gov/" not in text_of(cooperative.signed_in(), TEA).partition("<main")[2]
    page = text_of(authority.signed_in(), TEA)
    for action in ("edit", "gi-records/new", "plans/new", "plans"):
        assert f'href="/gov{TEA}/{action}"' in page
    assert 'href="/gov/requirements/' in page


def test_every_product_of_the_catalogue_has_its_page(app: Flask, client: FlaskClient) -> None:
    for key in rows(app, select(Product.key)):
        page = text_of(client, f"/products/{key}")
        assert len(lying(page)) == 9, key
        assert client.get(f"/products/{key}?on=2027-06-01&lang=en").status_code == 200
