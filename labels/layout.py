"""Where everything on a label stands, measured before anything is drawn.

The name stands large over a double rule, the particulars under it; at the right the QR symbol with
its clear zone and, under that, the code for eyes. Lengths are float millimetres from the upper left
corner of the label, y downward, type sizes too (1 em). No line is wrapped or cut: what the law asks
stands whole and at least MIN_SIZE high, or the label is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from functools import lru_cache

from labels.codes import grouped
from labels.digital_link import (
    SMALLEST_MODULE_MM,
    Level,
    best_level,
    parse_path,
    symbol_modules,
    widest_url,
)
from labels.face import SAMPLE, TITLE_SPACING, LabelFace, Words, measure
from labels.fonts import ASCENT, DESCENT, Cut, DrawingError
from labels.symbols import QUIET_MODULES

__all__ = ["MARGIN", "MIN_SIZE", "Bar", "DoesNotFit", "Layout", "Line", "Size", "lay_out"]

Size = tuple[Decimal, Decimal]
"""Width and height in millimetres."""

_POINT = 25.4 / 72
MIN_SIZE = 5 * _POINT
"""The smallest type on a label: 5 points."""
# What is tried one after the other: the least type of the particulars in points, the stretch of
# the gaps, and the size of the name as a multiple of that type.
_WANTED = (
    (6.5, 1.2, 2.7),
    (6.5, 1.1, 2.4),
    (6.0, 1.1, 2.4),
    (5.5, 1.05, 2.2),
    (5.0, 1.0, 2.4),
    (5.0, 0.95, 2.1),
    (5.0, 0.95, 1.7),
)
# The largest type of the particulars; on high labels a share of the height.
_LARGEST, _LARGEST_SHARE = 8.5 * _POINT, 0.065
# Sizes of the line under the rule and, at least, of the name, as multiples of the particulars'.
_LEAD, _SMALLEST_TITLE = 1.2, 1.3
# Gaps as multiples of the particulars' size (under the name: of the name's), before stretching.
_UNDER_TITLE, _UNDER_RULE, _UNDER_LEAD, _PITCH = 0.2, 0.5, 1.35, 1.2
_LOOSEST = 1.45
_THICK, _BETWEEN, _THIN = 0.3, 0.3, 0.12
_RULE = _THICK + _BETWEEN + _THIN
# The framed 示例 after the name, set as large as the particulars: its frame and the gap before it.
_TAG_WIDTH, _TAG_HEIGHT, _TAG_GAP = 2.6, 1.4, 0.5
_HAN_MIDDLE = 0.38
_COLUMN_GAP = 0.5

MARGIN = 1.6
"""Ink keeps at least this far from the edge of a label."""
_MARGIN_SHARE, _WIDEST_MARGIN = 0.07, 4.0
# A symbol's clear zone may come this near to the edge.
_INSET = 0.3
# The largest symbol with its clear zone, as a share of the label's width and of its height.
_WIDEST_SYMBOL, _HIGHEST_SYMBOL = Decimal("0.36"), Decimal("0.66")
_LARGEST_MODULE = Decimal("0.8")
_SYMBOL_STEP = Decimal("0.5")
_CODE_PITCH = 1.2
# Every character of the code cut is as wide as this, and its capitals are no higher than that.
_CODE_EM, _CODE_ASCENT = 0.5, 0.78
_LARGEST_TRIED = 400  # per cent of the label that was too small


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
    """A label too small for what it must say.

    ``line`` is what has no room, in Chinese and English; ``fits_mm`` the size, of about the same
    proportion, that holds everything, or None where that would be no label any more.
    """

    def __init__(self, line: tuple[str, str], size_mm: Size, fits_mm: Size | None) -> None:
        self.line = line
        self.fits_mm = fits_mm
        given = f"{size_mm[0]} × {size_mm[1]} mm"
        zh, en = "请缩短这一行。", "Shorten that line."
        if fits_mm is not None:
            fits = f"{fits_mm[0]} × {fits_mm[1]} mm"
            zh = f"请换用 {fits} 或更大的标签。"
            en = f"Take a label of {fits} or more."
        super().__init__(
            f"{given} 的标签印不下{line[0]}（字不小于 5 点，二维码每格不小于 "
            f"{SMALLEST_MODULE_MM} mm）。{zh}",
            f"A label of {given} has no room for {line[1]} (type of 5 points or more, QR modules "
            f"of {SMALLEST_MODULE_MM} mm or more). {en}",
        )


class _NoRoom(Exception):
    """An attempt failed; ``line`` says at what."""

    def __init__(self, zh: str, en: str) -> None:
        self.line = (zh, en)


def lay_out(face: LabelFace, size_mm: Size, url: str, code: str) -> Layout:
    """Find the place of everything on a label of this width and height.

    Done once for a face, a size and a host: the symbol has the size of the widest code of the
    link's host and GTIN, so that all labels of a run look alike. Raises DoesNotFit, MissingGlyph,
    and ValueError where the link is not that of the code.
    """
    if not url.endswith(f"/{code}"):
        raise ValueError(f"the link {url} is not that of the code {code}")
    return _lay_out(face, size_mm, url.removesuffix(code))


@lru_cache(maxsize=256)
def _lay_out(face: LabelFace, size_mm: Size, stem: str) -> Layout:
    words = measure(face)
    start = stem.index("/", len("https://"))
    link = parse_path(f"{stem[start:]}0")
    url = widest_url(stem[:start], None if link is None else link.gtin)
    try:
        return _best_attempt(words, size_mm, url)
    except _NoRoom as refused:
        raise DoesNotFit(refused.line, size_mm, _size_that_fits(words, size_mm, url)) from refused


def _size_that_fits(words: Words, size_mm: Size, url: str) -> Size | None:
    """Grow the label in its own proportion until everything fits, in whole millimetres."""
    for percent in range(105, _LARGEST_TRIED, 5):
        wide, high = (
            (side * percent / 100).quantize(Decimal(1), ROUND_CEILING) for side in size_mm
        )
        try:
            _best_attempt(words, (wide, high), url)
        except _NoRoom:
            continue
        return wide, high
    return None


def _best_attempt(words: Words, size_mm: Size, url: str) -> Layout:
    """Try level Q before M, larger type before smaller type, large symbols before small ones."""
    sides = _symbol_sides(size_mm, url)
    refused = _NoRoom("二维码和标签码", "the QR symbol and its code")
    levels: tuple[Level, ...] = ("Q", "M")
    for level in levels:
        modules = symbol_modules(url, level) + 2 * QUIET_MODULES
        frames = [_frame(size_mm, float(side), modules) for side, at in sides if at == level]
        for wanted in _WANTED:
            for frame in frames:
                try:
                    return _attempt(words, frame, level, wanted)
                except _NoRoom as reason:
                    refused = reason
    raise refused


def _symbol_sides(size_mm: Size, url: str) -> list[tuple[Decimal, Level]]:
    """List the sides to try from large to small, clear zone included, each with its level."""
    levels: tuple[Level, ...] = ("Q", "M")
    modules = [symbol_modules(url, level) + 2 * QUIET_MODULES for level in levels]
    smallest = [count * SMALLEST_MODULE_MM for count in modules]
    largest = min(
        size_mm[0] * _WIDEST_SYMBOL, size_mm[1] * _HIGHEST_SYMBOL, modules[0] * _LARGEST_MODULE
    ).quantize(Decimal("0.01"), ROUND_DOWN)
    steps = (largest - step * _SYMBOL_STEP for step in range(int(largest / _SYMBOL_STEP)))
    sides = (side for side in {*steps, *smallest} if min(smallest) <= side <= largest)
    return [(side, best_level(url, side, QUIET_MODULES)[0]) for side in sorted(sides, reverse=True)]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The label, its margin, the square of the symbol at the right and what is left for text."""

    width: float
    height: float
    margin: float
    side: float
    quiet: float

    @property
    def symbol_x(self) -> float:
        return self.width - max(_INSET, self.margin - self.quiet) - self.side

    @property
    def column(self) -> float:
        return self.symbol_x - _COLUMN_GAP - self.margin

    @property
    def inner_height(self) -> float:
        return self.height - 2 * self.margin


