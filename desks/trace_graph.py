"""The picture of a trace: a box for each batch, or one for each column where there are too many."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from core.pages.drawing import State
from core.pages.network import Arrow, Box, network
from core.pages.typography import amount as written
from core.pages.typography import thousands
from core.pages.views import say
from core.words import Words
from labels.trace_shape import OUT, columns
from labels.trace_words import LINK_WORDS, number_in, unit_or_base
from labels.tracing import Node, Traced
from products.units import unit

MOST_BOXES = 60
STANDS: dict[str, tuple[State, Words]] = {
    "": ("none", Words("没有放行", "not released")),
    "release": ("pass", Words("放行", "released")),
    "hold": ("wait", Words("封存", "on hold")),
    "lift": ("none", Words("没有放行", "not released")),
    "reject": ("fail", Words("拒收", "rejected")),
    "recall": ("fail", Words("召回", "recalled")),
    "concession": ("none", Words("让步放行", "ordinary goods")),
}


def quantity(base: str, symbol: str, amount: int) -> str:
    """An amount of a base in a unit: 240 kg."""
    told = unit_or_base(symbol, base)
    return written(number_in(told, base, amount), say(unit(told).names) if told else "")


def picture(traced: Traced, href: Callable[[Node], str]) -> Markup:
    """The graph of a trace; `href` says where a batch leads."""
    place = columns(traced.nodes, traced.links)
    if len(traced.nodes) > MOST_BOXES:
        return _grouped(traced, place)
    boxes = [_box(traced, node, place[node.id], href(node)) for node in traced.nodes.values()]
    arrows = [
        Arrow(
            str(link.parent),
            str(link.child),
            f"{say(LINK_WORDS[link.kind])} "
            + quantity(link.base, traced.nodes[link.parent].unit, link.quantity),
        )
        for link in traced.links
    ]
    return network(boxes, arrows, _sentence(traced))


def _sentence(traced: Traced) -> str:
    return str(
        _(
            "谱系图：%(batches)s 批，%(links)s 次去向；下面的表里逐条写着。",
            batches=len(traced.nodes),
            links=len(traced.links),
        )
    )


def _box(traced: Traced, node: Node, column: int, href: str) -> Box:
    strong = node.id in traced.started.batches
    if not node.known:
        told = (node.party, str(_("别的单位的批次")))
        return Box(str(node.id), column, told, href, "none", strong)
    state, word = STANDS[node.disposition]
    lines = (
        node.number,
        f"{node.product} {quantity(node.base, node.unit, node.quantity)}",
        say(word) + _labels(traced, [node.id]),
    )
    return Box(str(node.id), column, lines, href, state, strong)


def _labels(traced: Traced, batches: Sequence[uuid.UUID]) -> str:
    """How many labels these batches have, and how many of them are out."""
    ranges = [one for batch in batches for one in traced.ranges_of.get(batch, ())]
    labels = sum(one.count for one in ranges)
    if not labels:
        return ""
    out = sum(one.count for one in ranges if one.place == OUT)
    return str(_("，标签 %(all)s，发出 %(out)s", all=thousands(labels), out=thousands(out)))


def _grouped(traced: Traced, place: dict[uuid.UUID, int]) -> Markup:
    """One box for each column, with what is in it."""
    inside: dict[int, list[uuid.UUID]] = {}
    for batch, column in place.items():
        inside.setdefault(column, []).append(batch)
    boxes = []
    for column, batches in sorted(inside.items()):
        parties = len({traced.nodes[one].party_id for one in batches})
        lines = (
            str(ngettext("%(num)s 批", "%(num)s 批", len(batches))),
            str(ngettext("%(num)s 家", "%(num)s 家", parties)),
            _labels(traced, batches).lstrip("，, "),
        )
        strong = any(one in traced.started.batches for one in batches)
        boxes.append(Box(str(column), column, lines, "#batches", "none", strong))
    counted = Counter((place[link.parent], place[link.child]) for link in traced.links)
    arrows = [
        Arrow(str(start), str(end), str(ngettext("%(num)s 次", "%(num)s 次", number)))
        for (start, end), number in sorted(counted.items())
    ]
    return network(boxes, arrows, _sentence(traced))
