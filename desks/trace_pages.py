"""追溯: the page of a trace, the same for authority and cooperative; each sees what it may."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _

from core.act import AUTHORITY
from core.http.acting import current_act
from core.pages.typography import thousands
from core.pages.views import say
from core.words import Words
from desks.form_texts import printable
from desks.forms import Entered, attempt, loaded
from desks.trace_graph import STANDS, picture, quantity
from labels.shipments import ShipmentView
from labels.trace_hands import BulkSale, Hand
from labels.trace_schemas import TraceQuery
from labels.trace_shape import BOTH, DIRECTIONS, OUT, Range
from labels.trace_starts import BATCH, START_KINDS, START_WORDS, Started
from labels.trace_views import csv_of, traced_of, workbook_of
from labels.trace_words import (
    ACCOUNT_WORDS,
    DIRECTION_WORDS,
    HAND_WORDS,
    LINK_WORDS,
    PLACE_WORDS,
    STATE_WORDS,
    UNREACHED_WORDS,
)
from labels.tracing import Node, Traced
from trace.batches.models import Batch

_HAND_STATES = {
    "under-way": "wait",
    "confirmed": "pass",
    "refused": "none",
    "withdrawn": "none",
}
SHOWN = 100
"""Rows of a table on the page; the rest stands in the file."""


@dataclass(frozen=True)
class Room:
    """Whose desk the page stands on."""

    desk: str
    look: str
    file: str
    batch: str
    recalls: str
    new_recall: str


@dataclass(frozen=True)
class Cut:
    """The first rows of a table, and how many more there are."""

    rows: list[Any]
    more: int


def trace_page(room: Room) -> Response:
    """The form, and the trace that was asked for with it."""
    if not request.args.get("id", "").strip():
        return Response(_page(room, Entered(), None))
    return attempt(
        lambda: _page(room, Entered(), _asked()), lambda entered: _page(room, entered, None)
    )


def trace_file(room: Room, kind: str) -> Response:
    """The trace as CSV or XLSX; the form again where it cannot be made."""
    make: Callable[[Traced], Response] = csv_of if kind == "csv" else workbook_of
    return attempt(lambda: make(_asked()), lambda entered: _page(room, entered, None))


def _asked() -> Traced:
    return traced_of(loaded(TraceQuery(), _boxes()))


def _boxes() -> dict[str, str]:
    boxes = {name: request.args.get(name, "").strip() for name in ("from", "id", "clause")}
    boxes["direction"] = request.args.get("direction", "") or BOTH
    return {name: text for name, text in boxes.items() if text}


def shown_id(start: Started) -> str:
    """What stands in the box: a batch that was named by its id is shown by its number."""
    if start.start.kind != BATCH or len(start.batches) != 1:
        return start.start.id
    return current_act().session.get_one(Batch, start.batches[0]).number


def start_choices() -> list[tuple[str, str]]:
    """What one can start from."""
    return [(kind, say(START_WORDS[kind])) for kind in START_KINDS]


def _page(room: Room, entered: Entered, traced: Traced | None) -> str:
    typed = {name: printable(text) for name, text in _boxes().items()}
    return render_template(
        "traces/trace.html",
        room=room,
        entered=entered,
        typed={"from": BATCH, "id": "", "clause": "", **typed},
        starts=start_choices(),
        directions=[(way, say(DIRECTION_WORDS[way])) for way in DIRECTIONS],
        traced=traced,
        **({} if traced is None else _told(room, traced, typed)),
    )


def _told(room: Room, traced: Traced, typed: dict[str, str]) -> dict[str, Any]:
    return {
        "graph": picture(traced, lambda node: _href(room, node)),
        "sums": _sums(traced),
        "batches": cut([_batch_row(room, traced, one) for one in traced.known]),
        "links": cut([_link_row(traced, link) for link in traced.links]),
        "shipments": cut([shipment_row(traced, view) for view in traced.shipments.values()]),
        "hands": cut([_hand_row(traced, one) for one in traced.hands]),
        "sales": cut([_sale_row(traced, one) for one in traced.sales]),
        "ranges": cut([_range_row(traced, one) for one in traced.ranges]),
        "unreached": cut([_gap_row(traced, one) for one in traced.unreached]),
        "csv": f"{url_for(room.file, kind='csv')}?{urlencode(typed)}",
        "xlsx": f"{url_for(room.file, kind='xlsx')}?{urlencode(typed)}",
        "shown_id": shown_id(traced.started),
        "may_recall": current_act().actor.is_a(AUTHORITY) or bool(traced.known),
        "asked": typed,
    }


def cut(rows: Sequence[Any]) -> Cut:
    """As many rows as a page shows."""
    return Cut(list(rows[:SHOWN]), max(0, len(rows) - SHOWN))


def _href(room: Room, node: Node) -> str:
    return url_for(room.batch, batch_id=node.id) if node.known else "#unreached"


def _sums(traced: Traced) -> list[tuple[str, str]]:
    """The trace in a few numbers."""
    out = sum(one.count for one in traced.ranges if one.place == OUT)
    active = sum(one.count for one in traced.ranges if one.state == "activated")
    labels = sum(one.count for one in traced.ranges)
    parties = len({node.party_id for node in traced.nodes.values()})
    return [
        (_("从哪里追"), say(traced.started.words)),
        (_("怎么追"), say(DIRECTION_WORDS[traced.direction])),
        (_("批次"), _("%(count)s 批，%(parties)s 家", count=len(traced.nodes), parties=parties)),
        (
            _("标签"),
            _(
                "%(all)s 枚，启用 %(active)s，发出 %(out)s",
                all=thousands(labels),
                active=thousands(active),
                out=thousands(out),
            ),
        ),
    ]


def _batch_row(room: Room, traced: Traced, one: uuid.UUID) -> dict[str, Any]:
    node = traced.nodes[one]
    state, word = STANDS[node.disposition]
    held = [
        f"{say(ACCOUNT_WORDS[account])} {quantity(node.base, node.unit, amount)}"
        for account, amount in traced.held.get(one, {}).items()
        if account in ACCOUNT_WORDS and amount > 0
    ]
    return {
        "node": node,
        "href": _href(room, node),
        "quantity": quantity(node.base, node.unit, node.quantity),
        "state": state,
        "word": say(word),
        "held": _("；").join(held),
        "start": one in traced.started.batches,
    }


def _link_row(traced: Traced, link: Any) -> dict[str, Any]:
    parent, child = traced.nodes[link.parent], traced.nodes[link.child]
    return {
        "kind": say(LINK_WORDS[link.kind]),
        "from": node_name(parent),
        "to": node_name(child),
        "quantity": quantity(link.base, parent.unit or child.unit, link.quantity),
        "at": link.at,
        "who": link.who,
        "note": link.note,
    }


def node_name(node: Node) -> str:
    """A batch by its number and party; a stranger's by its party alone."""
    return f"{node.number} {node.party}".strip()


