"""RULE: outlines of plots on paper: true to shape, north up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from products.plots.geometry import EXACT, PI, RADIUS, sine
from products.plots.outline import PLACES, Outline


@dataclass(frozen=True)
class Drawing:
    """Outlines on paper: `paths` for SVG in their order, `middles` for marks, metres per unit."""

    width: int
    height: int
    paths: tuple[str, ...]
    middles: tuple[tuple[int, int], ...]
    metres: Decimal


def drawn(outlines: Sequence[Outline], width: int, height: int, margin: int = 8) -> Drawing:
    """The outlines true to shape, north up, as large as the paper allows. ValueError for none.

    Points that fall on the same place of the paper are drawn once.
    """
    if not outlines:
        raise ValueError("nothing to draw")
    with localcontext(EXACT):
        every = [point for outline in outlines for point in outline.points]
        west, east = min(p[0] for p in every), max(p[0] for p in every)
        south, north = min(p[1] for p in every), max(p[1] for p in every)
        middle = sine((south + north) / 2)
        across = (1 - middle * middle).sqrt()  # how much shorter a degree of longitude is
        wide = max((east - west) * across, PLACES)
        tall = max(north - south, PLACES)
        scale = min((width - 2 * margin) / wide, (height - 2 * margin) / tall)
        left = (width - wide * scale) / 2
        top = (height - tall * scale) / 2
        placed = [
            [(int(left + (x - west) * across * scale), int(top + (north - y) * scale))
             for x, y in outline.points]
            for outline in outlines
        ]  # fmt: skip
        metres = RADIUS * PI / 180 / scale
    paths = tuple(_path(points) for points in placed)
    middles = tuple(
        (sum(x for x, _ in ps) // len(ps), sum(y for _, y in ps) // len(ps)) for ps in placed
    )
    return Drawing(width, height, paths, middles, metres)


def _path(points: Sequence[tuple[int, int]]) -> str:
    kept = list(_once(points))
    return "M" + "L".join(f"{x} {y}" for x, y in kept) + "z"


def _once(points: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    last: tuple[int, int] | None = None
    for point in points:
        if point != last:
            yield point
        last = point


def scale_bar(drawing: Drawing) -> tuple[int, int]:
    """A round length in metres that takes up to a third of the width, and how many units it is."""
    most = drawing.metres * drawing.width / 3
    lengths = [part * 10**power for power in range(6) for part in (1, 2, 5)]
    metres = max((length for length in lengths if length <= most), default=1)
    return metres, int(metres / drawing.metres)
