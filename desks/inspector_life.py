"""A worksheet's life for the eye: how far it has come, who signed for what, what stands on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from core.act import VERIFIER, Act
from core.identity.models import Account
from core.pages.drawing import State
from core.pages.views import say
from core.words import Words
from desks.cooperative_sheet import Measured, measured
from desks.entry_table import ANALYST, INSTRUMENT, MEASURED_ON, EntryRow
from desks.inspector_details import Resources
from desks.inspector_sheet import Preview, Sheet
from products.errors import RuleError
from products.phrases import unit_text
from trace.inspections.life_models import (
    DISCARDED,
    DOUBLE_SAMPLING,
    DRAFTED,
    LABORATORY_ERROR,
    PUBLISHED,
    REINSPECTION,
    RETAINED_SAMPLE,
    RETURNED,
    SUBMITTED,
    VERIFIED,
    Signature,
    Worksheet,
)
from trace.inspections.results import Result

MEANINGS = {
    SUBMITTED: Words(
        "我对以上内容负责，提交复核", "I answer for the above and submit it to be verified"
    ),
    VERIFIED: Words(
        "我已逐项核对，同意发布", "I have checked every item and agree to its publication"
    ),
    RETURNED: Words("退回修改", "sent back to be worked on"),
}
METHODS = {
    "password": Words("当场再输一次密码", "password asked again"),
    "token": Words("程序用自己的令牌", "a program's own token"),
}
STATES: dict[str, tuple[State, Words]] = {
    DRAFTED: ("wait", Words("草稿", "draft")),
    SUBMITTED: ("wait", Words("等复核", "to be verified")),
    PUBLISHED: ("pass", Words("已发布", "published")),
    DISCARDED: ("none", Words("已放弃", "discarded")),
}
GROUND_WORDS = {
    LABORATORY_ERROR: Words("实验室自己发现出了差错", "the laboratory found an error of its own"),
    RETAINED_SAMPLE: Words("用留样再测", "the retained sample, tested again"),
    DOUBLE_SAMPLING: Words("加倍抽样再测", "twice as many samples, tested again"),
    REINSPECTION: Words("受检方申请的复检", "a re-inspection that the owner asked for"),
}
SHOWN_DIGITS = 12


@dataclass(frozen=True)
class Step:
    """One step of a worksheet's life: how it stands, who took it, when, and a word on it."""

    title: str
    state: State
    who: str = ""
    at: datetime | None = None
    note: str = ""
    now: bool = False


@dataclass(frozen=True)
class Signed:
    """A signature for the eye; `still`: it is over the content as it stands now."""

    meaning: str
    who: str
    at: datetime
    method: str
    reason: str
    digest: str
    still: bool


