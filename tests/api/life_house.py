"""A product with one standard, a plan and one batch, driven through the verbs by real accounts."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from typing import Any

from flask import Flask

from core.act import HOUSE, Act, transaction
from core.clock import day_of, now
from core.database.engine import db
from core.errors import Conflict
from core.identity.models import Account
from core.identity.signing_in import actor_of
from labels.codes import encode
from labels.epochs import ensure_first_epoch
from labels.issuing import RunDraft, issue_run
from labels.press import press_of
from labels.service import StateDraft, change_state
from products.catalogue.rows import Form
from products.drafts import ProductDraft
from products.licences.service import LicenceDraft, grant_licence
from products.plans.service import PlanDraft
from products.requirements import Bound, BoundKind, PlanItem
from products.service import register_product
from products.standards.drafts import EditionDraft, RequirementDraft, StandardDraft
from products.standards.models import Edition
from products.standards.service import add_clause, link_standard, register_standard
from tests.people import People, Person
from trace.batches.drafts import BatchDraft
from trace.batches.service import open_batch, submit_batch, visible_batch
from trace.inspections import dispositions, rejudge
from trace.inspections.judging import latest_verdict
from trace.inspections.service import ReportDraft, visible_report
from trace.inspections.subjects import (
    RetestDraft,
    Subject,
    subject_of_batch,
    subject_of_correction,
    subject_of_retest,
)
from trace.inspections.worksheets import Signing, open_sheet, submit, visible_sheet

TODAY = day_of(now())
MADE = TODAY - timedelta(days=20)
WATER, LEAD = "水分", "铅（以Pb计）"
UNITS = {WATER: "%", LEAD: "mg/kg"}
_serials = count(1)


class LifeHouse:
    """One batch of a product of its own; every verb is one act of the person whose it is."""

    def __init__(self, app: Flask, people: People, limits: Mapping[str, str]) -> None:
        self.app, self.people = app, people
        self.maker, self.laboratory = people.cooperative, people.inspector
        self.authority, self.press = people.authority, press_of(app.config["SETTINGS"])
        self.serial = f"{next(_serials):04d}"
        self.key = f"sample-{self.serial}-{uuid.uuid4().hex[:6]}"
        self.numbers = count(1)
        self.codes: list[str] = []
        with self.act() as act:
            ensure_first_epoch(act, self.press)
        self._registered()
        self.edition = self.publish_edition(2020, MADE - timedelta(days=700))
        self.enter_limits(limits)
        self._planned()
        self.batch = self._opened()

    @contextmanager
    def act(self, person: Person | None = None) -> Iterator[Act]:
        """One act of a person, or of the house."""
        with self.app.app_context():
            account = None if person is None else db.session.get_one(Account, person.account)
            actor = HOUSE if account is None else actor_of(account)
            with transaction(db.session, actor) as act:
                yield act

    def _registered(self) -> None:
        form = Form("成品茶", "mass", ("kg", "g"))
        product = ProductDraft(
            key=self.key, name=f"示例产品 {self.key}", name_en=f"Sample {self.key}",
            category="tea", forms=[form], default_form="成品茶",
        )  # fmt: skip
        self.standard_number = f"Q/SL {self.serial}S{uuid.uuid4().hex[:4].upper()}"
        standard = StandardDraft(
            number=self.standard_number, title="示例标准", title_en="Sample standard",
            level="enterprise", stages=["testing"], source="示例",
        )  # fmt: skip
        with self.act(self.authority) as act:
            register_product(act, product)
            self.standard = register_standard(act, standard).id
            link_standard(act, self.key, self.standard)
            assert self.maker.party is not None
            licence = LicenceDraft(self.maker.party, self.key, date(2020, 1, 1), "示例")
            grant_licence(act, licence)

    def publish_edition(self, year: int, starts: date) -> uuid.UUID:
        """An edition without limits, in force from a day on."""
        draft = EditionDraft(f"{self.standard_number}-{year}", starts, "示例公告")
        with self.act(self.authority) as act:
            made: Edition = rejudge.put_in_force(act, self.standard, draft).edition
            self.edition = made.id
        return self.edition

    def enter_limits(self, limits: Mapping[str, str]) -> None:
        """Upper limits, confirmed and mandatory, in a clause of the newest edition."""
        with self.act(self.authority) as act:
            clause = add_clause(act, self.edition, "5.2", None).id
            for name, upper in limits.items():
                draft = RequirementDraft(
                    stage="testing", characteristic=name,
                    bound=Bound(BoundKind.NUMBER, upper=upper), nature="mandatory",
                    certainty="confirmed", source="示例原文", unit=UNITS[name], product=self.key,
                )  # fmt: skip
                rejudge.add_limit(act, clause, draft)

    def _planned(self) -> None:
        plan = PlanDraft(
            starts=date(2020, 1, 1), standard=self.standard_number, source="示例", type_items=[],
            every_batch=[PlanItem(WATER), PlanItem(LEAD)], sample=True,
        )  # fmt: skip
        with self.act(self.authority) as act:
            product = self.people.product(self.key)
            rejudge.put_plan(act, product, plan)

    def _opened(self) -> uuid.UUID:
        with self.act(self.maker) as act:
            draft = BatchDraft(product=self.key, quantity="24", unit="kg", production_date=MADE)
            batch = open_batch(act, draft).id
            assert self.laboratory.party is not None
            submit_batch(act, batch, self.laboratory.party, None)
        with self.act(self.maker) as act:
            rejudge.confirm_batch(act, batch, None, None)
        return batch

    # --- the laboratory --------------------------------------------------------------------

    def drafted(self, subject: Any, values: Mapping[str, str]) -> uuid.UUID:
        """A worksheet that was submitted; `subject` makes what it is about from the act."""
        results = [
            {"characteristic": name, "typed": typed, "unit": UNITS[name]}
            for name, typed in values.items()
        ]
        draft = ReportDraft(
            number=f"{self.key[-6:]}-{next(self.numbers)}", sampled_on=MADE, reported_on=TODAY,
            results=results,
        )  # fmt: skip
        with self.act(self.laboratory) as act:
            sheet = open_sheet(act, subject(act), draft)
            submit(act, sheet.id, Signing(sheet.content_sha256, "token"))
            return sheet.id

    def on_batch(self, act: Act) -> Subject:
        """A report on the batch."""
        return subject_of_batch(act, visible_batch(act, self.batch))

    def correcting(self, report: uuid.UUID) -> Any:
        """A report in the place of another."""
        return lambda act: subject_of_correction(act, visible_report(act, report), "示例更正")

    def retesting(self, report: uuid.UUID, both: bool) -> Any:
        """A report that tests another's items again."""
        draft = RetestDraft("retained-sample", "示例复验", both)
        return lambda act: subject_of_retest(act, visible_report(act, report), draft)

    def verify(self, sheet: uuid.UUID) -> None:
        """The second person publishes."""
        with self.act(self.laboratory.colleague) as act:
            digest = visible_sheet(act, sheet).content_sha256
            rejudge.publish(act, sheet, Signing(digest, "token"))

    def withdraw(self, report: uuid.UUID) -> None:
        """The laboratory takes a report back."""
        with self.act(self.laboratory) as act:
            rejudge.withdraw(act, report, "示例撤回")

    def reinstate(self, report: uuid.UUID) -> None:
        """The second person says that it counts after all."""
        with self.act(self.laboratory.colleague) as act:
            rejudge.reinstate(act, report, "示例恢复")

    # --- the authority and the producer ----------------------------------------------------

    def decide(self, kind: str) -> bool:
        """A person decides about the batch; whether that was possible."""
        try:
            with self.act(self.authority) as act:
                dispositions.decide(act, self.batch, kind, "示例决定")
        except Conflict:
            return False
        return True

    def label(self) -> bool:
        """Two labels drawn, printed and activated; whether the house allowed it."""
        try:
            with self.act(self.maker) as act:
                run = issue_run(act, self.press, self.batch, RunDraft(2, "100", "g", "a4-3x8"))
                for state in ("printed", "activated"):
                    change_state(act, run.id, StateDraft(state, run.first, run.last, None))
                masters = self.press.masters((run.epoch,))
                self.codes.append(encode(masters, run.epoch, run.first))
        except Conflict:
            return False
        return True

    # --- looking ---------------------------------------------------------------------------

    def outcome(self) -> str | None:
        """The newest verdict of the batch."""
        with self.app.app_context():
            verdict = latest_verdict(db.session, self.batch)
            return None if verdict is None else verdict.outcome

    def live(self) -> list[str]:
        """The labels that a scan answers for."""
        client = self.app.test_client()
        scans = ((code, client.get(f"/T/{code}?f=json").get_json()) for code in self.codes)
        return [code for code, said in scans if said["status"] == "active"]
