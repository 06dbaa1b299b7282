"""A look ahead: what a change of the rules would do to batches and to labels already out.

The change is made by its own verb, in a transaction that is then undone: so it is checked as it
will be, it has the same consequences for other editions and plans, and nothing of it is stored. All
batches of the products concerned are then held against the rules as they are and as they would be.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act, Actor, transaction
from core.identity.models import Party
from core.words import Words
from labels.models import LabelRun, LabelState
from labels.ranges import ACTIVATED, PRINTED, StateChange, count_by_state
from products.models import Product
from products.plans.service import plans_by_day
from products.rulebook import Rulebook
from products.standards.rules import whole_rulebook
from trace.inspections.circumstances import OUTCOMES, PlanOn
from trace.inspections.history import History, history_of
from trace.inspections.models import RELEASE, Disposition
from trace.inspections.outcomes import outcomes, verdict_of
from trace.inspections.verdicts import Outcome

Change = Callable[[Act], Collection[uuid.UUID]]
_AT_ONCE = 500


@dataclass(frozen=True)
class Rules:
    """What is written about one product: its limits, and the plan of each day."""

    book: Rulebook
    plan_on: PlanOn


@dataclass(frozen=True)
class Affected:
    """A batch whose verdict would change; `labels`: how many are printed or in use."""

    batch: uuid.UUID
    number: str
    product: Product
    party: uuid.UUID
    party_name: str
    made_on: str
    released: bool
    now: Outcome
    then: Outcome
    labels: int
    place: int


@dataclass(frozen=True)
class Sum:
    """So many batches, and so many labels on them."""

    batches: int = 0
    labels: int = 0

    def plus(self, one: Affected) -> Sum:
        """With one more."""
        return Sum(self.batches + 1, self.labels + one.labels)


@dataclass(frozen=True)
class PartySums:
    """Of one party's released batches: those that would fail, and those that would wait."""

    party: uuid.UUID
    name: str
    fail: Sum = Sum()
    wait: Sum = Sum()


@dataclass(frozen=True)
class Ahead:
    """What would be different. `looked_at` batches; the judge was asked `asked` times for all.

    `rows`: released ones that would fail first, then those that would wait, then the others.
    """

    products: tuple[Product, ...]
    looked_at: int
    asked: int
    rows: tuple[Affected, ...]
    histories: dict[uuid.UUID, History]
    rules: dict[uuid.UUID, Rules]

    def sum(self, then: Outcome, released: bool = True) -> Sum:
        """Of the batches that are released, or that are not: those that would become `then`."""
        found = Sum()
        for row in self.rows:
            if row.then is then and row.released is released:
                found = found.plus(row)
        return found

    def parties(self) -> list[PartySums]:
        """Whose released batches would fail or wait, most labels first."""
        sums: dict[uuid.UUID, PartySums] = {}
        for row in self.rows:
            if not row.released or row.then is Outcome.CONFORMING:
                continue
            own = sums.get(row.party, PartySums(row.party, row.party_name))
            if row.then is Outcome.NONCONFORMING:
                sums[row.party] = replace(own, fail=own.fail.plus(row))
            else:
                sums[row.party] = replace(own, wait=own.wait.plus(row))
        return sorted(sums.values(), key=lambda own: (-own.fail.labels - own.wait.labels, own.name))

    def reasons(self, row: Affected) -> tuple[Words, ...]:
        """Why one batch would be judged so: the judge's own sentences."""
        rules = self.rules[row.product.id]
        given = self.histories[row.product.id].columns.given(row.place)
        return verdict_of(given, rules.book, rules.plan_on).reasons


class _Undone(Exception):
    """Carries the changed rules out of a transaction that must not be committed."""

    def __init__(self, rules: dict[uuid.UUID, Rules]) -> None:
        super().__init__()
        self.rules = rules


