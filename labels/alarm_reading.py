"""Reading from the tables what is alarming: one function a kind, each a few queries.

Every function takes the party whose alarms are wanted; None: those of all.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Select, extract, func, select
from sqlalchemy.orm import Session

from core.identity.models import Party
from core.record.attempts import RefusedAttempt
from labels import alarm_goods as goods
from labels import alarm_words as words
from labels.alarm_words import Alarm, Who
from labels.signals import unactivated_scans
from products.forms.models import Conversion
from products.forms.service import conversion_of, range_of
from products.forms.yields import Range, falls_outside
from products.models import Product
from products.numbers import plain_text
from products.plots.allowance import granted
from products.plots.models import Plot, PlotApproval, YieldCap
from trace.batches.models import TRANSFORM, Batch, BatchOrigin, Processing
from trace.books.allowances import deficits
from trace.books.models import Allowance, Harvest, PostingCorrection
from trace.transfers.differences import LATE_AFTER, days_waiting
from trace.transfers.models import Transfer, TransferAnswer
from trace.transfers.service import unanswered

MOST_NUMBERS = 3
TRIED_FOR = timedelta(days=365)
"""Attempts that were refused are told for so long."""
_AT_ONCE = 500
Whose = uuid.UUID | None


def _names(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Who]:
    query = select(Party.id, Party.name).where(Party.id.in_(set(ids)))
    return {row.id: Who(row.id, row.name) for row in session.execute(query)}


def _products(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Product]:
    rows = session.scalars(select(Product).where(Product.id.in_(set(ids)))).unique()
    return {row.id: row for row in rows}


# --- processing ---------------------------------------------------------------------------------


def _standing(party: Whose) -> Select[Processing]:
    """Acts of processing that were not undone."""
    undone = select(PostingCorrection.corrected)
    query = select(Processing).where(Processing.id.not_in(undone))
    return query if party is None else query.where(Processing.party_id == party)


def _works(session: Session, rows: list[Processing]) -> list[goods.Work]:
    who = _names(session, {row.party_id for row in rows})
    made_of = _products(session, {row.product_id for row in rows})
    outputs = _outputs(session, [row.id for row in rows])
    return [
        goods.Work(
            id=row.id, who=who[row.party_id], product=made_of[row.product_id].name,
            from_form=row.from_form, to_form=row.to_form,
            from_base=made_of[row.product_id].base_of(row.from_form) or "mass",
            to_base=made_of[row.product_id].base_of(row.to_form) or "mass",
            went_in=row.went_in, came_out=row.came_out, lost=row.lost,
            batch=outputs[row.id][0][0], numbers=_listed([n for _, n in outputs[row.id]]),
            reason=row.reason or "", at=row.at,
        )
        for row in rows
    ]  # fmt: skip


def _outputs(
    session: Session, postings: list[uuid.UUID]
) -> dict[uuid.UUID, list[tuple[uuid.UUID, str]]]:
    found: dict[uuid.UUID, dict[uuid.UUID, str]] = {}
    for start in range(0, len(postings), _AT_ONCE):
        query = (
            select(BatchOrigin.posting, Batch.id, Batch.number)
            .join(Batch, Batch.id == BatchOrigin.batch_id)
            .where(BatchOrigin.posting.in_(postings[start : start + _AT_ONCE]))
            .order_by(BatchOrigin.number)
        )
        for posting, batch, number in session.execute(query):
            if posting is not None:
                found.setdefault(posting, {})[batch] = number
    return {posting: list(batches.items()) for posting, batches in found.items()}


def _listed(numbers: list[str]) -> str:
    return "、".join(numbers[:MOST_NUMBERS]) + ("…" if len(numbers) > MOST_NUMBERS else "")


def conversions(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Acts of processing that left a proven range."""
    rows = list(session.scalars(_standing(party).where(Processing.outside)))
    for row, work in zip(rows, _works(session, rows), strict=True):
        yield goods.conversion(work, _range_then(session, row))


def _range_then(session: Session, row: Processing) -> Range | None:
    """The range that stood: the act keeps its ends, the range their units."""
    if row.low is None:
        return None
    query = select(Conversion).where(
        Conversion.product_id == row.product_id, Conversion.from_form == row.from_form,
        Conversion.to_form == row.to_form, Conversion.low == row.low, Conversion.high == row.high,
    )  # fmt: skip
    return range_of(session.scalars(query.order_by(Conversion.number.desc())).first())


