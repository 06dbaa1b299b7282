"""采收: what was made enters the books, against the allowance where the product has a cap."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.act import Act
from core.errors import Conflict, FieldFault, Invalid, fault
from core.record.attempts import Attempt
from core.words import Words
from products.plots.models import Plot, PlotApproval, YieldCap
from products.plots.service import approvals_of, cap_of
from trace.books.balance import Line, amount_words
from trace.books.models import HARVEST, STOCK, Allowance, Harvest
from trace.books.service import Holding, book_lines

HARVEST_TRIED = "harvest"


@dataclass(frozen=True)
class Share:
    """How much of a harvest came from one plot, in the base of the form."""

    plot: uuid.UUID
    amount: int


@dataclass(frozen=True)
class Gathered:
    """What is harvested: the form, the day, the whole amount and the plots that it came from."""

    form: str
    on: date
    amount: int
    shares: Sequence[Share] = ()


def book_harvest(act: Act, holding: Holding, gathered: Gathered) -> uuid.UUID:
    """What was made enters the books: from harvest into stock. The caller has locked the batch.

    Where the product has a yield cap in the year of the harvest it has to come from plots of the
    party that are approved, within the season, in the form of the cap and within what is left of
    the allowance; once there is a cap, a year without one takes no harvest. Raises Invalid naming
    /plots/n, Conflict where the allowance does not do.
    """
    cap = cap_of(act.session, holding.product, gathered.on.year)
    _check_shares(act.session, holding, gathered)
    if cap is not None:
        _check_cap(act, holding, gathered, cap)
    elif is_capped(act, holding.product):
        raise _refused(
            "/production_date",
            f"这个产品已按额度管理，{gathered.on.year} 年还没有核定额度，不能入账；请联系主管部门",
            f"This product is kept by allowance, and none is set for {gathered.on.year}; ask the "
            "authority",
        )
    posting = uuid.uuid4()
    act.session.execute(insert(Harvest), _rows(act, holding, gathered, posting))
    form, amount = gathered.form, gathered.amount
    lines = [Line(HARVEST, -amount, form), Line(STOCK, amount, form)]
    book_lines(act, "harvest", [(holding, line) for line in lines], posting)
    if gathered.shares:
        act.record(
            "harvest", posting, batch=holding.batch, party=holding.party, year=gathered.on.year,
            form=form, plots=[[str(s.plot), str(s.amount)] for s in gathered.shares],
        )  # fmt: skip
    return posting


def _rows(
    act: Act, holding: Holding, gathered: Gathered, posting: uuid.UUID
) -> list[dict[str, object]]:
    """A row for each plot; one without a plot where none was named."""
    parts: list[tuple[uuid.UUID | None, int]] = [(s.plot, s.amount) for s in gathered.shares]
    return [
        {
            "id": uuid.uuid4(),
            "posting": posting,
            "party_id": holding.party,
            "product_id": holding.product,
            "batch_id": holding.batch,
            "plot_id": plot,
            "year": gathered.on.year,
            "form": gathered.form,
            "quantity": amount,
            "at": act.at,
        }
        for plot, amount in parts or [(None, gathered.amount)]
    ]


def is_capped(act: Act, product: uuid.UUID) -> bool:
    """Whether a yield cap was ever set, up to this year: from then on every year needs its own.

    Without that a harvest could be dated back into a year without one.
    """
    query = select(YieldCap.id).where(
        YieldCap.product_id == product, YieldCap.year <= act.today.year
    )
    return act.session.scalars(query.limit(1)).first() is not None


def undo_harvest(act: Act, posting: uuid.UUID, made: uuid.UUID) -> None:
    """The plots of a harvest that was undone by the posting `made` get back what they gave."""
    query = select(Harvest).where(Harvest.posting == posting)
    for row in act.session.scalars(query).all():
        act.session.add(
            Harvest(
                id=uuid.uuid4(), posting=made, party_id=row.party_id, product_id=row.product_id,
                batch_id=row.batch_id, plot_id=row.plot_id, year=row.year, form=row.form,
                quantity=-row.quantity, at=act.at,
            )
        )  # fmt: skip
    act.session.flush()


def _check_shares(session: Session, holding: Holding, gathered: Gathered) -> None:
    """Every plot is the party's own, of this product, and approved for the year."""
    ids = [share.plot for share in gathered.shares]
    own = {
        row.id: row
        for row in session.scalars(
            select(Plot).where(Plot.id.in_(ids), Plot.party_id == holding.party)
        )
    }
    approved = approvals_of(session, ids, gathered.on.year)
    faults: list[FieldFault] = []
    for place, share in enumerate(gathered.shares):
        faults += _faults_of(f"/plots/{place}", share, own, approved, holding, gathered)
    if len(set(ids)) < len(ids):
        faults.append(fault("/plots", "同一地块写了两次", "The same plot is named twice"))
    total = sum(share.amount for share in gathered.shares)
    if gathered.shares and total != gathered.amount:
        has = amount_words(gathered.amount, holding.base)
        said = amount_words(total, holding.base)
        faults.append(
            fault(
                "/plots",
                f"各地块合计 {said.zh}，与总量 {has.zh} 不符",
                f"The plots add up to {said.en}, the whole is {has.en}",
            )
        )
    if faults:
        raise Invalid("harvest-invalid", faults[0].message, faults)


