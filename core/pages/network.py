"""A graph made on the server as inline SVG: boxes in columns from left to right, arrows between.

Every box is a link. The picture keeps its size and scrolls inside its own frame on a small screen;
what colour says of a box, a word in it says too. Its rows stand in a table beside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from core.pages.drawing import State, state_class

_WIDE, _TALL = 196, 78
_GAP, _BETWEEN = 96, 18
_EDGE = 12
_LINE = 20
_ROOM = 26
"""How many letters of the Latin alphabet a line of a box holds; a Chinese character takes two."""


@dataclass(frozen=True)
class Box:
    """One thing: its column, up to three lines of text, and where it leads; `strong`: the start."""

    key: str
    column: int
    lines: tuple[str, ...]
    href: str
    state: State = "none"
    strong: bool = False


@dataclass(frozen=True)
class Arrow:
    """From one box to another, with a few words on it."""

    start: str
    end: str
    text: str = ""


def network(boxes: Sequence[Box], arrows: Sequence[Arrow], label: str) -> Markup:
    """The picture; `label` is a whole sentence for who cannot see it. ValueError without boxes.

    In each column a box stands about as high as what leads to it.
    """
    if not boxes or not label.strip():
        raise ValueError("a graph needs boxes and a sentence for who cannot see it")
    places = _places(boxes, arrows)
    width = max(x for x, _ in places.values()) + _WIDE + _EDGE
    height = max(y for _, y in places.values()) + _TALL + _EDGE
    drawn = [_arrow(places[one.start], places[one.end], one.text) for one in arrows]
    drawn += [_box(one, *places[one.key]) for one in boxes]
    return Markup(
        '<svg class="network" width="{}" height="{}" viewBox="0 0 {} {}" role="group" '
        'aria-label="{}">{}</svg>'
    ).format(width, height, width, height, label, Markup().join(drawn))


def _places(boxes: Iterable[Box], arrows: Iterable[Arrow]) -> dict[str, tuple[int, int]]:
    """Where the upper left corner of each box stands."""
    columns: dict[int, list[Box]] = defaultdict(list)
    for box in boxes:
        columns[box.column].append(box)
    before: dict[str, list[str]] = defaultdict(list)
    for arrow in arrows:
        before[arrow.end].append(arrow.start)
    rows: dict[str, int] = {}
    for column in sorted(columns):
        ordered = sorted(columns[column], key=lambda box: _mean(before[box.key], rows))
        rows.update((box.key, row) for row, box in enumerate(ordered))
    tallest = max(len(column) for column in columns.values())
    return {
        box.key: (
            _EDGE + place * (_WIDE + _GAP),
            _EDGE
            + (tallest - len(columns[column])) * (_TALL + _BETWEEN) // 2
            + rows[box.key] * (_TALL + _BETWEEN),
        )
        for place, column in enumerate(sorted(columns))
        for box in columns[column]
    }


def _mean(keys: Sequence[str], rows: Mapping[str, int]) -> float:
    known = [rows[key] for key in keys if key in rows]
    return sum(known) / len(known) if known else 0.0


def _box(box: Box, x: int, y: int) -> Markup:
    lines = Markup().join(
        Markup('<text x="{}" y="{}"{}>{}</text>').format(
            x + 12,
            y + 24 + place * _LINE,
            Markup(' class="strong"') if not place else "",
            _cut(line),
        )
        for place, line in enumerate(box.lines[:3])
    )
    kind = f"box {state_class(box.state)}" + (" start" if box.strong else "")
    return Markup(
        '<a href="{}" class="{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" '
        'rx="6"/><path class="side" d="M{} {}v{}"/>{}</a>'
    ).format(
        box.href, kind, " ".join(line for line in box.lines if line), x, y, _WIDE, _TALL,
        x + 3, y + 6, _TALL - 12, lines,
    )  # fmt: skip


def _cut(text: str) -> str:
    """As much of a line as a box holds."""
    room = _ROOM
    for place, sign in enumerate(text):
        room -= 2 if ord(sign) > 0x2E80 else 1
        if room < 0:
            return text[: max(place - 1, 0)] + "…"
    return text


def _arrow(start: tuple[int, int], end: tuple[int, int], text: str) -> Markup:
    x1, y1 = start[0] + _WIDE, start[1] + _TALL // 2
    x2, y2 = end[0], end[1] + _TALL // 2
    bend = (x2 - x1) // 2
    drawn = Markup(
        '<path class="way" d="M{} {}C{} {} {} {} {} {}"/><path class="tip" d="M{} {}l-8-5v10z"/>'
    ).format(x1, y1, x1 + bend, y1, x2 - bend, y2, x2 - 6, y2, x2, y2)
    if not text:
        return drawn
    middle = Markup('<text class="on-way" x="{}" y="{}" text-anchor="middle">{}</text>')
    return drawn + middle.format(
        x2 - _GAP // 2, (y1 + y2) // 2 - 6 if x2 - x1 == _GAP else y2 - 6, text
    )
