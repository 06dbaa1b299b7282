"""复检 of a batch for the eye: what may still be asked for and until when, and what was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from core.act import INSPECTOR, Act
from core.identity.models import Party, PartyRole
from trace.batches.models import Batch
from trace.inspections.judging import latest_verdict, standing_of_batch
from trace.inspections.life_models import (
    DOUBLE_SAMPLING,
    RETAINED_SAMPLE,
    Reinspection,
    Retest,
)
from trace.inspections.models import Inspection
from trace.inspections.reinspections import (
    ENTERED_CALENDAR,
    last_day_to_ask,
    reinspections_of,
)

_BROKEN = ("nonconforming", "to_verify")


@dataclass(frozen=True)
class Failed:
    """A report by which the batch fails: until when another laboratory may be asked."""

    report: Inspection
    items: tuple[str, ...]
    last: date
    calendar_words: str
    too_late: bool
    laboratories: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Asked:
    """A re-inspection that was asked for, and the report that it led to."""

    row: Reinspection
    first: str
    laboratory: str
    sample_words: str
    answer: str


def sample_words() -> dict[str, str]:
    """What is tested again."""
    return {RETAINED_SAMPLE: _("原来留的样"), DOUBLE_SAMPLING: _("重新抽样，数量加倍")}


def calendar_words(calendar: str) -> str:
    """By which days a period was counted."""
    if calendar == ENTERED_CALENDAR:
        return str(_("按录入的放假和调休算"))
    return str(_("没有录入节假日，按周一至周五算"))


def reinspection_parts(act: Act, batch: Batch) -> dict[str, Any]:
    """What the page of a batch shows of re-inspections."""
    rows = reinspections_of(act.session, batch.id)
    asked = {row.first_id for row in rows}
    return {
        "failed_reports": [one for one in _failed(act, batch) if one.report.id not in asked],
        "reinspections": list(_asked(act, rows)),
        "sample_choices": list(sample_words().items()),
    }


def _failed(act: Act, batch: Batch) -> Iterable[Failed]:
    verdict = latest_verdict(act.session, batch.id)
    broken = [line for line in (verdict.lines if verdict else ()) if line["outcome"] in _BROKEN]
    counting = standing_of_batch(act.session, batch.id).reports
    query = select(Inspection).where(Inspection.batch_id == batch.id)
    for report in act.session.scalars(query.order_by(Inspection.recorded_at)).unique():
        own = {str(result.id) for result in report.results}
        items = tuple(
            dict.fromkeys(line["characteristic"] for line in broken if line.get("result") in own)
        )
        if items and str(report.id) in counting:
            last, calendar = last_day_to_ask(act.session, report)
            yield Failed(
                report, items, last, calendar_words(calendar), act.today > last,
                _laboratories(act, report, batch),
            )  # fmt: skip


def _laboratories(act: Act, report: Inspection, batch: Batch) -> tuple[tuple[str, str], ...]:
    """Every laboratory but the one that found it failing, and the owner itself."""
    query = select(Party.id, Party.name).join(PartyRole, PartyRole.party_id == Party.id)
    query = query.where(
        PartyRole.role == INSPECTOR, Party.id.not_in([report.laboratory_id, batch.party_id])
    )
    return tuple((str(row.id), row.name) for row in act.session.execute(query.order_by(Party.name)))


def _asked(act: Act, rows: Iterable[Reinspection]) -> Iterable[Asked]:
    words = sample_words()
    for row in rows:
        retest = select(Inspection).join(Retest, Retest.inspection_id == Inspection.id)
        answer = act.session.scalars(retest.where(Retest.first_id == row.first_id)).first()
        yield Asked(
            row,
            act.session.get_one(Inspection, row.first_id).number,
            act.session.get_one(Party, row.laboratory_id).name,
            words[row.sample],
            answer.number if answer else "",
        )
