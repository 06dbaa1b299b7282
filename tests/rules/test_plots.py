"""Outlines of plots, their areas and overlaps, and what approved plots may give."""

import json
import math
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.plots.allowance import granted, in_season
from products.plots.drawing import drawn, scale_bar
from products.plots.outline import (
    MOST_POINTS,
    Outline,
    OutlineError,
    area_mu,
    differs,
    overlap_mu,
    read_outline,
    stored_outline,
)

LON, LAT = 113.2, 28.3
Ring = list[list[float]]


def polygon(ring: Ring, *, closed: bool = True) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]] if closed else ring]}


def box(west: float, south: float, wide: float, tall: float) -> Outline:
    """A rectangle in units of 10⁻⁵ degrees from LON, LAT."""
    x, y = LON + west * 1e-5, LAT + south * 1e-5
    ring = [[x, y], [x + wide * 1e-5, y], [x + wide * 1e-5, y + tall * 1e-5], [x, y + tall * 1e-5]]
    return read_outline(polygon([[round(a, 7), round(b, 7)] for a, b in ring]))


def ellipsoid_mu(south: float, north: float, wide: float) -> float:
    """The area between two parallels and two meridians on WGS 84 by Simpson's rule, in 亩."""
    semi, flat = 6378137.0, 1 / 298.257223563
    e2 = flat * (2 - flat)

    def band(degrees: float) -> float:
        sine = math.sin(math.radians(degrees))
        w = 1 - e2 * sine * sine
        return semi * semi * (1 - e2) * math.cos(math.radians(degrees)) / (w * w)

    step = math.radians(north - south)
    mean = (band(south) + 4 * band((south + north) / 2) + band(north)) / 6
    return mean * step * math.radians(wide) / (2000 / 3)


# --- area ----------------------------------------------------------------------------------


@pytest.mark.parametrize("south", [27.9, 28.2, 28.6])
def test_an_area_is_that_of_the_ellipsoid_within_a_twentieth_of_a_per_cent(south: float) -> None:
    ring = [[113.0, south], [113.01, south], [113.01, south + 0.01], [113.0, south + 0.01]]
    measured = float(area_mu(read_outline(polygon([[round(x, 4), round(y, 4)] for x, y in ring]))))
    assert measured == pytest.approx(ellipsoid_mu(south, south + 0.01, 0.01), rel=5e-4)


def test_an_area_does_not_depend_on_the_way_round_nor_on_where_it_begins() -> None:
    ring = [[113.2, 28.3], [113.203, 28.3005], [113.2025, 28.303], [113.2005, 28.3025]]
    areas = {
        area_mu(read_outline(polygon(turned)))
        for start in range(4)
        for turned in (ring[start:] + ring[:start], (ring[start:] + ring[:start])[::-1])
    }
    assert len(areas) == 1 and areas.pop() > 100


def test_a_hundredth_of_a_degree_square_is_about_1600_mu() -> None:
    # 0.01° of latitude is 1 108.2 m, of longitude at 28.3° 981.0 m on the ellipsoid
    assert area_mu(box(0, 0, 1000, 1000)) == pytest.approx(Decimal("1630.7"), abs=Decimal("1.5"))


def test_ten_per_cent_is_still_alike() -> None:
    assert not differs(Decimal("10"), Decimal("11.00"))
    assert not differs(Decimal("10"), Decimal("9.00"))
    assert differs(Decimal("10"), Decimal("11.01"))
    assert differs(Decimal("10"), Decimal("8.99"))


# --- overlap -------------------------------------------------------------------------------


def test_neighbours_that_share_a_border_do_not_overlap() -> None:
    assert overlap_mu(box(0, 0, 100, 100), box(100, 0, 100, 100)) == 0
    assert overlap_mu(box(0, 0, 100, 100), box(0, 100, 100, 100)) == 0
    assert overlap_mu(box(0, 0, 100, 100), box(300, 300, 10, 10)) == 0


def test_a_plot_within_another_overlaps_by_all_of_it() -> None:
    inner = box(20, 30, 40, 50)
    assert overlap_mu(inner, box(0, 0, 200, 200)) == area_mu(inner)
    assert overlap_mu(inner, inner) == area_mu(inner)


def test_what_lies_in_the_notch_of_a_bent_plot_is_no_overlap() -> None:
    bent = [[0, 0], [300, 0], [300, 300], [200, 300], [200, 100], [100, 100], [100, 300], [0, 300]]
    ring = [[round(LON + x * 1e-5, 7), round(LAT + y * 1e-5, 7)] for x, y in bent]
    outline = read_outline(polygon(ring))
    assert overlap_mu(outline, box(110, 150, 80, 100)) == 0
    arms = 2 * area_mu(box(50, 150, 50, 50))
    assert abs(overlap_mu(outline, box(50, 150, 200, 50)) - arms) <= Decimal("0.01")


