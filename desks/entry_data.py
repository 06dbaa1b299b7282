"""What the entry table's script needs: limits and units for its judge, sentences, the last set-up.

The page works without any of it; with it a verdict stands beside a value as it is typed. The
sentences are those of the server, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _

from core.act import Act
from core.pages.views import say
from core.words import Words
from desks.cooperative_sheet import LINE_STATES
from desks.entry_table import EntryRow
from desks.inspector_setup import LIKE_LAST, Measured, Setup, copied, last_change
from desks.inspector_sheet import Sheet
from desks.judge_data import limit_row, unit_rows
from products.bounds import MANY_READINGS, Bound, BoundKind
from products.phrases import unit_text
from products.requirements import Certainty, Weight
from trace.inspections.case import Row
from trace.inspections.lines import broken, unentered, unstated, why_shown
from trace.inspections.verdicts import LINE_NAMES, Source


def entry_data(act: Act, sheet: Sheet, setup: Setup | None) -> dict[str, Any]:
    """Everything at once, to stand in the page as JSON."""
    known = setup.by_row(sheet.table) if setup else {}
    waits = broken(Words("", ""), Weight.HOLDS, Source.INSPECTION)[1]
    names = dict.fromkeys(row.characteristic for row in sheet.table.rows)
    return {
        "place": _place(sheet),
        "stamp": str(last_change(act, sheet) or ""),
        "sent": request.method == "POST",
        "units": unit_rows(),
        "outcomes": [
            {"name": outcome.value, "word": say(words), "state": LINE_STATES[outcome]}
            for outcome, words in LINE_NAMES.items()
        ],
        "limits": {name: _limits(sheet, name) for name in names},
        "blank": {name: [list(unentered(e)) for e in _blank(sheet, name)] for name in names},
        "rows": {row.key: _row(sheet, row) for row in sheet.table.rows},
        "wanted": [row.key for row in sheet.table.wanted],
        "last": {key: _last(one) for key, one in known.items()},
        "setup": {r.key: copied(r, known[r.key]) for r in sheet.table.rows if r.key in known},
        "waits": list(waits),
        "like_last": _like_last(sheet),
        "texts": _texts(),
    }


def _place(sheet: Sheet) -> str:
    """What the sheet is about, the same before and after it was sent."""
    subject = sheet.subject
    about = subject.batch.id if subject.batch else f"{subject.party}-{subject.product.key}"
    older = subject.corrects or subject.retests
    return f"{subject.kind}-{about}-{older.id if older else ''}"


def _like_last(sheet: Sheet) -> str:
    """The address of the same page with the last set-up filled in."""
    subject = sheet.subject
    about = {"party": str(subject.party), "product": subject.product.key}
    asked = {} if subject.batch else about
    return f"{request.path}?{urlencode({**asked, 'like': LIKE_LAST})}"


def _row(sheet: Sheet, row: EntryRow) -> dict[str, Any]:
    many = any(limit.requirement.bound.kind in MANY_READINGS for limit in row.limits)
    return {
        "characteristic": row.characteristic,
        "name": say(row.name),
        "unit": row.unit,
        "units": _units(row),
        "matrix": row.matrices[0] if len(row.matrices) == 1 else sheet.case.batch.matrix,
        "many": many,
        "signed": _signed(sheet, row),
    }


def _last(one: Measured) -> dict[str, str]:
    """The value of the last report, to be held beside the one that is typed."""
    return {
        "typed": one.typed,
        "unit": one.unit,
        "detection_limit": one.detection_limit,
        "said": say(one.said),
    }


def _units(row: EntryRow) -> list[list[str]]:
    """The units to choose from with their words; of two with the same words the row's own."""
    found: dict[str, str] = {}
    for symbol in row.units:
        found.setdefault(say(Words(unit_text(symbol), unit_text(symbol, "en"))), symbol)
    return [[symbol, words] for words, symbol in found.items()]


def _signed(sheet: Sheet, row: EntryRow) -> dict[str, Any] | None:
    """The limit of an item that is answered by a signed yes or no."""
    if row.limits or row.unentered or not row.options:
        return None
    plan = sheet.case.plan
    sure = plan is not None and plan.certainty is Certainty.CONFIRMED
    weight = Weight.FAILS if sure else Weight.HOLDS
    return limit_row(Bound(BoundKind.CLAUSE), "") | {
        "weight": weight.value, "decides": True, "matrices": [],
        "edition": plan.standard if plan else "",
    }  # fmt: skip


def _limits(sheet: Sheet, characteristic: str) -> list[dict[str, Any]]:
    """Every limit that a value of it is held against, in the order of its lines."""
    rows = sheet.case.rows.get(characteristic, ())
    return [_limit(row) for row in sorted(rows, key=_order)]


def _order(row: Row) -> tuple[Any, ...]:
    return not row.decides, row.requirement.strictness, row.requirement.id


def _limit(row: Row) -> dict[str, Any]:
    requirement = row.requirement
    shown = why_shown(row) if row.weight is Weight.SHOWN else None
    matrices = requirement.scope.matrices
    return limit_row(requirement.bound, requirement.unit) | {
        "weight": row.weight.value,
        "decides": row.decides,
        "edition": requirement.edition.designation,
        "matrices": list(matrices),
        "shown": shown,
        "unstated": unstated(row.gaps) if row.gaps else None,
        "unstated_matrix": unstated((*row.gaps, "matrix")) if matrices else None,
    }


def _blank(sheet: Sheet, characteristic: str) -> Iterable[str]:
    return (edition.designation for edition in sheet.case.blank_editions(characteristic))


def _texts() -> dict[str, str]:
    """The sentences of the script; {0}, {1} are filled there."""
    return {
        "also": _("%(said)s：%(limit)s（%(edition)s）", said="{0}", limit="{1}", edition="{2}"),
        "filled": _("已填"),
        "worst": _("最差：%(said)s（%(name)s）", said="{0}", name="{1}"),
        "pasted": _("粘贴了 %(count)s 个值。", count="{0}"),
        "unplaced": _("有 %(count)s 个没有地方放：%(values)s", count="{0}", values="{1}"),
        "columns": _("粘贴的有 %(count)s 列，请只复制结果那一列。什么都没有改。", count="{0}"),
        "undo": _("撤销粘贴"),
        "undone": _("撤销了粘贴，%(count)s 格恢复原样。", count="{0}"),
        "above_last": _("是上次（%(value)s）的十倍以上，确定吗？", value="{0}"),
        "under_last": _("不超过上次（%(value)s）的十分之一，确定吗？", value="{0}"),
        "above_limit": _("是限量（%(limit)s）的十倍以上，确定吗？", limit="{0}"),
        "under_limit": _("不超过限量（%(limit)s）的十分之一，确定吗？", limit="{0}"),
        "sure": _("确定"),
        "kept": _("这个窗口里还留着上次填的 %(count)s 格，没有保存过。", count="{0}"),
        "restore": _("放回来"),
        "forget": _("不要了"),
        "restored": _("放回了 %(count)s 格。", count="{0}"),
        "taken_over": _("从上次的报告填了 %(count)s 格单位、检出限、方法和仪器。", count="{0}"),
        "nothing_taken_over": _("没有可填的：方法、单位和检出限已经填好。"),
    }
