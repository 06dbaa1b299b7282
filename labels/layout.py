"""Where everything on a label stands, measured before anything is drawn.

The name stands large over a double rule, the particulars under it; at the right the QR symbol with
its clear zone and, under that, the code for eyes. Lengths are float millimetres from the upper left
corner of the label, y downward, type sizes too (1 em). No line is wrapped or cut: what the law asks
stands whole and at least MIN_SIZE high, or the label is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from functools import lru_cache

from labels.codes import grouped
from labels.digital_link import (
    Level,
    SymbolSizeError,
    best_level,
    parse_path,
    symbol_modules,
    widest_url,
)
from labels.fonts import ASCENT, DESCENT, Cut, DrawingError, width
from labels.symbols import QUIET_MODULES

__all__ = ["MIN_SIZE", "Bar", "DoesNotFit", "LabelFace", "Layout", "Line", "lay_out"]

_POINT = 25.4 / 72
MIN_SIZE = 5 * _POINT
"""The smallest type on a label: 5 points."""
_COMFORTABLE = 5.8 * _POINT
_LARGEST = 8.5 * _POINT
# Sizes of the other lines as multiples of that of the particulars.
_LEAD = 1.2
_TITLES = (2.7, 2.2, 1.8)
_SMALLEST_TITLE = 1.3
_TITLE_SPACING = 0.06
_TAG = 0.5
# Gaps as multiples of the particulars' size (under the title: of the title's), before stretching.
_UNDER_TITLE, _UNDER_RULE, _UNDER_LEAD, _PITCH = 0.2, 0.5, 1.35, 1.2
_TIGHTEST, _LOOSEST = 0.95, 1.4
_THICK, _BETWEEN, _THIN = 0.3, 0.3, 0.12
_RULE = _THICK + _BETWEEN + _THIN
_COLUMN_GAP = 0.5
# A symbol's clear zone may come this near to the edge of the label.
_INSET = 0.3
_WIDEST_SYMBOL = 0.42
_LARGEST_MODULE = Decimal("0.5")
_SYMBOL_STEP = Decimal("0.5")
_CODE_PITCH = 1.2
_CODE_EM = 0.5  # every character of the code cut
_SAMPLE = "示例"
_GROWN = 400


@dataclass(frozen=True, slots=True)
class LabelFace:
    """What the labels of one run say; all of it is printed as given, the dates as days.

    ``gi_name`` is the name as licensed, ``net_content`` a whole phrase (净含量 100 g), ``standard``
    the number of the standard or of the announcement of approval, ``credit_code`` that of the
    user of the mark. The official mark is not drawn.
    """

    gi_name: str
    grade: str
    net_content: str
    production_date: str
    best_before: str | None
    standard: str
    producer: str
    credit_code: str
    batch_number: str
    trademark_number: str | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: ``x`` its left end, ``y`` its baseline, ``spacing`` in em."""

    text: str
    x: float
    y: float
    size: float
    cut: Cut = "text"
    spacing: float = 0.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A label without what differs from serial to serial.

    ``symbol`` is the square of the QR symbol with its clear zone, drawn at ``level``; ``code_at``
    holds, for each line of the code, its middle, baseline and type size.
    """

    size: tuple[float, float]
    lines: tuple[Line, ...]
    bars: tuple[Bar, ...]
    symbol: Bar
    level: Level
    code_at: tuple[tuple[float, float, float], ...]

    def code_lines(self, code: str) -> Iterator[Line]:
        """Set the code of one label in its groups, on one line or on two."""
        text = grouped(code)
        parts = (text,) if len(self.code_at) == 1 else (text[:9], text[10:])
        for part, (middle, y, size) in zip(parts, self.code_at, strict=True):
            yield Line(part, middle - len(part) * _CODE_EM * size / 2, y, size, "code")


class DoesNotFit(DrawingError):
    """A label too small for what it must say; ``fits_mm`` is the size, in proportion, that fits."""

    def __init__(
        self,
        line: tuple[str, str],
        size_mm: tuple[Decimal, Decimal],
        fits_mm: tuple[Decimal, Decimal] | None,
    ) -> None:
        self.line = line
        self.fits_mm = fits_mm
        given = f"{size_mm[0]} × {size_mm[1]} mm"
        zh, en = "请缩短这一行。", "Shorten that line."
        if fits_mm is not None:
            fits = f"{fits_mm[0]} × {fits_mm[1]} mm"
            zh = f"请用 {fits} 或更大的标签，或缩短这一行。"
            en = f"Take a label of {fits} or more, or shorten that line."
        super().__init__(
            f"{given} 的标签印不下{line[0]}（字不小于 5 点，二维码每格不小于 0.33 mm）。{zh}",
            f"A label of {given} has no room for {line[1]} "
            f"(type of 5 points or more, QR modules of 0.33 mm or more). {en}",
        )


class _NoRoom(Exception):
    """An attempt failed; the argument names the line in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        self.line = (zh, en)


