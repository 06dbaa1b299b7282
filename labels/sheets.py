"""Sheets of labels as PDF, for any office printer: exact size, real text, vector symbols.

The same labels, format and time of making give the same bytes. Lengths are Decimal millimetres.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from fpdf import FPDF, ViewerPreferences

from labels.face import LabelFace
from labels.fonts import Cut, DrawingError, font_file, width
from labels.layout import MARGIN, Bar, Layout, Line, lay_out
from labels.sheet_formats import PAGE, SheetFormat
from labels.symbols import QUIET_MODULES, Matrix, matrix, runs

__all__ = ["NO_OFFSET", "SheetError", "draw_sheet", "draw_test_page"]

SheetLabel = tuple[LabelFace, str, str]
"""One label: its face, its link, its code."""

NO_OFFSET = (Decimal(0), Decimal(0))

_POINTS_PER_MM = 72 / 25.4
_BLACK, _GREY, _WHITE = 0, 150, 255
_HAIR = 0.12

# The test page: a ruler of 100 mm to the right, one upward, apart so that neither looks longer.
_RULER = 100
_ORIGIN, _UPRIGHT_X = (55.0, 196.0), 50.0
_PANEL = Bar(38.0, 88.0, 134.0, 120.0)
_NUMBER, _SMALL = 2.4, 2.7


class SheetError(DrawingError):
    """A sheet that cannot be printed as asked."""


def draw_sheet(
    labels: Sequence[SheetLabel],
    sheet: SheetFormat,
    start: int = 1,
    offset_mm: tuple[Decimal, Decimal] = NO_OFFSET,
    *,
    made_at: datetime,
) -> bytes:
    """Print the labels along the rows, from place ``start`` (1 …) of the first sheet on.

    ``offset_mm`` shifts everything right and down, for a printer that prints beside the mark. The
    labels may be of several batches. Raises SheetError for a place or an offset that the sheet does
    not have, DoesNotFit and MissingGlyph as labels.layout.lay_out.
    """
    _check(labels, sheet, start, offset_mm)
    placed = [(code, url, lay_out(face, sheet.label, url, code)) for face, url, code in labels]
    used: dict[Cut, set[str]] = {"text": set(), "code": set()}
    for layout in {id(layout): layout for _, _, layout in placed}.values():
        used["text"].update(*(line.text for line in layout.lines))
    used["code"].update(" ", *(code for code, _, _ in placed))
    with TemporaryDirectory() as fonts:
        paper = _Paper("标签 · Labels", used, made_at, Path(fonts))
        for number, (code, url, layout) in enumerate(placed, start=start - 1):
            page, place = divmod(number, sheet.count)
            if page == paper.pages_count:
                paper.add_page()
            paper.label(layout, code, matrix(url, layout.level), _corner(sheet, place, offset_mm))
        return bytes(paper.output())


def _check(
    labels: Sequence[SheetLabel],
    sheet: SheetFormat,
    start: int,
    offset_mm: tuple[Decimal, Decimal],
) -> None:
    if not labels:
        raise SheetError("没有要打印的标签。", "There is no label to print.")
    if not 1 <= start <= sheet.count:
        raise SheetError(
            f"这种标签纸每张有 {sheet.count} 个位置，不能从第 {start} 个开始；请填 1 到 "
            f"{sheet.count}。",
            f"This sheet has {sheet.count} places, so it cannot begin at {start}; "
            f"give 1 to {sheet.count}.",
        )
    _check_offset(sheet, offset_mm)


def _check_offset(sheet: SheetFormat, offset_mm: tuple[Decimal, Decimal]) -> None:
    """Refuse an offset that would push ink over the edge of the page, where it would be lost."""
    right, down = (margin + Decimal(str(MARGIN)) for margin in (sheet.left, sheet.top))
    if abs(offset_mm[0]) > right or abs(offset_mm[1]) > down:
        raise SheetError(
            f"打印偏移太大：这种标签纸左右最多 {right} mm，上下最多 {down} mm；"
            "偏得更多，请先看纸有没有放正、打印有没有缩放。",
            f"The printer offset is too large: this sheet allows {right} mm sideways and {down} mm "
            "up or down; beyond that see whether the paper lies askew or the page is scaled.",
        )


def _corner(
    sheet: SheetFormat, place: int, offset_mm: tuple[Decimal, Decimal]
) -> tuple[float, float]:
    x, y = sheet.corner(place)
    return float(x + offset_mm[0]), float(y + offset_mm[1])


class _Paper(FPDF):
    """A PDF of A4 pages on which lines, bars and symbols are laid in millimetres."""

    def __init__(
        self, title: str, used: Mapping[Cut, set[str]], made_at: datetime, fonts: Path
    ) -> None:
        """Embed the used characters; ``fonts``, a folder, must stay until the PDF is put out."""
        super().__init__(format=(float(PAGE[0]), float(PAGE[1])), unit="mm")
        self.set_auto_page_break(False)
        self.set_creation_date(made_at)
        self.set_title(title)
        self.set_lang("zh-Hans")
        self.viewer_preferences = ViewerPreferences(print_scaling="None")
        for cut, characters in used.items():
            file = fonts / f"{cut}.ttf"
            file.write_bytes(font_file(frozenset(characters), cut))
            self.add_font(cut, fname=file)

    def label(
        self, layout: Layout, code: str, modules: Matrix, corner: tuple[float, float]
    ) -> None:
        """Lay one label with its upper left corner here."""
        x, y = corner
        for line in (*layout.lines, *layout.code_lines(code)):
            self.line_of_text(line, x, y)
        for bar in layout.bars:
            self.bar(Bar(x + bar.x, y + bar.y, bar.width, bar.height))
        square = layout.symbol
        self.symbol(Bar(x + square.x, y + square.y, square.width, square.height), modules)

    def line_of_text(self, line: Line, x: float = 0.0, y: float = 0.0) -> None:
        """Set a line; ``x`` and ``y`` are the origin of its coordinates."""
        self.set_font(line.cut, size=line.size * _POINTS_PER_MM)
        self.set_char_spacing(line.spacing * line.size * _POINTS_PER_MM)
        self.text(x + line.x, y + line.y, line.text)

    def bar(self, bar: Bar, grey: int = _BLACK) -> None:
        """Fill a rectangle."""
        self.set_fill_color(grey)
        self.rect(bar.x, bar.y, bar.width, bar.height, style="F")
        self.set_fill_color(_BLACK)

    def symbol(self, square: Bar, modules: Matrix) -> None:
        """Ink a QR symbol as one path, so that no hairline shows between its rows.

        Written as PDF operators in units of a module, because a path object for each run of
        modules costs more than all the rest of a label.
        """
        module = square.width / (len(modules) + 2 * QUIET_MODULES)
        left = square.x + QUIET_MODULES * module
        top = self.h - square.y - QUIET_MODULES * module
        scale = module * _POINTS_PER_MM
        boxes = " ".join(f"{x} {y} {length} 1 re" for x, y, length in runs(modules))
        self._out(
            f"q {scale:.5f} 0 0 {-scale:.5f} "
            f"{left * _POINTS_PER_MM:.4f} {top * _POINTS_PER_MM:.4f} cm {boxes} f Q"
        )


def draw_test_page(
    sheet: SheetFormat, offset_mm: tuple[Decimal, Decimal] = NO_OFFSET, *, made_at: datetime
) -> bytes:
    """Print the outlines of the labels, to be held against an empty sheet, and rulers of 100 mm.

    The outlines are shifted by the offset, the rulers are not. Raises SheetError for an offset that
    the sheet does not have room for.
    """
    _check_offset(sheet, offset_mm)
    corners = [_corner(sheet, place, offset_mm) for place in range(sheet.count)]
    numbers = [
        Line(str(number), x + _NUMBER / 2, y + 1.5 * _NUMBER, _NUMBER)
        for number, (x, y) in enumerate(corners, start=1)
        if not _meets_panel(x, y)
    ]
    ticks, numerals = _rulers()
    words = list(_instructions(sheet, offset_mm))
    used: dict[Cut, set[str]] = {
        "text": set().union(*(line.text for line in (*numbers, *numerals, *words)))
    }
    with TemporaryDirectory() as fonts:
        paper = _Paper("测试页 · Test page", used, made_at, Path(fonts))
        paper.add_page()
        for x, y in corners:
            for bar in _outline(x, y, *map(float, sheet.label)):
                paper.bar(bar, _GREY)
        for line in numbers:
            paper.line_of_text(line)
        paper.bar(_PANEL, _WHITE)
        for bar in ticks:
            paper.bar(bar)
        for line in (*numerals, *words):
            paper.line_of_text(line)
        return bytes(paper.output())


def _meets_panel(x: float, y: float) -> bool:
    """Say whether the number of the label at this corner would be cut by the panel."""
    beside = x + 3 * _NUMBER < _PANEL.x or x > _PANEL.x + _PANEL.width
    return not (beside or y + 2 * _NUMBER < _PANEL.y or y > _PANEL.y + _PANEL.height)


def _outline(x: float, y: float, across: float, down: float) -> Iterator[Bar]:
    """Draw a frame whose middle line is the edge."""
    half = _HAIR / 2
    for level in (y, y + down):
        yield Bar(x - half, level - half, across + _HAIR, _HAIR)
    for upright in (x, x + across):
        yield Bar(upright - half, y - half, _HAIR, down + _HAIR)


def _rulers() -> tuple[list[Bar], list[Line]]:
    """Draw the two rulers with their numerals, a tick every millimetre."""
    (x, y), upright = _ORIGIN, _UPRIGHT_X
    bars = [Bar(x, y, _RULER, 2 * _HAIR), Bar(upright, y - _RULER, 2 * _HAIR, _RULER)]
    numerals = []
    for mark in range(_RULER + 1):
        long = 4.0 if mark % 10 == 0 else 3.0 if mark % 5 == 0 else 2.0
        bars.append(Bar(x + mark - _HAIR / 2, y, _HAIR, long))
        bars.append(Bar(upright - long, y - mark - _HAIR / 2, long, _HAIR))
        if mark % 10 == 0:
            text = str(mark)
            wide = width(text) * _NUMBER
            numerals.append(Line(text, x + mark - wide / 2, y + long + _NUMBER, _NUMBER))
            left = upright - long - 0.6 - wide
            numerals.append(Line(text, left, y - mark + 0.35 * _NUMBER, _NUMBER))
    return bars, numerals


def _instructions(sheet: SheetFormat, offset_mm: tuple[Decimal, Decimal]) -> Iterator[Line]:
    right, down = offset_mm
    paragraphs = (
        (8.0, "测试页", "Test page"),
        (3.4, sheet.zh, sheet.en),
        (
            3.4,
            f"打印偏移：向{'左' if right < 0 else '右'} {abs(right)} mm，"
            f"向{'上' if down < 0 else '下'} {abs(down)} mm",
            f"Printer offset: {abs(right)} mm to the {'left' if right < 0 else 'right'}, "
            f"{abs(down)} mm {'up' if down < 0 else 'down'}",
        ),
        (
            3.4,
            "一、打印时选“实际大小”（100 %），不要选“适合页面”。",
            "1. Print at actual size (100 %), never fitted to the page.",
        ),
        (
            3.4,
            "二、用尺量：横竖两条都应是 100 mm，不是就说明被缩放了。",
            "2. Measure: both rulers must be 100 mm; if not, the page was scaled.",
        ),
        (
            3.4,
            "三、叠在空白标签纸上对光看：框偏左 1 mm，就向右加 1 mm。",
            "3. With an empty sheet to the light: frames 1 mm left, add 1 mm to the right.",
        ),
    )
    x, y = _ORIGIN[0] + 8, _ORIGIN[1] - _RULER
    for size, zh, en in paragraphs:
        y += size
        yield Line(zh, x, y, size)
        y += 1.5 * _SMALL
        yield Line(en, x, y, _SMALL)
        y += 2 * _SMALL
