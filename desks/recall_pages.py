"""召回: the pages of recalls and drills, the same for authority and cooperative."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from core.act import AUTHORITY, Act
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.pages.typography import thousands
from core.pages.views import say
from core.words import Words
from desks.cooperative_labels import whole
from desks.entered import posted, under
from desks.form_texts import printable, texts
from desks.forms import Entered, attempt, loaded
from desks.trace_graph import quantity
from desks.trace_pages import Room, cut, gap_row, node_name, shown_id, start_choices
from labels import recalls as calling
from labels.recall_answers import answer
from labels.recall_booking import AnswerDraft
from labels.recall_closing import ClosingDraft, close_recall
from labels.recall_models import (
    DESTROYED,
    DRILL,
    HELD,
    NONE,
    RECALL,
    RETURNED,
    SOLD,
    Recall,
    RecallAnswer,
)
from labels.recall_reading import HolderView, RecallView, recall_view
from labels.recall_schemas import RecallAnswerIn, RecallClosingIn, RecallIn, StartQuery
from labels.recall_views import ahead_of
from labels.trace_starts import BATCH, Start
from labels.trace_words import ACCOUNT_WORDS
from labels.views import current_press
from trace.books.models import MARKET, STOCK, TRANSIT

ANSWER, CLOSING = "answer", "closing"
PAGE = 20
TOLD_WORDS = {
    RETURNED: Words("退回了", "returned"),
    DESTROYED: Words("销毁了", "destroyed"),
    HELD: Words("还在手里，已停售", "still held, not for sale"),
    SOLD: Words("已经卖掉", "sold on"),
    NONE: Words("没有答复", "no answer"),
}
_SEALS = {"drill": "召回演练", "closed": "召回办结", "open": "正在召回"}
_ANSWER = ("told", "item", "first", "last", "quantity", "unit", "note")
_TOLD_OF = {MARKET: (RETURNED, DESTROYED, HELD, SOLD), TRANSIT: (HELD,)}


@dataclass(frozen=True)
class ItemView:
    """One thing that a holder held, and what can be said of it."""

    place: int
    account: str
    number: str
    product: str
    amount: str
    spans: str
    choices: list[tuple[str, str]]
    goods: bool
    unit: str
    first: str
    last: str


@dataclass(frozen=True)
class HolderRow:
    """A holder on the page: how to reach it, what it held, what it said."""

    view: HolderView
    contact: str
    items: list[ItemView]
    answers: list[dict[str, Any]]


# --- the list, and a new one ----------------------------------------------------------------


def list_page(room: Room) -> str:
    """Recalls and drills that one may know of, newest first."""
    act = current_act()
    page = page_of(
        act.session, calling.recalls_seen_by(act), Recall.opened_at, Recall.id,
        after=request.args.get("after"), size=PAGE,
    )  # fmt: skip
    return render_template(
        "recalls/recalls.html",
        room=room,
        page=page,
        rows=[_list_row(row) for row in page.rows],
        here=room.recalls.partition(".")[0],
    )


def _list_row(row: Recall) -> dict[str, Any]:
    return {
        "row": row,
        "drill": row.kind == DRILL,
        "open": row.closed_at is None,
        "party": row.party.name if row.party else "—",
    }


def new_page(room: Room) -> Response:
    """Where from, and what a recall would reach; then the reason, and the decision."""
    if "id" not in _start_boxes():
        return Response(_new(room, Entered(), None))
    return attempt(
        lambda: _new(room, Entered(), ahead_of(loaded(StartQuery(), _start_boxes()))),
        lambda again: _new(room, again, None),
    )


def _start_boxes() -> dict[str, str]:
    boxes = {name: request.values.get(name, "").strip() for name in ("from", "id", "clause")}
    return {name: text for name, text in boxes.items() if text}


def _new(room: Room, entered: Entered, ahead: calling.Ahead | None) -> str:
    typed = {name: printable(text) for name, text in _start_boxes().items()}
    return render_template(
        "recalls/new.html",
        room=room,
        entered=entered,
        typed={"from": BATCH, "id": "", "clause": "", **typed},
        starts=start_choices(),
        ahead=ahead,
        shown_id=shown_id(ahead.started) if ahead else "",
        gaps=cut(_gaps_ahead(ahead)) if ahead else None,
        shares=[_share(base, one.found, one.left) for base, one in ahead.shares.items()]
        if ahead
        else [],
    )


def _gaps_ahead(ahead: calling.Ahead) -> list[dict[str, Any]]:
    """What would not be reached."""
    found = []
    for one in ahead.unreached:
        node = ahead.nodes[one.batch]
        found.append(
            gap_row(node_name(node), one.kind, one.why, node.base, node.unit, one.quantity)
        )
    return found


def open_recall(room: Room) -> Response:
    """Decide it, or hold the drill."""
    return attempt(lambda: _open(room), lambda entered: _new(room, entered, _ahead_or_none()))


def _ahead_or_none() -> calling.Ahead | None:
    found: list[calling.Ahead] = []

    def look() -> str:
        found.append(ahead_of(loaded(StartQuery(), _start_boxes())))
        return ""

    attempt(look, lambda _entered: "")
    return found[0] if found else None


@writes
def _open(room: Room) -> AnyResponse:
    boxes = {**_start_boxes(), **texts(("kind", "reason"))}
    draft = loaded(RecallIn(), boxes)
    start = Start(draft["start"], draft["id"], draft["clause"])
    decided = calling.RecallDraft(draft["kind"], start, draft["reason"])
    row = calling.open_recall(current_act(), current_press(), decided)
    if row.kind == RECALL:
        said = _(
            "已召回 %(batches)s 批、%(labels)s 枚标签；下一步联系 %(holders)s 家持货方。",
            batches=thousands(row.batches),
            labels=thousands(row.labels),
            holders=thousands(row.holders),
        )
    else:
        said = _("演练做完了，用了 %(time)s 毫秒；什么都没有停。", time=thousands(row.milliseconds))
    flash(said, "pass")
    return redirect(url_for(f"{room.recalls.partition('.')[0]}.recall", recall_id=row.id), 303)


# --- one recall -----------------------------------------------------------------------------


def recall_page(room: Room, recall_id: UUID, entered: Entered, *, report: bool = False) -> str:
    """A recall, its holders, their answers; the same as a report to be printed."""
    act = current_act()
    row = calling.visible_recall(act, recall_id)
    view = recall_view(act, row)
    decider = act.actor.is_a(AUTHORITY) or row.party_id == act.actor.party
    return render_template(
        "recalls/report.html" if report else "recalls/recall.html",
        room=room,
        entered=entered,
        view=view,
        recall=row,
        drill=row.kind == DRILL,
        holders=[_holder_row(one) for one in view.holders],
        shares=_shares(row) if decider else [],
        gaps=cut([_kept_gap(one) for one in row.unreached if _may_know(act, one)]),
        sums=_sums(view),
        here=room.recalls.partition(".")[0],
        decider=decider,
        now=act.at,
        seals=_SEALS,
    )


def _holder_row(view: HolderView) -> HolderRow:
    held = view.holder.held
    return HolderRow(
        view,
        " ".join(text for text in (view.phone, view.address) if text),
        [_item(place, item) for place, item in enumerate(held)],
        [_answer(one, held) for one in view.answers],
    )


def _item(place: int, item: dict[str, Any]) -> ItemView:
    account, spans = item["account"], item["spans"]
    kinds = _TOLD_OF.get(account, (DESTROYED, HELD))
    return ItemView(
        place,
        say(ACCOUNT_WORDS[account]) if account != MARKET else _("收到的货"),
        item["number"],
        item["product"],
        quantity(item["base"], item["unit"], int(item["quantity"])),
        _("、").join(f"{first}–{last}" for first, last in spans),
        [(kind, say(TOLD_WORDS[kind])) for kind in kinds],
        account in (STOCK, TRANSIT) or item["sale"] is not None,
        item["unit"],
        str(spans[0][0]) if spans else "",
        str(spans[0][1]) if spans else "",
    )


def _answer(one: RecallAnswer, held: list[dict[str, Any]]) -> dict[str, Any]:
    item = held[one.item] if one.item is not None else None
    amount = "" if item is None else quantity(item["base"], item["unit"], one.quantity or 0)
    return {
        "told": say(TOLD_WORDS[one.told]),
        "state": "none" if one.told == NONE else "pass",
        "amount": amount,
        "span": f"{one.first}–{one.last}" if one.first is not None else "",
        "booked": one.posting is not None,
        "note": one.note or "",
        "at": one.at,
    }


def _shares(row: Recall) -> list[dict[str, str]]:
    return [_share(base, int(one["found"]), int(one["left"])) for base, one in row.shares.items()]


def _share(base: str, found: int, left: int) -> dict[str, str]:
    """How much of what left the starting batches has a named holder, in per cent and amounts."""
    per_mille = found * 1000 // left if left else 0
    return {
        "share": f"{per_mille // 10}.{per_mille % 10}%",
        "found": quantity(base, "", found),
        "left": quantity(base, "", left),
    }


def _may_know(act: Act, one: dict[str, Any]) -> bool:
    """What was not reached at a party is its own business, and the authority's."""
    return act.actor.is_a(AUTHORITY) or one["party_id"] == str(act.actor.party)


