"""Sheets of labels as PDF, for any office printer: exact size, real text, vector symbols.

The same labels, format and time of making give the same bytes. Lengths are Decimal millimetres.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from fpdf import FPDF, ViewerPreferences

from labels.fonts import Cut, DrawingError, font_file, width
from labels.layout import Bar, LabelFace, Layout, Line, lay_out
from labels.sheet_formats import PAGE, SheetFormat
from labels.symbols import QUIET_MODULES, Matrix, matrix, runs

__all__ = ["LARGEST_OFFSET", "NO_OFFSET", "SheetError", "draw_sheet", "draw_test_page"]

SheetLabel = tuple[LabelFace, str, str]
"""One label: its face, its link, its code."""

NO_OFFSET = (Decimal(0), Decimal(0))
LARGEST_OFFSET = Decimal(10)

_POINTS_PER_MM = 72 / 25.4
_PAGE_HEIGHT = float(PAGE[1])
_BLACK, _GREY, _WHITE = 0, 150, 255
_HAIR = 0.12

_RULER = 100
_PANEL = 124.0


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
    lines = [line for code, _, layout in placed for line in _label_lines(layout, code)]
    with TemporaryDirectory() as fonts:
        paper = _Paper("标签 · Labels", lines, made_at, Path(fonts))
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
    _check_offset(offset_mm)


def _check_offset(offset_mm: tuple[Decimal, Decimal]) -> None:
    if max(map(abs, offset_mm)) > LARGEST_OFFSET:
        raise SheetError(
            f"打印偏移最多 {LARGEST_OFFSET} mm；偏得更多，多半是纸没有放好或打印机缩放了页面。",
            f"The printer offset is at most {LARGEST_OFFSET} mm; beyond that the paper lies askew "
            "or the printer scales the page.",
        )


def _corner(
    sheet: SheetFormat, place: int, offset_mm: tuple[Decimal, Decimal]
) -> tuple[float, float]:
    x, y = sheet.corner(place)
    return float(x + offset_mm[0]), float(y + offset_mm[1])


def _label_lines(layout: Layout, code: str) -> Iterator[Line]:
    yield from layout.lines
    yield from layout.code_lines(code)


class _Paper(FPDF):
    """A PDF of A4 pages on which lines, bars and symbols are laid in millimetres."""

    def __init__(
        self, title: str, lines: Sequence[Line], made_at: datetime, fonts: Path
    ) -> None:
        """Make the fonts for these lines; ``fonts`` must stay until the PDF is put out."""
        super().__init__(format="A4", unit="mm")
        self.set_auto_page_break(False)
        self.set_creation_date(made_at)
        self.set_title(title)
        self.set_lang("zh-Hans")
        self.viewer_preferences = ViewerPreferences(print_scaling="None")
        cuts: tuple[Cut, ...] = ("text", "code")
        for cut in cuts:
            used = frozenset("".join(line.text for line in lines if line.cut == cut))
            if used:
                file = fonts / f"{cut}.ttf"
                file.write_bytes(font_file(used, cut))
                self.add_font(cut, fname=file)

    def label(
        self, layout: Layout, code: str, modules: Matrix, corner: tuple[float, float]
    ) -> None:
        """Lay one label with its upper left corner here."""
        x, y = corner
        for line in _label_lines(layout, code):
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
        top = _PAGE_HEIGHT - square.y - QUIET_MODULES * module
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

    The outlines are shifted by the offset, the rulers are not. Raises SheetError for an offset
    beyond LARGEST_OFFSET.
    """
    _check_offset(offset_mm)
    lines = list(_instructions(sheet, offset_mm))
    numbers = [_number(number, sheet, offset_mm) for number in range(sheet.count)]
    ticks = [line for line, _ in _ruler()]
    with TemporaryDirectory() as fonts:
        paper = _Paper("测试页 · Test page", [*lines, *numbers, *ticks], made_at, Path(fonts))
        paper.add_page()
    return b""