def _hand_row(traced: Traced, one: Hand) -> dict[str, Any]:
    counted = quantity(one.base, one.unit, one.counted) if one.counted is not None else "—"
    lacking = quantity(one.base, one.unit, one.difference) if one.difference else ""
    return {
        "hand": one,
        "sent": quantity(one.base, one.unit, one.sent),
        "counted": counted,
        "difference": lacking,
        "state": _HAND_STATES[one.state],
        "word": say(HAND_WORDS[one.state]),
    }


def _sale_row(traced: Traced, one: BulkSale) -> dict[str, Any]:
    node = traced.nodes[one.batch]
    return {
        "sale": one,
        "number": node.number,
        "quantity": quantity(node.base, node.unit, one.quantity),
        "out": quantity(node.base, node.unit, one.out),
    }


def shipment_row(traced: Traced, view: ShipmentView) -> dict[str, Any]:
    """A shipment as the page tells it."""
    node = traced.nodes[view.shipment.batch_id]
    return {
        "view": view,
        "row": view.shipment,
        "number": node.number,
        "quantity": quantity(node.base, node.unit, view.shipment.quantity),
        "contact": " ".join(text for text in (view.phone, view.address) if text),
    }


def _range_row(traced: Traced, one: Range) -> dict[str, Any]:
    view = traced.shipments[one.shipment] if one.shipment else None
    return {
        "range": one,
        "number": traced.nodes[one.batch].number,
        "state": say(STATE_WORDS[one.state]),
        "place": view.consignee if view else say(PLACE_WORDS[one.place]),
        "word": "pass" if one.place == OUT else "none",
    }


def _gap_row(traced: Traced, one: Any) -> dict[str, Any]:
    node = traced.nodes[one.batch]
    return gap_row(node_name(node), one.kind, one.why, node.base, node.unit, one.quantity)


def gap_row(
    name: str, kind: str, why: Words, base: str, symbol: str, amount: int | None
) -> dict[str, Any]:
    """What cannot be reached, as the page tells it."""
    return {
        "name": name,
        "kind": say(UNREACHED_WORDS[kind]),
        "quantity": "" if amount is None else quantity(base, symbol, amount),
        "why": say(why),
    }
