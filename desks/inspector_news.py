"""What happened to a worksheet while somebody had its page open, and where the two now differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request
from flask_babel import gettext as _

from core.act import Act
from core.identity.models import Account
from core.pages.views import say
from desks.inspector_sheet import Sheet
from trace.inspections.life_models import DRAFTED, Worksheet

MOST_TOLD = 12


@dataclass(frozen=True)
class Difference:
    """One box that says one thing on the worksheet and another on the page."""

    name: str
    there: str
    here: str


@dataclass(frozen=True)
class News:
    """Who changed the worksheet since, when, and how it now differs from the page."""

    by: str
    at: datetime
    drafted: bool
    differences: tuple[Difference, ...]


def news_of(act: Act, kept: Worksheet, sheet: Sheet, there: Mapping[str, str]) -> News | None:
    """None where the form that was sent is of the present version; `there` are its boxes."""
    if request.form.get("_version") == str(kept.version):
        return None
    account = act.session.get(Account, kept.changed_by) if kept.changed_by else None
    found = list(_differences(sheet, there))
    return News(
        account.name if account else "", kept.changed_at, kept.state == DRAFTED,
        tuple(found[:MOST_TOLD]),
    )  # fmt: skip


def _differences(sheet: Sheet, there: Mapping[str, str]) -> Iterator[Difference]:
    names = _head_words() | {row.box(): say(row.name) for row in sheet.table.rows}
    for name, label in names.items():
        was, now = there.get(name, "").strip(), request.form.get(name, "").strip()
        if was != now:
            yield Difference(label, was, now)


def _head_words() -> dict[str, str]:
    return {
        "number": _("报告编号"),
        "sampled_on": _("抽样日期"),
        "reported_on": _("报告日期"),
        "grade": _("等级"),
        "valid_from": _("有效期起"),
        "valid_to": _("有效期止"),
        "note": _("备注"),
    }
