"""One label as PNG and SVG: it says what it must, stays within its edges and can be read."""

import math
import random
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
import zxingcpp
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.transformPen import TransformPen
from fontTools.svgLib.path import parse_path
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from noto_cjk_sans_otc import FONT_PATH
from PIL import Image, ImageDraw, ImageFont

from labels.artwork import LabelFace, draw_png, draw_svg, symbol_image
from labels.codes import encode
from labels.digital_link import SMALLEST_MODULE_MM, best_level, symbol_modules
from labels.fonts import MissingGlyph, font_file, width
from labels.layout import MARGIN, MIN_SIZE, DoesNotFit, lay_out
from labels.sheet_formats import SHEET_FORMATS
from labels.symbols import matrix, runs

Damage = Callable[[np.ndarray, random.Random], np.ndarray]

MASTERS = {1: bytes(range(32))}
HOST = "https://label.example.cn"
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
    standard="国家知识产权局公告第000号",
    trademark_number="00000000",
    sample=True,
)
SIZES = [made.label for made in SHEET_FORMATS.values()]
SMALL = SIZES[0]


def label(serial: int = 7) -> tuple[str, str]:
    code = encode(MASTERS, 1, serial)
    return f"{HOST}/T/{code}", code


def dots(png: bytes) -> np.ndarray:
    with Image.open(BytesIO(png)) as image:
        return np.asarray(image.convert("L"))


def zxing(picture: np.ndarray) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def opencv(picture: np.ndarray) -> list[str]:
    """Read as a phone does, which looks from several distances."""
    reader = cv2.QRCodeDetector()
    for scale in (2, 3, 1, 4):
        seen = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        seen = cv2.copyMakeBorder(seen, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=255)
        text = reader.detectAndDecode(seen)[0]
        if text:
            return [text]
    return []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("face", [TEA, FISH])
def test_the_symbol_of_a_png_opens_the_link_of_its_label(face, size):
    url, code = label()
    picture = dots(draw_png(face, url, code, size))
    assert zxing(picture) == [url]
    assert opencv(picture) == [url]


@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_a_png_has_the_size_of_its_label_at_any_resolution(dpi):
    url, code = label()
    png = draw_png(TEA, url, code, SMALL, dpi)
    with Image.open(BytesIO(png)) as image:
        assert image.size == tuple(round(float(side) * dpi / 25.4) for side in SMALL)
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)
    assert zxing(dots(png)) == [url]


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_inked_within_four_modules_of_the_symbol_or_near_the_edge(size):
    url, code = label()
    picture = dots(draw_png(FISH, url, code, size, 600))
    edge = int(1.5 * 600 / 25.4)
    framed = picture.copy()
    framed[edge:-edge, edge:-edge] = 255
    assert framed.min() == 255
    (found,) = zxingcpp.read_barcodes(picture)
    at = found.position
    left, right = at.top_left.x, at.bottom_right.x + 1
    top, bottom = at.top_left.y, at.bottom_right.y + 1
    module = (right - left) / len(matrix(url, lay_out(FISH, size, url, code).level))
    clear = int(4 * module) - 1
    around = picture[top - clear : bottom + clear, left - clear : right + clear].copy()
    assert around.shape == (bottom - top + 2 * clear, right - left + 2 * clear)
    around[clear - 1 : 1 - clear, clear - 1 : 1 - clear] = 255
    assert around.min() == 255
    assert module >= 0.33 * 600 / 25.4 - 0.1


@pytest.mark.parametrize("face", [TEA, FISH])
def test_a_label_says_all_that_it_was_given_and_the_code(face):
    url, code = label()
    svg = ElementTree.fromstring(draw_svg(face, url, code, SMALL))
    said = svg.get("aria-label")
    given = [value for value in vars_of(face) if isinstance(value, str) and value]
    assert [value for value in given if value not in said] == []
    assert " ".join((code[:4], code[4:8], code[8:12], code[12:])) in said
    assert ("示例" in said) == face.sample
    assert ("执行标准 GB" in said) == (face is TEA)
    assert ("批准公告 国家" in said) == (face is FISH)
    assert ("保质期至" in said) == (face is TEA)
    assert ("商标注册号" in said) == (face is FISH)


def vars_of(face: LabelFace) -> list[object]:
    return [getattr(face, name) for name in LabelFace.__slots__]