def _frame(size_mm: Size, side: float, modules: int) -> _Frame:
    wide, high = map(float, size_mm)
    margin = min(_WIDEST_MARGIN, max(MARGIN, _MARGIN_SHARE * min(wide, high)))
    return _Frame(wide, high, margin, side, QUIET_MODULES * side / modules)


def _attempt(
    words: Words, frame: _Frame, level: Level, wanted: tuple[float, float, float]
) -> Layout:
    title, size = _type_sizes(words, frame, *wanted)
    symbol, code_at = _symbol_and_code(frame, size)
    lines, bars = _text_column(words, frame, title, size)
    return Layout((frame.width, frame.height), lines, bars, symbol, level, code_at)


def _type_sizes(
    words: Words, frame: _Frame, points: float, stretch: float, ratio: float
) -> tuple[float, float]:
    """Find the sizes of the name and of the particulars, the latter at least of these points."""
    smallest = points * _POINT
    tag_em = _TAG_WIDTH + _TAG_GAP if words.sample else 0.0
    lines = [(em, text) for _, text, em in words.rows]
    lines.append((words.lead_em * _LEAD, words.lead))
    lines.append((words.title_em * _SMALLEST_TITLE + tag_em, words.title))
    widest, text = max(lines)
    if widest * smallest > frame.column:
        raise _NoRoom(f"“{text}”", f"'{text}'")
    fixed, gaps = _heights(ratio, 1.0, len(words.rows))
    size = min(
        (frame.inner_height - _RULE) / (fixed - _RULE + gaps * stretch),
        max(_LARGEST, _LARGEST_SHARE * frame.height),
        frame.column / widest,
    )
    if size < smallest:
        count = len(words.rows) + 2
        raise _NoRoom(f"全部 {count} 行字", f"all {count} lines")
    return min(ratio * size, (frame.column - tag_em * size) / words.title_em), size


