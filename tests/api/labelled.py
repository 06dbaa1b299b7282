"""A batch of tea with labels on it, made through the verbs, for whoever looks at its passport."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from flask import Flask

from core.act import HOUSE, Act, transaction
from core.clock import day_of, now
from core.database.engine import db
from core.identity.models import Account
from core.identity.signing_in import actor_of
from labels.codes import encode
from labels.epochs import ensure_first_epoch
from labels.issuing import RunDraft, issue_run
from labels.press import Press, press_of
from labels.service import StateDraft, change_state
from products.models import Product
from tests.people import People, Person
from trace.batches.drafts import BatchDraft, EventDraft
from trace.batches.service import log_event, open_batch, submit_batch, visible_batch
from trace.inspections import rejudge
from trace.inspections.dispositions import decide
from trace.inspections.service import ReportDraft, visible_report
from trace.inspections.subjects import subject_of_batch, subject_of_correction, subject_of_type
from trace.inspections.worksheets import Signing, open_sheet, submit, visible_sheet
from trace.sampling.service import OrderDraft, plan_order

TODAY = day_of(now())
MADE = max(TODAY - timedelta(days=30), date(2026, 9, 2))
TEA = "changsha-green-tea"
LEAD = "铅（以Pb计）"
EVERY_BATCH = (
    {"characteristic": "感官品质", "typed": "符合"},
    {"characteristic": "水分", "typed": "5.8", "unit": "%", "method": "GB/T 8304"},
    {"characteristic": "粉末", "typed": "0.4", "unit": "%", "method": "GB/T 8311"},
    {"characteristic": "净含量", "typed": "符合"},
)
_NOT_DETECTED = (
    "草甘膦", "乙酰甲胺磷", "水胺硫磷", "三氯杀螨醇", "吡虫啉", "氟啶虫酰胺", "唑螨酯",
)  # fmt: skip
TYPE_ITEMS = (
    {"characteristic": LEAD, "typed": "0.62", "unit": "mg/kg"},
    {"characteristic": "总灰分", "typed": "5.9", "unit": "%"},
    {"characteristic": "水浸出物", "typed": "41.3", "unit": "%"},
    {"characteristic": "茶多酚", "typed": "17.2", "unit": "%"},
    {"characteristic": "粉末", "typed": "0.4", "unit": "%"},
    *(
        {"characteristic": name, "typed": "未检出", "unit": "mg/kg", "detection_limit": "0.005"}
        for name in _NOT_DETECTED
    ),
)


class Labelled:
    """One batch of tea: inspected, released, its labels drawn. Change it, then scan `code`."""

    def __init__(self, app: Flask, people: People, **batch: Any) -> None:
        self.app, self.people = app, people
        self.maker, self.laboratory = people.cooperative, people.inspector
        self.authority = people.authority
        with self.act() as act:
            ensure_first_epoch(act, self.press)
        self.type_report = self._type_inspected()
        self.batch = self._released(batch)
        self.report: uuid.UUID
        self.run, self.epoch, self.first, self.last = self._drawn()

    @property
    def press(self) -> Press:
        """The press of the house."""
        return press_of(self.app.config["SETTINGS"])

    @contextmanager
    def act(self, person: Person | None = None) -> Iterator[Act]:
        """One act of a person, or of the house."""
        with self.app.app_context():
            account = None if person is None else db.session.get_one(Account, person.account)
            actor = HOUSE if account is None else actor_of(account)
            with transaction(db.session, actor) as act:
                yield act

    def code(self, place: int = 0) -> str:
        """The code of the label at `place` of the run."""
        return encode(self.press.masters((self.epoch,)), self.epoch, self.first + place)

    def _type_inspected(self) -> uuid.UUID:
        draft = ReportDraft(
            number=f"XS-{uuid.uuid4().hex[:6]}",
            sampled_on=MADE - timedelta(days=9),
            reported_on=MADE - timedelta(days=1),
            results=TYPE_ITEMS,
        )
        with self.act(self.maker) as act:
            order = OrderDraft("type", laboratory=self.laboratory.party, product=TEA)
            plan_order(act, order)
        with self.act(self.laboratory) as act:
            product = act.session.get_one(Product, self.people.product(TEA))
            assert self.maker.party is not None
            sheet = open_sheet(act, subject_of_type(act, self.maker.party, product), draft)
        return self._published(sheet.id)

    def _published(self, sheet: uuid.UUID) -> uuid.UUID:
        """One person of the laboratory signs a worksheet, another verifies it."""
        with self.act(self.laboratory) as act:
            signing = Signing(visible_sheet(act, sheet).content_sha256, "token")
            submit(act, sheet, signing)
        with self.act(self.laboratory.colleague) as act:
            return rejudge.publish(act, sheet, signing).id

    def _released(self, more: dict[str, Any]) -> uuid.UUID:
        draft = {
            "product": TEA, "quantity": "24", "unit": "kg", "production_date": MADE,
            "grade": "一级", "process": "烘青", "place_code": "430121110",
            "declared": ("GB/T 14456.3-2016",),
        }  # fmt: skip
        with self.act(self.maker) as act:
            opened = open_batch(act, BatchDraft(**(draft | more)))
            batch = opened.id
            assert self.laboratory.party is not None
            submit_batch(act, batch, self.laboratory.party, None)
            for days, stage in enumerate(("production", "processing", "storage")):
                log_event(act, opened, EventDraft(stage, MADE + timedelta(days=days)))
        self._reported(batch, report(EVERY_BATCH))
        with self.act(self.maker) as act:
            rejudge.confirm_batch(act, batch, None, None)
        return batch

    def _drawn(self) -> tuple[uuid.UUID, int, int, int]:
        with self.act(self.maker) as act:
            run = issue_run(act, self.press, self.batch, RunDraft(40, "100", "g", "a4-3x8"))
            return run.id, run.epoch, run.first, run.last

    def become(self, *states: str, reason: str | None = None, place: int | None = None) -> None:
        """All labels of the run, or the one at `place`, go through these states."""
        serial = None if place is None else self.first + place
        for state in states:
            with self.act(self.maker) as act:
                change_state(act, self.run, StateDraft(state, serial, serial, reason))

    def in_use(self) -> "Labelled":
        """Printed and activated."""
        self.become("printed", "activated")
        return self

    def decide(self, kind: str, reason: str) -> None:
        """The authority decides about the batch."""
        with self.act(self.authority) as act:
            decide(act, self.batch, kind, reason)

    def inspect(self, *values: dict[str, str], number: str | None = None) -> uuid.UUID:
        """The laboratory reports once more."""
        return self._reported(self.batch, report(values, number))

    def _reported(self, batch: uuid.UUID, draft: ReportDraft) -> uuid.UUID:
        with self.act(self.laboratory) as act:
            sheet = open_sheet(act, subject_of_batch(act, visible_batch(act, batch)), draft)
        return self._published(sheet.id)

    def correct(self, old: uuid.UUID, *values: dict[str, str], reason: str) -> uuid.UUID:
        """The laboratory corrects a report."""
        with self.act(self.laboratory) as act:
            subject = subject_of_correction(act, visible_report(act, old), reason)
            sheet = open_sheet(act, subject, report(values))
        return self._published(sheet.id)

    def withdraw(self, report_id: uuid.UUID, reason: str) -> None:
        """The laboratory takes a report back."""
        with self.act(self.laboratory) as act:
            rejudge.withdraw(act, report_id, reason)


def report(values: Any, number: str | None = None) -> ReportDraft:
    """A report of today."""
    return ReportDraft(
        number=number or f"R-{uuid.uuid4().hex[:8]}",
        sampled_on=MADE,
        reported_on=TODAY,
        results=[dict(value) for value in values],
    )
