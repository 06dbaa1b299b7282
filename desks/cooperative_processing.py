"""Making batches into others: choose what goes in, say what came out, see what went into what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from core.act import Act
from core.http.acting import current_act, writes
from core.http.paging import page_of
from core.pages.charts import Said
from core.pages.flows import Flow, Node, flow_chart
from core.pages.views import say
from core.words import Words
from desks.amounts import in_unit
from desks.forms import Entered, attempt, loaded
from desks.processing_form import (
    Goods,
    at_boxes,
    choices_of,
    goods_of,
    opened_batches,
    output_rows,
    posted_processing,
    would_give,
)
from desks.standings import Standing, standings_of
from products.errors import RuleError
from products.forms.service import conversion_of
from products.numbers import parse_decimal, plain_text
from products.units import unit
from trace.batches.models import MERGE, REPACK, TRANSFORM, Batch, BatchOrigin, Processing
from trace.batches.processing import origins_written, processings_seen_by, visible_processing
from trace.batches.processing_checks import InputDraft, OutputDraft, ProcessDraft
from trace.books.balance import amount_words
from trace.inspections.goods import process_batches
from trace.inspections.goods_schemas import ProcessIn

cooperative_processing = Blueprint(
    "cooperative_processing", __name__, url_prefix="/coop/processings", template_folder="templates"
)
KIND_WORDS = {
    TRANSFORM: Words("加工", "made into another form"),
    REPACK: Words("分装", "packed anew"),
    MERGE: Words("混合", "mixed"),
}


@cooperative_processing.get("/")
def processings() -> str:
    """The party's acts of processing, newest first."""
    act = current_act()
    query = processings_seen_by(act).where(Processing.party_id == act.party)
    after = request.args.get("after")
    page = page_of(act.session, query, Processing.at, Processing.id, after=after)
    ids = [row.id for row in page.rows]
    return render_template(
        "cooperative/processings.html", page=page, kinds=KIND_WORDS, batches=_batches_in(act, ids),
        amount=_amount,
    )  # fmt: skip


def _amount(quantity: int, base: str) -> str:
    return say(amount_words(quantity, base))


def _batches_in(act: Act, ids: Sequence[UUID]) -> dict[UUID, tuple[list[Batch], list[Batch]]]:
    """What went into and what came out of each of several acts."""
    query = select(BatchOrigin).where(BatchOrigin.posting.in_(ids)).order_by(BatchOrigin.number)
    links = list(act.session.scalars(query))
    wanted = {one for link in links for one in (link.batch_id, link.parent_id)}
    known = {
        batch.id: batch
        for batch in act.session.scalars(select(Batch).where(Batch.id.in_(wanted))).unique()
    }
    found = {}
    for posting in ids:
        own = [link for link in links if link.posting == posting]
        parents = dict.fromkeys(link.parent_id for link in own)
        children = dict.fromkeys(link.batch_id for link in own)
        found[posting] = ([known[one] for one in parents], [known[one] for one in children])
    return found


# --- the form ---------------------------------------------------------------------------------


@cooperative_processing.get("/new")
def new() -> str:
    """Which goods, or the form for the chosen ones."""
    return _page(Entered())


@cooperative_processing.post("/new")
def enter() -> Response:
    """Enter it; or show one more row for what came out."""
    if "more" in request.form:
        return make_response(_page(Entered()))
    return attempt(_enter, lambda entered: _page(at_boxes(entered)))


@writes
def _enter() -> AnyResponse:
    draft = loaded(ProcessIn(), posted_processing())
    inputs = [InputDraft(**one) for one in draft.pop("inputs")]
    outputs = [OutputDraft(**one) for one in draft.pop("outputs")]
    made = process_batches(current_act(), ProcessDraft(inputs=inputs, outputs=outputs, **draft))
    numbers = _("、").join(batch.number for batch in made.outputs)
    flash(_("已入账，新批次 %(numbers)s。", numbers=numbers), "pass")
    return redirect(url_for("cooperative_processing.processing", processing_id=made.row.id), 303)


def _page(entered: Entered) -> str:
    act = current_act()
    groups = goods_of(act)
    goods = _chosen(groups)
    if goods is None:
        return render_template("cooperative/processing_choose.html", groups=groups)
    product, form = goods.product, goods.form
    choices = choices_of(act.session, goods)
    return render_template(
        "cooperative/processing_new.html",
        goods=goods,
        others=len(groups) > 1,
        entered=entered,
        ticked=_ticked(),
        choices=choices,
        told=_told(act, goods),
        rows=output_rows(),
        units=_units(goods),
        opened=opened_batches(act, goods),
        into=request.args.get("into", ""),
        grades=[(name, name) for name in product.names("grade")],
        processes=[(name, name) for name in product.names("process")],
        today=act.today,
        form=form,
        first=goods.inputs[0].batch,
    )


