"""A year's balance as rows, bars and a table: what a page and its CSV both show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flask_babel import gettext as _
from markupsafe import Markup

from core.http.exports import Cell, Table
from core.pages.charts import AmountBar, Said, amount_bars
from core.pages.typography import amount as written
from products.numbers import exact_decimal, round_to
from trace.statistics.balances import FormBalance
from trace.statistics.flows import Flow

_MILLIGRAMS = {"kg": 10**6, "t": 10**9}
_TONNES_FROM = 10**10
"""From ten tonnes on amounts are drawn in tonnes."""
_PLACES = 3


@dataclass(frozen=True)
class Row:
    """One item of the balance: `kind` is how it is drawn, `key` its name for programs."""

    key: str
    text: str
    amount: int
    kind: str


@dataclass(frozen=True)
class FormSheet:
    """A form of the product with its rows, its picture, and the sentence that closes them."""

    name: str
    base: str
    rows: tuple[Row, ...]
    picture: Markup
    sentence: str
    granted: bool
    overdrawn: str


def in_kg(amount: int, base: str) -> Decimal:
    """An amount for a table, exactly: kilograms, or pieces."""
    if base != "mass":
        return Decimal(amount)
    exact = exact_decimal(Fraction(amount, _MILLIGRAMS["kg"]))
    assert exact is not None, "whole milligrams are a decimal of kilograms"
    return exact


def unit_word(base: str) -> str:
    """公斤, or 个."""
    return str(_("公斤") if base == "mass" else _("个"))


def exactly(amount: int, base: str) -> str:
    """An amount to be read, in kilograms or pieces."""
    return written(in_kg(amount, base), unit_word(base))


def shortly(amount: int, base: str, most: int) -> str:
    """The same beside a bar: in tonnes where the largest of the list is many of them."""
    if base != "mass" or most < _TONNES_FROM:
        return exactly(amount, base)
    tonnes = round_to(Fraction(amount, _MILLIGRAMS["t"]), _PLACES)
    return written(tonnes, str(_("吨")))


def form_sheets(
    forms: Iterable[FormBalance], activated: Mapping[str, int], *, of_party: bool
) -> list[FormSheet]:
    """Every form that moved, each as it is shown."""
    return [_sheet(form, activated.get(form.form, 0), of_party, n) for n, form in enumerate(forms)]


def _sheet(form: FormBalance, activated: int, of_party: bool, number: int) -> FormSheet:
    rows = tuple(_rows(form, activated, of_party))
    came = sum(row.amount for row in rows if row.kind == "ok")
    gone = sum(row.amount for row in rows if row.kind == "out")
    sentence = _(
        "进来 %(came)s，出去 %(gone)s，还在 %(there)s。",
        came=exactly(came, form.base), gone=exactly(gone, form.base),
        there=exactly(form.there, form.base),
    )  # fmt: skip
    said = Said(f"balance-{number}", form.form, _sentence(rows, form.base))
    over = max(0, form.harvested - form.granted) if form.granted is not None else 0
    return FormSheet(
        name=form.form,
        base=form.base,
        rows=rows,
        picture=amount_bars(_bars(rows, form.base), said),
        sentence=str(sentence),
        granted=form.granted is not None,
        overdrawn=exactly(over, form.base) if over and of_party else "",
    )


def _rows(form: FormBalance, activated: int, of_party: bool) -> list[Row]:
    """The way of the goods from the allowance to the labels; what is nothing is left out, but for
    what everybody looks for.
    """
    other = form.from_other_years
    rows = [
        Row("granted", _("额度"), form.granted or 0, "none"),
        Row("harvested", _("采收入账"), form.harvested, "ok"),
        Row("received", _("别家交来"), form.received, "ok"),
        Row("made", _("加工得到"), form.made, "ok"),
        Row("from_other_years", _("和别的年份混进来"), max(0, other), "ok"),
        Row("processed", _("加工用掉"), form.used, "out"),
        Row("handed_over", _("交给别家"), form.handed, "out"),
        Row("into_other_years", _("混进别的年份"), max(0, -other), "out"),
        Row("lost", _("损耗和取样"), form.lost, "out"),
        Row("destroyed", _("销毁"), form.destroyed, "out"),
        Row("sold", _("售出"), form.sold, "out"),
        Row("under_way", _("在途"), form.transit, "there"),
        Row("stock", _("在库，没贴标签"), form.stock, "there"),
        Row("labelled", _("在库，贴了标签"), form.labelled, "there"),
        Row("activated", _("标签已启用（在库和售出的）"), activated, "none"),
    ]
    always = {"harvested", "lost", "sold", "stock"}
    if form.granted is not None:
        always.add("granted")
    return [row for row in rows if row.amount or row.key in always]


def _bars(rows: Sequence[Row], base: str) -> list[AmountBar]:
    most = max(row.amount for row in rows)
    return [
        AmountBar(row.text, Decimal(max(0, row.amount)), shortly(row.amount, base, most), row.kind)
        for row in rows
    ]


def _sentence(rows: Iterable[Row], base: str) -> str:
    return str(_("，")).join(f"{row.text} {exactly(row.amount, base)}" for row in rows)


def balance_table(sheets: Iterable[FormSheet]) -> Table:
    """All forms in one table: kilograms, or pieces."""
    rows: list[tuple[Cell, ...]] = [
        (sheet.name, row.key, row.text, in_kg(row.amount, sheet.base), unit_word(sheet.base))
        for sheet in sheets
        for row in sheet.rows
    ]
    titles = (_("形态"), _("代号"), _("项目"), _("数量"), _("单位"))
    return Table(("form", "key", "item", "amount", "unit"), tuple(map(str, titles)), tuple(rows))


# --- flows ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class FlowSheet:
    """The hand-overs of one form of one product in a month, and their picture."""

    name: str
    base: str
    flows: tuple[Flow, ...]
    picture: Markup


def flow_sheets(flows: Sequence[Flow]) -> list[FlowSheet]:
    """Flows by product and form, the most first."""
    found: dict[tuple[str, str], list[Flow]] = {}
    for flow in flows:
        found.setdefault((flow.product, flow.form), []).append(flow)
    return [_flow_sheet(name, rows, n) for n, (name, rows) in enumerate(found.items())]


def _flow_sheet(name: tuple[str, str], flows: list[Flow], number: int) -> FlowSheet:
    base, most = flows[0].base, max(flow.amount for flow in flows)
    bars = [
        AmountBar(
            flow.giver, Decimal(flow.amount), shortly(flow.amount, base, most), "ok",
            f"→ {flow.taker}",
        )
        for flow in flows
    ]  # fmt: skip
    title = " ".join(name)
    sentence = str(_("，")).join(f"{bar.text} {bar.second} {bar.written}" for bar in bars)
    picture = amount_bars(bars, Said(f"flow-{number}", title, sentence))
    return FlowSheet(title, base, tuple(flows), picture)


def flow_table(flows: Iterable[Flow]) -> Table:
    """Who handed what to whom: kilograms, or pieces."""
    rows: list[tuple[Cell, ...]] = [
        (one.giver, one.taker, one.product, one.form, in_kg(one.amount, one.base),
         unit_word(one.base), one.hand_overs)
        for one in flows
    ]  # fmt: skip
    titles = (_("交出方"), _("接收方"), _("产品"), _("形态"), _("数量"), _("单位"), _("次数"))
    keys = ("giver", "taker", "product", "form", "amount", "unit", "hand_overs")
    return Table(keys, tuple(map(str, titles)), tuple(rows))
