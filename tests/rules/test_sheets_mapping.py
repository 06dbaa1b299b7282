"""Which column is what, what each row says, and why a row cannot be taken."""

from typing import Any

import pytest

from tests.rules.instrument_sheets import xlsx, xlsx_of
from trace.laboratories.mapping import LONG, WIDE, Mapping, MappingError, guess, name_and_unit
from trace.laboratories.sheet_rows import SheetRow, rows_of
from trace.laboratories.sheets import SheetError, read_csv
from trace.laboratories.workbooks import read_sheet

BY_VALUE: dict[str, Any] = {
    "columns": {
        "sample": "样品编号", "characteristic": "项目", "value": "结果", "unit": "单位",
        "measured_on": "日期",
    },
}  # fmt: skip
BY_SAMPLE: dict[str, Any] = {
    "layout": "wide",
    "columns": {"sample": "样品编号"},
    "items": [
        {"column": "水分(%)", "characteristic": "水分", "unit": "%"},
        {"column": "粉末(%)", "characteristic": "粉末", "unit": "%"},
    ],
}


def read(octets: bytes, mapping: dict[str, Any]) -> list[SheetRow]:
    return rows_of(read_sheet(octets), Mapping.of(mapping))


def csv_of(*lines: str) -> bytes:
    return "\n".join(("样品编号,项目,结果,单位,日期", *lines)).encode()


def test_a_row_for_each_value_says_it_by_role() -> None:
    (row,) = read(csv_of("CS-1,水分,5.80,%,2026/11/1"), BY_VALUE)
    assert (row.row, row.sample, row.fault) == (2, "CS-1", None)
    (value,) = row.values
    assert value.place == "C2"
    assert value.said == {
        "characteristic": "水分", "value": "5.80", "unit": "%", "measured_on": "2026-11-01",
    }  # fmt: skip


def test_a_row_for_each_sample_says_what_was_measured_and_leaves_out_the_rest() -> None:
    octets = xlsx_of(("样品编号", "水分(%)", "粉末(%)"), ("CS-1", 5.8, 0.4), ("CS-2", None, 0.3))
    one, two = read(octets, BY_SAMPLE)
    assert [(v.said["characteristic"], v.said["value"], v.place) for v in one.values] == [
        ("水分", "5.8", "B2"), ("粉末", "0.4", "C2"),
    ]  # fmt: skip
    assert [v.said["characteristic"] for v in two.values] == ["粉末"]


def test_columns_may_stand_in_any_order_and_among_others() -> None:
    octets = "序号,结果,备注,样品 编号,项目\n1,5.8,好,CS-1,水分\n".encode()
    mapping = {"columns": {"sample": "样品编号", "characteristic": "项目", "value": "结果"}}
    (row,) = read(octets, mapping)
    assert (row.sample, row.values[0].said["value"]) == ("CS-1", "5.8")


def test_a_sheet_without_headers_is_mapped_by_its_letters() -> None:
    mapping = {
        "header_row": 0,
        "columns": {"sample": "A", "value": "B"},
        "fixed": {"characteristic": "水分", "unit": "%"},
    }
    (row,) = read(b"CS-1,5.8\n", mapping)
    assert row.values[0].said == {"characteristic": "水分", "unit": "%", "value": "5.8"}


@pytest.mark.parametrize(
    ("text", "unit", "value", "symbol"),
    [
        ("5.8%", "", "5.8", "%"),
        ("0.62 mg/kg", "", "0.62", "mg/kg"),
        ("<0.01mg/kg", "", "<0.01", "mg/kg"),
        ("5.8%", "%（质量分数）", "5.8", "%（质量分数）"),
        ("5.8%", "mg/kg", "5.8%", "mg/kg"),
        ("5.8 furlong", "", "5.8 furlong", ""),
        ("5.1；5.2", "%", "5.1；5.2", "%"),
        ("未检出", "", "未检出", ""),
    ],
)
def test_a_unit_behind_the_number_is_understood_unless_another_is_said(
    text: str, unit: str, value: str, symbol: str
) -> None:
    (row,) = read(csv_of(f"CS-1,水分,{text},{unit},"), BY_VALUE)
    said = row.values[0].said
    assert (said["value"], said.get("unit", "")) == (value, symbol)


def test_every_row_is_answered_with_its_cell() -> None:
    rows = read(
        csv_of(
            "CS-1,水分,5.8,%,", ",水分,5.8,%,", "CS-2,,5.8,%,", "CS-3,水分,,%,", ",,,,",
            "CS-4,水分,5.8,%,昨天", "CS-1,水 分,6.0,%,", "CS-5,水分,1.2E+17,%,", "4.3E+17,水分,5,%,",
        ),
        BY_VALUE,
    )  # fmt: skip
    assert [(row.row, row.place, row.empty) for row in rows] == [
        (2, "", False), (3, "A3", False), (4, "B4", False), (5, "C5", False), (6, "", True),
        (7, "E7", False), (8, "C8", False), (9, "C9", False), (10, "A10", False),
    ]  # fmt: skip
    refused = [row for row in rows if row.fault]
    assert all(row.fault and row.fault.zh and row.fault.en and not row.values for row in refused)
    assert len(refused) == 7
    twice = refused[4].fault
    assert twice is not None
    assert "第 2 行" in twice.zh


