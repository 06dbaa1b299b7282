"""Charts made on the server as inline SVG: histogram, control chart, columns of outcomes, bars.

Along the page places are per cent of the width, up and down they are pixels, and text keeps its
size: a chart fits a phone and a desk without scaling its words. Amounts are Decimals until they
are drawn; colours come from the stylesheet alone; what colour says, a shape or a word says too.
Each chart carries a title and a sentence for who cannot see it; its numbers stand in a table
beside it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from markupsafe import Markup, escape

_TENTH = Decimal("0.1")
_FULL = Decimal(100)
_LEFT, _RIGHT = Decimal(1), Decimal(99)
_TEXTS_AT = Decimal(86)
_DIGIT = Decimal("2.4")
"""How wide a digit is on the narrowest phone, in per cent."""
_AMOUNT_AT = Decimal(66)
"""Where the largest bar of a list ends and the amounts are written."""


@dataclass(frozen=True)
class Said:
    """What a chart is called and what it shows, for who cannot see it; `name` is its id."""

    name: str
    title: str
    sentence: str

    def __post_init__(self) -> None:
        if not (self.name and self.title.strip() and self.sentence.strip()):
            raise ValueError("a chart needs a name, a title and a sentence")


@dataclass(frozen=True)
class Mark:
    """A line across a chart with its words: a limit, a centre."""

    value: Decimal
    text: str
    kind: str = "lim"


@dataclass(frozen=True)
class Bar:
    """One bin: from where to where it is drawn, how many, whether the limit forbids it.

    `words` stand under one that is open at an end (更高), whose outer edge is no number.
    """

    low: Decimal
    high: Decimal
    count: int
    beyond: bool
    words: str = ""


@dataclass(frozen=True)
class Dot:
    """One value of a control chart; `flag` is what is said beside an unusual one."""

    value: Decimal
    flag: str = ""


@dataclass(frozen=True)
class Column:
    """One month or year: so many passed, waiting, failed, not judged."""

    text: str
    passed: int = 0
    waiting: int = 0
    failed: int = 0
    unjudged: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.passed + self.waiting + self.failed + self.unjudged


def histogram(bars: Sequence[Bar], marks: Sequence[Mark], said: Said) -> Markup:
    """Bars side by side with each limit as a line; ValueError without bars.

    Bins beyond a limit are crossed. Where there is room the count stands on each bar.
    """
    if not bars:
        raise ValueError("a histogram needs bars")
    first, last = bars[0].low, bars[-1].high
    most = max(max(bar.count for bar in bars), 1)
    base, tall = 210, 160
    parts = [_line(_LEFT, base, _RIGHT, base, "axis")]
    for bar in bars:
        left, right = _along(bar.low, first, last), _along(bar.high, first, last)
        height = _pixels(bar.count, most, tall)
        parts += _bin(bar, left, right, height, base)
        if bar.count and (_fits(bar.count, right - left) or bar.beyond or bar.count == most):
            parts.append(_text((left + right) / 2, base - height - 5, str(bar.count), "middle"))
    for row, mark in enumerate(marks):
        parts += _standing_mark(mark, _along(mark.value, first, last), 14 + 17 * row, base)
    parts += _edge_texts(bars, first, last, base + 18)
    return _chart("hist", 236, parts, said)


def _bin(bar: Bar, left: Decimal, right: Decimal, height: int, base: int) -> list[str]:
    gap = min(Decimal("0.3"), (right - left) / 5)
    x, width = left + gap, right - left - 2 * gap
    if not bar.count:
        return []
    name = "bin no" if bar.beyond else "bin"
    drawn = [_rect(x, base - height, width, height, name)]
    if bar.beyond:
        drawn += [
            _line(x, base, x + width, base - height, "cross"),
            _line(x, base - height, x + width, base, "cross"),
        ]
    return drawn


def _standing_mark(mark: Mark, place: Decimal, height: int, base: int) -> list[str]:
    anchor, beside = ("start", 6) if place < 50 else ("end", -6)
    return [
        _line(place, height - 10, place, base + 4, mark.kind),
        _text(place, height, mark.text, anchor, beside, "strong"),
    ]


def _edge_texts(bars: Sequence[Bar], first: Decimal, last: Decimal, y: int) -> list[str]:
    """The words under at most five edges, the first and the last among them, and open ends."""
    closed = [bar for bar in bars if not bar.words] or list(bars)
    edges = [closed[0].low, *(bar.high for bar in closed)]
    every = max(1, -(-(len(edges) - 1) // 4))
    shown = [*edges[:-1:every], edges[-1]]
    if len(shown) > 2 and (len(edges) - 1) % every and (len(edges) - 1) % every < every:
        del shown[-2]
    ends = {one for bar in bars if bar.words for one in (bar.low, bar.high)}
    found = [(_along(edge, first, last), plain(edge)) for edge in shown if edge not in ends]
    found += [
        (_along((bar.low + bar.high) / 2, first, last), bar.words) for bar in bars if bar.words
    ]
    return [_text(x, y, words, _anchor(x), 0) for x, words in found]


def _anchor(x: Decimal) -> str:
    """Words near an edge of the chart stay inside it."""
    return "start" if x < 4 else "end" if x > 96 else "middle"


def control_chart(
    dots: Sequence[Dot], marks: Sequence[Mark], said: Said, *, first: int = 1, tall: int = 220
) -> Markup:
    """Values in their order, joined, with the centre and the control limits across.

    An unusual value is a diamond with its `flag` beside it, the rest are dots; the words of the
    lines stand behind their ends. `first` is the number of the first value. ValueError without
    values.
    """
    if not dots:
        raise ValueError("a control chart needs values")
    top, bottom = 26, tall - 30
    known = [*(dot.value for dot in dots), *(mark.value for mark in marks)]
    low, high = min(known), max(known)

    def up(value: Decimal) -> int:
        return bottom - (_pixels(value - low, high - low, bottom - top) if high > low else 0)

    places = [_spaced(place, len(dots), _TEXTS_AT) for place in range(len(dots))]
    heights = [up(dot.value) for dot in dots]
    parts = []
    for mark in marks:
        parts.append(_line(_LEFT, up(mark.value), _TEXTS_AT, up(mark.value), mark.kind))
    for (x1, y1), (x2, y2) in pairwise(zip(places, heights, strict=True)):
        parts.append(_line(x1, y1, x2, y2, "path"))
    for place, height, dot in zip(places, heights, dots, strict=True):
        parts += _dot(place, height, dot)
    parts += [
        _text(_TEXTS_AT, up(mark.value) + 4, mark.text, "start", 5, "strong") for mark in marks
    ]
    parts += _numbers(places, first, tall - 6)
    return _chart("control", tall, parts, said)


def _dot(place: Decimal, height: int, dot: Dot) -> list[str]:
    if not dot.flag:
        return [f'<circle class="dot" cx="{_percent(place)}" cy="{height}" r="3.5"/>']
    anchor = "start" if place < 4 else "middle"
    return [
        f'<svg x="{_percent(place)}" y="{height}" overflow="visible">'
        '<path class="odd" d="M0-7 7 0 0 7-7 0z"/></svg>',
        _text(place, height - 12, dot.flag, anchor, 0, "odd-text"),
    ]


def _numbers(places: Sequence[Decimal], first: int, y: int) -> list[str]:
    """The number of the first value, of the last, and of each tenth far enough from both."""
    last = len(places) - 1
    step = 10 if last < 40 else 20
    wanted = {0, last} | {
        place
        for place in range(len(places))
        if (first + place) % step == 0 and step // 3 <= place <= last - step // 3
    }
    found = []
    for place in sorted(wanted):
        anchor = "start" if place == 0 else "end" if place == last else "middle"
        found.append(_text(places[place], y, str(first + place), anchor))
    return found


def outcome_columns(columns: Sequence[Column], said: Said) -> Markup:
    """One column a month or year, from below: passed, waiting, failed, not judged yet.

    Filled, striped, crossed, dashed. The total stands above where there is room. ValueError without columns.
    """
    if not columns:
        raise ValueError("a chart of outcomes needs columns")
    most = max(max(column.total for column in columns), 1)
    base, tall = 190, 160
    width = (_RIGHT - _LEFT) / len(columns)
    parts = [_line(_LEFT, base, _RIGHT, base, "axis")]
    every = -(-len(columns) // 6)
    for place, column in enumerate(columns):
        left = _LEFT + width * place
        bar = min(width * Decimal("0.7"), Decimal(12))
        x = left + (width - bar) / 2
        parts += _stack(column, x, bar, base, Decimal(tall) / most)
        middle = left + width / 2
        if column.total and _fits(column.total, width):
            top = base - _rounded(column.total * Decimal(tall) / most)
            parts.append(_text(middle, top - 5, str(column.total), "middle"))
        if place % every == 0:
            parts.append(_text(middle, base + 18, column.text, "middle"))
    return _chart("columns", 216, parts, said)


def _stack(column: Column, x: Decimal, width: Decimal, base: int, each: Decimal) -> Iterable[str]:
    done = 0
    amounts = (("ok", column.passed), ("wait", column.waiting), ("no", column.failed),
               ("none", column.unjudged))  # fmt: skip
    for name, amount in amounts:
        if amount:
            bottom, done = base - _rounded(done * each), done + amount
            top = base - _rounded(done * each)
            yield _rect(x, top, width, max(bottom - top, 1), name)
            if name == "no":
                yield _line(x, bottom, x + width, top, "cross")
                yield _line(x, top, x + width, bottom, "cross")
            if name == "wait":
                for y in range(top + 3, bottom, 5):
                    yield _line(x, y, x + width, y, "stripe")


def share_bar(share: Decimal, low: Decimal, high: Decimal, label: str) -> Markup:
    """A share from 0 to 1 as a length, with its interval as a whisker."""
    if not 0 <= low <= share <= high <= 1 or not label.strip():
        raise ValueError(f"no share {share} between {low} and {high}, or no words for it")
    parts = [
        _rect(Decimal(0), 4, _FULL, 8, "track"),
        _rect(Decimal(0), 4, share * _FULL, 8, "ok"),
        _line(low * _FULL, 8, high * _FULL, 8, "whisker"),
        _line(low * _FULL, 3, low * _FULL, 13, "whisker"),
        _line(high * _FULL, 3, high * _FULL, 13, "whisker"),
    ]
    return Markup(
        '<svg class="chart share" height="16" role="img" aria-label="{}">{}</svg>'
    ).format(label, Markup("".join(parts)))


def failing_bar(broken: int, unsure: int, most: int) -> Markup:
    """So many beyond a limit, of at most `most` in the list; hidden: the numbers stand beside it."""
    if broken < 0 or unsure < 0 or broken + unsure > most or most == 0:
        raise ValueError(f"{broken} and {unsure} of {most}")
    first, second = _FULL * broken / most, _FULL * unsure / most
    parts = [_rect(Decimal(0), 0, first, 14, "no"), _rect(first, 0, second, 14, "wait")]
    if broken:
        parts += [
            _line(Decimal(0), 14, first, 0, "cross"),
            _line(Decimal(0), 0, first, 14, "cross"),
        ]
    parts += [_line(first, y, first + second, y, "stripe") for y in (3, 7, 11) if unsure]
    drawn = Markup("".join(parts))
    return Markup('<svg class="chart failing" height="14" aria-hidden="true">{}</svg>').format(
        drawn
    )


@dataclass(frozen=True)
class AmountBar:
    """One amount of a list: its name in one line or two, how it is written, how it is drawn.

    `kind`: 'none' for what was granted, 'ok' came in, 'out' went out, 'there' is in hand.
    """

    text: str
    amount: Decimal
    written: str
    kind: str
    second: str = ""


def amount_bars(bars: Sequence[AmountBar], said: Said) -> Markup:
    """Amounts of one unit one below the other, each a length of the largest of them.

    ValueError without bars or with a negative amount.
    """
    if not bars or any(bar.amount < 0 for bar in bars):
        raise ValueError("bars of amounts need amounts of nothing or more")
    most = max(bar.amount for bar in bars) or Decimal(1)
    parts, top = [], 0
    for bar in bars:
        for line in filter(None, (bar.text, bar.second)):
            parts.append(_text(Decimal(0), top + 14, line, "start"))
            top += 18
        width = _AMOUNT_AT * bar.amount / most
        parts += [
            _rect(Decimal(0), top + 2, _AMOUNT_AT, 12, "track"),
            *([_rect(Decimal(0), top + 2, width, 12, bar.kind)] if width else []),
            _text(_AMOUNT_AT, top + 12, bar.written, "start", 6, "strong"),
        ]
        top += 26
    return _chart("amounts", top, parts, said)


def plain(number: Decimal) -> str:
    """A number in plain digits without useless zeros: 7, 0.25, −3."""
    text = format(number.normalize(), "f")
    return "−" + text[1:] if text.startswith("-") else text


# --- pieces --------------------------------------------------------------------------------


def _along(value: Decimal, first: Decimal, last: Decimal) -> Decimal:
    return _LEFT + (value - first) / (last - first) * (_RIGHT - _LEFT)


def _spaced(place: int, count: int, right: Decimal) -> Decimal:
    inside = right - _LEFT - 4
    return _LEFT + 2 + (inside * place / (count - 1) if count > 1 else inside / 2)


def _pixels(part: Decimal | int, whole: Decimal | int, tall: int) -> int:
    return _rounded(Decimal(part) / Decimal(whole) * tall)


def _rounded(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_HALF_EVEN))


def _fits(number: int, width: Decimal) -> bool:
    return len(str(number)) * _DIGIT <= width


def _percent(place: Decimal) -> str:
    return f"{format(place.quantize(_TENTH) + 0, 'f').removesuffix('.0')}%"


def _line(x1: Decimal, y1: int, x2: Decimal, y2: int, name: str) -> str:
    return f'<line class="{name}" x1="{_percent(x1)}" y1="{y1}" x2="{_percent(x2)}" y2="{y2}"/>'


def _rect(x: Decimal, y: int, width: Decimal, height: int, name: str) -> str:
    return (
        f'<rect class="{name}" x="{_percent(x)}" y="{y}" width="{_percent(width)}" '
        f'height="{height}"/>'
    )


def _text(x: Decimal, y: int, text: str, anchor: str, beside: int = 0, name: str = "") -> str:
    moved = f' dx="{beside}"' if beside else ""
    named = f' class="{name}"' if name else ""
    return (
        f'<text{named} x="{_percent(x)}" y="{y}"{moved} text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )


def _chart(name: str, height: int, parts: Sequence[str], said: Said) -> Markup:
    return Markup(
        '<svg class="chart {}" height="{}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>'
    ).format(
        name, height, said.name, said.name, said.name, said.title, said.name, said.sentence,
        Markup("".join(parts)),
    )  # fmt: skip