def test_an_svg_needs_no_font_and_stays_within_its_edges():
    url, code = label()
    svg = ElementTree.fromstring(draw_svg(FISH, url, code, SMALL))
    assert {child.tag.rpartition("}")[2] for child in svg} == {"path"}
    across, down = map(float, SMALL)
    ground, *inked = svg
    assert ground.get("fill") == "#fff"
    for path in inked:
        left, top, right, bottom = bounds(path)
        assert left >= 1.5 and top >= 1.5
        assert right <= across - 1.5 and bottom <= down - 1.5


def bounds(path: ElementTree.Element) -> tuple[float, ...]:
    numbers = [float(one) for one in re.findall(r"-?[\d.]+", path.get("transform", ""))]
    x, y, scale, flip = [*numbers, numbers[-1]][:4] if numbers else (0, 0, 1, 1)
    pen = BoundsPen(None)
    parse_path(path.get("d"), TransformPen(pen, (scale, 0, 0, flip, x, y)))
    return pen.bounds


def test_the_symbol_of_an_svg_opens_the_link():
    url, code = label()
    path = ElementTree.fromstring(draw_svg(TEA, url, code, SMALL))[-1]
    picture = np.full((41 * 8, 41 * 8), 255, np.uint8)
    for box in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path.get("d")):
        x, y, length = map(int, box)
        picture[(y + 4) * 8 : (y + 5) * 8, (x + 4) * 8 : (x + length + 4) * 8] = 0
    assert zxing(picture) == [url]


def test_words_in_an_svg_cannot_become_markup():
    url, code = label()
    face = replace(TEA, producer='"/><script>&')
    svg = ElementTree.fromstring(draw_svg(face, url, code, SIZES[-1]))
    assert '"/><script>&' in svg.get("aria-label")
    assert len([one for one in svg.iter() if one.tag.endswith("script")]) == 0


def test_the_same_label_is_drawn_the_same():
    url, code = label()
    assert draw_png(TEA, url, code, SMALL) == draw_png(TEA, url, code, SMALL)
    assert draw_svg(TEA, url, code, SMALL) == draw_svg(TEA, url, code, SMALL)


def test_labels_drawn_side_by_side_in_threads_are_the_same():
    url, code = label()
    texts = [chr(0x5000 + place) * 4 for place in range(8)]
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda text: draw_with(text, url, code), texts))
    assert drawn == [draw_with(text, url, code) for text in texts]


def draw_with(name: str, url: str, code: str) -> str:
    return draw_svg(replace(TEA, gi_name=name), url, code, SMALL)


def test_a_label_does_not_show_the_code_of_another():
    url, _ = label(7)
    _, other = label(8)
    with pytest.raises(ValueError, match="is not that of the code"):
        draw_png(TEA, url, other, SMALL)


def test_a_line_too_long_is_named_with_the_size_that_fits():
    url, code = label()
    long = replace(TEA, producer="长沙县金井镇春山脚下茶叶种植加工销售农民专业合作社联合社")
    with pytest.raises(DoesNotFit) as refused:
        lay_out(long, SMALL, url, code)
    error = refused.value
    assert long.producer in error.zh and long.producer in error.en
    assert "48.5 × 25.4 mm" in error.zh and "5 点" in error.zh and "5 points" in error.en
    assert error.fits_mm is not None
    assert f"{error.fits_mm[0]} × {error.fits_mm[1]} mm" in error.zh
    assert lay_out(long, error.fits_mm, url, code)


def test_a_label_too_small_for_a_readable_symbol_is_refused_with_the_size_that_fits():
    url, code = label()
    size = (Decimal(30), Decimal(12))
    with pytest.raises(DoesNotFit, match=r"30 × 12 mm.*0\.33 mm") as refused:
        lay_out(TEA, size, url, code)
    fits = refused.value.fits_mm
    assert fits is not None and lay_out(TEA, fits, url, code)


def test_what_no_label_can_hold_is_refused_without_a_size():
    url, code = label()
    with pytest.raises(DoesNotFit) as refused:
        lay_out(replace(TEA, gi_name="茶" * 400), SMALL, url, code)
    assert refused.value.fits_mm is None
    assert "请缩短" in refused.value.zh and "Shorten" in refused.value.en


