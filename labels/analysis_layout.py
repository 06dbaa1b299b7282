"""Where everything of a certificate of analysis stands: pages of A4, measured before drawing.

Lengths are millimetres from the upper left corner. Texts wrap by their measured width, a table
repeats its head on every page, and a cell that is higher than a page goes on over the next one.
Raises labels.fonts.MissingGlyph for a character that the font lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from labels.fonts import advances, width

WIDE, HIGH = 210.0, 297.0
LEFT, RIGHT, TOP, BOTTOM = 17.0, 17.0, 15.0, 20.0
INNER = WIDE - LEFT - RIGHT
BODY, SMALL = 3.2, 2.75
"""Type sizes: 9 and 7.8 points."""
PITCH = 1.45
_PAD = 1.1
_HAIR, _RULE = 0.12, 0.35
# A line does not begin with these (GB/T 15834-2011, 5.1), nor end with an opening bracket.
_NO_START = frozenset("，。、；：？！）】》」』”’％%)],.;:?!…·")
_NO_END = frozenset("（【《「『“‘([")


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of one line: `x` its left end, `y` its baseline."""

    text: str
    x: float
    y: float
    size: float
    tone: str = "ink"
    bold: bool = False
    cut: str = "text"


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    tone: str = "ink"


@dataclass
class Page:
    """What stands on one page, and the square of the QR symbol where it has one."""

    marks: list[Mark] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    symbol: Box | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in a column of a table."""

    text: str
    tone: str = "ink"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: cells that stand once, then columns with one cell for each of `parts`.

    The parts stand under each other, each as high as its highest cell.
    """

    cells: tuple[Cell, ...]
    parts: tuple[tuple[Cell, ...], ...] = ()


Lines = list[tuple[str, Cell]]
"""The lines of one column of a row, each with the cell that it belongs to."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, and its width in millimetres."""

    head: str
    width: float


class Sheet:
    """Pages that are filled from the top."""

    def __init__(self) -> None:
        self.pages: list[Page] = [Page()]
        self.y = TOP

    @property
    def page(self) -> Page:
        """The page that is filled now."""
        return self.pages[-1]

    @property
    def room(self) -> float:
        """How much height the page has left."""
        return HIGH - BOTTOM - self.y

    def turn(self) -> None:
        """Go on with a new page."""
        self.pages.append(Page())
        self.y = TOP

    def line(
        self, text: str, x: float, size: float, tone: str = "ink", *, bold: bool = False
    ) -> None:
        """Set a line at the present height; the height stays."""
        self.page.marks.append(Mark(text, x, self.y + 0.86 * size, size, tone, bold))

    def box(self, x: float, width: float, height: float, tone: str = "ink") -> None:
        """Fill a rectangle from the present height down."""
        self.page.boxes.append(Box(x, self.y, width, height, tone))

    def text(
        self, text: str, size: float = BODY, tone: str = "ink", *, x: float = LEFT,
        across: float = 0.0, bold: bool = False,
    ) -> None:  # fmt: skip
        """Set a paragraph, wrapped, over pages where it must."""
        for line in wrap(text, size, across or WIDE - RIGHT - x):
            if self.room < PITCH * size:
                self.turn()
            self.line(line, x, size, tone, bold=bold)
            self.y += PITCH * size

    def heading(self, text: str, keep: float = 14.0) -> None:
        """Set the heading of a section, with at least `keep` mm of what follows on its page."""
        if self.room < 10 + keep:
            self.turn()
        elif self.y > TOP:
            self.y += 4.5
        self.line(text, LEFT, 3.9, bold=True)
        self.y += 1.5 * 3.9

    def table(self, columns: Sequence[Column], rows: Sequence[Row], size: float = SMALL) -> None:
        """Set a table; its head stands on every page that it reaches."""
        _Table(self, columns, size).fill(rows)


