"""RULE: the outline of a plot: read from GeoJSON, its area in 亩, its overlap with another.

GeoJSON is RFC 7946: one Polygon of one ring, WGS 84, longitude before latitude.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import Any

from products.errors import RuleError
from products.numbers import PLAIN_NUMBER
from products.plots.geometry import Point, area_of, edges_of, goes_back, meet, shared_area, turn

WEST, EAST = Decimal("111.3"), Decimal("114.8")
SOUTH, NORTH = Decimal("27.3"), Decimal("29.1")
"""Changsha lies within 111°53′–114°16′ E and 27°51′–28°41′ N; half a degree (some 50 km) around it
is taken, so that nothing real is refused, and swapped or foreign coordinates are."""
MOST_POINTS = 500
LONGEST_TEXT = 60_000
PLACES = Decimal("1E-7")
"""Coordinates keep seven places: a centimetre."""
LARGEST_MU = Decimal(100_000)
"""A whole township: more is a slip of the pen."""
SQUARE_METRES = Decimal(2000) / 3
"""1 亩 is 2000/3 m²."""
TELLING = Decimal("0.01")
"""The smallest area that is written, in 亩; a smaller overlap is not told."""


class OutlineError(RuleError):
    """An outline that cannot be taken."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A ring of (longitude, latitude) in degrees, its last point not repeated."""

    points: tuple[Point, ...]

    @property
    def kept(self) -> dict[str, Any]:
        """GeoJSON as the database keeps it: coordinates as texts."""
        ring = [[f"{lon:f}", f"{lat:f}"] for lon, lat in (*self.points, self.points[0])]
        return {"type": "Polygon", "coordinates": [ring]}

    @property
    def text(self) -> str:
        """GeoJSON for people and programs: coordinates as numbers, each as it was kept."""
        ring = ",".join(f"[{lon:f},{lat:f}]" for lon, lat in (*self.points, self.points[0]))
        return f'{{"type":"Polygon","coordinates":[[{ring}]]}}'

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """West, south, east, north in units of 10⁻⁷ degrees."""
        lons, lats = zip(*self.points, strict=True)
        return _units(min(lons)), _units(min(lats)), _units(max(lons)), _units(max(lats))


def _units(degrees: Decimal) -> int:
    return int(degrees / PLACES)


def stored_outline(kept: Mapping[str, Any]) -> Outline:
    """The outline that the database keeps."""
    ring = kept["coordinates"][0]
    return Outline(tuple((Decimal(lon), Decimal(lat)) for lon, lat in ring[:-1]))


# --- reading -------------------------------------------------------------------------------


def read_outline(given: object) -> Outline:
    """The outline of a GeoJSON Polygon, of a Feature with one, or of their text.

    OutlineError for anything else, an open ring, too many points, points far from Changsha, a ring
    that crosses or touches itself, and one without area.
    """
    ring = _ring(_parsed(given) if isinstance(given, str) else given)
    points = [_point(pair, number) for number, pair in enumerate(ring, start=1)]
    if points[0] != points[-1]:
        raise OutlineError(
            "outline-open",
            "轮廓没有闭合：最后一个点要和第一个点相同",
            "The ring is not closed: its last point must be its first",
        )
    corners = tuple(one for one, other in pairwise(points) if one != other)
    if len(corners) < 3:
        raise OutlineError(
            "outline-too-few", "轮廓至少要三个不同的点", "An outline needs three different points"
        )
    _check_simple(corners)
    made = Outline(corners)
    if not TELLING <= area_mu(made) <= LARGEST_MU:
        raise OutlineError(
            "outline-area",
            f"轮廓围出 {area_mu(made):f} 亩，应在 {TELLING} 亩到 {LARGEST_MU} 亩之间",
            f"The outline holds {area_mu(made):f} mu; it must be {TELLING} to {LARGEST_MU} mu",
        )
    return made


def _parsed(text: str) -> object:
    if len(text) > LONGEST_TEXT:
        raise OutlineError(
            "outline-too-long",
            f"轮廓文字太长，最多 {LONGEST_TEXT} 个字符",
            f"The outline is too long, at most {LONGEST_TEXT} characters",
        )
    try:
        parsed: object = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as broken:
        raise OutlineError(
            "outline-unreadable",
            "这不是 GeoJSON：请整段复制导出的内容",
            "This is not GeoJSON: copy the whole of what was exported",
        ) from broken
    return parsed


