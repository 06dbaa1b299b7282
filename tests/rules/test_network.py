"""The drawing of a graph: every box a link at a place of its own, arrows from left to right."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.pages.network import Arrow, Box, network

RECT = re.compile(r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"')


def box(key: int, column: int, *lines: str) -> Box:
    return Box(str(key), column, lines or (f"批次 {key}",), f"/b/{key}")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=25), st.data())
def test_boxes_never_overlap_and_columns_go_from_left_to_right(
    columns: list[int], data: st.DataObject
) -> None:
    boxes = [box(key, column) for key, column in enumerate(columns)]
    pairs = data.draw(st.lists(st.tuples(st.sampled_from(boxes), st.sampled_from(boxes))))
    arrows = [Arrow(a.key, b.key, "1 kg") for a, b in pairs if a.column < b.column]
    drawn = str(network(boxes, arrows, "谱系"))
    places = [tuple(map(int, found)) for found in RECT.findall(drawn)]
    assert len(places) == len(boxes) == drawn.count("<a href=")
    for one, (x, y, wide, tall) in enumerate(places):
        for other, (x2, y2, _, _) in enumerate(places):
            if one != other:
                assert x + wide <= x2 or x2 + wide <= x or y + tall <= y2 or y2 + tall <= y
            if columns[one] < columns[other]:
                assert x + wide < x2
    assert drawn.count('class="tip"') == len(arrows)


def test_texts_are_escaped_and_cut_to_the_box() -> None:
    drawn = str(network([box(1, 0, "<b>&", "很长的名称" * 9)], [], "谱系"))
    assert "&lt;b&gt;&amp;" in drawn and "<b>" not in drawn and "…</text>" in drawn
    assert "很长的名称" * 9 in drawn


def test_a_graph_needs_boxes_and_a_sentence() -> None:
    with pytest.raises(ValueError, match="needs boxes"):
        network([], [], "谱系")
    with pytest.raises(ValueError, match="a sentence"):
        network([box(1, 0)], [], " ")