coordinate = st.integers(0, 60)
side = st.integers(5, 60)
rectangle = st.tuples(coordinate, coordinate, side, side)


@settings(max_examples=60, deadline=None)
@given(rectangle, rectangle)
def test_rectangles_overlap_by_their_common_rectangle(one: Any, other: Any) -> None:
    left, low = max(one[0], other[0]), max(one[1], other[1])
    right, high = (min(one[axis] + one[axis + 2], other[axis] + other[axis + 2]) for axis in (0, 1))
    first, second = box(*one), box(*other)
    shared = overlap_mu(first, second)
    if right <= left or high <= low:
        assert shared == 0
    else:
        common = ellipsoid_mu(LAT + low * 1e-5, LAT + high * 1e-5, (right - left) * 1e-5)
        assert float(shared) == pytest.approx(common, rel=1e-3, abs=0.006)
    assert shared == overlap_mu(second, first)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(100, 200), st.integers(1, 40)), min_size=3, max_size=9),
    rectangle,
)
def test_two_halves_of_a_star_overlap_a_rectangle_by_as_much_as_the_star(
    spokes: list[tuple[int, int]], other: Any
) -> None:
    """A fan over rising angles is cut by a line from its middle: nothing is lost, nothing twice."""
    angles = [math.pi * n / len(spokes) for n in range(len(spokes))]
    edge = [
        (100 + far * math.cos(a), 100 + far * math.sin(a))
        for (far, _), a in zip(spokes, angles, strict=True)
    ]
    cut = len(edge) // 2
    assert 0 < cut < len(edge)

    def fan(points: list[tuple[float, float]]) -> Outline:
        ring = [(100.0, 100.0), *points]
        return Outline(
            tuple(
                (Decimal(f"{LON + x * 1e-5:.7f}"), Decimal(f"{LAT + y * 1e-5:.7f}"))
                for x, y in ring
            )
        )

    whole, first, second = fan(edge), fan(edge[: cut + 1]), fan(edge[cut:])
    wall = box(other[0] + 60, other[1] + 60, other[2], other[3])
    parts = sum(
        (overlap_mu(part, wall) for part in (first, second) if len(part.points) > 2), Decimal(0)
    )
    assert abs(overlap_mu(whole, wall) - parts) <= Decimal("0.02")


# --- reading -------------------------------------------------------------------------------


def refused(given: object) -> str:
    with pytest.raises(OutlineError) as said:
        read_outline(given)
    assert said.value.words.zh and said.value.words.en
    return said.value.code


def test_text_numbers_and_texts_of_numbers_read_alike() -> None:
    ring = [[113.2, 28.3], [113.203, 28.3], [113.203, 28.302]]
    texts = [[f"{x}", f"{y}"] for x, y in ring]
    made = read_outline(polygon(ring))
    feature = {"type": "Feature", "properties": {}, "geometry": polygon(ring)}
    for given_ in (
        json.dumps(polygon(ring)),
        polygon(texts),  # type: ignore[arg-type]
        feature,
        {"type": "FeatureCollection", "features": [feature]},
        polygon([[*point, 88.5] for point in ring]),
        json.dumps(feature, indent=2),
    ):
        assert read_outline(given_) == made
    assert stored_outline(json.loads(json.dumps(made.kept))) == made
    assert read_outline(made.text) == made
    assert made.bounds == (1132000000, 283000000, 1132030000, 283020000)


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ("", "outline-unreadable"),
        ("[1, 2", "outline-unreadable"),
        ("[" * 50_000, "outline-unreadable"),
        (" " * 60_001, "outline-too-long"),
        ("null", "outline-kind"),
        ({"type": "Point", "coordinates": [113.2, 28.3]}, "outline-kind"),
        ({"type": "MultiPolygon", "coordinates": []}, "outline-kind"),
        ({"type": "FeatureCollection", "features": []}, "outline-kind"),
        ({"type": "Polygon"}, "outline-rings"),
        ({"type": "Polygon", "coordinates": [[], []]}, "outline-rings"),
        ({"type": "Polygon", "coordinates": [[[113.2, 28.3]] * 3]}, "outline-points"),
        ({"type": "Polygon", "coordinates": [[[113.2, 28.3]] * (MOST_POINTS + 2)]}, "outline-points"),
        ({"type": "Polygon", "coordinates": [[[113.2, 28.3]] * 5]}, "outline-too-few"),
        (polygon([[113.2, 28.3], [113.2], [113.3, 28.4]]), "outline-point"),
        (polygon([[113.2, 28.3], [True, 28.3], [113.3, 28.4]]), "outline-point"),
        (polygon([[113.2, 28.3], [math.nan, 28.3], [113.3, 28.4]]), "outline-point"),
        (polygon([[113.2, 28.3], [math.inf, 28.3], [113.3, 28.4]]), "outline-point"),
        (polygon([[113.2, 28.3], ["1e2", 28.3], [113.3, 28.4]]), "outline-point"),  # type: ignore[list-item]
        ('{"type":"Polygon","coordinates":[[[1e999999999,28],[113,28],[113,28.1],[1,1]]]}',
         "outline-far"),
        (polygon([[28.3, 113.2], [28.3, 113.203], [28.302, 113.203]]), "outline-swapped"),
        (polygon([[116.4, 39.9], [116.5, 39.9], [116.5, 40.0]]), "outline-far"),
        (polygon([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), "outline-far"),
        (polygon([[113.2, 28.3], [113.203, 28.3], [113.203, 28.302]], closed=False), "outline-open"),
    ],
)  # fmt: skip
def test_what_is_no_outline_is_refused_with_its_reason(given_: object, code: str) -> None:
    if code == "outline-open":
        given_ = {"type": "Polygon", "coordinates": [[[113.2, 28.3], [113.203, 28.3],
                  [113.203, 28.302], [113.2, 28.302]]]}  # fmt: skip
    assert refused(given_) == code