class _Table:
    def __init__(self, sheet: Sheet, columns: Sequence[Column], size: float) -> None:
        self.sheet, self.columns, self.size = sheet, columns, size
        self.step = PITCH * size

    def fill(self, rows: Sequence[Row]) -> None:
        self._head()
        for row in rows:
            self._row(row)
        self._rule(_RULE, "ink")

    def _head(self) -> None:
        lines = self._wrapped(Row(tuple(Cell(column.head, "soft") for column in self.columns)))
        count = max(map(len, lines))
        self.sheet.box(LEFT, INNER, count * self.step + 2 * _PAD, "wash")
        self._rule(_RULE, "ink")
        self._lines(lines)

    def _rule(self, height: float, tone: str = "line") -> None:
        self.sheet.box(LEFT, INNER, height, tone)

    def _row(self, row: Row) -> None:
        """Set one row whole; one that is higher than a page goes on over the next ones."""
        lines = self._wrapped(row)
        count = max(map(len, lines))
        whole = count * self.step + 2 * _PAD
        high = whole > HIGH - BOTTOM - TOP - 20
        if self.sheet.room < (4 * self.step if high else whole):
            self._turn()
        self._rule(_HAIR)
        first = 0
        while first < count:
            last = first + max(1, int((self.sheet.room - 2 * _PAD) / self.step))
            self._lines([of_one[first:last] for of_one in lines])
            first = last
            if first < count:
                self._turn()

    def _turn(self) -> None:
        self._rule(_RULE, "ink")
        self.sheet.turn()
        self._head()

    def _wrapped(self, row: Row) -> list[Lines]:
        """The lines of every column."""
        once = len(row.cells)
        lines = [self._cell(cell, at) for at, cell in enumerate(row.cells)]
        lines += [[] for _ in self.columns[once:]]
        for part in row.parts:
            told = [self._cell(cell, once + at) for at, cell in enumerate(part)]
            count = max(map(len, told))
            for at, (own, cell) in enumerate(zip(told, part, strict=True)):
                lines[once + at] += own + [("", cell)] * (count - len(own))
        return lines

    def _cell(self, cell: Cell, at: int) -> Lines:
        across = self.columns[at].width - 2 * _PAD
        return [(line, cell) for line in wrap(cell.text, self.size, across)]

    def _lines(self, lines: Sequence[Lines]) -> None:
        top, x = self.sheet.y, LEFT
        for column, of_one in zip(self.columns, lines, strict=True):
            self.sheet.y = top + _PAD
            for text, cell in of_one:
                if text:
                    self.sheet.line(text, x + _PAD, self.size, cell.tone, bold=cell.bold)
                self.sheet.y += self.step
            x += column.width
        self.sheet.y = top + 2 * _PAD + max(map(len, lines)) * self.step


# --- lines ----------------------------------------------------------------------------------


def wrap(text: str, size: float, across: float) -> list[str]:
    """The lines of a text that is not wider than `across`; at least one.

    Han breaks anywhere but before closing and after opening marks, Latin words at blanks; a word
    that is wider than the line is cut.
    """
    most = across / size
    lines = [line for part in text.split("\n") for line in _wrap(part.replace("\t", " "), most)]
    return lines or [""]


def _wrap(text: str, most: float) -> Iterator[str]:
    line, wide = "", 0.0
    for word in _words(text):
        own = width(word)
        if line and wide + width(word.rstrip()) > most:
            yield line.rstrip()
            line, wide, word = "", 0.0, word.lstrip()
            own = width(word)
        if own > most:
            *full, word = _cut(word, most)
            yield from full
            own = width(word)
        line, wide = line + word, wide + own
    yield line.rstrip()


def _words(text: str) -> Iterator[str]:
    """The pieces between which a line may break, blanks at their ends."""
    word = ""
    for char in text:
        if word and _may_break(word[-1], char):
            yield word
            word = ""
        word += char
    if word:
        yield word


def _may_break(before: str, after: str) -> bool:
    if after in _NO_START or before in _NO_END or after == " ":
        return False
    return before == " " or _is_han(before) or _is_han(after)


def _is_han(char: str) -> bool:
    return ord(char) >= 0x2E80


def _cut(word: str, most: float) -> Iterator[str]:
    """A word in pieces that each fill a line."""
    piece, wide = "", 0.0
    for char, own in zip(word, advances(word), strict=True):
        if piece and wide + own > most:
            yield piece
            piece, wide = "", 0.0
        piece, wide = piece + char, wide + own
    yield piece
