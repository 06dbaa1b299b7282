"""记录与复核: the worksheets of a laboratory by what is to be done, and verifying several at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import VERIFIER, Act
from core.errors import Conflict, Invalid, Refusal, fault
from core.http.acting import current_act
from core.identity.models import Party
from core.identity.proving import proved_act
from core.identity.service import who
from core.words import Words
from desks.entered import under
from desks.forms import Entered, attempt
from desks.inspector_life import GROUND_WORDS, MEANINGS, SHOWN_DIGITS, barred, names_of
from products.models import Product
from trace.batches.models import Batch
from trace.inspections import rejudge
from trace.inspections.life_models import (
    DRAFTED,
    PUBLISHED,
    RETURNED,
    SUBMITTED,
    VERIFIED,
    Signature,
    Worksheet,
)
from trace.inspections.worksheets import Signing, sheets_seen_by, visible_sheet

inspector_tasks = Blueprint(
    "inspector_tasks", __name__, url_prefix="/lab/worksheets", template_folder="templates"
)
MOST_LISTED, MOST_PUBLISHED = 100, 12
VERIFICATION = "verification"
TICKED, PASSWORD = f"{VERIFICATION}-sheets", f"{VERIFICATION}-password"


@dataclass(frozen=True)
class Task:
    """A worksheet in a list: what it is about, who signed it last for what, and when."""

    kept: Worksheet
    product: Product
    party: Party
    batch: Batch | None
    last: Signature | None
    who: str
    count: int
    digest: str

    @property
    def returned(self) -> bool:
        """Whether it was sent back and nobody has submitted it again."""
        return self.last is not None and self.last.meaning == RETURNED


@inspector_tasks.get("/")
def sheets() -> str:
    """The worksheets of the laboratory."""
    return _page(Entered())


def _page(entered: Entered) -> str:
    act = current_act()
    me = act.actor.account
    drafts = _tasks(act, _found(act, DRAFTED))
    submitted = _found(act, SUBMITTED)
    signatures = _signatures(act, submitted)
    mine_to_verify = {
        kept.id
        for kept in submitted
        if act.actor.is_a(VERIFIER) and me not in barred(kept, signatures.get(kept.id, ()))
    }
    waiting = _tasks(act, submitted)
    return render_template(
        "inspector/worksheets.html",
        entered=entered,
        mine=[task for task in drafts if me in (task.kept.account_id, task.kept.changed_by)],
        others=[task for task in drafts if me not in (task.kept.account_id, task.kept.changed_by)],
        to_verify=[task for task in waiting if task.kept.id in mine_to_verify],
        elsewhere=[task for task in waiting if task.kept.id not in mine_to_verify],
        published=_tasks(act, _published(act)),
        ticked=request.form.getlist(TICKED),
        meaning=MEANINGS[VERIFIED],
        login=who(act).login,
        grounds=GROUND_WORDS,
    )


def _found(act: Act, state: str) -> list[Worksheet]:
    query = sheets_seen_by(act).where(Worksheet.state == state)
    query = query.order_by(Worksheet.changed_at.desc(), Worksheet.id)
    return list(act.session.scalars(query.limit(MOST_LISTED)))


def _published(act: Act) -> list[Worksheet]:
    query = sheets_seen_by(act).join(Signature, Signature.worksheet_id == Worksheet.id)
    query = query.where(Worksheet.state == PUBLISHED, Signature.meaning == VERIFIED)
    newest = (Signature.signed_at.desc(), Worksheet.id)
    return list(act.session.scalars(query.order_by(*newest).limit(MOST_PUBLISHED)))


def _signatures(act: Act, found: Iterable[Worksheet]) -> dict[UUID, list[Signature]]:
    query = select(Signature).where(Signature.worksheet_id.in_([kept.id for kept in found]))
    by_sheet: dict[UUID, list[Signature]] = {}
    for row in act.session.scalars(query.order_by(Signature.signed_at)):
        by_sheet.setdefault(row.worksheet_id, []).append(row)
    return by_sheet


def _tasks(act: Act, found: Sequence[Worksheet]) -> list[Task]:
    signatures = _signatures(act, found)
    last = {key: rows[-1] for key, rows in signatures.items()}
    names = names_of(
        act, [*(row.account_id for row in last.values()), *(kept.changed_by for kept in found)]
    )
    batches = _by_id(act, Batch, (kept.batch_id for kept in found))
    products = _by_id(act, Product, (kept.product_id for kept in found))
    parties = _by_id(act, Party, (kept.party_id for kept in found))
    return [
        Task(
            kept=kept,
            product=products[kept.product_id],
            party=parties[kept.party_id],
            batch=batches.get(kept.batch_id) if kept.batch_id else None,
            last=last.get(kept.id),
            who=names.get(last[kept.id].account_id if kept.id in last else kept.changed_by, ""),
            count=len(kept.content.get("results", ())),
            digest=kept.content_sha256[:SHOWN_DIGITS],
        )
        for kept in found
    ]


def _by_id(act: Act, table: Any, ids: Iterable[UUID | None]) -> Mapping[UUID, Any]:
    query = select(table).where(table.id.in_({one for one in ids if one}))
    return {row.id: row for row in act.session.scalars(query).unique()}


# --- several at once -----------------------------------------------------------------------


@inspector_tasks.post("/verification")
def verify_sheets() -> Response:
    """Verify every ticked worksheet: all of them are published, or none."""
    return attempt(_verify, lambda entered: _page(under(VERIFICATION, entered)))


def _verify() -> AnyResponse:
    ticked = [kept.id for kept in _ticked(current_act())]
    if not ticked:
        none = fault(f"/{TICKED}", "请勾选要复核的记录", "Tick the worksheets that you verify")
        raise Invalid("nothing-ticked", none.message, [none])
    with proved_act(request.form.get(PASSWORD, "")) as act:
        for sheet_id in ticked:
            _publish(act, sheet_id)
    flash(_("%(count)s 份报告已发布，用到的批次已经重新判定。", count=len(ticked)), "pass")
    return redirect(url_for("inspector_tasks.sheets"), 303)


def _ticked(act: Act) -> list[Worksheet]:
    """In the order of their batches, so that two people at once never wait for each other."""
    known = set(request.form.getlist(TICKED))
    found = [kept for kept in _found(act, SUBMITTED) if str(kept.id) in known]
    if len(found) < len(known):
        gone = fault(
            f"/{TICKED}",
            "勾选的记录里，有的已经复核过或被退回，请再看一遍",
            "Some of these were verified or sent back meanwhile; look again",
        )
        raise Conflict("not-submitted", gone.message, [gone])
    return sorted(found, key=lambda kept: (str(kept.batch_id), str(kept.party_id)))


def _publish(act: Act, sheet_id: UUID) -> None:
    """Publish one; a refusal says which one it was."""
    number = visible_sheet(act, sheet_id).number or ""
    digest = request.form.get(f"digest-{sheet_id}", "")
    try:
        rejudge.publish(act, sheet_id, Signing(digest, "password"))
    except Refusal as refusal:
        words = Words(
            f"{number}：{refusal.detail.zh}一份也没有发布。",
            f"{number}: {refusal.detail.en} None was published.",
        )
        raise type(refusal)(refusal.code, words) from refusal