_NO_ROOM_FOR_SYMBOL = _NoRoom("二维码和标签码", "the QR symbol and its code")


def lay_out(face: LabelFace, size_mm: tuple[Decimal, Decimal], url: str, code: str) -> Layout:
    """Find the place of everything on a label of this width and height.

    The size of the symbol is that of the widest code of the link's host and GTIN, so that all
    labels of a run look alike. Raises DoesNotFit, MissingGlyph, and ValueError where the link is
    not that of the code.
    """
    if not url.endswith(f"/{code}"):
        raise ValueError(f"the link {url} is not that of the code {code}")
    return _lay_out(face, size_mm, url.removesuffix(code))


@lru_cache(maxsize=256)
def _lay_out(face: LabelFace, size_mm: tuple[Decimal, Decimal], stem: str) -> Layout:
    url = _widest_url(stem)
    try:
        return _best_attempt(face, size_mm, url)
    except _NoRoom as refused:
        raise DoesNotFit(refused.line, size_mm, _size_that_fits(face, size_mm, url)) from refused


@lru_cache(maxsize=256)
def _widest_url(stem: str) -> str:
    start = stem.index("/", len("https://"))
    link = parse_path(f"{stem[start:]}0")
    return widest_url(stem[:start], None if link is None else link.gtin)


def _size_that_fits(
    face: LabelFace, size_mm: tuple[Decimal, Decimal], url: str
) -> tuple[Decimal, Decimal] | None:
    """Grow the label in its own proportion, by a fiftieth at a time, until everything fits."""
    for percent in range(102, _GROWN, 2):
        grown = [(side * percent / 100).quantize(Decimal("0.5")) for side in size_mm]
        try:
            _best_attempt(face, (grown[0], grown[1]), url)
        except _NoRoom:
            continue
        return grown[0], grown[1]
    return None


def _best_attempt(face: LabelFace, size_mm: tuple[Decimal, Decimal], url: str) -> Layout:
    """Try symbols from large to small, level Q before M, and comfortable type before small type."""
    sides = list(_symbol_sides(size_mm[0], url))
    refused = _NO_ROOM_FOR_SYMBOL
    levels: tuple[Level, ...] = ("Q", "M")
    for wanted in levels:
        for smallest in (_COMFORTABLE, MIN_SIZE):
            for side, level in sides:
                if level != wanted:
                    continue
                try:
                    return _Attempt(face, size_mm, url, side, level).layout(smallest)
                except _NoRoom as reason:
                    refused = reason
    raise refused


def _symbol_sides(label_width: Decimal, url: str) -> Iterator[tuple[Decimal, Level]]:
    """Give the sides to try, clear zone included, and the level that each allows."""
    modules = symbol_modules(url, "Q") + 2 * QUIET_MODULES
    side = min(label_width * Decimal(str(_WIDEST_SYMBOL)), modules * _LARGEST_MODULE)
    side = side.quantize(Decimal("0.01"), ROUND_DOWN)
    while True:
        try:
            level, _ = best_level(url, side, QUIET_MODULES)
        except SymbolSizeError as too_small:
            if side + _SYMBOL_STEP > too_small.smallest_mm:
                yield too_small.smallest_mm, "M"
            return
        yield side, level
        side -= _SYMBOL_STEP
