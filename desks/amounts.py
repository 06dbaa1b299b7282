"""Amounts of goods for the eye: in the unit people typed, and as a bar of what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.pages.drawing import Share, State, balance_bar
from core.pages.typography import amount as written
from core.pages.typography import thousands
from core.pages.views import say
from core.words import Words
from labels.models import LabelRun
from labels.ranges import ACTIVATED, DRAWN, PRINTED, VOID
from labels.service import RunView, run_view
from products.numbers import exact_decimal, round_to
from products.units import unit
from trace.batches.models import Batch
from trace.books.balance import labels_possible
from trace.books.models import STOCK
from trace.books.service import ledger_balances

STATE_WORDS: dict[str, tuple[State, Words]] = {
    DRAWN: ("none", Words("已领号，未打印", "drawn, not printed")),
    PRINTED: ("wait", Words("已打印，未启用", "printed, not activated")),
    ACTIVATED: ("pass", Words("已启用", "activated")),
    VOID: ("none", Words("已作废", "void")),
}


def in_unit(batch: Batch, amount: int) -> str:
    """An amount of a batch, kept in milligrams or pieces, in the unit that was typed: 240 kg."""
    symbol = unit(batch.quantity_unit)
    number = Fraction(amount) / (symbol.factor if batch.base == "mass" else 1)
    exact = exact_decimal(number)
    return written(round_to(number, 3) if exact is None else exact, say(symbol.names))


def stock_of(session: Session, batch: Batch) -> int:
    """What may still be labelled, in the base of the batch's form."""
    return max(0, ledger_balances(session, batch.id).get((batch.form, STOCK), 0))


@dataclass(frozen=True)
class LabelsLeft:
    """What a batch still gives: the amount, and the number of labels of the last net content."""

    amount: str
    labels: int | None
    net_typed: str = ""
    net_unit: str = ""

    @property
    def text(self) -> str:
        """600 枚, or the amount where no net content is known yet."""
        if self.labels is None:
            return self.amount
        return str(_("%(count)s 枚", count=thousands(self.labels)))


def labels_left(session: Session, batch: Batch) -> LabelsLeft:
    """By the net content that was used last, for this batch or else for the party's product."""
    stock = stock_of(session, batch)
    run = _last_run(session, batch)
    if run is None:
        return LabelsLeft(in_unit(batch, stock), None)
    possible = labels_possible(stock, run.net_content)
    return LabelsLeft(in_unit(batch, stock), possible, run.net_typed, run.net_unit)


def _last_run(session: Session, batch: Batch) -> LabelRun | None:
    """The last run of the batch, else of the party's goods of this product in the same base."""
    query = (
        select(LabelRun)
        .join(Batch, Batch.id == LabelRun.batch_id)
        .where(LabelRun.party_id == batch.party_id, LabelRun.product_id == batch.product_id)
        .where(Batch.base == batch.base)
        .order_by((LabelRun.batch_id == batch.id).desc(), LabelRun.drawn_at.desc(), LabelRun.id)
        .limit(1)
    )
    return session.scalars(query).first()


@dataclass(frozen=True)
class BatchBalance:
    """A batch's goods as a bar with its key."""

    bar: Markup
    key: tuple[tuple[Share, str], ...]


def balance_of(session: Session, batch: Batch) -> BatchBalance | None:
    """What became of a batch's goods; None until its quantity is confirmed."""
    if batch.confirmed_at is None:
        return None
    query = select(LabelRun).where(LabelRun.batch_id == batch.id)
    views = [run_view(run) for run in session.scalars(query).unique()]
    shares: tuple[tuple[Share, int, str], ...] = (
        ("activated", _in_state(views, ACTIVATED), _("标签已启用")),
        ("printed", _in_state(views, DRAWN, PRINTED), _("已领、已打印，未启用")),
        ("conforming", stock_of(session, batch), _("还没有贴标签")),
    )
    texts = [f"{name} {in_unit(batch, share)}" for _share, share, name in shares]
    label = _(
        "共 %(all)s：%(parts)s", all=in_unit(batch, batch.quantity), parts=_("，").join(texts)
    )
    bar = balance_bar(
        [(share, Decimal(held)) for share, held, _name in shares],
        label,
        whole=Decimal(batch.quantity),
    )
    key = tuple((share, text) for (share, _held, _name), text in zip(shares, texts, strict=True))
    return BatchBalance(bar, key)


def _in_state(views: Iterable[RunView], *states: str) -> int:
    return sum(view.counts[state] * view.run.net_content for view in views for state in states)