def names_of(act: Act, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The names of accounts of the actor's own party; others are not named."""
    query = select(Account.id, Account.name).where(
        Account.id.in_({one for one in ids if one}), Account.party_id == act.party
    )
    return {row.id: row.name for row in act.session.execute(query)}


def signed(act: Act, kept: Worksheet, signatures: Sequence[Signature]) -> list[Signed]:
    """Who signed, oldest first."""
    names = names_of(act, (row.account_id for row in signatures))
    return [
        Signed(
            say(MEANINGS[row.meaning]), names.get(row.account_id, ""), row.signed_at,
            say(METHODS[row.method]), row.reason or "", row.content_sha256[:SHOWN_DIGITS],
            row.content_sha256 == kept.content_sha256,
        )
        for row in signatures
    ]  # fmt: skip


def life_of(act: Act, kept: Worksheet, signatures: Sequence[Signature]) -> list[Step]:
    """起草, 提交, 复核, 发布: the steps that were taken, the one to take now, those to come."""
    names = names_of(act, [kept.account_id, *(row.account_id for row in signatures)])
    last = {row.meaning: row for row in signatures}
    back = signatures[-1] if signatures and signatures[-1].meaning == RETURNED else None
    given = {} if back or kept.state in (DRAFTED, DISCARDED) else last
    steps: list[tuple[str, str, datetime | None]] = [
        (_("起草"), names.get(kept.account_id, ""), kept.created_at)
    ]
    for title, meaning in ((_("提交"), SUBMITTED), (_("复核"), VERIFIED), (_("发布"), VERIFIED)):
        row = given.get(meaning)
        steps.append((title, names.get(row.account_id, "") if row else "", _at(row)))
    reached = {DRAFTED: 0, SUBMITTED: 2, PUBLISHED: 4, DISCARDED: 0}[kept.state]
    note = _("退回：%(reason)s", reason=back.reason) if back and kept.state == DRAFTED else ""
    return [
        Step(
            title,
            _drawn(place, reached, kept.state),
            who,
            at,
            note if place == 0 else "",
            place == reached and kept.state != DISCARDED,
        )
        for place, (title, who, at) in enumerate(steps)
    ]


def _at(row: Signature | None) -> datetime | None:
    return row.signed_at if row else None


def _drawn(place: int, reached: int, state: str) -> State:
    if place < reached:
        return "pass"
    return "wait" if place == reached and state != DISCARDED else "none"


def barred(kept: Worksheet, signatures: Sequence[Signature]) -> set[UUID | None]:
    """Who may not verify it: whoever submitted it, and whoever wrote it last."""
    return {row.account_id for row in signatures if row.meaning == SUBMITTED} | {kept.changed_by}


def verifiers(act: Act, not_these: set[UUID | None]) -> list[str]:
    """The names of those of the actor's laboratory who may verify, but `not_these`."""
    query = select(Account).where(Account.party_id == act.party, Account.disabled_at.is_(None))
    people = act.session.scalars(query.order_by(Account.name)).unique()
    return [row.name for row in people if VERIFIER in row.roles and row.id not in not_these]


# --- what stands on it ---------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """One value as typed, with everything said beside it, and what the judge makes of it."""

    key: str
    name: str
    typed: str
    unit: str
    beside: tuple[tuple[str, str], ...]
    lines: tuple[Measured, ...]


def values_of(sheet: Sheet, seen: Preview, resources: Resources) -> list[Value]:
    """The values of a sheet's worksheet from top to bottom."""
    return [
        Value(
            row.key,
            say(row.name),
            result.typed,
            unit_words(result.unit),
            tuple(_beside(result, sheet.kept.details.get(result.id, {}), resources)),
            tuple(measured(line.as_dict()) for line in seen.lines.get(row.key, ())),
        )
        for row, result in _seated(sheet)
    ]


def _seated(sheet: Sheet) -> Iterable[tuple[EntryRow, Result]]:
    for row in sheet.table.rows:
        result = sheet.table.seats.get(row.key)
        if result is not None:
            yield row, result


def _beside(
    result: Result, details: Mapping[str, str], resources: Resources
) -> Iterable[tuple[str, str]]:
    """What was said beside a value, in words."""
    unit = unit_words(result.unit)
    said = [
        (_("部位"), result.matrix or ""),
        (_("方法"), result.method),
        (_("检出限"), f"{result.detection_limit} {unit}" if result.detection_limit else ""),
        (_("不确定度"), f"{result.uncertainty} {unit}" if result.uncertainty else ""),
        (_("判定规则"), _("加保护带，宽 U") if result.guarded else ""),
        (_("仪器"), resources.instrument(details.get(INSTRUMENT, ""))),
        (_("检测日期"), details.get(MEASURED_ON, "")),
        (_("检测人"), resources.analyst(details.get(ANALYST, ""))),
    ]
    return ((name, text.strip()) for name, text in said if text.strip())


def unit_words(symbol: str) -> str:
    """A unit in the language of the request; as it stands where it is none of ours."""
    try:
        return say(Words(unit_text(symbol), unit_text(symbol, "en")))
    except RuleError:
        return symbol
