"""What needs the cooperative today: derived at each look, never stored."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy import ColumnElement, select

from core.act import Act
from core.pages.drawing import State
from core.pages.typography import thousands
from core.pages.views import say
from core.words import Words
from desks.alarm_links import alarm_href
from desks.checklist import TESTING, Row, RowState, Said
from desks.cooperative_sheet import Shelf, listed, rows_of, said_of, state_of_row
from desks.standings import FAILING, HELD, READY, RELEASED, Standing, in_hand, standings_of, stands
from desks.transfer_parts import view_of
from labels.alarm_words import KINDS, UNANSWERED
from labels.alarms import alarms_of
from labels.models import LabelRun
from labels.ranges import PRINTED
from labels.recall_waiting import recalls_waiting
from labels.service import run_view
from products.models import Product
from products.plans.service import plan_on
from products.requirements import ReleasePlan
from trace.batches.models import Batch, Event, Submission
from trace.books.models import STOCK, Balance
from trace.inspections.case import last_day
from trace.inspections.dispositions import current_disposition
from trace.inspections.judging import type_inspections_of
from trace.transfers.models import Transfer
from trace.transfers.service import transfers_seen_by, unanswered

MOST_BATCHES = 30
MOST_RELEASED = 10
MOST_RUNS = 50
MOST_TRANSFERS = 30
MOST_ALARMS = 8
_LOUDEST: dict[State, int] = {"fail": 0, "wait": 1, "none": 2, "pass": 3}


@dataclass(frozen=True)
class Need:
    """A sentence with its numbers, what it rests on, and one thing to do."""

    state: State
    sentence: Markup
    why: str
    href: str
    button: str


@dataclass(frozen=True)
class Hand:
    """A batch in hand, its nine rows, and how it stands."""

    batch: Batch
    standing: Standing
    rows: tuple[Row, ...]
    said: Said
    sent: bool

    @property
    def todo(self) -> int:
        """How many things are between it and its release."""
        said = sum(len(row.todos) for row in self.rows)
        return said + (self.batch.confirmed_at is None)

    @property
    def nine(self) -> list[State]:
        """The nine links in small."""
        return [state_of_row(row) for row in self.rows]

    @property
    def logged(self) -> int:
        """How many of the nine are done."""
        return sum(row.state is RowState.DONE for row in self.rows)


def batches_in_hand(act: Act) -> list[Batch]:
    """The newest batches of the party that are neither released nor ended."""
    return _newest(act, MOST_BATCHES, in_hand())


def batches_to_label(act: Act) -> list[Batch]:
    """The newest released batches of the party of which something can still be labelled."""
    stocked = select(Balance.batch_id).where(Balance.account == STOCK, Balance.amount > 0)
    return _newest(act, MOST_RELEASED, stands(RELEASED.key), Batch.id.in_(stocked))


def _newest(act: Act, most: int, *conditions: ColumnElement[bool]) -> list[Batch]:
    query = select(Batch).where(Batch.party_id == act.party, *conditions)
    newest = query.order_by(Batch.created_at.desc(), Batch.id.desc()).limit(most)
    return list(act.session.scalars(newest).unique())


def hands_of(act: Act, batches: Sequence[Batch]) -> list[Hand]:
    """Batches with their nine rows."""
    ids = [batch.id for batch in batches]
    standings, shelf = standings_of(act.session, ids), Shelf(act.session)
    events: dict[uuid.UUID, list[Event]] = {}
    for event in act.session.scalars(select(Event).where(Event.batch_id.in_(ids))):
        events.setdefault(event.batch_id, []).append(event)
    sent = set(act.session.scalars(select(Submission.batch_id).where(Submission.batch_id.in_(ids))))
    found = []
    for batch in batches:
        said = said_of(act.session, batch)
        rows = rows_of(shelf.rules_of(batch), said, events.get(batch.id, []))
        found.append(Hand(batch, standings[batch.id], rows, said, batch.id in sent))
    return found


def needs_of(act: Act, hands: Sequence[Hand]) -> list[Need]:
    """Everything that waits for the party, the loudest first."""
    found = [need for hand in hands for need in _of_batch(act, hand)]
    found += _of_recalls(act)
    found += _of_transfers(act)
    found += _of_types(act, hands)
    found += _of_printed(act)
    found += _of_alarms(act)
    return sorted(found, key=lambda need: _LOUDEST[need.state])


def _number(batch: Batch) -> Markup:
    return Markup('<b class="code">{}</b>').format(batch.number)


def _said(batch: Batch, after: str) -> Markup:
    """A sentence about a batch, its number set apart."""
    before = escape(_("批次 %(number)s", number="{}")).format(_number(batch))
    return Markup("{} {}").format(before, after)


def _page(batch: Batch, anchor: str) -> str:
    return url_for("cooperative_batch.batch", batch_id=batch.id, _anchor=anchor)


# --- batches --------------------------------------------------------------------------------


def _of_batch(act: Act, hand: Hand) -> Iterator[Need]:
    """A failing batch says only that it fails; others what each still lacks."""
    if hand.standing is FAILING:
        yield _failing(hand)
        return
    if hand.standing is HELD:
        yield _held(act, hand)
    yield from (_beyond(hand, row) for row in hand.rows if row.state is RowState.OUT_OF_LIMIT)
    missing = [row for row in hand.rows if row.state is RowState.MISSING and row.stage != TESTING]
    if missing:
        yield _missing(hand, missing)
    if hand.standing is READY:
        yield _to_confirm(hand)
    elif not hand.sent and hand.rows[-1].todos:
        yield _not_sent(hand)


def _failing(hand: Hand) -> Need:
    row = next((r for r in hand.rows if r.state is RowState.OUT_OF_LIMIT), hand.rows[-1])
    first = row.todos[0].text if row.todos else Words("", "")
    return Need(
        "fail", _said(hand.batch, _("判定不合格。")), say(first),
        _page(hand.batch, row.stage), _("去处理"),
    )  # fmt: skip


def _beyond(hand: Hand, row: Row) -> Need:
    state: State = "wait" if row.unsure else "fail"
    after = _("%(stage)s：%(word)s。", stage=say(row.names), word=say(row.word))
    return Need(
        state, _said(hand.batch, after), say(row.todos[0].text),
        _page(hand.batch, row.stage), _("去处理"),
    )  # fmt: skip


def _held(act: Act, hand: Hand) -> Need:
    last = current_disposition(act.session, hand.batch.id)
    return Need(
        "wait", _said(hand.batch, _("已封存，不能出标签。")),
        (last.reason or "") if last else "", _page(hand.batch, "decisions"), _("去看"),
    )  # fmt: skip


def _missing(hand: Hand, rows: Sequence[Row]) -> Need:
    names = listed(row.names for row in rows)
    why = say(Words("；", "; ")).join(say(todo.text) for row in rows for todo in row.todos)
    return Need(
        "wait", _said(hand.batch, _("还要补记：%(stages)s。", stages=names)), why,
        _page(hand.batch, rows[0].stage), _("补记"),
    )  # fmt: skip


def _to_confirm(hand: Hand) -> Need:
    return Need(
        "wait", _said(hand.batch, _("合格，等您确认数量。")),
        _("确认以后自动放行，就能打标签。"), _page(hand.batch, "quantity"), _("确认数量"),
    )  # fmt: skip


def _not_sent(hand: Hand) -> Need:
    return Need(
        "wait", _said(hand.batch, _("还没有送检。")), say(hand.rows[-1].todos[0].text),
        _page(hand.batch, TESTING), _("送去检验"),
    )  # fmt: skip


# --- recalls --------------------------------------------------------------------------------


def _of_recalls(act: Act) -> Iterator[Need]:
    for waiting in recalls_waiting(act):
        row = waiting.recall
        number = Markup('<b class="code">{}</b>').format(row.number)
        said = escape(_("正在召回 %(number)s：停止销售，等您答复。", number="{}")).format(number)
        whose = _("您手里的货") if waiting.own else _("您发出去的货")
        why = _(
            "%(reason)s。涉及%(whose)s，%(count)s 家还没有答复。",
            reason=row.reason,
            whose=whose,
            count=waiting.holders,
        )
        href = url_for("cooperative_recalls.recall", recall_id=row.id, _anchor="holders")
        yield Need("fail", said, why, href, _("去答复"))


# --- hand-overs -----------------------------------------------------------------------------


def _of_transfers(act: Act) -> Iterator[Need]:
    """What was sent to the party and waits for it; what it sent and nobody has confirmed for days."""
    query = unanswered(transfers_seen_by(act)).order_by(Transfer.sent_on, Transfer.sent_at)
    for row in act.session.scalars(query.limit(MOST_TRANSFERS)):
        view = view_of(act, row)
        if not view.received and not view.late:
            continue
        said = (
            _("%(name)s 发来 %(amount)s，等您点数确认。", name=view.other, amount=view.sent)
            if view.received
            else _("交给 %(name)s 的 %(amount)s 还没有确认。", name=view.other, amount=view.sent)
        )
        days = _("等了 %(days)s 天", days=view.waiting) if view.waiting else _("今天发出")
        yield Need(
            "wait", Markup("{}").format(said),
            _("%(product)s，%(days)s。", product=row.product.name, days=days),
            url_for("cooperative_transfers.transfer", transfer_id=row.id),
            _("去确认") if view.received else _("去看"),
        )  # fmt: skip


# --- type inspections -----------------------------------------------------------------------


def _of_types(act: Act, hands: Iterable[Hand]) -> Iterator[Need]:
    """Products in hand whose plan asks a type inspection that nobody has a valid one of today."""
    products = {hand.batch.product_id: hand.batch.product for hand in hands}
    for product in products.values():
        plan = plan_on(act.session, product.id, act.today)
        if plan is None or plan.type_items == ():
            continue
        known = type_inspections_of(act.session, act.party, product.id)
        ends = [(day, t) for t in known if (day := last_day(t, plan)) is not None]
        if any(t.valid_from <= act.today <= day for day, t in ends):
            continue
        yield _type_need(product, max((day.isoformat() for day, _t in ends), default=""), plan)


def _type_need(product: Product, lapsed: str, plan: ReleasePlan) -> Need:
    place = f"{plan.standard} {plan.clause}".strip()
    sentence = (
        _("%(product)s的型式检验 %(day)s 已到期。", product=product.name, day=lapsed)
        if lapsed
        else _("%(product)s还没有型式检验。", product=product.name)
    )
    return Need(
        "wait", Markup("{}").format(sentence),
        _("放行方案（%(place)s）要求型式检验在有效期内；请联系检验机构。", place=place),
        url_for("public.product", key=product.key), _("看要求"),
    )  # fmt: skip


# --- labels ---------------------------------------------------------------------------------


def _of_printed(act: Act) -> Iterator[Need]:
    query = select(LabelRun).where(LabelRun.party_id == act.party)
    newest = query.order_by(LabelRun.drawn_at.desc()).limit(MOST_RUNS)
    for run in act.session.scalars(newest).unique():
        printed = run_view(run).counts[PRINTED]
        if printed:
            after = _("有 %(count)s 枚标签已打印、还没有启用。", count=thousands(printed))
            yield Need(
                "wait", _said(run.batch, after),
                _("没启用的标签，顾客扫出来是“尚未启用”。"),
                url_for("cooperative_labels.run", run_id=run.id), _("去启用"),
            )  # fmt: skip


# --- alarms ---------------------------------------------------------------------------------


def _of_alarms(act: Act) -> Iterator[Need]:
    """What does not fit in the books, until somebody of the party has said a word about it.

    Hand-overs without an answer are told above.
    """
    told = [one for one in alarms_of(act, [k for k in KINDS if k != UNANSWERED]) if one.open]
    for alarm in (one.alarm for one in told[:MOST_ALARMS]):
        sentence = Markup("{}").format(say(alarm.sentence))
        yield Need(alarm.state, sentence, say(alarm.why), alarm_href(act, alarm), _("去看"))
    if told:
        rest = len(told) - MOST_ALARMS
        sentence = escape(
            _("账上还有 %(count)s 条提醒。", count=rest)
            if rest > 0
            else _("账上的提醒有 %(count)s 条。", count=len(told))
        )
        why = _("查过了就写一句，不再出现。")
        yield Need("wait", sentence, why, url_for("alarm_pages.own"), _("看提醒"))
