"""One chain of the sample from plots to the shop: approved, picked, made, mixed, handed over, sold.

Outlines, caps and amounts are invented (示例); townships are those of the product's area.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from desks.sample_batches import TEA_ENTRIES, Tale, draw_run, log_entries, publish_sheet, used
from desks.sample_parties import COOPERATIVE, LABORATORY, OFFICE, TEA, TEA_WORKS, Cast, Scene
from desks.sample_values import TEA_BATCH
from labels.models import LabelRun
from labels.recalls import RecallDraft, open_recall
from labels.shipments import ShipmentDraft, ship
from labels.trace_starts import Start
from products.plots.drafts import ApprovalDraft, CapDraft, PlotDraft
from products.plots.proposing import propose_plot
from trace.batches.drafts import BatchDraft, PlotShare
from trace.batches.inputs import InputDraft, log_input
from trace.batches.models import Batch
from trace.batches.processing_checks import InputDraft as GoesIn
from trace.batches.processing_checks import OutputDraft, ProcessDraft
from trace.batches.service import open_batch, submit_batch, visible_batch
from trace.books.allowances import approve_plot, set_cap
from trace.inspections.goods import process_batches
from trace.inspections.handing_over import confirm, send
from trace.inspections.rejudge import confirm_batch
from trace.inspections.service import ReportDraft
from trace.inspections.subjects import subject_of_batch
from trace.inspections.worksheets import open_sheet
from trace.transfers.service import ConfirmDraft, SendDraft

LEAF, DRY = "鲜叶", "成品茶"
CAP_SOURCE = "示例（不是真实核定）"
APPROVAL_SOURCE = "示例：年度地块核查（不是真实核定）"
PER_MU = "150"
"""Kilograms of fresh leaf from one 亩: invented."""
SQUARE = Decimal("0.001")
"""Degrees: a square of about sixteen 亩."""


@dataclass(frozen=True)
class Ground:
    """A plot of the sample; the south-west corner of its outline, in degrees."""

    number: str
    name: str
    area: str
    township: str
    west: str
    south: str


GROUNDS = (
    Ground("SL-01", "示例地块·东坡", "16.00", "金井镇", "113.3000", "28.5000"),
    Ground("SL-02", "示例地块·西坡", "16.00", "金井镇", "113.3020", "28.5000"),
    Ground("SL-03", "示例地块·溪边", "15.50", "高桥镇", "113.3400", "28.4600"),
    Ground("SL-04", "示例地块·新垦", "15.00", "高桥镇", "113.3408", "28.4604"),
)
WAITING = 1
"""The last plot overlaps another one and is not approved yet."""


def tell_chain(scene: Scene, cast: Cast, first: date) -> None:
    """Play the chain; nothing in it is older than `first`."""
    plots = _plots(scene, cast)
    _allow(scene, cast, plots)
    picked = scene.day(24, first)
    made = min(picked + timedelta(days=1), scene.today)
    lots = [
        _picked(scene, cast, picked, quantity, plot)
        for quantity, plot in (("420", plots[0]), ("380", plots[1]), ("200", plots[2]))
    ]
    with scene.act(cast[COOPERATIVE].account) as act:
        log_input(act, lots[0], _fertilizer(picked))
    teas = [
        _made(scene, cast, made, lot, quantity)
        for lot, quantity in ((lots[0], ("400", "90")), (lots[1], ("380", "84")))
    ]
    for number, tea in enumerate(teas, start=1):
        _inspected(scene, cast, tea, made, f"SL-30{number}")
    blend = _blended(scene, cast, teas, min(made + timedelta(days=6), scene.today))
    arrived = _handed_over(scene, cast, blend)
    with scene.act(cast[TEA_WORKS].account) as act:
        run = draw_run(scene, act, arrived, used(88, "250", "g"))
        _shipped(scene, cast, run)
    _drilled(scene, cast, lots[0])


def _plots(scene: Scene, cast: Cast) -> list[UUID]:
    with scene.act(cast[COOPERATIVE].account) as act:
        return [
            propose_plot(
                act,
                PlotDraft(
                    TEA, one.number, one.name, one.area, one.township, place="示例·自有基地",
                    worked_by="示例·社员", outline=_square(one),
                ),
            ).id
            for one in GROUNDS
        ]  # fmt: skip


def _square(ground: Ground) -> dict[str, object]:
    west, south = Decimal(ground.west), Decimal(ground.south)
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    ring = [[float(west + SQUARE * x), float(south + SQUARE * y)] for x, y in corners]
    return {"type": "Polygon", "coordinates": [ring]}


def _allow(scene: Scene, cast: Cast, plots: list[UUID]) -> None:
    """Approved for this year and the last, with a cap in both."""
    with scene.act(cast[OFFICE].account) as act:
        for year in (scene.today.year - 1, scene.today.year):
            for plot in plots[:-WAITING]:
                approve_plot(act, plot, ApprovalDraft(year, APPROVAL_SOURCE))
            set_cap(act, CapDraft(TEA, year, PER_MU, "kg", CAP_SOURCE, form=LEAF))


def _picked(scene: Scene, cast: Cast, day: date, quantity: str, plot: UUID) -> UUID:
    """A day's fresh leaf from one plot, in the books."""
    draft = BatchDraft(
        TEA, quantity, "kg", day, form=LEAF, place_code="430121110", place="示例茶园"
    )
    with scene.act(cast[COOPERATIVE].account) as act:
        batch = open_batch(act, draft).id
    with scene.act(cast[COOPERATIVE].account) as act:
        confirm_batch(act, batch, None, None, [PlotShare(plot)])
    return batch


