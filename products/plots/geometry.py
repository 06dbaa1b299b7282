"""RULE: plane geometry of rings on the ground: simple or not, area, what two rings share.

Areas are taken on a sphere through Lambert's cylindrical equal-area projection (x = R·λ,
y = R·sin φ), in which the area of a ring on the plane is that on the sphere. Everything is worked
out in Decimals; points are (longitude, latitude) in degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from itertools import pairwise

Point = tuple[Decimal, Decimal]
Edge = tuple[Point, Point]

RADIUS = Decimal("6366269.144")
"""The sphere that fits WGS 84 best at 28.2° N: the Gaussian radius of curvature √(M·N) there, in
metres. Around Changsha areas differ from the ellipsoid's by less than 0.05 %."""
PI = Decimal("3.141592653589793238462643383")
EXACT = Context(prec=28)


def edges_of(points: Sequence[Point]) -> list[Edge]:
    """The edges of a ring, the closing one last."""
    return list(pairwise([*points, points[0]]))


def turn(one: Point, other: Point, third: Point) -> int:
    """1 to the left, -1 to the right, 0 straight on."""
    value = (other[0] - one[0]) * (third[1] - one[1]) - (other[1] - one[1]) * (third[0] - one[0])
    return (value > 0) - (value < 0)


def goes_back(edge: Edge, behind: Edge) -> bool:
    """Whether the edge behind turns straight back over this one (both on one line)."""
    (a, b), (_, c) = edge, behind
    return (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) < 0


def meet(one: Edge, other: Edge) -> bool:
    """Whether two edges have a point in common."""
    (a, b), (c, d) = one, other
    if any(
        max(a[axis], b[axis]) < min(c[axis], d[axis])
        or max(c[axis], d[axis]) < min(a[axis], b[axis])
        for axis in (0, 1)
    ):
        return False
    return turn(a, b, c) * turn(a, b, d) <= 0 and turn(c, d, a) * turn(c, d, b) <= 0


@lru_cache(maxsize=4096)
def sine(degrees: Decimal) -> Decimal:
    """sin of degrees by its series, to the last digits of 28."""
    with localcontext(EXACT):
        angle = degrees * PI / 180
        term = total = angle
        place = 1
        while abs(term) > Decimal("1E-27"):
            term = -term * angle * angle / ((place + 1) * (place + 2))
            total += term
            place += 2
        return total


def _flat(points: Sequence[Point], origin: Point) -> list[Point]:
    """Points in metres from `origin` in the equal-area projection."""
    per_degree = RADIUS * PI / 180
    ground = sine(origin[1])
    return [((lon - origin[0]) * per_degree, (sine(lat) - ground) * RADIUS) for lon, lat in points]


def area_of(points: Sequence[Point]) -> Decimal:
    """The area within a ring in m²."""
    with localcontext(EXACT):
        edges = edges_of(_flat(points, points[0]))
        twice = sum((a[0] * b[1] - b[0] * a[1] for a, b in edges), Decimal(0))
        return abs(twice) / 2


def shared_area(one: Sequence[Point], other: Sequence[Point]) -> Decimal:
    """The area that two simple rings share in m².

    A ring is the sum of the signed strips under its edges; what two rings share is the sum over
    pairs of edges of what their strips share, which needs no cutting of polygons.
    """
    with localcontext(EXACT):
        origin = one[0][0], min(lat for _, lat in (*one, *other))
        first, second = (_strips(_flat(ring, origin)) for ring in (one, other))
        return abs(sum((_shared(a, b) for a in first for b in second), Decimal(0)))


@dataclass(frozen=True, slots=True)
class _Strip:
    """The ground under an edge, from left to right; `sign` tells which way the ring went."""

    left: Point
    right: Point
    sign: int

    def height(self, x: Decimal) -> Decimal:
        """The edge's height at x."""
        (x0, y0), (x1, y1) = self.left, self.right
        return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _strips(points: Sequence[Point]) -> list[_Strip]:
    return [
        _Strip(a, b, 1) if a[0] < b[0] else _Strip(b, a, -1)
        for a, b in edges_of(points)
        if a[0] != b[0]
    ]


def _shared(one: _Strip, other: _Strip) -> Decimal:
    """∫ min(height, height) dx where both stand, with the sign of both."""
    start, end = max(one.left[0], other.left[0]), min(one.right[0], other.right[0])
    if start >= end:
        return Decimal(0)
    begin, finish = one.height(start), one.height(end)
    apart, apart_then = begin - other.height(start), finish - other.height(end)
    if apart * apart_then >= 0:
        above = (max(apart, Decimal(0)) + max(apart_then, Decimal(0))) / 2
    else:  # they cross: a triangle of the one that is above
        high = max(apart, apart_then)
        above = high * high / (abs(apart) + abs(apart_then)) / 2
    return one.sign * other.sign * (end - start) * ((begin + finish) / 2 - above)
