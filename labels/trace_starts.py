"""Where a trace starts: from what a person has in hand to the batches that it means."""

import contextlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Select, Text, func, select, type_coerce
from sqlalchemy.orm import Session

from core.act import AUTHORITY, PRODUCER, Act
from core.errors import invalid_field, not_found
from core.identity.models import Party
from core.words import Words
from labels.finding import find_label
from labels.press import Press
from products.plots.models import Plot
from trace.batches.inputs import batches_with_input
from trace.batches.models import Batch
from trace.books.models import Harvest
from trace.inspections.models import Inspection, Result, Verdict
from trace.inspections.verdicts import Source
from trace.statistics.lines import Finding, LineReader

BATCH, PLOT, INPUT, PARTY = "batch", "plot", "input", "party"
REPORT, LABEL, CLAUSE = "report", "label", "clause"
START_KINDS = (BATCH, LABEL, PLOT, INPUT, PARTY, REPORT, CLAUSE)
START_WORDS = {
    BATCH: Words("批次", "batch"),
    LABEL: Words("标签码", "label code"),
    PLOT: Words("地块", "plot"),
    INPUT: Words("投入品批号", "supplier's number of an input"),
    PARTY: Words("主体", "party"),
    REPORT: Words("检验报告", "report"),
    CLAUSE: Words("标准条款", "clause"),
}
_ANY_SOURCE = frozenset(Source)
_AT_ONCE = 200


@dataclass(frozen=True)
class Start:
    """What the trace starts from, as it was typed; a clause also names its standard in `id`."""

    kind: str
    id: str
    clause: str = ""


@dataclass(frozen=True)
class Started:
    """The batches that a start means, in the order of their numbers, and how to call it."""

    start: Start
    words: Words
    batches: tuple[uuid.UUID, ...]


def started(act: Act, press: Press, start: Start) -> Started:
    """The batches of a start that the actor may trace: own ones, all for the authority.

    Raises Invalid where the start makes no sense, NotFound where there is nothing of it.
    """
    act.need(PRODUCER, AUTHORITY)
    if start.kind == CLAUSE and not start.clause:
        raise invalid_field(
            "clause-missing", "/clause", "填条款，例如 4.2 或 表1", "Name the clause, such as 4.2"
        )
    found = _OF_KIND[start.kind](act, press, start)
    ids = _visible(act, found)
    if not ids:
        raise not_found(START_WORDS[start.kind].zh, START_WORDS[start.kind].en)
    return Started(start, _words(act.session, start, ids), tuple(ids))