def _heights(title: float, size: float, rows: int) -> tuple[float, float]:
    """Sum the height of the text column: what is fixed, and the gaps that may stretch."""
    fixed = (ASCENT + DESCENT) * title + _RULE + (ASCENT * _LEAD + DESCENT) * size
    gaps = _UNDER_TITLE * title + (_UNDER_RULE + _UNDER_LEAD + (rows - 1) * _PITCH) * size
    return fixed, gaps


def _symbol_and_code(
    frame: _Frame, size: float
) -> tuple[Bar, tuple[tuple[float, float, float], ...]]:
    """Centre the symbol with the code under it, on one line where the code is legible so."""
    inked = frame.side - 2 * frame.quiet
    one_line, two_lines = (inked / (count * _CODE_EM) for count in (20, 10))
    sizes = [min(one_line, size)] if one_line >= MIN_SIZE else [min(two_lines, size)] * 2
    under = (_CODE_ASCENT + (len(sizes) - 1) * _CODE_PITCH) * sizes[0]
    y = max(_INSET, (frame.height - (frame.side - frame.quiet + under)) / 2 - frame.quiet)
    if sizes[0] < MIN_SIZE or y + frame.side + under > frame.height - frame.margin:
        raise _NoRoom("二维码和标签码", "the QR symbol and its code")
    middle = frame.symbol_x + frame.side / 2
    baseline = y + frame.side + _CODE_ASCENT * sizes[0]
    code_at = tuple(
        (middle, baseline + row * _CODE_PITCH * one, one) for row, one in enumerate(sizes)
    )
    return Bar(frame.symbol_x, y, frame.side, frame.side), code_at


def _text_column(
    words: Words, frame: _Frame, title: float, size: float
) -> tuple[tuple[Line, ...], tuple[Bar, ...]]:
    """Set the lines from the top, the gaps stretched evenly to fill the height."""
    fixed, gaps = _heights(title, size, len(words.rows))
    stretch = min(_LOOSEST, (frame.inner_height - fixed) / gaps)
    x = frame.margin
    y = x + (frame.inner_height - fixed - stretch * gaps) / 2 + ASCENT * title
    lines = [Line(words.title, x, y, title, spacing=TITLE_SPACING)]
    bars: list[Bar] = []
    if words.sample:
        tag, outline = _sample_tag(x + frame.column, y - _HAN_MIDDLE * title, size)
        lines.append(tag)
        bars.extend(outline)
    y += DESCENT * title + stretch * _UNDER_TITLE * title
    bars.append(Bar(x, y, frame.column, _THICK))
    bars.append(Bar(x, y + _THICK + _BETWEEN, frame.column, _THIN))
    y += _RULE + stretch * _UNDER_RULE * size + ASCENT * _LEAD * size
    lines.append(Line(words.lead, x, y, _LEAD * size))
    y += stretch * _UNDER_LEAD * size
    for key, value, _ in words.rows:
        if key:
            lines.append(Line(key, x, y, size))
        lines.append(Line(value, x + (words.values_at * size if key else 0), y, size))
        y += stretch * _PITCH * size
    return tuple(lines), tuple(bars)


def _sample_tag(right: float, middle: float, size: float) -> tuple[Line, list[Bar]]:
    """Set 示例 in a frame at the right end of the name's line, at half the height of the name."""
    wide, high = _TAG_WIDTH * size, _TAG_HEIGHT * size
    x, y = right - wide, middle - high / 2
    text_x = x + (wide - len(SAMPLE) * size) / 2
    return Line(SAMPLE, text_x, middle + _HAN_MIDDLE * size, size), [
        Bar(x, y, wide, _THIN),
        Bar(x, y + high - _THIN, wide, _THIN),
        Bar(x, y, _THIN, high),
        Bar(right - _THIN, y, _THIN, high),
    ]
