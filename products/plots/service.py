"""The verbs of plots, their approvals and yield caps.

What an approval or a cap does to allowances follows in trace/books/allowances.py, whose verbs of
the same names are the ones that pages and REST call.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.errors import Conflict, Invalid, NotFound, fault, invalid_field, not_found
from core.words import Words
from products.errors import RuleError
from products.evidence import checked_evidence
from products.licences.service import licence_on
from products.models import Product
from products.plots.drafts import ApprovalDraft as ApprovalDraft
from products.plots.drafts import CapDraft as CapDraft
from products.plots.drafts import checked_cap, checked_mu
from products.plots.models import Plot, PlotApproval, YieldCap
from products.service import product_named


def plots_seen_by(act: Act) -> Select[Plot]:
    """All for the authority, one's own for others."""
    query = select(Plot)
    return query if act.actor.is_a(AUTHORITY) else query.where(Plot.party_id == act.party)


def visible_plot(act: Act, plot_id: UUID) -> Plot:
    """A plot that the actor may know of; NotFound otherwise."""
    row = act.session.scalars(plots_seen_by(act).where(Plot.id == plot_id)).first()
    if row is None:
        raise not_found("地块", "plot")
    return row


def check_not_retired(row: Plot) -> None:
    """Conflict where the plot was given up."""
    if row.retired_at is not None:
        raise Conflict(
            "plot-retired",
            Words(f"地块 {row.number} 已经停用。", f"Plot {row.number} is retired."),
        )


# --- approvals -----------------------------------------------------------------------------


def approve_plot(act: Act, plot_id: UUID, draft: ApprovalDraft) -> PlotApproval:
    """The authority approves a plot for a year: at most the stated area.

    Call trace.books.allowances.approve_plot instead, which renews the allowance too.
    """
    act.need(AUTHORITY)
    row = _locked_plot(act, plot_id)
    check_not_retired(row)
    _check_year(act, draft.year)
    area = _approved_area(row, draft)
    day = max(act.today, date(draft.year, 1, 1))
    if licence_on(act.session, row.party_id, row.product_id, day) is None:
        raise Conflict(
            "not-licensed",
            Words(
                f"地块 {row.number} 的单位在 {day} 没有这个产品的准入，不能核准。",
                f"The party of plot {row.number} holds no licence for the product on {day}.",
            ),
        )
    made = PlotApproval(
        id=uuid.uuid4(), plot_id=row.id, year=draft.year, area_mu=area, source=draft.source,
        evidence_id=checked_evidence(act, draft.evidence), account_id=act.actor.account,
        approved_at=act.at,
    )  # fmt: skip
    act.session.add(made)
    _flush_approval(act.session, row, made)
    act.record(
        "plot-approval", made.id, plot=row.id, year=made.year, area_mu=made.area_mu,
        source=made.source, evidence=made.evidence_id,
    )  # fmt: skip
    return made


def _locked_plot(act: Act, plot_id: UUID) -> Plot:
    """The plot under its lock, and before it under that of its product: caps and approvals of one
    product come one after the other, so that each sees what the other did to the allowances.
    """
    named = select(Plot.product_id).where(Plot.id == plot_id).scalar_subquery()
    _lock_product(act.session, named)
    query = select(Plot).where(Plot.id == plot_id).with_for_update()
    row = act.session.scalars(query.execution_options(populate_existing=True)).first()
    if row is None:
        raise not_found("地块", "plot")
    return row


def _lock_product(session: Session, product_id: Any) -> Product | None:
    """Lock a product for what may not happen twice at once."""
    query = select(Product).where(Product.id == product_id)
    return session.scalars(query.with_for_update(of=Product, key_share=True)).first()


def _check_year(act: Act, year: int) -> None:
    """This year, the next, and the last for what was entered late."""
    first, last = act.today.year - 1, act.today.year + 1
    if not first <= year <= last:
        raise invalid_field(
            "year-range", "/year", f"年份只能是 {first} 到 {last}", f"The year is {first} to {last}"
        )


def _approved_area(row: Plot, draft: ApprovalDraft) -> Decimal:
    if draft.area_mu is None:
        return row.area_mu
    try:
        area = checked_mu(draft.area_mu)
    except RuleError as wrong:
        raise invalid_field(wrong.code, "/area_mu", *wrong.words) from wrong
    if area > row.area_mu:
        raise invalid_field(
            "area-beyond-stated",
            "/area_mu",
            f"核准面积不能超过填报的 {row.area_mu:f} 亩",
            f"No more than the stated {row.area_mu:f} mu can be approved",
        )
    return area