def _ring(given: object) -> Sequence[object]:
    """The one ring of a Polygon, wrapped in a Feature or not."""
    if isinstance(given, Mapping) and given.get("type") == "FeatureCollection":
        features = given.get("features")
        given = features[0] if isinstance(features, list) and len(features) == 1 else None
    if isinstance(given, Mapping) and given.get("type") == "Feature":
        given = given.get("geometry")
    if not isinstance(given, Mapping) or given.get("type") != "Polygon":
        raise OutlineError(
            "outline-kind",
            "轮廓要是一个 GeoJSON Polygon（一块地一个）",
            "An outline is one GeoJSON Polygon",
        )
    rings = given.get("coordinates")
    if not isinstance(rings, list | tuple) or len(rings) != 1:
        raise OutlineError(
            "outline-rings",
            "轮廓只能有一圈，中间不能挖空；中间不算的，请画成几块地",
            "An outline has one ring without holes; draw several plots instead",
        )
    ring = rings[0]
    if not isinstance(ring, list | tuple) or not 4 <= len(ring) <= MOST_POINTS + 1:
        raise OutlineError(
            "outline-points",
            f"轮廓要有 4 到 {MOST_POINTS + 1} 个点（首尾同一点）；太多请先简化",
            f"A ring has 4 to {MOST_POINTS + 1} points, first and last the same; simplify it first",
        )
    return ring


def _point(pair: object, number: int) -> Point:
    if not isinstance(pair, list | tuple) or not 2 <= len(pair) <= 3:
        raise _bad_point(number)
    lon, lat = (_degrees(value, number) for value in pair[:2])
    if WEST <= lon <= EAST and SOUTH <= lat <= NORTH:
        return lon.quantize(PLACES), lat.quantize(PLACES)
    if WEST <= lat <= EAST and SOUTH <= lon <= NORTH:
        raise OutlineError(
            "outline-swapped",
            f"第 {number} 个点经纬度写反了：先经度（112…），后纬度（28…）",
            f"Point {number} has latitude and longitude swapped: longitude first",
        )
    raise OutlineError(
        "outline-far",
        f"第 {number} 个点不在长沙一带（经度 {WEST}–{EAST}，纬度 {SOUTH}–{NORTH}，WGS 84）",
        f"Point {number} is not near Changsha (longitude {WEST} to {EAST}, latitude {SOUTH} to "
        f"{NORTH}, WGS 84)",
    )


def _degrees(value: object, number: int) -> Decimal:
    """A coordinate; JSON numbers that came as floats keep the digits that they are written with."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise _bad_point(number)
    text = value if isinstance(value, str) else str(value)
    if isinstance(value, str | int) and not (len(text) <= 30 and PLAIN_NUMBER.fullmatch(text)):
        raise _bad_point(number)
    degrees = Decimal(text)
    if not degrees.is_finite():
        raise _bad_point(number)
    return degrees


def _bad_point(number: int) -> OutlineError:
    return OutlineError(
        "outline-point",
        f"第 {number} 个点读不出来：应是 [经度, 纬度] 两个数",
        f"Point {number} cannot be read: it is [longitude, latitude], two numbers",
    )


def _check_simple(corners: Sequence[Point]) -> None:
    """OutlineError where two edges meet that are not neighbours, or an edge goes back on itself."""
    edges = edges_of(corners)
    last = len(edges) - 1
    for place, edge in enumerate(edges):
        behind = edges[(place + 1) % len(edges)]
        if turn(*edge, behind[1]) == 0 and goes_back(edge, behind):
            raise _crossing(place + 1, (place + 1) % len(edges) + 1)
        for far in range(place + 2, len(edges)):
            if (place, far) != (0, last) and meet(edge, edges[far]):
                raise _crossing(place + 1, far + 1)


def _crossing(one: int, other: int) -> OutlineError:
    return OutlineError(
        "outline-crossing",
        f"轮廓自己交叉：从第 {one} 个点和第 {other} 个点出发的两条边相碰，请按顺序绕一圈",
        f"The outline crosses itself: the edges from points {one} and {other} meet; go round once",
    )


# --- measuring -----------------------------------------------------------------------------


def area_mu(outline: Outline) -> Decimal:
    """The area within an outline in 亩, to 0.01."""
    return _in_mu(area_of(outline.points))


def _in_mu(square_metres: Decimal) -> Decimal:
    return (square_metres / SQUARE_METRES).quantize(TELLING, rounding=ROUND_HALF_EVEN)


def differs(stated: Decimal, measured: Decimal) -> bool:
    """Whether the area from the outline and the stated one are more than 10 % of it apart."""
    return abs(measured - stated) * 10 > stated


def overlap_mu(one: Outline, other: Outline) -> Decimal:
    """The area that two outlines share in 亩, to 0.01."""
    if not _near(one.bounds, other.bounds):
        return Decimal("0.00")
    return _in_mu(shared_area(one.points, other.points))


def _near(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip
