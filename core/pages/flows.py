"""What went into what, as bands from left to right: inline SVG made on the server.

As in the other charts, places along the page are per cent of the width and text keeps its size; the
bands alone are stretched with it. Amounts are whole numbers of one base.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from markupsafe import Markup, escape

from core.pages.charts import Said

_TALL = 150
"""Pixels that all of it would take as one bar."""
_THIN = 6
_WORDS = 40
"""Pixels for the two lines of words above a bar."""


@dataclass(frozen=True)
class Node:
    """What went in or came out: its name and, beneath, how much of it."""

    name: str
    amount: str


@dataclass(frozen=True)
class Flow:
    """So much of the source at this place went into the target at that one."""

    source: int
    target: int
    amount: int


@dataclass(frozen=True)
class _Bar:
    top: int
    height: int
    total: int

    def part(self, before: int, amount: int) -> tuple[int, int]:
        """From where to where on the bar an amount lies that comes after `before`."""
        first = Fraction(before * self.height, self.total)
        return self.top + round(first), self.top + round(
            first + Fraction(amount * self.height, self.total)
        )


def flow_chart(
    sources: Sequence[Node], targets: Sequence[Node], flows: Sequence[Flow], said: Said
) -> Markup:
    """Sources on the left, targets on the right, each band as thick as what it stands for.

    ValueError where nothing flows, or a source or target has no part in it.
    """
    whole = sum(flow.amount for flow in flows)
    if whole <= 0 or min(flow.amount for flow in flows) < 0:
        raise ValueError("a chart of flows needs amounts above 0")
    left = _column([_total(flows, source=n) for n in range(len(sources))], whole)
    right = _column([_total(flows, target=n) for n in range(len(targets))], whole)
    height = max(column[-1].top + column[-1].height for column in (left, right)) + 4
    bands = _bands(flows, left, right)
    parts = [
        f'<svg class="bands" x="2%" y="0" width="96%" height="{height}" '
        f'viewBox="0 0 100 {height}" preserveAspectRatio="none">{"".join(bands)}</svg>'
    ]
    for nodes, bars, x, words_at, anchor in (
        (sources, left, "0", "0", "start"),
        (targets, right, "98%", "100%", "end"),
    ):
        for node, bar in zip(nodes, bars, strict=True):
            parts.append(
                f'<rect class="end" x="{x}" y="{bar.top}" width="2%" height="{bar.height}"/>'
                f'<text class="strong" x="{words_at}" y="{bar.top - 24}" '
                f'text-anchor="{anchor}">{escape(node.name)}</text>'
                f'<text x="{words_at}" y="{bar.top - 7}" '
                f'text-anchor="{anchor}">{escape(node.amount)}</text>'
            )
    name = said.name
    return Markup(
        '<svg class="chart flow" height="{}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>'
    ).format(
        height, name, name, name, said.title, name, said.sentence, Markup("".join(parts))
    )  # fmt: skip


def _total(flows: Sequence[Flow], source: int | None = None, target: int | None = None) -> int:
    total = sum(flow.amount for flow in flows if source in (None, flow.source)
                and target in (None, flow.target))  # fmt: skip
    if total == 0:
        raise ValueError("every node has a part in the flows")
    return total


def _column(totals: Sequence[int], whole: int) -> list[_Bar]:
    bars, top = [], 0
    for total in totals:
        height = max(_THIN, round(Fraction(total * _TALL, whole)))
        bars.append(_Bar(top + _WORDS, height, total))
        top += _WORDS + height
    return bars


def _bands(flows: Sequence[Flow], left: Sequence[_Bar], right: Sequence[_Bar]) -> list[str]:
    given, taken = [0] * len(left), [0] * len(right)
    drawn = []
    for flow in flows:
        a, b = left[flow.source].part(given[flow.source], flow.amount)
        c, d = right[flow.target].part(taken[flow.target], flow.amount)
        given[flow.source] += flow.amount
        taken[flow.target] += flow.amount
        drawn.append(f'<path d="M0 {a}C50 {a} 50 {c} 100 {c}V{d}C50 {d} 50 {b} 0 {b}z"/>')
    return drawn