def _flush_approval(session: Session, row: Plot, made: PlotApproval) -> None:
    words = Words(
        f"地块 {row.number} 的 {made.year} 年已经核准。",
        f"Plot {row.number} is approved for {made.year} already.",
    )
    with session.no_autoflush:
        if approvals_of(session, [row.id], made.year):
            raise Conflict("already-approved", words)
    try:
        session.flush()
    except IntegrityError as clash:
        raise Conflict("already-approved", words) from clash


def end_approval(act: Act, plot_id: UUID, year: int, reason: str) -> PlotApproval:
    """The authority ends the approval of a year; NotFound where none stands.

    Call trace.books.allowances.end_approval instead, which renews the allowance too.
    """
    act.need(AUTHORITY)
    _locked_plot(act, plot_id)
    all_years = approvals_through_years(act.session, plot_id)
    standing = next((row for row in all_years if row.year == year and row.ended_at is None), None)
    if standing is None:
        raise not_found("核准", "approval")
    standing.ended_at, standing.end_reason = act.at, reason
    standing.ended_by = act.actor.account
    act.session.flush()
    act.record("plot-approval-ended", standing.id, plot=plot_id, year=year, reason=reason)
    return standing


def approvals_of(session: Session, plot_ids: Sequence[UUID], year: int) -> dict[UUID, PlotApproval]:
    """The approval that stands for the year, by plot; one that was ended is not there."""
    query = select(PlotApproval).where(
        PlotApproval.plot_id.in_(plot_ids),
        PlotApproval.year == year,
        PlotApproval.ended_at.is_(None),
    )
    return {row.plot_id: row for row in session.scalars(query)}


def approvals_through_years(session: Session, plot_id: UUID) -> list[PlotApproval]:
    """Every approval of a plot, the newest first, ended ones too."""
    query = select(PlotApproval).where(PlotApproval.plot_id == plot_id)
    newest = (PlotApproval.year.desc(), PlotApproval.approved_at.desc(), PlotApproval.id)
    return list(session.scalars(query.order_by(*newest)))


def approved_areas(session: Session, party_id: UUID, product_id: UUID, year: int) -> list[Decimal]:
    """The 亩 of each plot of a party that is approved for the year."""
    query = (
        select(PlotApproval.area_mu)
        .join(Plot, Plot.id == PlotApproval.plot_id)
        .where(Plot.party_id == party_id, Plot.product_id == product_id)
        .where(PlotApproval.year == year, PlotApproval.ended_at.is_(None))
    )
    return list(session.scalars(query))


# --- yield caps ----------------------------------------------------------------------------


def set_cap(act: Act, draft: CapDraft) -> YieldCap:
    """The authority sets how much a 亩 may give in a year, with its source; the last one counts.

    Call trace.books.allowances.set_cap instead, which renews the allowances too.
    """
    act.need(AUTHORITY)
    try:
        found = product_named(act.session, draft.product)
    except NotFound as missing:
        raise invalid_field(
            "no-such-product", "/product", "没有这个产品", "There is no such product"
        ) from missing
    product = _lock_product(act.session, found.id) or found
    _check_year(act, draft.year)
    columns = checked_cap(product, draft)
    if not draft.source.strip():
        words = fault("/source", "请写明依据", "Name the source")
        raise Invalid("cap-invalid", words.message, [words])
    before = select(func.max(YieldCap.number)).where(
        YieldCap.product_id == product.id, YieldCap.year == draft.year
    )
    row = YieldCap(
        id=uuid.uuid4(), product_id=product.id, year=draft.year, account_id=act.actor.account,
        number=(act.session.scalar(before) or 0) + 1, set_at=act.at,
        evidence_id=checked_evidence(act, draft.evidence), **columns,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "yield-cap", row.id, product=row.product_id, year=row.year, number=row.number,
        form=row.form, per_mu=str(row.per_mu), typed=row.typed, unit=row.unit,
        season_from=row.season_from, season_to=row.season_to, source=row.source,
        evidence=row.evidence_id,
    )  # fmt: skip
    return row


def cap_of(session: Session, product_id: UUID, year: int) -> YieldCap | None:
    """The cap that counts; None as long as 额度未设."""
    return next(iter(caps_of(session, product_id, year)), None)


def caps_of(session: Session, product_id: UUID, year: int | None = None) -> list[YieldCap]:
    """Every cap of a product, the newest year and number first."""
    query = select(YieldCap).where(YieldCap.product_id == product_id)
    if year is not None:
        query = query.where(YieldCap.year == year)
    return list(session.scalars(query.order_by(YieldCap.year.desc(), YieldCap.number.desc())))