def _visible(act: Act, found: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Those of them that the actor may trace, in the order of their numbers."""
    wanted = list(dict.fromkeys(found))
    ids: list[tuple[str, uuid.UUID]] = []
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Batch.number, Batch.id).where(Batch.id.in_(wanted[start : start + _AT_ONCE]))
        if not act.actor.is_a(AUTHORITY):
            query = query.where(Batch.party_id == act.party)
        ids += [(row.number, row.id) for row in act.session.execute(query)]
    return [one for _, one in sorted(ids)]


def _words(session: Session, start: Start, ids: list[uuid.UUID]) -> Words:
    kind = START_WORDS[start.kind]
    told = " ".join(part for part in (start.id, start.clause) if part)
    if start.kind == BATCH and len(ids) == 1:
        batch = session.get_one(Batch, ids[0])
        told = f"{batch.number} {batch.product.name}"
    elif (row := _named(session, start)) is not None:
        told = row
    return Words(f"{kind.zh} {told}", f"{kind.en} {told}")


def _named(session: Session, start: Start) -> str | None:
    """The name of a plot, party or report that was given by its id."""
    one = _uuid(start.id)
    if one is None:
        return None
    if start.kind == PLOT:
        plot = session.get(Plot, one)
        return None if plot is None else f"{plot.number} {plot.name}"
    if start.kind == PARTY:
        party = session.get(Party, one)
        return None if party is None else party.name
    report = session.get(Inspection, one) if start.kind == REPORT else None
    return None if report is None else report.number


def _uuid(text: str) -> uuid.UUID | None:
    with contextlib.suppress(ValueError):
        return uuid.UUID(text)
    return None


def _of_batch(act: Act, _press: Press, start: Start) -> Iterable[uuid.UUID]:
    one = _uuid(start.id)
    if one is not None:
        return [one]
    return act.session.scalars(select(Batch.id).where(Batch.number == start.id.upper()))


def _of_label(act: Act, press: Press, start: Start) -> Iterable[uuid.UUID]:
    """By the code that is printed, or the link that a phone reads."""
    code = start.id.rsplit("/", 1)[-1]
    label = find_label(act.session, press, code)
    return [] if label.run is None else [label.run.batch_id]


def _of_plot(act: Act, _press: Press, start: Start) -> Iterable[uuid.UUID]:
    query = select(Harvest.batch_id).join(Plot, Plot.id == Harvest.plot_id)
    one = _uuid(start.id)
    named = Plot.id == one if one is not None else Plot.number == start.id
    query = query.where(named).group_by(Harvest.batch_id).having(func.sum(Harvest.quantity) > 0)
    return act.session.scalars(query)


def _of_input(act: Act, _press: Press, start: Start) -> Iterable[uuid.UUID]:
    return batches_with_input(act.session, start.id)


def _of_party(act: Act, _press: Press, start: Start) -> Iterable[uuid.UUID]:
    one = _uuid(start.id)
    query = select(Batch.id).join(Party, Party.id == Batch.party_id)
    if one is not None:
        return act.session.scalars(query.where(Party.id == one))
    named = (Party.credit_code == start.id.upper()) | (Party.name == start.id)
    return act.session.scalars(query.where(named))


def _of_report(act: Act, _press: Press, start: Start) -> Iterable[uuid.UUID]:
    """The batch of a report; of a type inspection the batches whose verdict rests on it."""
    one = _uuid(start.id)
    named = Inspection.id == one if one is not None else Inspection.number == start.id
    found: list[uuid.UUID] = []
    for report in act.session.scalars(select(Inspection).where(named)).unique():
        if report.batch_id is not None:
            found.append(report.batch_id)
        else:
            found += _resting_on(act.session, report)
    return found


def _resting_on(session: Session, report: Inspection) -> list[uuid.UUID]:
    results = session.scalars(select(Result.id).where(Result.inspection_id == report.id))
    marks = [f'"{one}"' for one in results]
    query = _verdicts().where(
        Batch.party_id == report.party_id, Batch.product_id == report.product_id
    )
    rows = session.execute(query, execution_options={"yield_per": _AT_ONCE})
    return [row.id for row in rows if any(mark in row.lines for mark in marks)]


def _of_clause(act: Act, _press: Press, start: Start) -> Iterable[uuid.UUID]:
    """Batches whose newest verdict has a value that does not conform to the clause."""
    reader = LineReader(_ANY_SOURCE, holding=start.id)
    query = _verdicts()
    if not act.actor.is_a(AUTHORITY):
        query = query.where(Batch.party_id == act.party)
    for row in act.session.execute(query, execution_options={"yield_per": _AT_ONCE}):
        if start.id in row.lines and any(
            _names(start, line.limit.edition, line.limit.clause)
            and line.finding is not Finding.HOLDS
            for line in reader.counted(row.lines)
        ):
            yield row.id


def _names(start: Start, edition: str, clause: str) -> bool:
    """GB 2762 means every edition of it, GB 2762-2025 that one."""
    of_standard = edition == start.id or edition.startswith(f"{start.id}-")
    return of_standard and clause == start.clause


def _verdicts() -> Select[uuid.UUID, str]:
    newest = select(func.max(Verdict.number)).where(Verdict.batch_id == Batch.id)
    return (
        select(Batch.id, type_coerce(Verdict.lines, Text).label("lines"))
        .join(Verdict, Verdict.batch_id == Batch.id)
        .where(Verdict.number == newest.correlate(Batch).scalar_subquery())
    )


_OF_KIND: dict[str, Callable[[Act, Press, Start], Iterable[uuid.UUID]]] = {
    BATCH: _of_batch,
    LABEL: _of_label,
    PLOT: _of_plot,
    INPUT: _of_input,
    PARTY: _of_party,
    REPORT: _of_report,
    CLAUSE: _of_clause,
}