def test_a_formula_counts_only_where_its_cell_is_used() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_row(0, 0, ("样品编号", "水分(%)", "粉末(%)", "平均"))
        page.write_row(1, 0, ("CS-1", 5.8, 0.4))
        page.write_formula(1, 3, "=AVERAGE(B2:C2)", None, 3.1)
        page.write_row(2, 0, ("CS-2", 5.8))
        page.write_formula(2, 2, "=B3/10", None, 0.58)

    fine, computed = read(xlsx(fill), BY_SAMPLE)
    assert len(fine.values) == 2
    assert computed.place == "C3"
    assert computed.fault is not None
    assert "公式" in computed.fault.zh


def test_a_hidden_row_is_not_put_in_unseen() -> None:
    def fill(_book: Any, page: Any) -> None:
        page.write_row(0, 0, ("样品编号", "水分(%)", "粉末(%)"))
        page.write_row(1, 0, ("CS-1", 5.8, 0.4))
        page.set_row(1, None, None, {"hidden": True})

    (row,) = read(xlsx(fill), BY_SAMPLE)
    assert row.fault is not None
    assert "隐藏" in row.fault.zh


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("样品编号,项目,单位,日期", "没有“结果”这一列"),
        ("样品编号,项目,结果,结果,单位,日期", "2 列都叫“结果”"),
    ],
)
def test_a_sheet_that_does_not_fit_its_mapping_is_refused_by_the_column(
    header: str, words: str
) -> None:
    with pytest.raises(SheetError, match=words):
        read(f"{header}\nCS-1,水分,1,2,3,4\n".encode(), BY_VALUE)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"columns": {"value": "结果"}}, "columns/sample"),
        ({"columns": {"sample": "样"}}, "columns/value"),
        ({"columns": {"sample": "样", "value": "结果"}}, "columns/characteristic"),
        ({"layout": "wide", "columns": {"sample": "样"}}, "items"),
        ({**BY_SAMPLE, "columns": {"sample": "水分(%)"}}, "columns"),
        (
            {"columns": {"sample": "样", "value": "值"},
             "fixed": {"characteristic": "水分", "unit": "furlong"}}, "fixed/unit",
        ),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_meant_names_its_part(said: dict[str, Any], field: str) -> None:
    with pytest.raises(MappingError) as wrong:
        Mapping.of(said)
    assert wrong.value.field == field


def test_a_mapping_comes_back_from_its_json_as_it_was() -> None:
    for said in (BY_VALUE, BY_SAMPLE):
        assert Mapping.of(Mapping.of(said).as_json()) == Mapping.of(said)


def test_the_words_of_the_header_are_guessed_from() -> None:
    octets = "快速水分仪导出\n\n样品名称,检测项目,测定值(mg/kg),检测时间\nCS-1,铅,0.6,2026-11-01\n".encode()
    found = guess(read_csv(octets))
    assert (found.header_row, found.layout) == (3, LONG)
    assert found.columns == {
        "sample": "样品名称", "characteristic": "检测项目", "value": "测定值(mg/kg)",
        "measured_on": "检测时间",
    }  # fmt: skip
    assert found.fixed == {"unit": "mg/kg"}


def test_columns_called_like_the_instruments_characteristics_make_a_wide_sheet() -> None:
    octets = "Sample No.,水分（%）,铅（以Pb计）(mg/kg)\nCS-1,5.8,0.6\n".encode()
    found = guess(read_csv(octets), ["水分", "铅（以Pb计）"])
    assert found.layout == WIDE
    assert found.columns == {"sample": "Sample No."}
    assert [(one.characteristic, one.unit) for one in found.items] == [
        ("水分", "%"), ("铅（以Pb计）", "mg/kg"),
    ]  # fmt: skip
    assert Mapping.of(found.as_json()) == found


def test_nothing_is_guessed_where_nothing_is_known() -> None:
    assert guess(read_csv(b"x,y\n1,2\n")) == Mapping()


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("水分（%）", "水分", "%"), ("水分/%", "水分", "%"), ("铅 [mg/kg]", "铅", "mg/kg"),
        ("铅（以Pb计）", "铅（以Pb计）", ""), ("水分", "水分", ""),
    ],
)  # fmt: skip
def test_a_header_may_name_the_unit_in_brackets(header: str, name: str, unit: str) -> None:
    assert name_and_unit(header) == (name, unit)