def _fertilizer(picked: date) -> InputDraft:
    return InputDraft(
        kind="fertiliser", name="示例有机肥", supplier="示例·农资店", amount_typed="800",
        amount_unit="kg", method="沟施", used_on=picked - timedelta(days=40),
        supplier_number="SL-FL-0826",
    )  # fmt: skip


def _made(scene: Scene, cast: Cast, day: date, lot: UUID, quantity: tuple[str, str]) -> UUID:
    """So much leaf becomes so much tea; the rest of the leaf stays."""
    leaf, tea = quantity
    draft = ProcessDraft(
        kind="transform", happened_on=day, inputs=[GoesIn(lot, leaf, "kg")],
        outputs=[OutputDraft(tea, "kg", grade="一级")], form=DRY, process="烘青",
        best_before=day + timedelta(days=540),
    )  # fmt: skip
    with scene.act(cast[COOPERATIVE].account) as act:
        return process_batches(act, draft).outputs[0].id


def _inspected(scene: Scene, cast: Cast, tea: UUID, day: date, number: str) -> None:
    """Logged, sent to the laboratory and found conforming: released."""
    owner, laboratory = cast[COOPERATIVE], cast[LABORATORY]
    told = Tale(owner, BatchDraft(TEA, "1", "kg", day), TEA_ENTRIES[2:6])
    log_entries(scene, told, tea)
    with scene.act(owner.account) as act:
        submit_batch(act, tea, laboratory.party, "示例：请按放行方案检验")
    reported = min(day + timedelta(days=4), scene.today)
    draft = ReportDraft(
        number=number, sampled_on=min(day + timedelta(days=1), scene.today), reported_on=reported,
        results=TEA_BATCH, note="示例数据",
    )  # fmt: skip
    with scene.act(laboratory.account) as act:
        sheet = open_sheet(act, subject_of_batch(act, visible_batch(act, tea)), draft)
    publish_sheet(scene, laboratory, sheet)


def _blended(scene: Scene, cast: Cast, teas: list[UUID], day: date) -> UUID:
    """Two teas become one; a little is lost in the sieve."""
    draft = ProcessDraft(
        kind="merge", happened_on=day,
        inputs=[GoesIn(teas[0], "60", "kg"), GoesIn(teas[1], "40", "kg")],
        outputs=[OutputDraft("99.6", "kg")],
    )  # fmt: skip
    with scene.act(cast[COOPERATIVE].account) as act:
        return process_batches(act, draft).outputs[0].id


def _handed_over(scene: Scene, cast: Cast, blend: UUID) -> UUID:
    """Both sign for most of it; what was sent afterwards is not confirmed yet."""
    works = cast[TEA_WORKS]
    with scene.act(cast[COOPERATIVE].account) as act:
        day = act.session.get_one(Batch, blend).production_date
        sent = send(act, SendDraft(blend, works.party, "60", max(day, _ago(scene, 8)), "kg"))
    with scene.act(works.account) as act:
        said = confirm(act, sent.id, ConfirmDraft("59.8", "intact", "kg", note="示例：过磅"))
    with scene.act(cast[COOPERATIVE].account) as act:
        send(act, SendDraft(blend, works.party, "20", max(day, _ago(scene, 4)), "kg"))
    assert said.batch_id is not None
    return said.batch_id


def _ago(scene: Scene, days: int) -> date:
    return scene.today - timedelta(days=days)


def _shipped(scene: Scene, cast: Cast, run: LabelRun) -> None:
    """Half of the labels went to a shop."""
    draft = ShipmentDraft(
        run.first, (run.first + run.last) // 2, scene.today, consignee="示例·城南茶庄",
        phone="示例电话", address="示例地址",
    )  # fmt: skip
    with scene.act(cast[TEA_WORKS].account) as act:
        ship(act, run.id, draft)


def _drilled(scene: Scene, cast: Cast, lot: UUID) -> None:
    """A drill: what a recall of the first day's leaf would reach."""
    draft = RecallDraft("drill", Start("batch", str(lot)), "示例：年度召回演练")
    with scene.act(cast[OFFICE].account) as act:
        open_recall(act, scene.press, draft)