@pytest.mark.parametrize(
    ("host", "levels"),
    [("https://a.example.cn", {"Q"}), ("https://" + "long." * 12 + "example.cn", {"Q", "M"})],
)
def test_the_level_is_q_wherever_its_modules_are_wide_enough(host, levels):
    code = encode(MASTERS, 1, 7)
    url = f"{host}/T/{code}"
    got = set()
    for size in SIZES:
        layout = lay_out(TEA, size, url, code)
        modules = symbol_modules(url, layout.level) + 8
        assert layout.symbol.width / modules >= 0.33 - 1e-9
        got.add(layout.level)
    assert got <= levels
    assert "Q" in got


NAMES = st.text(st.sampled_from("长沙绿茶望城鲌鱼岳麓韭黄浏阳油花卉苗木"), min_size=1, max_size=14)


@settings(max_examples=40, deadline=None)
@given(
    face=st.builds(
        LabelFace,
        gi_name=NAMES,
        grade=st.sampled_from(["", "一级", "特级"]),
        net_content=st.sampled_from(["净含量 100 g", "数量 1 株"]),
        production_date=st.just("2026-09-26"),
        best_before=st.sampled_from([None, "2028-03-25"]),
        standard=st.sampled_from(["GB/T 14456.3-2016", "公告第 000 号"]),
        producer=NAMES,
        credit_code=st.just("91620100MA744EJF7H"),
        batch_number=st.text(st.sampled_from("WM0-"), min_size=1, max_size=24),
        trademark_number=st.sampled_from([None, "00000000"]),
        sample=st.booleans(),
    ),
    size=st.sampled_from(SIZES),
    serial=st.integers(0, 2**35 - 1),
)
def test_every_layout_is_legible_and_keeps_off_the_edge_and_the_symbol(face, size, serial):
    url, code = label(serial)
    try:
        layout = lay_out(face, size, url, code)
    except DoesNotFit as refused:
        assert refused.fits_mm is None or lay_out(face, refused.fits_mm, url, code)
        return
    across, down = layout.size
    square = layout.symbol
    boxes = [(bar.x, bar.y, bar.x + bar.width, bar.y + bar.height) for bar in layout.bars]
    for line in (*layout.lines, *layout.code_lines(code)):
        assert line.size >= MIN_SIZE - 1e-9
        wide = width(line.text, line.cut) + line.spacing * (len(line.text) - 1)
        top = line.y - (0.75 if line.cut == "code" else 0.86) * line.size
        boxes.append((line.x, top, line.x + wide * line.size, line.y + 0.1 * line.size))
    near = MARGIN - 0.2
    for left, top, right, bottom in boxes:
        assert left >= near and top >= near
        assert right <= across - near and bottom <= down - near
        beside = right <= square.x or top >= square.y + square.height - 1e-9
        assert beside
    assert square.x + square.width <= across and square.y + square.height <= down


def test_a_character_that_the_font_lacks_is_an_error_that_names_it():
    url, code = label()
    with pytest.raises(MissingGlyph) as refused:
        draw_png(replace(TEA, producer="茶🍵社"), url, code, SMALL)
    assert refused.value.character == "🍵"
    assert "🍵" in refused.value.zh and "U+1F375" in refused.value.zh
    assert "🍵" in refused.value.en and "U+1F375" in refused.value.en


def test_an_invisible_character_is_an_error_too():
    url, code = label()
    with pytest.raises(MissingGlyph) as refused:
        draw_svg(replace(TEA, producer="茶\u202e社"), url, code, SMALL)
    assert "U+202E" in refused.value.zh and "\u202e" not in refused.value.zh


def test_the_embedded_font_draws_what_the_collection_draws():
    text = "望城鲌鱼 GB/T 14456"
    ours = shown(BytesIO(font_file(frozenset(text))), 0, text)
    theirs = shown(FONT_PATH, 2, text)
    ink = 255.0 - theirs
    assert ink.sum() > 0
    assert np.abs(255.0 - ours - ink).sum() < 0.05 * ink.sum()


def shown(file: object, index: int, text: str) -> np.ndarray:
    font = ImageFont.truetype(file, 200, index, layout_engine=ImageFont.Layout.BASIC)
    image = Image.new("L", (3200, 280), 255)
    pen = ImageDraw.Draw(image)
    for place, character in enumerate(text):
        pen.text((10 + 200 * place, 220), character, 0, font, anchor="ls")
    return np.asarray(image)