def _chosen(groups: Sequence[Goods]) -> Goods | None:
    """The goods that the ticked batches, the address or the party's only goods name."""
    named = _ticked()
    for goods in groups:
        if any(str(one.batch.id) in named for one in goods.inputs):
            return goods
    asked = (request.values.get("product", ""), request.values.get("goods", ""))
    found = [goods for goods in groups if (goods.product.key, goods.form) == asked]
    if found:
        return found[0]
    return groups[0] if len(groups) == 1 else None


def _ticked() -> list[str]:
    return request.form.getlist("in") if request.form else request.args.getlist("batch")


def _units(goods: Goods) -> list[tuple[str, str]]:
    """Every unit in which what comes out may be typed: those of the goods' own form first."""
    terms = [term for term in goods.product.terms if term.kind == "form"]
    terms.sort(key=lambda term: term.name != goods.form)
    return [(symbol, symbol) for symbol in dict.fromkeys(s for t in terms for s in t.units)]


def _told(act: Act, goods: Goods) -> str:
    """What the ticked amounts would give in the chosen form by its range; empty where unknown."""
    kind, _colon, form = request.form.get("kind", "").partition(":")
    row = conversion_of(act.session, goods.product.id, goods.form, form) if form else None
    if kind != TRANSFORM or row is None:
        return ""
    total = Fraction(0)
    for one in goods.inputs:
        if str(one.batch.id) in _ticked():
            total += _read(
                request.form.get(f"in-quantity-{one.batch.id}", ""), one.batch, row.per_unit
            )
    if total <= 0:
        return ""
    went_in = f"{plain_text(total)} {row.per_unit}"
    gives = would_give(row, total)
    return str(_("投入共 %(all)s，按范围应出 %(gives)s。", all=went_in, gives=gives))


def _read(typed: str, batch: Batch, per_unit: str) -> Fraction:
    """What was typed, in the unit of the range; nothing where it cannot be read."""
    try:
        factor = unit(batch.quantity_unit).factor / unit(per_unit).factor
        return Fraction(parse_decimal(typed)) * factor
    except RuleError:
        return Fraction(0)


# --- what went into what ----------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """So much of one batch went into another."""

    source: Batch
    target: Batch
    amount: str


@dataclass(frozen=True)
class Made:
    """A batch that came out, and how it stands."""

    batch: Batch
    amount: str
    standing: Standing


@cooperative_processing.get("/<uuid:processing_id>")
def processing(processing_id: UUID) -> str:
    """One act: what went into what, and how the new batches stand."""
    act = current_act()
    row = visible_processing(act, processing_id)
    sources, targets = _batches_in(act, [row.id])[row.id]
    links = origins_written(act.session, row.id)
    standings = standings_of(act.session, [batch.id for batch in targets])
    known = {batch.id: batch for batch in [*sources, *targets]}
    base = sources[0].base
    return render_template(
        "cooperative/processing.html",
        row=row,
        kind=say(KIND_WORDS[row.kind]),
        picture=_picture(row, sources, targets, links),
        shares=[
            Share(known[o.parent_id], known[o.batch_id], in_unit(known[o.parent_id], o.quantity))
            for o in links
        ],
        made=[Made(b, _came_out(b), standings[b.id]) for b in targets],
        facts=_facts(row, base, targets[0].base),
    )


def _came_out(batch: Batch) -> str:
    return f"{batch.quantity_typed} {batch.quantity_unit}"


def _facts(row: Processing, base: str, out_base: str) -> list[tuple[str, Any]]:
    within = ""
    if row.low is not None and row.high is not None:
        within = f"{plain_text(row.low)}–{plain_text(row.high)}"
        within += "" if row.range_proven else _("（待核实，不作判断）")
        within += _("（超出）") if row.outside else ""
    return [
        (_("日期"), row.happened_on.isoformat()),
        (_("投入"), f"{_amount(row.went_in, base)} {row.from_form}"),
        (_("产出"), f"{_amount(row.came_out, out_base)} {row.to_form}"),
        (_("损耗"), _amount(row.lost, base) if row.lost else ""),
        (_("折算范围"), within),
        (_("说明"), row.reason or ""),
    ]


def _picture(
    row: Processing, sources: Sequence[Batch], targets: Sequence[Batch],
    links: Sequence[BatchOrigin],
) -> Markup:  # fmt: skip
    places = {batch.id: n for n, batch in enumerate(sources)}
    ends = {batch.id: n for n, batch in enumerate(targets)}
    flows = [Flow(places[o.parent_id], ends[o.batch_id], o.quantity) for o in links]
    given = [sum(o.quantity for o in links if o.parent_id == batch.id) for batch in sources]
    told = _("；").join(
        _(
            "%(part)s来自%(source)s，进了%(target)s",
            part=in_unit(sources[flow.source], flow.amount),
            source=sources[flow.source].number,
            target=targets[flow.target].number,
        )
        for flow in flows[:20]
    )
    return flow_chart(
        [Node(b.number, in_unit(b, part)) for b, part in zip(sources, given, strict=True)],
        [Node(b.number, _came_out(b)) for b in targets],
        flows,
        Said(f"flow-{row.id.hex[:8]}", _("哪批进了哪批"), told),
    )
