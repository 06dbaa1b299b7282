"""How much of a year's goods carries labels in use: sums over serial ranges, by the database."""

import uuid
from datetime import date

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased

from labels.models import LabelRun, LabelState
from labels.ranges import ACTIVATED, VOID
from trace.batches.models import Batch


def activated_of_year(
    session: Session, product: uuid.UUID, year: int, party: uuid.UUID | None = None
) -> dict[str, int]:
    """The goods under labels that were activated and not voided, by form, in its base.

    A label is activated at most once and voided at most once, so that ranges can be added up.
    """
    used, void = aliased(LabelState), aliased(LabelState)
    wanted: list[ColumnElement[bool]] = [
        Batch.product_id == product,
        Batch.production_date >= date(year, 1, 1),
        Batch.production_date <= date(year, 12, 31),
    ]
    if party is not None:
        wanted.append(Batch.party_id == party)
    runs = select(Batch.form).join(LabelRun, LabelRun.batch_id == Batch.id).where(*wanted)
    active = runs.add_columns(func.sum((used.last - used.first + 1) * LabelRun.net_content)).join(
        used, (used.run_id == LabelRun.id) & (used.state == ACTIVATED)
    )
    last = case((used.last < void.last, used.last), else_=void.last)
    first = case((used.first > void.first, used.first), else_=void.first)
    ended = (
        runs.add_columns(func.sum((last - first + 1) * LabelRun.net_content))
        .join(used, (used.run_id == LabelRun.id) & (used.state == ACTIVATED))
        .join(void, (void.run_id == LabelRun.id) & (void.state == VOID))
        .where(void.first <= used.last, void.last >= used.first)
    )
    found = {form: int(n) for form, n in session.execute(active.group_by(Batch.form))}
    for form, n in session.execute(ended.group_by(Batch.form)):
        found[form] -= int(n)
    return found
