"""A trace as tables that a regulator can sort: everything that moved, and every label range."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from core.clock import CHANGSHA
from core.http.exports import Cell, Table
from core.words import Words
from labels.shipment_models import DESTROYED
from labels.shipments import ShipmentView
from labels.trace_shape import Link, Range
from labels.trace_words import (
    ACCOUNT_WORDS,
    HAND_WORDS,
    LINK_WORDS,
    PLACE_WORDS,
    STATE_WORDS,
    UNREACHED_WORDS,
    number_in,
    unit_or_base,
)
from labels.tracing import Node, Traced

_MOVES = (
    ("what", Words("什么", "what")),
    ("when", Words("何时", "when")),
    ("batch", Words("批号", "batch")),
    ("product", Words("产品", "product")),
    ("form", Words("形态", "form")),
    ("party", Words("谁的", "whose")),
    ("to_batch", Words("去了哪批", "into batch")),
    ("to", Words("到谁那里", "to whom")),
    ("contact", Words("电话、地址", "phone, address")),
    ("quantity", Words("数量", "quantity")),
    ("unit", Words("单位", "unit")),
    ("epoch", Words("密钥期", "epoch")),
    ("first", Words("起始序号", "first serial")),
    ("last", Words("终止序号", "last serial")),
    ("labels", Words("标签枚数", "labels")),
    ("state", Words("状态", "state")),
    ("by", Words("谁记的", "put down by")),
    ("note", Words("说明", "note")),
)
_RANGES = (
    ("batch", Words("批号", "batch")),
    ("product", Words("产品", "product")),
    ("party", Words("谁的", "whose")),
    ("epoch", Words("密钥期", "epoch")),
    ("first", Words("起始序号", "first serial")),
    ("last", Words("终止序号", "last serial")),
    ("labels", Words("标签枚数", "labels")),
    ("quantity", Words("数量", "quantity")),
    ("unit", Words("单位", "unit")),
    ("state", Words("状态", "state")),
    ("place", Words("在哪里", "where")),
    ("to", Words("到谁那里", "to whom")),
    ("contact", Words("电话、地址", "phone, address")),
    ("shipped_on", Words("哪天发的", "shipped on")),
)
MOVES_NAME = Words("去向", "Moves")
RANGES_NAME = Words("标签序号", "Labels")
_HAND_OVER = Words("交接单", "hand-over")
_DIFFERENCE = Words("差", "lacking")
_SOLD = Words("散货卖出", "sold in bulk")
_SHIPPED = Words("发货", "shipped")
_RETURNED = Words("退回", "returned")
_DESTROYED = Words("销毁", "destroyed")
_LABELS = Words("标签", "labels")
_LEFT = Words("结存", "balance")
_UNREACHED = Words("追不到", "not reached")
Row = dict[str, Cell]


def moves_table(traced: Traced, language: str) -> Table:
    """One row for each link, shipment, return, label range, balance, and what was not reached."""
    said = partial(_said, language=language)
    rows: list[Row] = [
        *_links(traced, said),
        *_hands(traced, said),
        *_sales(traced, said),
        *_shipments(traced, said),
        *_labels(traced, said),
        *_balances(traced, said),
        *_unreached(traced, said),
    ]
    return _table(_MOVES, rows, language)


def ranges_table(traced: Traced, language: str) -> Table:
    """One row for each range of serials: state, where it is, and with whom."""
    said = partial(_said, language=language)
    rows = [
        {
            **_of(traced.nodes[one.batch]),
            **_serials(one),
            **_amount(traced.nodes[one.batch], one.count * traced.nets[one.run]),
            "state": said(STATE_WORDS[one.state]),
            "place": said(PLACE_WORDS[one.place]),
            **_sent(traced.shipments[one.shipment] if one.shipment else None),
        }
        for one in traced.ranges
    ]
    return _table(_RANGES, rows, language)


def _said(words: Words, language: str) -> str:
    return words.said_in(language)


def _table(columns: tuple[tuple[str, Words], ...], rows: list[Row], language: str) -> Table:
    keys = tuple(key for key, _ in columns)
    return Table(
        keys,
        tuple(words.said_in(language) for _, words in columns),
        tuple(tuple(row.get(key) for key in keys) for row in rows),
    )


def _moment(at: datetime) -> str:
    return f"{at.astimezone(CHANGSHA):%Y-%m-%d %H:%M}"


def _of(node: Node) -> Row:
    return {
        "batch": node.number,
        "product": node.product,
        "form": node.form,
        "party": node.party,
    }


def _amount(node: Node, amount: int) -> Row:
    symbol = unit_or_base(node.unit, node.base)
    return {"quantity": number_in(symbol, node.base, amount), "unit": symbol}


def _serials(one: Range) -> Row:
    return {"epoch": one.epoch, "first": one.first, "last": one.last, "labels": one.count}


def _contact(view: ShipmentView) -> str:
    return " ".join(text for text in (view.phone, view.address) if text)


def _sent(view: ShipmentView | None) -> Row:
    if view is None:
        return {}
    return {
        "to": view.consignee,
        "contact": _contact(view),
        "shipped_on": view.shipment.shipped_on,
    }


def _links(traced: Traced, said: partial[str]) -> Iterator[Row]:
    for link in traced.links:
        yield _link(traced.nodes[link.parent], traced.nodes[link.child], link, said)


def _link(parent: Node, child: Node, link: Link, said: partial[str]) -> Row:
    symbol = unit_or_base(parent.unit or child.unit, link.base)
    return {
        **_of(parent),
        "what": said(LINK_WORDS[link.kind]),
        "when": _moment(link.at),
        "to_batch": child.number,
        "to": child.party,
        "quantity": number_in(symbol, link.base, link.quantity),
        "unit": symbol,
        "by": link.who,
        "note": link.note,
    }


def _hands(traced: Traced, said: partial[str]) -> Iterator[Row]:
    for one in traced.hands:
        symbol = unit_or_base(one.unit, one.base)
        told = said(HAND_WORDS[one.state])
        if one.difference:
            lacking = number_in(symbol, one.base, one.difference)
            told = f"{told}; {said(_DIFFERENCE)} {lacking} {symbol}"
        sender = traced.nodes.get(one.batch)
        made = traced.nodes.get(one.made) if one.made else None
        yield {
            **(_of(sender) if sender else {"party": one.sender}),
            "what": said(_HAND_OVER),
            "when": _moment(one.sent_at),
            "to_batch": made.number if made else None,
            "to": one.receiver,
            "quantity": number_in(symbol, one.base, one.sent),
            "unit": symbol,
            "state": told,
            "by": one.sender,
            "note": one.number,
        }


def _sales(traced: Traced, said: partial[str]) -> Iterator[Row]:
    for one in traced.sales:
        node = traced.nodes[one.batch]
        yield {
            **_of(node),
            **_amount(node, one.quantity),
            "what": said(_SOLD),
            "when": one.happened_on.isoformat(),
            "to": one.buyer,
            "contact": one.contact,
            "by": node.party,
        }


def _shipments(traced: Traced, said: partial[str]) -> Iterator[Row]:
    for view in traced.shipments.values():
        row, node = view.shipment, traced.nodes[view.shipment.batch_id]
        told: Row = {
            **_of(node),
            "to": view.consignee,
            "contact": _contact(view),
            "epoch": row.run.epoch,
            "by": view.shipper,
        }
        yield {
            **told,
            **_amount(node, row.quantity),
            "what": said(_SHIPPED),
            "when": row.shipped_on.isoformat(),
            "first": row.first,
            "last": row.last,
            "labels": row.count,
            "note": row.note,
        }
        for back in row.returns:
            yield {
                **told,
                **_amount(node, back.quantity),
                "what": said(_DESTROYED if back.fate == DESTROYED else _RETURNED),
                "when": back.returned_on.isoformat(),
                "first": back.first,
                "last": back.last,
                "labels": back.count,
                "note": back.reason,
            }


def _labels(traced: Traced, said: partial[str]) -> Iterator[Row]:
    for one in traced.ranges:
        node = traced.nodes[one.batch]
        sent = _sent(traced.shipments[one.shipment] if one.shipment else None)
        yield {
            **_of(node),
            **_serials(one),
            **_amount(node, one.count * traced.nets[one.run]),
            **{key: sent[key] for key in ("to", "contact") if key in sent},
            "what": said(_LABELS),
            "state": f"{said(STATE_WORDS[one.state])} {said(PLACE_WORDS[one.place])}",
        }


def _balances(traced: Traced, said: partial[str]) -> Iterator[Row]:
    for batch, held in traced.held.items():
        for account, words in ACCOUNT_WORDS.items():
            if held.get(account):
                node = traced.nodes[batch]
                yield {
                    **_of(node),
                    **_amount(node, held[account]),
                    "what": said(_LEFT),
                    "state": said(words),
                }


def _unreached(traced: Traced, said: partial[str]) -> Iterator[Row]:
    for one in traced.unreached:
        node = traced.nodes[one.batch]
        yield {
            **_of(node),
            **({} if one.quantity is None else _amount(node, one.quantity)),
            "what": said(_UNREACHED),
            "state": said(UNREACHED_WORDS[one.kind]),
            "note": said(one.why),
        }
