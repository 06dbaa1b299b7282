"""What a report is linked to: what it corrects, what corrects it, what was tested again, and why."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from core.act import Act
from trace.inspections.judging import standing_of_batch
from trace.inspections.life_models import Retest, Worksheet
from trace.inspections.models import Inspection, Reinstatement, Withdrawal
from trace.inspections.worksheets import drafts_on


@dataclass(frozen=True)
class Retested:
    """A retest and the report at its other end."""

    row: Retest
    report: Inspection


@dataclass(frozen=True)
class Back:
    """A withdrawal that was taken back."""

    withdrawal: Withdrawal
    row: Reinstatement


@dataclass(frozen=True)
class Chain:
    """The links of one report; `begun`: an unfinished worksheet of the actor's on it.

    `counts`: it was neither corrected nor withdrawn. `again` is the retest of its items, `first`
    the report whose items it tests again itself.
    """

    counts: bool
    older: Inspection | None
    newer: Inspection | None
    first: Retested | None
    again: Retested | None
    back: Back | None
    begun: Worksheet | None


def chain_of(act: Act, report: Inspection) -> Chain:
    """Everything that a report is linked to."""
    session = act.session
    newer = select(Inspection).where(Inspection.corrects_id == report.id)
    first, again = session.get(Retest, report.id), _retest_of(act, report)
    successor = session.scalars(newer).first()
    return Chain(
        counts=_counts(act, report, successor),
        older=session.get(Inspection, report.corrects_id) if report.corrects_id else None,
        newer=successor,
        first=Retested(first, session.get_one(Inspection, first.first_id)) if first else None,
        again=Retested(again, session.get_one(Inspection, again.inspection_id)) if again else None,
        back=_back(act, report),
        begun=drafts_on(act, report),
    )


def _retest_of(act: Act, report: Inspection) -> Retest | None:
    return act.session.scalars(select(Retest).where(Retest.first_id == report.id)).first()


def _counts(act: Act, report: Inspection, newer: Inspection | None) -> bool:
    if report.batch_id is not None:
        return str(report.id) in standing_of_batch(act.session, report.batch_id).reports
    return newer is None and report.withdrawal is None


def _back(act: Act, report: Inspection) -> Back | None:
    query = (
        select(Withdrawal, Reinstatement)
        .join(Reinstatement, Reinstatement.withdrawal_id == Withdrawal.id)
        .where(Withdrawal.inspection_id == report.id)
    )
    found = act.session.execute(query).first()
    return Back(found.Withdrawal, found.Reinstatement) if found else None
