"""Sheets of labels: every symbol readable, every label in its place, the text real text."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp

from labels.codes import encode
from labels.face import LabelFace
from labels.fonts import MissingGlyph
from labels.layout import DoesNotFit
from labels.sheet_formats import PAGE, SHEET_FORMATS, SheetFormat
from labels.sheets import SheetError, draw_sheet, draw_test_page

MADE_AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
MASTERS = {1: bytes(range(32))}
FIRST = SHEET_FORMATS["a4-4x11"]
DPI = 300
DOTS = DPI / 25.4
TEA = LabelFace(
    gi_name="长沙绿茶",
    grade="一级",
    net_content="净含量 100 g",
    production_date="2026-09-26",
    best_before="2028-03-25",
    standard="GB/T 14456.3-2016",
    producer="金井春山茶叶专业合作社",
    credit_code="91620100MA744EJF7H",
    batch_number="CSLC-20260926-03",
)
FISH = replace(
    TEA,
    gi_name="望城鲌鱼",
    grade="",
    net_content="净含量 1 尾",
    best_before=None,
    standard="公告第000号",
    batch_number="WCBY-20261001-01",
    sample=True,
)


def labels(face: LabelFace, first: int, count: int) -> list[tuple[LabelFace, str, str]]:
    codes = [encode(MASTERS, 1, serial) for serial in range(first, first + count)]
    return [(face, f"https://label.example.cn/T/{code}", code) for code in codes]


@contextmanager
def opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        yield document
    finally:
        document.close()


def pages(pdf: bytes, dpi: int = DPI) -> list[np.ndarray]:
    with opened(pdf) as document:
        return [
            np.asarray(page.render(scale=dpi / 72, grayscale=True).to_numpy()).squeeze()
            for page in document
        ]


def texts(pdf: bytes) -> list[str]:
    with opened(pdf) as document:
        return [page.get_textpage().get_text_range() for page in document]


def places(page: np.ndarray, sheet: SheetFormat) -> dict[int, zxingcpp.Barcode]:
    """Say which symbol stands on which place, counted from 0."""
    found = {}
    for symbol in zxingcpp.read_barcodes(page):
        column = int((symbol.position.top_left.x / DOTS - float(sheet.left)) / pitch(sheet)[0])
        row = int((symbol.position.top_left.y / DOTS - float(sheet.top)) / pitch(sheet)[1])
        found[row * sheet.columns + column] = symbol
    return found


def pitch(sheet: SheetFormat) -> tuple[float, float]:
    return float(sheet.label[0] + sheet.gap_x), float(sheet.label[1] + sheet.gap_y)


class Printed(NamedTuple):
    """A sheet and a little more, of two batches, with its pages as a printer would ink them."""

    sheet: SheetFormat
    links: list[str]
    pdf: bytes
    pages: list[np.ndarray]


def print_two_batches(sheet: SheetFormat) -> Printed:
    many = labels(TEA, 0, sheet.count - 3) + labels(FISH, 900, 5)
    pdf = draw_sheet(many, sheet, made_at=MADE_AT)
    return Printed(sheet, [url for _, url, _ in many], pdf, pages(pdf))


@pytest.fixture(scope="module", params=SHEET_FORMATS)
def printed(request) -> Printed:
    return print_two_batches(SHEET_FORMATS[request.param])


@pytest.fixture(scope="module")
def first_format() -> Printed:
    return print_two_batches(FIRST)


@pytest.mark.parametrize("sheet", SHEET_FORMATS.values(), ids=SHEET_FORMATS)
def test_the_labels_of_a_format_fill_the_page_exactly(sheet):
    across = sheet.columns * sheet.label[0] + (sheet.columns - 1) * sheet.gap_x + 2 * sheet.left
    down = sheet.rows * sheet.label[1] + (sheet.rows - 1) * sheet.gap_y + 2 * sheet.top
    assert (across, down) == PAGE
    last = sheet.corner(sheet.count - 1)
    assert last[0] + sheet.label[0] + sheet.left == PAGE[0]
    assert last[1] + sheet.label[1] + sheet.top == PAGE[1]


def test_formats_are_found_by_their_key_and_named_in_both_languages():
    for key, sheet in SHEET_FORMATS.items():
        assert sheet.key == key
        assert str(sheet.label[0]) in sheet.zh and str(sheet.label[0]) in sheet.en
    assert FIRST.count == 44
    assert FIRST.label == (Decimal("48.5"), Decimal("25.4"))


def test_every_symbol_of_a_sheet_opens_its_own_link_in_order(printed):
    first, second = (places(page, printed.sheet) for page in printed.pages)
    count = printed.sheet.count
    assert [first[place].text for place in range(count)] == printed.links[:count]
    assert [second[place].text for place in (0, 1)] == printed.links[count:]
    assert len(second) == 2


def test_nothing_is_inked_outside_the_labels_or_within_four_modules_of_a_symbol(printed):
    sheet, page = printed.sheet, printed.pages[0].copy()
    symbols = places(page, sheet)
    assert len(symbols) == sheet.count
    for symbol in symbols.values():
        at = symbol.position
        left, right = at.top_left.x, at.bottom_right.x
        top, bottom = at.top_left.y, at.bottom_right.y
        clear = int(4 * (right - left) / 33) - 1
        around = page[top - clear : bottom + clear, left - clear : right + clear].copy()
        around[clear - 2 : 2 - clear, clear - 2 : 2 - clear] = 255
        assert around.min() == 255
    inset = 1.5
    for place in range(sheet.count):
        x, y = map(float, sheet.corner(place))
        across, down = map(float, sheet.label)
        rows = slice(round((y + inset) * DOTS), round((y + down - inset) * DOTS))
        page[rows, round((x + inset) * DOTS) : round((x + across - inset) * DOTS)] = 255
    assert page.min() == 255


def test_a_second_reader_reads_the_symbols_too(first_format):
    for place, link in enumerate(first_format.links[:8]):
        x, y = (round(float(side) * DOTS) for side in FIRST.corner(place))
        across, down = (round(float(side) * DOTS) for side in FIRST.label)
        cut = first_format.pages[0][y : y + down, x : x + across]
        seen = cv2.resize(cut, None, fx=2, fy=2)
        assert cv2.QRCodeDetector().detectAndDecode(seen)[0] == link


def test_the_text_of_a_sheet_can_be_copied_and_searched(first_format):
    first, second = texts(first_format.pdf)
    assert first.count("长沙绿茶") == FIRST.count - 3
    assert first.count("望城鲌鱼") == 3
    assert second.count("望城鲌鱼") == 2
    for given in ("91620100MA744EJF7H", "GB/T 14456.3-2016", "CSLC-20260926-03", "净含量 100 g"):
        assert first.count(given) >= FIRST.count - 3
    assert first.count("示例") == 3
    spoken = re.sub(r"\s+", "", first)
    assert all(code in spoken for _, _, code in labels(TEA, 0, FIRST.count - 3))


def test_the_font_travels_with_the_sheet_and_the_symbols_are_not_pictures(first_format):
    pdf = first_format.pdf
    assert pdf.count(b"/FontFile2") == 2
    assert b"/Subtype /Image" not in pdf
    assert b"Helvetica" not in pdf


def test_a_sheet_asks_the_printer_not_to_scale_it(first_format):
    assert b"/PrintScaling /None" in first_format.pdf
    assert b"/PrintScaling /None" in draw_test_page(FIRST, made_at=MADE_AT)


def test_the_same_labels_give_the_same_bytes():
    assert draw_sheet(labels(TEA, 0, 5), FIRST, made_at=MADE_AT) == draw_sheet(
        labels(TEA, 0, 5), FIRST, made_at=MADE_AT
    )
    page = draw_test_page(FIRST, made_at=MADE_AT)
    assert page == draw_test_page(FIRST, made_at=MADE_AT)


def test_a_begun_sheet_is_filled_from_the_place_that_was_named():
    pdf = draw_sheet(labels(TEA, 0, 3), FIRST, start=43, made_at=MADE_AT)
    first, second = (places(page, FIRST) for page in pages(pdf))
    assert sorted(first) == [42, 43]
    assert sorted(second) == [0]
    assert second[0].text == labels(TEA, 2, 1)[0][1]


@pytest.mark.parametrize("offset", [("1.5", "-2"), ("-9.6", "10.4")])
def test_a_printer_offset_shifts_everything(offset):
    right, down = map(Decimal, offset)
    one = labels(TEA, 0, 1)
    plain, shifted = (
        zxingcpp.read_barcodes(pages(pdf)[0])[0].position.top_left
        for pdf in (
            draw_sheet(one, FIRST, start=18, made_at=MADE_AT),
            draw_sheet(one, FIRST, 18, (right, down), made_at=MADE_AT),
        )
    )
    assert shifted.x - plain.x == pytest.approx(float(right) * DOTS, abs=1.5)
    assert shifted.y - plain.y == pytest.approx(float(down) * DOTS, abs=1.5)


@pytest.mark.parametrize("offset", [("9.7", "0"), ("0", "-10.5")])
def test_an_offset_that_would_push_ink_off_the_page_is_refused(offset):
    shift = (Decimal(offset[0]), Decimal(offset[1]))
    with pytest.raises(SheetError, match=r"9\.6 mm sideways and 10\.4 mm") as refused:
        draw_sheet(labels(TEA, 0, 1), FIRST, 1, shift, made_at=MADE_AT)
    assert "9.6 mm" in refused.value.zh
    with pytest.raises(SheetError):
        draw_test_page(FIRST, shift, made_at=MADE_AT)


@pytest.mark.parametrize("start", [0, -1, 45])
def test_a_place_that_the_sheet_does_not_have_is_refused(start):
    with pytest.raises(SheetError, match="44 places") as refused:
        draw_sheet(labels(TEA, 0, 1), FIRST, start, made_at=MADE_AT)
    assert "44 个位置" in refused.value.zh


def test_an_empty_sheet_is_refused():
    with pytest.raises(SheetError, match="no label"):
        draw_sheet([], FIRST, made_at=MADE_AT)


def test_a_sheet_with_a_label_that_cannot_be_set_is_refused_whole():
    many = labels(TEA, 0, 3)
    long = replace(TEA, producer="长沙县金井镇春山脚下茶叶种植加工销售农民专业合作社联合社")
    with pytest.raises(DoesNotFit):
        draw_sheet([*many, *labels(long, 3, 1)], FIRST, made_at=MADE_AT)
    with pytest.raises(MissingGlyph):
        draw_sheet([*many, *labels(replace(TEA, grade="🍵"), 3, 1)], FIRST, made_at=MADE_AT)


def longest_black_run(lines: np.ndarray) -> int:
    """Count the longest run of dark dots in any row."""
    padded = np.pad((lines < 60).astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(padded, axis=1)
    starts, ends = np.nonzero(steps == 1)[1], np.nonzero(steps == -1)[1]
    return int((ends - starts).max())


@pytest.mark.parametrize("key", ["a4-4x11", "a4-2x5"])
def test_the_rulers_of_a_test_page_are_a_hundred_millimetres(key):
    (page,) = pages(draw_test_page(SHEET_FORMATS[key], made_at=MADE_AT))
    assert page.shape == pytest.approx((297 * DOTS, 210 * DOTS), abs=1)
    for lines in (page, page.T):
        assert longest_black_run(lines) == pytest.approx(100 * DOTS, abs=3)


def test_the_frames_of_a_test_page_stand_where_the_labels_are():
    plain, shifted = (
        pages(draw_test_page(FIRST, (Decimal(right), Decimal(0)), made_at=MADE_AT))[0]
        for right in ("0", "3")
    )
    row = round((8.8 + 10) * DOTS)
    for page, right in ((plain, 0), (shifted, 3)):
        inked = np.nonzero(page[row] < 250)[0]
        assert inked.min() == pytest.approx((8 + right) * DOTS, abs=2)
        assert inked.max() == pytest.approx((202 + right) * DOTS, abs=2)


def test_no_word_of_a_test_page_runs_into_the_frames():
    (page,) = pages(draw_test_page(FIRST, made_at=MADE_AT))
    beside = page[round(89 * DOTS) : round(207 * DOTS), round(168 * DOTS) : round(171 * DOTS)]
    assert beside.min() == 255


def test_a_test_page_says_what_it_is_in_both_languages():
    (text,) = texts(draw_test_page(FIRST, (Decimal("0.5"), Decimal(-1)), made_at=MADE_AT))
    assert "测试页" in text and "Test page" in text
    assert "48.5 × 25.4 mm" in text
    assert "向右 0.5 mm，向上 1 mm" in text
    assert "0.5 mm to the right, 1 mm up" in text


@pytest.mark.long
def test_every_symbol_of_two_thousand_labels_opens_its_link():
    many = labels(TEA, 0, 1000) + labels(FISH, 5000, 1000)
    read = [
        found[place].text
        for page in pages(draw_sheet(many, FIRST, made_at=MADE_AT))
        for found in [places(page, FIRST)]
        for place in sorted(found)
    ]
    assert read == [url for _, url, _ in many]
