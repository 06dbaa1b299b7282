"""额度: plots times the yield cap of the year; what changes either renews the allowance at once."""

import uuid
from collections.abc import Iterable

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.act import AUTHORITY, Act
from core.errors import Conflict
from core.words import Words
from products.plots import service as plots
from products.plots.allowance import granted
from products.plots.models import Plot, PlotApproval, YieldCap
from products.plots.service import ApprovalDraft, CapDraft
from trace.books.models import Allowance, Harvest


def approve_plot(act: Act, plot_id: uuid.UUID, draft: ApprovalDraft) -> PlotApproval:
    """The authority approves a plot for a year; the allowance grows with it."""
    made = plots.approve_plot(act, plot_id, draft)
    _renew_of_plot(act, made)
    return made


def end_approval(act: Act, plot_id: uuid.UUID, year: int, reason: str) -> PlotApproval:
    """The authority takes the approval of a year back; what was used stays used."""
    made = plots.end_approval(act, plot_id, year, reason)
    _renew_of_plot(act, made)
    return made


def set_cap(act: Act, draft: CapDraft) -> YieldCap:
    """The authority sets the yield per 亩 of a product in a year; every allowance follows.

    Raises Conflict where the form would change after something was harvested in the old one.
    """
    made = plots.set_cap(act, draft)
    forms = select(Allowance.form).where(
        Allowance.product_id == made.product_id, Allowance.year == made.year
    )
    if set(act.session.scalars(forms)) - {made.form}:
        _check_unused(act.session, made)
    query = (
        select(Plot.party_id)
        .join(PlotApproval, PlotApproval.plot_id == Plot.id)
        .where(Plot.product_id == made.product_id, PlotApproval.year == made.year)
        .distinct()
    )
    for party in sorted(act.session.scalars(query)):
        _renew(act, party, made)
    return made


def _check_unused(session: Session, cap: YieldCap) -> None:
    query = select(Allowance.used).where(
        Allowance.product_id == cap.product_id, Allowance.year == cap.year, Allowance.used > 0
    )
    if session.scalars(query).first() is not None:
        raise Conflict(
            "form-in-use",
            Words(
                f"{cap.year} 年已经按原来的形态入过账，不能换形态；可以改每亩产量。",
                f"Harvests of {cap.year} are booked in the old form; change the yield, not the "
                "form.",
            ),
        )


def _renew_of_plot(act: Act, approval: PlotApproval) -> None:
    plot = act.session.get_one(Plot, approval.plot_id)
    cap = plots.cap_of(act.session, plot.product_id, approval.year)
    if cap is not None:
        _renew(act, plot.party_id, cap)


def _renew(act: Act, party: uuid.UUID, cap: YieldCap) -> Allowance:
    """The allowance of a party under a cap, as it is from now on."""
    session = act.session
    areas = plots.approved_areas(session, party, cap.product_id, cap.year)
    amount = granted(areas, cap.per_mu)
    query = select(Allowance).where(
        Allowance.party_id == party,
        Allowance.product_id == cap.product_id,
        Allowance.year == cap.year,
    )
    options = {"populate_existing": True}
    row = session.scalars(query.with_for_update().execution_options(**options)).first()
    if row is None:
        row = Allowance(
            party_id=party, product_id=cap.product_id, year=cap.year, form=cap.form,
            base=cap.base, granted=amount, used=_harvested(session, party, cap),
        )  # fmt: skip
        session.add(row)
    else:
        row.form, row.base, row.granted = cap.form, cap.base, amount
    session.flush()
    act.record(
        "allowance", party, party=party, product=cap.product_id,
        year=cap.year, form=row.form, granted=str(row.granted), used=str(row.used),
    )  # fmt: skip
    return row


def _harvested(session: Session, party: uuid.UUID, cap: YieldCap) -> int:
    """What was harvested before there was an allowance counts against it."""
    query = select(func.sum(Harvest.quantity)).where(
        Harvest.party_id == party,
        Harvest.product_id == cap.product_id,
        Harvest.year == cap.year,
        Harvest.form == cap.form,
    )
    return int(session.scalar(query) or 0)


def allowance_of(
    session: Session, party: uuid.UUID, product: uuid.UUID, year: int
) -> Allowance | None:
    """The allowance of a party; None as long as 额度未设."""
    return session.get(Allowance, (party, product, year))


def allowances_seen_by(act: Act) -> Select[Allowance]:
    """All for the authority, one's own for others."""
    query = select(Allowance)
    return query if act.actor.is_a(AUTHORITY) else query.where(Allowance.party_id == act.party)


def deficits(session: Session, parties: Iterable[uuid.UUID] | None = None) -> list[Allowance]:
    """Allowances of which more is used than granted: a cut does not hide what was done."""
    query = select(Allowance).where(Allowance.used > Allowance.granted)
    if parties is not None:
        query = query.where(Allowance.party_id.in_(list(parties)))
    return list(session.scalars(query))
