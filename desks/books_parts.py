"""The books of a batch in plain words: what each posting did, and to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.pages.views import say
from core.record.service import unsealed
from core.words import Words
from desks.amounts import in_unit
from trace.batches.models import Batch
from trace.books.models import LABELLED, STOCK, TRANSIT
from trace.books.reading import Posting, postings_of
from trace.books.stock import sales_of, stock_acts_of
from trace.books.stock_models import RETURN, SALE, STOCK_ACTS, StockAct

MINUS = "−"
KIND_WORDS = {
    "harvest": (Words("采收入账", "harvest"), Words("采收入账", "harvest")),
    "processing": (Words("加工用掉", "made into others"), Words("加工所得", "made of others")),
    "merge": (Words("混合用掉", "mixed into others"), Words("混合所得", "mixed of others")),
    "repack": (Words("分装用掉", "packed into others"), Words("分装所得", "packed of others")),
    "split": (Words("拆出去", "split off"), Words("拆来", "part of another")),
    "labelling": (Words("领标签", "labelled"), Words("领标签", "labelled")),
    "voiding": (Words("标签作废", "labels voided"), Words("标签作废，货退回", "labels voided")),
    "transfer": (Words("交出", "handed over"), Words("收到", "received")),
    "loss": (Words("报损", "lost"),) * 2,
    "sample": (Words("取样", "sample"),) * 2,
    "destruction": (Words("销毁", "destroyed"),) * 2,
    "sale": (Words("售出", "sold"),) * 2,
    "return": (Words("退回", "came back"),) * 2,
    "correction": (Words("更正冲回", "taken back"),) * 2,
}
_OTHER = (Words("转出", "moved out"), Words("转入", "moved in"))
_MADE = ("processing", "merge", "repack")


@dataclass(frozen=True)
class Row:
    """One posting: what it was, how much with its sign, what stood in stock after it."""

    id: UUID
    kind: str
    at: datetime
    text: str
    amount: str
    stock: str
    notes: Sequence[str]
    others: Sequence[Batch]
    href: str
    corrected: bool
    can_correct: bool


def book_rows(session: Session, batch: Batch) -> list[Row]:
    """The postings of a batch, newest first."""
    postings = postings_of(session, batch.party_id, batch.id)
    acts = stock_acts_of(session, batch.id)
    people = unsealed(session, [d for row in acts.values() for d in (row.buyer, row.contact)])
    wanted = {other for posting in postings for other in posting.others}
    known = {
        row.id: row for row in session.scalars(select(Batch).where(Batch.id.in_(wanted))).unique()
    }
    return [
        _row(batch, one, acts.get(one.id), people, [known[other] for other in one.others])
        for one in reversed(postings)
    ]


def _row(
    batch: Batch, posting: Posting, act: StockAct | None, people: Mapping[str, str],
    others: Sequence[Batch],
) -> Row:  # fmt: skip
    moved = _moved(posting)
    words = KIND_WORDS.get(posting.kind, _OTHER)[moved > 0]
    text = say(words)
    if posting.kind == SALE:
        text = _("散货售出") if act else _("贴了标签的货发出")
    open_ = posting.corrected_by is None
    return Row(
        posting.id, posting.kind, posting.at, text, signed(batch, moved), in_unit(batch, posting.stock),
        [*_notes(act, people), *([posting.reason] if posting.reason else [])], others,
        url_for("cooperative_processing.processing", processing_id=posting.id)
        if posting.kind in _MADE else "",
        not open_, open_ and (act is not None or posting.kind == "harvest"),
    )  # fmt: skip


def _moved(posting: Posting) -> int:
    """What the posting did to the stock; where it left that alone, to labelled goods, then to those
    under way.
    """
    changes = (posting.on(account) for account in (STOCK, LABELLED, TRANSIT))
    return next((change for change in changes if change), 0)


def signed(batch: Batch, amount: int) -> str:
    """An amount with its sign: +240 公斤, −10 公斤."""
    return f"{'+' if amount >= 0 else MINUS}{in_unit(batch, abs(amount))}"


def _notes(act: StockAct | None, people: Mapping[str, str]) -> list[str]:
    if act is None:
        return []
    notes = []
    if act.kind == SALE:
        erased = _("（已删除）")
        buyer, contact = (people.get(digest or "", erased) for digest in (act.buyer, act.contact))
        notes.append(_("%(buyer)s，%(contact)s", buyer=buyer, contact=contact))
    if act.reason:
        notes.append(act.reason)
    return notes


@dataclass(frozen=True)
class ActForm:
    """One thing that can be done with the stock: its kind, its name, and what it means."""

    kind: str
    name: str
    hint: str


def act_forms(batch: Batch, session: Session) -> list[ActForm]:
    """What can be done with the stock of a batch."""
    hints = {
        "loss": _("晒干、压碎、虫蛀、洒漏……账要平，少了就要说。"),
        "sample": _("自己留样、送人检验取走的；检验机构按抽样单取走的会自己入账，不用再记。"),
        "destruction": _("不合格、过期的，怎么处理的写在原因里。"),
        SALE: _("没有贴标签卖给账外的人：货离开这里，就不能再用这个名称、不能再领标签。召回时要找得到买家。"),
        RETURN: _("散货退回来，退的不能比卖的多。"),
    }  # fmt: skip
    names = {"loss": _("报损"), "sample": _("取样"), "destruction": _("销毁"),
             SALE: _("散货售出"), RETURN: _("散货退回")}  # fmt: skip
    return [
        ActForm(kind, names[kind], hints[kind])
        for kind in STOCK_ACTS
        if kind != RETURN or open_sales(session, batch)
    ]


def open_sales(session: Session, batch: Batch) -> list[tuple[str, str]]:
    """The sales of which something is still out, to choose from."""
    sales = [one for one in sales_of(session, [batch.id]) if one.out]
    people = unsealed(session, [one.row.buyer for one in sales])
    return [
        (
            str(one.row.id),
            _(
                "%(day)s %(buyer)s，还有 %(out)s 在外",
                day=one.row.happened_on.isoformat(),
                buyer=people.get(one.row.buyer or "", _("（已删除）")),
                out=in_unit(batch, one.out),
            ),
        )
        for one in sales
    ]
