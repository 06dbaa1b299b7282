"""What the pages of plots share: how a plot stands, allowances as bars, outlines as drawings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.pages.drawing import Share, State, balance_bar
from core.pages.typography import amount as written
from core.pages.views import say
from core.words import Words
from products.areas import counties_of, division_names, division_tree
from products.models import Product
from products.numbers import exact_decimal, round_to
from products.plots.drawing import Drawing, drawn, scale_bar
from products.plots.finding import APPROVED, RETIRED, STATES, WAITING
from products.plots.models import Plot, PlotApproval, YieldCap
from products.plots.outline import Outline, area_mu, differs, stored_outline
from products.plots.service import approvals_of, cap_of
from products.units import unit
from trace.books.allowances import allowance_of

ENDED = "ended"
STATE_WORDS: dict[str, tuple[State, Words]] = {
    APPROVED: ("pass", Words("已核准", "approved")),
    WAITING: ("wait", Words("已提交，等核准", "proposed, not yet approved")),
    ENDED: ("fail", Words("核准已结束", "approval ended")),
    RETIRED: ("none", Words("已停用", "given up")),
}
PAPER = (600, 400)
MOST_NAMED = 30


def state_options() -> list[tuple[str, str]]:
    """How a plot may stand, for a search."""
    return [(state, say(STATE_WORDS[state][1])) for state in STATES]


@dataclass(frozen=True)
class Shown:
    """A plot with how it stands in a year: `approval` is the one that stands."""

    row: Plot
    state: str
    approval: PlotApproval | None
    place_name: str
    measured: Decimal | None

    @property
    def word(self) -> tuple[State, Words]:
        """Its state and the word for it."""
        return STATE_WORDS[self.state]

    @property
    def differs(self) -> bool:
        """Whether stated and drawn area are over 10 % apart."""
        return self.measured is not None and differs(self.row.area_mu, self.measured)


def shown_plots(session: Session, rows: Sequence[Plot], year: int) -> list[Shown]:
    """Plots with how they stand in `year`."""
    ids = [row.id for row in rows]
    standing = approvals_of(session, ids, year)
    over = select(PlotApproval.plot_id).where(
        PlotApproval.plot_id.in_(ids), PlotApproval.year == year, PlotApproval.ended_at.is_not(None)
    )
    ended = set(session.scalars(over))
    places = division_names(session, (row.place_code for row in rows))
    return [
        Shown(
            row, _state(row, standing, ended), standing.get(row.id), places[row.place_code],
            area_mu(stored_outline(row.outline)) if row.outline else None,
        )
        for row in rows
    ]  # fmt: skip


def _state(row: Plot, standing: dict[UUID, PlotApproval], ended: set[UUID]) -> str:
    if row.id in standing:
        return APPROVED
    if row.retired_at is not None:
        return RETIRED
    return ENDED if row.id in ended else WAITING


def townships_of(session: Session, product: Product) -> list[tuple[str, list[tuple[str, str]]]]:
    """Townships by county, (code, name) each: those of the product's area first, and, unless that
    is confirmed, all others.
    """
    parts = tuple(part.code for part in product.area)
    inside: list[tuple[str, str]] = []
    rest: list[tuple[str, list[tuple[str, str]]]] = []
    for county in division_tree(session).counties:
        others = [(t.code, t.name) for t in county.townships if not t.code.startswith(parts)]
        inside += [
            (t.code, f"{county.name} {t.name}")
            for t in county.townships
            if parts and t.code.startswith(parts)
        ]
        rest.append(
            (county.name, others if parts else [(t.code, t.name) for t in county.townships])
        )
    if parts and product.area_certainty == "confirmed":
        rest = []
    return [group for group in [(str(_("保护地域内")), inside), *rest] if group[1]]


def township_options(session: Session) -> list[tuple[str, list[tuple[str, str]]]]:
    """Every township by county, the county itself first: for a search."""
    return [
        (county.name, [(county.code, county.name), *((t.code, t.name) for t in county.townships)])
        for county in counties_of(session)
    ]


# --- amounts -------------------------------------------------------------------------------


def in_unit_of(amount: int, cap: YieldCap) -> str:
    """An amount in the base of a cap's form, in the unit that the cap was typed in: 1 250 斤."""
    symbol = unit(cap.unit)
    number = Fraction(amount) / (symbol.factor if cap.base == "mass" else 1)
    exact = exact_decimal(number)
    return written(round_to(number, 3) if exact is None else exact, say(symbol.names))