def look_ahead(session: Session, actor: Actor, change: Change) -> Ahead:
    """What `change` would do; it gives the products that it concerns. Stores nothing.

    Raises whatever the verb itself would raise.
    """
    then = _changed(session, actor, change)
    products = session.scalars(select(Product).where(Product.id.in_(then)).order_by(Product.name))
    rows: list[Affected] = []
    histories: dict[uuid.UUID, History] = {}
    asked = 0
    for product in products.all():
        history = histories[product.id] = history_of(session, product)
        rules, now = then[product.id], _rules(session, product.id)
        before = outcomes(history.columns, now.book, now.plan_on)
        after = outcomes(history.columns, rules.book, rules.plan_on)
        asked += before.parts + before.apart + after.parts + after.apart
        turned = [int(place) for place in (before.of != after.of).nonzero()[0]]
        said = {place: (OUTCOMES[before.of[place]], OUTCOMES[after.of[place]]) for place in turned}
        rows += _affected(session, history, said)
    return Ahead(
        products=tuple(history.product for history in histories.values()),
        looked_at=sum(len(history.batches) for history in histories.values()),
        asked=asked,
        rows=tuple(sorted(rows, key=_order)),
        histories=histories,
        rules=then,
    )


def _changed(session: Session, actor: Actor, change: Change) -> dict[uuid.UUID, Rules]:
    try:
        with transaction(session, actor) as act:
            act.need(AUTHORITY)
            products = change(act)
            act.session.flush()
            raise _Undone({product: _rules(act.session, product) for product in products})
    except _Undone as undone:
        return undone.rules


def _rules(session: Session, product: uuid.UUID) -> Rules:
    return Rules(whole_rulebook(session, product), plans_by_day(session, product))


def _order(row: Affected) -> tuple[bool, int, int, str]:
    return not row.released, -OUTCOMES.index(row.then), -row.labels, row.number


def _affected(
    session: Session, history: History, said: dict[int, tuple[Outcome, Outcome]]
) -> Iterable[Affected]:
    ids = [history.batches[place].id for place in said]
    released = _released(session, ids)
    labels = _live_labels(session, ids)
    parties = {history.batches[place].party for place in said}
    query = select(Party.id, Party.name).where(Party.id.in_(parties))
    names = {row.id: row.name for row in session.execute(query)}
    for place, (now, then) in said.items():
        batch = history.batches[place]
        yield Affected(
            batch=batch.id,
            number=batch.number,
            product=history.product,
            party=batch.party,
            party_name=names[batch.party],
            made_on=batch.production_date.isoformat(),
            released=batch.id in released,
            now=now,
            then=then,
            labels=labels.get(batch.id, 0),
            place=place,
        )


def _released(session: Session, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Of these batches those whose last disposition is a release."""
    found: set[uuid.UUID] = set()
    for some in _some(ids):
        newest = (
            select(Disposition.batch_id, func.max(Disposition.number).label("number"))
            .where(Disposition.batch_id.in_(some))
            .group_by(Disposition.batch_id)
            .subquery()
        )
        query = (
            select(Disposition.batch_id)
            .join(newest, newest.c.batch_id == Disposition.batch_id)
            .where(Disposition.number == newest.c.number, Disposition.kind == RELEASE)
        )
        found |= set(session.scalars(query))
    return found


def _live_labels(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many labels of each batch are printed or in use, and not void."""
    found: dict[uuid.UUID, int] = {}
    for some in _some(ids):
        changes: dict[uuid.UUID, list[StateChange]] = {}
        states = select(
            LabelState.run_id, LabelState.number, LabelState.state, LabelState.first,
            LabelState.last, LabelState.at,
        ).join(LabelRun, LabelRun.id == LabelState.run_id)  # fmt: skip
        for row in session.execute(states.where(LabelRun.batch_id.in_(some))):
            made = StateChange(row.number, row.state, row.first, row.last, row.at)
            changes.setdefault(row.run_id, []).append(made)
        runs = select(LabelRun.id, LabelRun.batch_id, LabelRun.first, LabelRun.last)
        for run, batch, first, last in session.execute(runs.where(LabelRun.batch_id.in_(some))):
            counts = count_by_state(first, last, changes.get(run, ()))
            found[batch] = found.get(batch, 0) + counts[PRINTED] + counts[ACTIVATED]
    return found


def _some(ids: Sequence[uuid.UUID]) -> Iterable[Sequence[uuid.UUID]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