def _faults_of(
    pointer: str, share: Share, own: dict[uuid.UUID, Plot],
    approved: dict[uuid.UUID, PlotApproval], holding: Holding, gathered: Gathered,
) -> list[FieldFault]:  # fmt: skip
    plot, year = own.get(share.plot), gathered.on.year
    if plot is None:
        return [fault(f"{pointer}/plot", "没有这个地块", "There is no such plot")]
    if plot.product_id != holding.product:
        return [
            fault(
                f"{pointer}/plot",
                f"地块 {plot.number} 种养的是别的产品",
                f"Plot {plot.number} grows another product",
            )
        ]
    if share.plot not in approved:
        return [
            fault(
                f"{pointer}/plot",
                f"地块 {plot.number} {year} 年还没有核准，不能入账",
                f"Plot {plot.number} is not approved for {year}",
            )
        ]
    if share.amount <= 0:
        return [fault(f"{pointer}/quantity", "数量要大于 0", "The quantity must be above 0")]
    return []


def _check_cap(act: Act, holding: Holding, gathered: Gathered, cap: YieldCap) -> None:
    if gathered.form != cap.form:
        raise _refused(
            "/form",
            f"这个产品 {cap.year} 年的额度按“{cap.form}”核定：“{gathered.form}”要由它加工而来，"
            "请登记加工，不能直接入账",
            f"The allowance of {cap.year} is in {cap.form}: {gathered.form} is made from it, "
            "so enter the processing",
        )
    if not gathered.shares:
        raise _refused("/plots", "请写明采自哪些地块", "Name the plots that it was harvested from")
    starts, ends = cap.season_from, cap.season_to
    if (starts and gathered.on < starts) or (ends and gathered.on > ends):
        raise _refused(
            "/production_date",
            f"{gathered.on} 不在采收季内（{starts or '…'} 至 {ends or '…'}）",
            f"{gathered.on} is outside the season ({starts or '…'} to {ends or '…'})",
        )
    query = select(Allowance).where(
        Allowance.party_id == holding.party,
        Allowance.product_id == holding.product,
        Allowance.year == cap.year,
    )
    options = {"populate_existing": True}
    row = act.session.scalars(query.with_for_update().execution_options(**options)).first()
    left = row.granted - row.used if row is not None else 0
    if gathered.amount > left:
        asked, possible = gathered.amount, max(0, left)
        act.tried(Attempt(HARVEST_TRIED, holding.batch, holding.base, asked, possible))
        raise beyond_allowance(cap.year, left, gathered.amount, holding.base)


def beyond_allowance(year: int, left: int, asked: int, base: str) -> Conflict:
    """The refusal of a harvest beyond what is left of the allowance."""
    has, wants = amount_words(max(0, left), base), amount_words(asked, base)
    return Conflict(
        "allowance-exceeded",
        Words(
            f"{year} 年的额度不够：还剩 {has.zh}，这次 {wants.zh}。",
            f"The allowance of {year} does not do: {has.en} left, {wants.en} asked.",
        ),
        left=str(max(0, left)),
    )


def _refused(pointer: str, zh: str, en: str) -> Invalid:
    words = fault(pointer, zh, en)
    return Invalid("harvest-invalid", words.message, [words])


def harvests_of(session: Session, batch_id: uuid.UUID) -> list[tuple[Harvest, Plot | None]]:
    """From which plots a batch came, corrections too."""
    query = (
        select(Harvest, Plot)
        .outerjoin(Plot, Plot.id == Harvest.plot_id)
        .where(Harvest.batch_id == batch_id)
        .order_by(Harvest.at)
    )
    return [(row.Harvest, row.Plot) for row in session.execute(query).unique()]