def test_the_embedded_font_holds_the_used_characters_and_no_more():
    characters = frozenset("长沙绿茶鲌 0-9")
    with TTFont(BytesIO(font_file(characters))) as font:
        assert set(font.getBestCmap()) == set(map(ord, characters))
        assert font.getGlyphOrder()[0] == ".notdef"
        assert len(font.getGlyphOrder()) == len(characters) + 1
        for point, name in font.getBestCmap().items():
            assert font["hmtx"][name][0] == round(1000 * width(chr(point)))


@given(serial=st.integers(0, 2**35 - 1), level=st.sampled_from(["M", "Q"]))
@settings(max_examples=15, deadline=None)
def test_a_symbol_has_the_size_that_was_counted_and_its_runs_make_it_whole(serial, level):
    url, _ = label(serial)
    modules = matrix(url, level)
    assert len(modules) == symbol_modules(url, level)
    rebuilt = [[False] * len(modules) for _ in modules]
    for x, y, length in runs(modules):
        rebuilt[y][x : x + length] = [True] * length
    assert rebuilt == modules


def blurred(picture: np.ndarray, chance: random.Random) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.6, 1.6))


def stained(picture: np.ndarray, chance: random.Random) -> np.ndarray:
    """Darken 15 % of the symbol as tea does: the modules under it keep their difference."""
    side = len(picture)
    clear = side * 4 / 41
    area = 0.15 * (side - 2 * clear) ** 2
    across = math.sqrt(area / math.pi * chance.uniform(0.6, 1.6))
    down = area / math.pi / across
    x = chance.uniform(clear + across, side - clear - across)
    y = chance.uniform(clear + down, side - clear - down)
    rows, columns = np.mgrid[:side, :side]
    under = ((columns - x) / across) ** 2 + ((rows - y) / down) ** 2 <= 1
    return np.where(under, picture * 0.45, picture).astype(np.uint8)


def turned(picture: np.ndarray, chance: random.Random) -> np.ndarray:
    wide = cv2.copyMakeBorder(picture, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=255)
    side = len(wide)
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), chance.uniform(0, 360), 1)
    return cv2.warpAffine(wide, turn, (side, side), borderValue=255)


def tilted(picture: np.ndarray, chance: random.Random) -> np.ndarray:
    wide = cv2.copyMakeBorder(picture, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=255)
    side = len(wide)
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    pushed = [[chance.uniform(0, 0.12 * side) for _ in "xy"] for _ in corners]
    seen = (corners + inward * np.array(pushed)).astype(np.float32)
    return cv2.warpPerspective(
        wide, cv2.getPerspectiveTransform(corners, seen), (side, side), borderValue=255
    )


def untouched(picture: np.ndarray, _chance: random.Random) -> np.ndarray:
    return picture


def share_read(side: int, damage: Damage, count: int) -> dict[str, float]:
    """Print symbols of level Q at 300 dpi, damage them and say what share each reader reads."""
    chance = random.Random(side)
    read = {"zxing": 0, "opencv": 0}
    for serial in range(count):
        url, _ = label(serial)
        level, module = best_level(url, Decimal(side), quiet_modules=0)
        assert level == "Q"
        assert module >= SMALLEST_MODULE_MM
        modules = matrix(url, level)
        square = side * (len(modules) + 8) / len(modules)
        picture = damage(np.asarray(symbol_image(modules, square, 300)), chance)
        read["zxing"] += zxing(picture) == [url]
        read["opencv"] += opencv(picture) == [url]
    return {reader: got / count for reader, got in read.items()}


DAMAGES = {untouched: 0.99, blurred: 0.95, stained: 0.95, turned: 0.95, tilted: 0.95}


@pytest.mark.parametrize("side", [12, 15])
@pytest.mark.parametrize(("damage", "least"), DAMAGES.items())
def test_a_printed_symbol_is_read_when_clean_blurred_stained_turned_or_tilted(side, damage, least):
    shares = share_read(side, damage, 10)
    assert shares["zxing"] >= least
    assert shares["opencv"] >= least - 0.25  # the weaker reader, on few symbols


@pytest.mark.long
@pytest.mark.parametrize("side", [12, 15])
@pytest.mark.parametrize(("damage", "least"), DAMAGES.items())
def test_a_thousand_printed_symbols_are_read_by_both_readers(side, damage, least):
    shares = share_read(side, damage, 1000)
    assert min(shares.values()) >= least, shares