def _kept_gap(one: dict[str, Any]) -> dict[str, Any]:
    amount = None if one["quantity"] is None else int(one["quantity"])
    name = f"{one['number']} {one['party']}".strip()
    return gap_row(name, one["kind"], Words(one["zh"], one["en"]), one["base"], one["unit"], amount)


def _sums(view: RecallView) -> list[tuple[str, str]]:
    """What has been answered, in the holders' own words."""
    row = view.recall
    return [
        (
            _("追到"),
            _(
                "%(batches)s 批，%(labels)s 枚标签",
                batches=thousands(row.batches),
                labels=thousands(row.labels),
            ),
        ),
        (_("持货方"), _("%(count)s 家", count=thousands(row.holders))),
        (_("退回"), _("、").join(_amounts(view, RETURNED)) or "—"),
        (_("销毁"), _("、").join(_amounts(view, DESTROYED)) or "—"),
    ]


def _amounts(view: RecallView, told: str) -> Iterator[str]:
    """How much was told of a kind, a sum for each base and unit."""
    sums: dict[tuple[str, str], int] = {}
    for holder in view.holders:
        for one in holder.answers:
            if one.told == told and one.item is not None:
                item = holder.holder.held[one.item]
                key = item["base"], "" if item["base"] == "mass" else item["unit"]
                sums[key] = sums.get(key, 0) + (one.quantity or 0)
    for (base, symbol), amount in sums.items():
        yield quantity(base, symbol, amount)