@dataclass(frozen=True)
class AllowanceShown:
    """额度 of a party for a product and year; without a cap there is nothing but its name."""

    product: Product
    year: int
    cap: YieldCap | None = None
    bar: Markup | None = None
    key: tuple[tuple[Share, str], ...] = ()
    deficit: str = ""


def allowance_shown(session: Session, party: UUID, product: Product, year: int) -> AllowanceShown:
    """An allowance as a bar: used against granted, a deficit said in words."""
    cap = cap_of(session, product.id, year)
    if cap is None:
        return AllowanceShown(product, year)
    row = allowance_of(session, party, product.id, year)
    granted, used = (row.granted, row.used) if row else (0, 0)
    left = max(0, granted - used)
    says = {
        "granted": in_unit_of(granted, cap),
        "used": in_unit_of(used, cap),
        "left": in_unit_of(left, cap),
    }
    label = _("额度 %(granted)s，已用 %(used)s，还剩 %(left)s", **says)
    texts: tuple[tuple[Share, str], ...] = (
        ("activated", _("已用 %(used)s", used=says["used"])),
        ("under-way", _("还剩 %(left)s", left=says["left"])),
    )
    amounts: list[tuple[Share, Decimal]] = [("activated", Decimal(used))]
    bar = balance_bar([*amounts, ("under-way", Decimal(left))], label, allowance=Decimal(granted))
    short = in_unit_of(used - granted, cap) if used > granted else ""
    return AllowanceShown(product, year, cap, bar, texts, short)


def cap_text(cap: YieldCap) -> str:
    """每亩 40 斤 鲜叶."""
    return str(
        _(
            "每亩 %(amount)s %(form)s",
            amount=written(Decimal(cap.typed), say(unit(cap.unit).names)),
            form=cap.form,
        )
    )


# --- drawings ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Picture:
    """Outlines drawn, and how many metres its black line is long."""

    svg: Markup
    metres: int


@dataclass(frozen=True)
class Land:
    """An outline to be drawn: `kind` own, near or approved; `name` is written on it if given."""

    outline: Outline
    kind: str
    name: str = ""


def picture_of(lands: Sequence[Land], label: str) -> Picture | None:
    """The outlines on one sheet, north up; None for none."""
    if not lands:
        return None
    paper = drawn([land.outline for land in lands], *PAPER, margin=24)
    parts = [
        Markup('<path class="{}" d="{}"/>').format(land.kind, path)
        for land, path in zip(lands, paper.paths, strict=True)
    ]
    parts += _names(lands, paper)
    metres, units = scale_bar(paper)
    parts.append(Markup('<path class="scale" d="M16 384h{}"/>').format(units))
    return Picture(_svg("land", PAPER, parts, label), metres)


def _names(lands: Sequence[Land], paper: Drawing) -> list[Markup]:
    if len(lands) > MOST_NAMED:
        return [
            Markup('<circle class="{}" cx="{}" cy="{}" r="4"/>').format(land.kind, x, y)
            for land, (x, y) in zip(lands, paper.middles, strict=True)
        ]
    return [
        Markup('<text x="{}" y="{}">{}</text>').format(x, y + 7, land.name)
        for land, (x, y) in zip(lands, paper.middles, strict=True)
        if land.name
    ]


def tile(share: int, outlines: Iterable[Outline]) -> Markup:
    """A township: the ground filled to `share` of a hundred, outlines of its plots upon it."""
    kept = list(outlines)
    parts = [Markup('<rect class="ground" width="120" height="60"/>')]
    high = max(0, min(60, share * 60 // 100))
    if high:
        parts.append(
            Markup('<rect class="share" y="{}" width="120" height="{}"/>').format(60 - high, high)
        )
    if kept:
        paper = drawn(kept, 120, 60, margin=6)
        parts += [Markup('<path class="own" d="{}"/>').format(path) for path in paper.paths]
    return Markup('<svg viewBox="0 0 120 60" aria-hidden="true">{}</svg>').format(
        Markup().join(parts)
    )


def _svg(name: str, size: tuple[int, int], parts: Sequence[Markup], label: str) -> Markup:
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        name, *size, label, Markup().join(parts)
    )
