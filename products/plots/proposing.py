"""The verbs of a party about its own plots: propose, change, give up."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.act import PRODUCER, Act
from core.errors import Conflict, FieldFault, NotFound, invalid_field, not_found
from core.record.models import PersonalValue
from core.record.service import seal_personal
from core.words import Words
from products.licences.service import licence_on
from products.models import Product
from products.plots.drafts import PlotDraft, Townships, bounds_of, checked_plot
from products.plots.models import Plot, PlotApproval
from products.plots.outline import Outline, stored_outline
from products.plots.service import check_not_retired
from products.service import product_named

AsSeen = Callable[[UUID, int], object]


def licensed_product(act: Act, name: str) -> Product:
    """The product of a key or id for which the actor's party is licensed today; Invalid otherwise."""
    act.need(PRODUCER)
    try:
        product = product_named(act.session, name)
    except NotFound as missing:
        raise invalid_field(
            "no-such-product", "/product", "没有这个产品", "There is no such product"
        ) from missing
    if licence_on(act.session, act.party, product.id, act.today) is None:
        raise invalid_field(
            "not-licensed",
            "/product",
            f"您单位没有{product.name}的准入，请向主管部门申请",
            f"Your party holds no licence for {product.name}; ask the authority",
        )
    return product


def propose_plot(act: Act, draft: PlotDraft) -> Plot:
    """A licensed producer proposes a plot. Raises Invalid naming the fields, Conflict on a number."""
    product = licensed_product(act, draft.product)
    columns = checked_plot(Townships(act.session, product), draft)
    return put_plot(act, product, columns)


def put_plot(act: Act, product: Product, columns: Mapping[str, Any]) -> Plot:
    """Keep a plot whose columns `checked_plot` gave."""
    row = Plot(
        id=uuid.uuid4(), party_id=act.party, product_id=product.id, account_id=act.actor.account,
        created_at=act.at, version=1,
    )  # fmt: skip
    _write(act, row, columns)
    act.session.add(row)
    _flush_number(act.session, row)
    _record(act, "plot", row)
    return row


def _write(act: Act, row: Plot, columns: Mapping[str, Any]) -> None:
    outline: Outline | None = columns["outline"]
    for name in ("number", "name", "area_mu", "place_code", "place"):
        setattr(row, name, columns[name])
    row.outline = outline.kept if outline is not None else None
    for name, side in bounds_of(outline).items():
        setattr(row, name, side)
    worker = columns["worked_by"]
    row.worked_by = seal_personal(act.session, worker) if worker else None


def _flush_number(session: Session, row: Plot) -> None:
    words = Words(
        f"您单位已经有编号 {row.number} 的地块，请换一个编号。",
        f"Your party has a plot {row.number} already; take another number.",
    )
    taken = Conflict("plot-number-taken", words, [FieldFault("/number", words)])
    query = select(Plot.id).where(
        Plot.party_id == row.party_id, Plot.number == row.number, Plot.id != row.id
    )
    with session.no_autoflush:
        if session.scalar(query) is not None:
            raise taken
    try:
        session.flush()
    except IntegrityError as clash:
        raise taken from clash


def _record(act: Act, kind: str, row: Plot) -> None:
    """Names and coordinates go into the record sealed: it is public (P-01, P-08)."""
    personal = {
        "name": row.name,
        "place": row.place,
        "outline": stored_outline(row.outline).text if row.outline else None,
    }
    sealed = {
        name: seal_personal(act.session, value) if value else None
        for name, value in personal.items()
    }
    act.record(
        kind, row.id, party=row.party_id, product=row.product_id, number=row.number,
        area_mu=row.area_mu, township=row.place_code, worked_by=row.worked_by, version=row.version,
        **sealed,
    )  # fmt: skip


def worker_names(session: Session, plots: Iterable[Plot]) -> dict[str, str]:
    """Who works the plots, by digest; one that was erased is not there. Never for public pages."""
    digests = {plot.worked_by for plot in plots if plot.worked_by}
    query = select(PersonalValue.digest, PersonalValue.value).where(
        PersonalValue.digest.in_(digests), PersonalValue.value.is_not(None)
    )
    return {digest: str(value) for digest, value in session.execute(query)}


def draft_of(session: Session, row: Plot) -> PlotDraft:
    """A plot as it stands, to be changed."""
    return PlotDraft(
        product=str(row.product_id),
        number=row.number,
        name=row.name,
        area_mu=f"{row.area_mu:f}",
        township=row.place_code,
        place=row.place,
        worked_by=worker_names(session, [row]).get(row.worked_by or ""),
        outline=row.outline,
    )


def own_plot(act: Act, plot_id: UUID, *, locked: bool = False) -> Plot:
    """A plot of the actor's own party; NotFound for any other."""
    act.need(PRODUCER)
    query = select(Plot).where(Plot.id == plot_id, Plot.party_id == act.party)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = act.session.scalars(query).first()
    if row is None:
        raise not_found("地块", "plot")
    return row


def update_plot(act: Act, plot_id: UUID, changes: Mapping[str, Any], as_seen: AsSeen) -> Plot:
    """Change an own plot; `changes` are fields of PlotDraft except product.

    `as_seen` refuses another version than the one that was looked at. While an approval of this or
    a later year stands, only its name, its place and who works it may change.
    """
    row = own_plot(act, plot_id, locked=True)
    as_seen(row.id, row.version)
    check_not_retired(row)
    before = draft_of(act.session, row)
    draft = replace(before, **changes)
    columns = checked_plot(
        Townships(act.session, act.session.get_one(Product, row.product_id)), draft
    )
    _check_free(act, row, columns)
    same_worker = draft.worked_by == before.worked_by
    sealed = row.worked_by
    _write(act, row, {**columns, "worked_by": None if same_worker else draft.worked_by})
    row.worked_by = sealed if same_worker else row.worked_by
    row.version += 1
    _flush_number(act.session, row)
    _record(act, "plot-changed", row)
    return row


def _check_free(act: Act, row: Plot, columns: Mapping[str, Any]) -> None:
    """What an approval rests on is fixed as long as one of this or a later year stands."""
    outline: Outline | None = columns["outline"]
    now = {"number": row.number, "area_mu": row.area_mu, "place_code": row.place_code}
    wanted = {name: columns[name] for name in now}
    if now == wanted and row.outline == (outline.kept if outline else None):
        return
    _check_unapproved(act, row)


def _check_unapproved(act: Act, row: Plot) -> None:
    years = sorted(
        act.session.scalars(
            select(PlotApproval.year).where(
                PlotApproval.plot_id == row.id,
                PlotApproval.ended_at.is_(None),
                PlotApproval.year >= act.today.year,
            )
        )
    )
    if years:
        listed = "、".join(str(year) for year in years)
        raise Conflict(
            "plot-approved",
            Words(
                f"地块 {row.number} 的 {listed} 年核准还有效：编号、面积、乡镇和轮廓要改，"
                "请主管部门先结束核准。",
                f"The approval of plot {row.number} for {listed} stands: the authority has to end "
                "it before number, area, township or outline change.",
            ),
        )


def retire_plot(act: Act, plot_id: UUID, reason: str) -> Plot:
    """Its party gives a plot up; Conflict while an approval of this or a later year stands."""
    row = own_plot(act, plot_id, locked=True)
    check_not_retired(row)
    _check_unapproved(act, row)
    row.retired_at, row.retire_reason = act.at, reason
    row.version += 1
    act.session.flush()
    act.record("plot-retired", row.id, reason=reason)
    return row