# --- answers and closing --------------------------------------------------------------------


def answer_recall(room: Room, recall_id: UUID, holder_id: UUID) -> Response:
    """What a holder says of one item."""
    form = f"{ANSWER}-{holder_id}-{request.form.get('item', '')[:6]}"
    return attempt(
        lambda: _answered(room, recall_id, holder_id, form),
        lambda entered: recall_page(room, recall_id, under(form, entered)),
    )


@writes
def _answered(room: Room, recall_id: UUID, holder_id: UUID, form: str) -> AnyResponse:
    boxes: dict[str, Any] = posted(form, *_ANSWER)
    boxes["item"] = request.form.get("item", "")
    draft = loaded(RecallAnswerIn(), whole(boxes, "item", "first", "last"))
    made = answer(current_act(), recall_id, holder_id, AnswerDraft(**draft))
    flash(_("已记下：%(what)s。", what=say(TOLD_WORDS[made.told])), "pass")
    return _back(room, recall_id, f"holder-{holder_id}")


def close(room: Room, recall_id: UUID) -> Response:
    """The last word."""
    return attempt(
        lambda: _closed(room, recall_id),
        lambda entered: recall_page(
            room, recall_id, under(CLOSING, entered, _reason_boxes(entered))
        ),
    )


def _reason_boxes(entered: Entered) -> dict[str, str]:
    """The box of each holder without a reason: /reasons/<id> is closing-why-<id>."""
    pointers = [one.pointer.strip("/") for one in entered.faults]
    return {
        pointer: f"why-{pointer.partition('/')[2]}"
        for pointer in pointers
        if pointer.startswith("reasons/")
    }


@writes
def _closed(room: Room, recall_id: UUID) -> AnyResponse:
    boxes: dict[str, Any] = posted(CLOSING, "note", "otherwise")
    start = f"{CLOSING}-why-"
    boxes["reasons"] = [
        {"holder": name.removeprefix(start), "reason": text}
        for name, text in request.form.items()
        if name.startswith(start) and text.strip()
    ]
    draft = loaded(RecallClosingIn(), boxes)
    reasons = {one["holder"]: one["reason"] for one in draft["reasons"]}
    close_recall(
        current_act(), recall_id, ClosingDraft(draft["note"], reasons, draft.get("otherwise"))
    )
    flash(_("召回已办结。"), "pass")
    return _back(room, recall_id, "")


def _back(room: Room, recall_id: UUID, anchor: str) -> AnyResponse:
    here = room.recalls.partition(".")[0]
    return redirect(url_for(f"{here}.recall", recall_id=recall_id, _anchor=anchor or None), 303)
