"""Telling one batch of the sample through the verbs: opened, logged, sent, inspected, labelled."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from core.act import Act
from core.documents.pictures import cleaned
from core.documents.service import store
from desks.sample_files import hills_photo, paper
from desks.sample_parties import Person, Scene
from desks.sample_values import TEA_MAKING, TEA_PACKAGING, TEA_STORAGE, Value
from labels.issuing import RunDraft, issue_run
from labels.models import LabelRun
from labels.ranges import ACTIVATED, PRINTED, VOID
from labels.service import StateDraft, change_state
from products.service import product_named
from trace.batches.drafts import BatchDraft, EventDraft
from trace.batches.service import open_batch, submit_batch, visible_batch
from trace.inspections.life_models import Worksheet
from trace.inspections.rejudge import confirm_batch, log_stage, publish
from trace.inspections.service import ReportDraft
from trace.inspections.subjects import subject_of_batch, subject_of_type
from trace.inspections.worksheets import Signing, open_sheet, submit
from trace.sampling.models import TYPE
from trace.sampling.service import OrderDraft, plan_order

SHEET = "a4-4x11"
PHOTO, RECORD = "照片", "记录"


@dataclass(frozen=True)
class Entry:
    """What is logged at a stage, so many days after the day of production.

    `documents` are names; one that is 照片 is the photo, every other a page of PDF.
    """

    stage: str
    after: int
    note: str
    readings: Sequence[Value] = ()
    documents: Sequence[str] = ()


@dataclass(frozen=True)
class Tale:
    """One batch of the sample: whose, what, and how far it has come."""

    owner: Person
    draft: BatchDraft
    entries: Sequence[Entry] = ()
    sent: bool = True
    results: Sequence[Value] = ()
    confirmed: bool = True
    runs: Sequence["Run"] = field(default_factory=tuple)


@dataclass(frozen=True)
class Run:
    """Labels of one batch; `states` in their order, over serials counted from 0."""

    count: int
    net_content: str
    unit: str
    states: Sequence[tuple[str, int, int, str | None]] = ()


def used(count: int, net_content: str, unit: str) -> Run:
    """A run that is printed and activated as a whole."""
    whole = 0, count - 1, None
    return Run(count, net_content, unit, [(PRINTED, *whole), (ACTIVATED, *whole)])


def spoilt(count: int, net_content: str, unit: str, lost: int) -> Run:
    """A run that is printed, of which the first labels were spoilt."""
    states = [(PRINTED, 0, count - 1, None), (VOID, 0, lost - 1, "打印卡纸，标签起皱")]
    return Run(count, net_content, unit, states)


TEA_ENTRIES = (
    Entry("production", 0, "一芽二叶，晴天上午采摘", documents=[PHOTO]),
    Entry("preservation", 0, "鲜叶摊放 6 小时，厚 2 厘米"),
    Entry("processing", 1, "杀青、揉捻、烘干", TEA_MAKING),
    Entry("grading", 1, "按实物样评为一级"),
    Entry("testing", 2, "出厂检验", documents=["出厂检验记录"]),
    Entry("storage", 2, "入冷库", TEA_STORAGE),
    Entry("packaging", 3, "罐装", TEA_PACKAGING),
    Entry("marking", 3, "罐身印产品名称、净含量、生产者"),
    Entry("transport", 4, "厢式车，避光防潮，不与有异味的货同车"),
)
CRAYFISH_ENTRIES = (
    Entry("production", 0, "稻虾田起捕，停食 12 小时", documents=[PHOTO]),
    Entry("grading", 0, "按规格分拣"),
    Entry("transport", 0, "带水充氧运输"),
)
OIL_ENTRIES = (
    Entry("production", -20, "霜降后采果，堆沤、晒干", documents=[PHOTO]),
    Entry("processing", 0, "物理压榨，一级", documents=["压榨工艺记录"]),
    Entry("storage", 2, "不锈钢罐，避光"),
    Entry("packaging", 6, "灌装"),
)


def tell(scene: Scene, laboratory: Person, tale: Tale, report: str) -> UUID:
    """Play a tale as far as it goes; its batch. `report` is the number of the inspection."""
    with scene.act(tale.owner.account) as act:
        batch = open_batch(act, tale.draft)
    log_entries(scene, tale, batch.id)
    if tale.sent:
        with scene.act(tale.owner.account) as act:
            submit_batch(act, batch.id, laboratory.party, "示例：请按放行方案检验")
    if tale.results:
        with scene.act(laboratory.account) as act:
            subject = subject_of_batch(act, visible_batch(act, batch.id))
            sheet = open_sheet(act, subject, _report(scene, tale, report))
        publish_sheet(scene, laboratory, sheet)
    if tale.confirmed:
        with scene.act(tale.owner.account) as act:
            confirm_batch(act, batch.id, None, None)
    for run in tale.runs:
        with scene.act(tale.owner.account) as act:
            draw_run(scene, act, batch.id, run)
    return batch.id


def publish_sheet(scene: Scene, laboratory: Person, sheet: Worksheet) -> None:
    """One person of the laboratory signs a worksheet, another verifies it."""
    signing = Signing(sheet.content_sha256, "password")
    with scene.act(laboratory.account) as act:
        submit(act, sheet.id, signing)
    with scene.act(laboratory.second) as act:
        publish(act, sheet.id, signing)


def write_sheet(
    scene: Scene, laboratory: Person, batch_id: UUID, draft: ReportDraft, submitted: bool
) -> None:
    """A worksheet that is not published yet: still written on, or waiting for the second person."""
    with scene.act(laboratory.account) as act:
        subject = subject_of_batch(act, visible_batch(act, batch_id))
        sheet = open_sheet(act, subject, draft)
    if submitted:
        with scene.act(laboratory.account) as act:
            submit(act, sheet.id, Signing(sheet.content_sha256, "password"))


def log_entries(scene: Scene, tale: Tale, batch_id: UUID) -> None:
    """Log what was done, as far as its day has come."""
    for entry in tale.entries:
        day = tale.draft.production_date + timedelta(days=entry.after)
        if day > scene.today:
            continue
        with scene.act(tale.owner.account) as act:
            documents = [
                {"name": name, "document": _document(scene, act, name, entry)}
                for name in entry.documents
            ]
            place = "示例·自有基地" if entry.stage == "production" else None
            log_stage(
                act,
                batch_id,
                EventDraft(
                    entry.stage, day, place=place, note=f"示例：{entry.note}",
                    readings=entry.readings, documents=documents,
                ),
            )  # fmt: skip


def _document(scene: Scene, act: Act, name: str, entry: Entry) -> UUID:
    """The photo, or a page that says what was noted."""
    if name == PHOTO:
        content, file_name = hills_photo(), "hills.jpg"
    else:
        content, file_name = paper(name, [entry.note], act.at), f"{name}.pdf"
    with cleaned(io.BytesIO(content), scene.documents) as file:
        return store(act, scene.documents, file, file_name).id


def _report(scene: Scene, tale: Tale, number: str) -> ReportDraft:
    sampled = min(tale.draft.production_date + timedelta(days=1), scene.today)
    return ReportDraft(
        number=number,
        sampled_on=sampled,
        reported_on=min(sampled + timedelta(days=3), scene.today),
        results=tale.results,
        note="示例数据",
    )


def report_type(
    scene: Scene, laboratory: Person, owner: Person, product: str, draft: ReportDraft
) -> None:
    """A type inspection that the producer ordered, with its report as PDF."""
    with scene.act(owner.account) as act:
        order = OrderDraft(
            TYPE,
            laboratory.party,
            product=product,
            items=[value["characteristic"] for value in draft.results],
        )
        plan_order(act, order)
    with scene.act(laboratory.account) as act:
        lines = [f"{v['characteristic']}　{v['typed']} {v.get('unit', '')}" for v in draft.results]
        content = paper(f"型式检验报告 {draft.number}", lines, act.at)
        with cleaned(io.BytesIO(content), scene.documents) as file:
            kept = store(act, scene.documents, file, f"{draft.number}.pdf")
        subject = subject_of_type(act, owner.party, product_named(act.session, product))
        sheet = open_sheet(act, subject, replace(draft, report=kept.id))
    publish_sheet(scene, laboratory, sheet)


def draw_run(scene: Scene, act: Act, batch_id: UUID, run: Run) -> LabelRun:
    """Draw labels and let happen to them what the run says."""
    draft = RunDraft(run.count, run.net_content, run.unit, SHEET)
    made = issue_run(act, scene.press, batch_id, draft)
    for state, first, last, reason in run.states:
        change_state(act, made.id, StateDraft(state, made.first + first, made.first + last, reason))
    return made


def tea_draft(produced: date, quantity: str, **more: Any) -> BatchDraft:
    """A batch of 长沙绿茶 as the cooperative opens it."""
    return BatchDraft(
        product="changsha-green-tea",
        quantity=quantity,
        unit="kg",
        production_date=produced,
        form="成品茶",
        process="烘青",
        grade="一级",
        best_before=produced + timedelta(days=540),
        place_code="430121106",
        place="示例茶园",
        declared=["GB/T 14456.3-2016", "GB/T 30375-2013"],
        **more,
    )