def losses(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Mixing and packing in which much was lost."""
    query = _standing(party).where(Processing.kind != TRANSFORM, Processing.lost > 0)
    rows = [r for r in session.scalars(query) if goods.loses_much(r.went_in, r.lost)]
    yield from map(goods.loss, _works(session, rows))


def total_conversions(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """A year's making of one form from another that leaves the range which stands now."""
    year = extract("year", Processing.happened_on)
    of = (Processing.party_id, Processing.product_id, Processing.from_form, Processing.to_form)
    kept = _standing(party).where(Processing.kind == TRANSFORM, Processing.outside.is_(False))
    query = kept.with_only_columns(
        *of, year, func.sum(Processing.went_in), func.sum(Processing.came_out),
        func.max(Processing.at, type_=Processing.at.type),
    ).group_by(*of, year)  # fmt: skip
    for who, product, from_form, to_form, in_year, went_in, came_out, at in session.execute(query):
        within = range_of(conversion_of(session, product, from_form, to_form))
        if within is None or not falls_outside(int(went_in), int(came_out), within):
            continue
        row = _products(session, [product])[product]
        work = goods.Work(
            id=product, who=_names(session, [who])[who], product=row.name, from_form=from_form,
            to_form=to_form, from_base=row.base_of(from_form) or "mass",
            to_base=row.base_of(to_form) or "mass", went_in=int(went_in), came_out=int(came_out),
            lost=0, batch=product, numbers="", reason="", at=at,
        )  # fmt: skip
        yield goods.total_conversion(work, product, int(in_year), within)


# --- harvests -----------------------------------------------------------------------------------


def _caps(session: Session) -> dict[tuple[uuid.UUID, int], YieldCap]:
    """The cap that counts, by product and year."""
    rows = session.scalars(select(YieldCap).order_by(YieldCap.number))
    return {(row.product_id, row.year): row for row in rows}


def _crops(
    session: Session, rows: list[tuple[uuid.UUID, uuid.UUID, int, str, str, int, datetime]]
) -> list[goods.Crop]:
    who = _names(session, {row[0] for row in rows})
    named = _products(session, {row[1] for row in rows})
    return [
        goods.Crop(who[party], product, named[product].name, year, form, base, amount, at)
        for party, product, year, form, base, amount, at in rows
    ]


def overdrawn(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Allowances of which more is used than granted."""
    rows = deficits(session, None if party is None else [party])
    caps = _caps(session) if rows else {}
    facts = [
        (row.party_id, row.product_id, row.year, row.form, row.base, row.used,
         _cut_at(session, row, caps[row.product_id, row.year]))
        for row in rows
    ]  # fmt: skip
    for row, crop in zip(rows, _crops(session, facts), strict=True):
        yield goods.deficit(crop, row.granted)


def _cut_at(session: Session, row: Allowance, cap: YieldCap) -> datetime:
    """When the allowance was cut: by the cap, or by an approval that ended."""
    query = (
        select(func.max(PlotApproval.ended_at, type_=YieldCap.set_at.type))
        .join(Plot, Plot.id == PlotApproval.plot_id)
        .where(Plot.party_id == row.party_id, Plot.product_id == row.product_id)
        .where(PlotApproval.year == row.year)
    )
    ended = session.scalar(query)
    return cap.set_at if ended is None else max(ended, cap.set_at)


def past_the_form(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Goods entered in another form than the one in which the allowance counts."""
    caps = _caps(session)
    of = (Harvest.party_id, Harvest.product_id, Harvest.year, Harvest.form)
    total = func.sum(Harvest.quantity)
    query = select(*of, total, func.max(Harvest.at, type_=Harvest.at.type)).group_by(*of)
    query = query.where(Harvest.product_id.in_({product for product, _ in caps})).having(total > 0)
    if party is not None:
        query = query.where(Harvest.party_id == party)
    found, forms = [], []
    for who, product, year, form, amount, at in session.execute(query):
        cap = caps.get((product, year))
        if cap is not None and cap.form != form:
            base = _products(session, [product])[product].base_of(form) or "mass"
            found.append((who, product, year, form, base, int(amount), at))
            forms.append(cap.form)
    for crop, form in zip(_crops(session, found), forms, strict=True):
        yield goods.past_the_form(crop, form)


def plots(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Plots that gave more than their approved area bears."""
    caps = _caps(session)
    total = func.sum(Harvest.quantity)
    query = (
        select(Harvest.plot_id, Harvest.year, Harvest.form, total,
               func.max(Harvest.at, type_=Harvest.at.type))
        .where(Harvest.plot_id.is_not(None))
        .where(Harvest.product_id.in_({product for product, _ in caps}))
        .group_by(Harvest.plot_id, Harvest.year, Harvest.form)
        .having(total > 0)
    )  # fmt: skip
    if party is not None:
        query = query.where(Harvest.party_id == party)
    rows = session.execute(query).all()
    known = _plots(session, {row[0] for row in rows if row[0] is not None})
    areas = _areas(session, known)
    for plot_id, year, form, amount, at in rows:
        assert plot_id is not None, "such harvests were left out"
        plot = known[plot_id]
        cap, area = caps.get((plot.product_id, year)), areas.get((plot_id, year))
        if cap is None or cap.form != form or area is None:
            continue
        bears = granted([area.area_mu], cap.per_mu)
        if int(amount) > bears:
            fact = (plot.party_id, plot.product_id, year, form, cap.base, int(amount), at)
            [crop] = _crops(session, [fact])
            yield goods.plot_alarm(crop, plot_id, plot.number, plain_text(area.area_mu), bears)


def _plots(session: Session, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Plot]:
    known: dict[uuid.UUID, Plot] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(Plot).where(Plot.id.in_(wanted[start : start + _AT_ONCE]))
        known.update((row.id, row) for row in session.scalars(query))
    return known


def _areas(
    session: Session, plot_ids: Collection[uuid.UUID]
) -> dict[tuple[uuid.UUID, int], PlotApproval]:
    """The approval of each plot and year: the one that stands, else the last that did."""
    found: dict[tuple[uuid.UUID, int], PlotApproval] = {}
    wanted = sorted(plot_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        query = select(PlotApproval).where(
            PlotApproval.plot_id.in_(wanted[start : start + _AT_ONCE])
        )
        for row in session.scalars(query.order_by(PlotApproval.approved_at)):
            held = found.get((row.plot_id, row.year))
            if held is None or row.ended_at is None or held.ended_at is not None:
                found[row.plot_id, row.year] = row
    return found


# --- hand-overs ---------------------------------------------------------------------------------


def _of_either(query: Select[Transfer], party: Whose) -> Select[Transfer]:
    if party is None:
        return query
    return query.where((Transfer.party_id == party) | (Transfer.to_party_id == party))


def _handed(row: Transfer) -> words.Handed:
    answer = row.answer
    return words.Handed(
        id=row.id, number=row.number, sender=Who(row.party_id, row.party.name),
        receiver=Who(row.to_party_id, row.to_party.name), product=row.product.name,
        base=row.batch.base, sent=row.quantity, sent_on=row.sent_on,
        at=row.sent_at if answer is None else answer.at,
        difference=(answer.difference or 0) if answer is not None else 0,
        batch=row.batch_id,
    )  # fmt: skip


def differences(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Hand-overs of which another quantity arrived than was sent."""
    differing = select(TransferAnswer.transfer_id).where(TransferAnswer.difference != 0)
    query = _of_either(select(Transfer).where(Transfer.id.in_(differing)), party)
    for row in session.scalars(query).unique():
        yield words.difference(_handed(row))


def unanswered_for_long(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Hand-overs that nobody has answered for more than LATE_AFTER days."""
    old = select(Transfer).where(Transfer.sent_on < today - timedelta(days=LATE_AFTER))
    for row in session.scalars(_of_either(unanswered(old), party)).unique():
        yield words.unanswered(_handed(row), days_waiting(row.sent_on, today))


# --- attempts and scans -------------------------------------------------------------------------


def attempts(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Labels beyond the conforming goods, harvests beyond the allowance, that were asked for."""
    query = select(RefusedAttempt).where(RefusedAttempt.day > today - TRIED_FOR)
    if party is not None:
        query = query.where(RefusedAttempt.party_id == party)
    by_thing: dict[tuple[str, uuid.UUID, uuid.UUID], list[RefusedAttempt]] = {}
    for row in session.scalars(query.order_by(RefusedAttempt.day)):
        by_thing.setdefault((row.kind, row.party_id, row.subject_id), []).append(row)
    who = _names(session, {key[1] for key in by_thing})
    numbers = _numbers(session, sorted({key[2] for key in by_thing}))
    for (kind, whose, batch), rows in by_thing.items():
        most = max(rows, key=lambda row: row.asked)
        yield words.refused(
            words.Tried(
                what="labels" if kind == "labels" else "harvest", who=who[whose], batch=batch,
                number=numbers.get(batch, ""), base=most.base, asked=most.asked,
                possible=most.possible, count=sum(row.count for row in rows),
                at=max(row.last_at for row in rows),
            )
        )  # fmt: skip


def _numbers(session: Session, ids: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    found: dict[uuid.UUID, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(Batch.id, Batch.number).where(Batch.id.in_(ids[start : start + _AT_ONCE]))
        found.update((row.id, row.number) for row in session.execute(query))
    return found


def early_scans(session: Session, party: Whose, today: date) -> Iterator[Alarm]:
    """Labels that were scanned and are not activated to this day."""
    for found in unactivated_scans(session, party):
        batch = found.run.batch
        yield words.scans(
            words.Seen(
                run=found.run.id, batch=batch.id, who=Who(batch.party_id, batch.party.name), number=batch.number,
                first=str(found.first), last=str(found.last), labels=found.labels,
                scans=found.scans, at=found.last_at,
            )
        )  # fmt: skip