def test_an_outline_that_crosses_or_goes_back_on_itself_is_refused() -> None:
    bow = [[113.2, 28.3], [113.21, 28.31], [113.21, 28.3], [113.2, 28.31]]
    spike = [[113.2, 28.3], [113.21, 28.3], [113.205, 28.3], [113.205, 28.31]]
    touch = [[113.2, 28.3], [113.22, 28.3], [113.22, 28.32], [113.21, 28.3], [113.2, 28.32]]
    for ring in (bow, spike, touch):
        assert refused(polygon(ring)) == "outline-crossing"


def test_an_outline_of_nothing_or_of_a_whole_county_is_refused() -> None:
    speck = [[113.2, 28.3], [113.2000001, 28.3], [113.2000001, 28.3000001]]
    county = [[112.5, 28.0], [113.5, 28.0], [113.5, 28.9]]
    assert refused(polygon(speck)) == refused(polygon(county)) == "outline-area"


# --- drawing -------------------------------------------------------------------------------


def test_outlines_are_drawn_on_the_paper_north_up_and_true_to_shape() -> None:
    picture = drawn([box(0, 0, 100, 100), box(0, 200, 100, 100)], 300, 200)
    assert picture.middles[1][1] < picture.middles[0][1], "the northern one stands above"
    for path in picture.paths:
        points = [tuple(map(int, p.split())) for p in path.strip("Mz").split("L")]
        assert all(0 <= x <= 300 and 0 <= y <= 200 for x, y in points)
        wide = max(x for x, _ in points) - min(x for x, _ in points)
        tall = max(y for _, y in points) - min(y for _, y in points)
        assert wide / tall == pytest.approx(math.cos(math.radians(LAT)), abs=0.05)
    metres, units = scale_bar(picture)
    assert metres == 100 and units == pytest.approx(100 / float(picture.metres), abs=1)
    with pytest.raises(ValueError, match="nothing"):
        drawn([], 10, 10)


# --- allowance -----------------------------------------------------------------------------


def test_the_allowance_is_the_approved_area_times_the_cap_rounded_down_once() -> None:
    assert granted([Decimal("12.50"), Decimal("7.25")], 1_000_000) == 19_750_000
    assert granted([Decimal("0.33"), Decimal("0.33"), Decimal("0.34")], 3) == 3
    assert granted([Decimal("0.50")], 3) == 1
    assert granted([], 5) == 0
    with pytest.raises(ValueError, match="negative"):
        granted([Decimal("-1")], 5)


@given(st.lists(st.decimals(0, 1000, places=2), max_size=20), st.integers(0, 10**9))
def test_the_allowance_never_exceeds_the_exact_product(areas: list[Decimal], cap: int) -> None:
    exact = sum((Fraction(area) for area in areas), Fraction(0)) * cap
    assert 0 <= exact - granted(areas, cap) < 1


def test_a_season_counts_both_its_ends_and_is_open_where_nobody_set_one() -> None:
    first, last = date(2026, 3, 1), date(2026, 5, 31)
    assert in_season(first, first, last) and in_season(last, first, last)
    assert not in_season(date(2026, 2, 28), first, last)
    assert not in_season(date(2026, 6, 1), first, last)
    assert in_season(date(2026, 1, 1), None, last) and in_season(date(2026, 12, 31), first, None)
