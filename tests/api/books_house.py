"""A product of its own and two producers, whose goods are moved through the verbs of the books."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import count
from typing import TypeVar

from flask import Flask
from sqlalchemy import select

from core.act import HOUSE, Act, transaction
from core.clock import day_of, now
from core.database.engine import db
from core.errors import Conflict, Invalid, NotFound, Refusal
from core.identity.models import Account
from core.identity.signing_in import actor_of
from labels.epochs import ensure_first_epoch
from labels.issuing import RunDraft, issue_run
from labels.models import LabelRun
from labels.press import press_of
from labels.recalls import RecallDraft, open_recall
from labels.service import StateDraft, change_state
from labels.shipments import ReturnDraft, ShipmentDraft, ship, take_back
from labels.trace_starts import Start
from products.catalogue.rows import Form
from products.drafts import ProductDraft
from products.licences.service import LicenceDraft, grant_licence
from products.models import Product
from products.plans.service import PlanDraft
from products.plots.drafts import ApprovalDraft, CapDraft, PlotDraft
from products.plots.proposing import propose_plot
from products.requirements import Bound, BoundKind
from products.service import register_product
from products.standards.drafts import EditionDraft, RequirementDraft, StandardDraft
from products.standards.service import add_clause, link_standard, register_standard
from tests.api.books_model import COUNTED, LEAF, TEA
from tests.people import People, Person
from trace.batches.drafts import BatchDraft, EventDraft, PlotShare
from trace.batches.processing_checks import InputDraft, OutputDraft, ProcessDraft
from trace.batches.service import open_batch
from trace.batches.splitting import PartDraft
from trace.books import allowances
from trace.books.models import Harvest, PostingCorrection
from trace.inspections import dispositions, handing_over, rejudge
from trace.inspections.goods import process_batches
from trace.inspections.service import ReportDraft
from trace.inspections.stock_acts import (
    CorrectionDraft,
    StockActDraft,
    correct_posting,
    enter_stock_act,
)
from trace.inspections.subjects import subject_of_type
from trace.inspections.worksheets import Signing, open_sheet, submit
from trace.sampling.service import OrderDraft, plan_order
from trace.transfers.models import TransferAnswer
from trace.transfers.service import ConfirmDraft, SendDraft

TODAY = day_of(now())
DAYS = {TODAY.year: TODAY, TODAY.year - 1: date(TODAY.year - 1, 12, 31)}
"""A day of this year and one of the last, by year."""
WATER = "水分"
UNITS = {LEAF: "mg", TEA: "mg", COUNTED: "株"}
SOURCE = "示例：本次测试的依据"
Made = TypeVar("Made")
_serials = count(1)


class BooksHouse:
    """Every verb is one act of one person; `tried` says None where the house refused."""

    def __init__(self, app: Flask, people: People) -> None:
        self.app, self.press = app, press_of(app.config["SETTINGS"])
        self.owners = {"first": people.cooperative, "second": people.stranger}
        self.authority, self.laboratory = people.authority, people.inspector
        self.refusal: Refusal | None = None
        self.key = f"books-{next(_serials):05d}-{uuid.uuid4().hex[:6]}"
        with self.act() as act:
            ensure_first_epoch(act, self.press)
        self._registered()
        self.product = people.product(self.key)
        self._planned()
        for owner in self.owners.values():
            self._type_inspected(owner)

    @contextmanager
    def act(self, person: Person | None = None) -> Iterator[Act]:
        """One act of one person, or of the house."""
        with self.app.app_context():
            account = None if person is None else db.session.get_one(Account, person.account)
            actor = HOUSE if account is None else actor_of(account)
            with transaction(db.session, actor) as act:
                yield act

    def tried(self, person: Person, verb: Callable[[Act], Made]) -> Made | None:
        """What a verb gave; None where it was refused, for a reason that people are told."""
        try:
            with self.act(person) as act:
                return verb(act)
        except (Conflict, Invalid, NotFound) as refused:
            self.refusal = refused
            return None

    # --- the product, its plan and its limit -------------------------------------------------

    def _registered(self) -> None:
        forms = [Form(form, "mass", ("mg", "kg")) for form in (LEAF, TEA)]
        product = ProductDraft(
            key=self.key, name=f"示例产品 {self.key}", name_en=f"Sample {self.key}", category="tea",
            forms=[*forms, Form(COUNTED, "count", ("株",))], default_form=TEA,
        )  # fmt: skip
        self.standard = f"Q/SB {self.key[-6:].upper()}S"
        standard = StandardDraft(
            number=self.standard, title="示例标准", title_en="Sample standard",
            level="enterprise", stages=["production"], source=SOURCE,
        )  # fmt: skip
        with self.act(self.authority) as act:
            register_product(act, product)
            made = register_standard(act, standard).id
            link_standard(act, self.key, made)
            for owner in self.owners.values():
                assert owner.party is not None
                licence = LicenceDraft(owner.party, self.key, date(2020, 1, 1), SOURCE)
                grant_licence(act, licence)
        with self.act(self.authority) as act:
            begins = TODAY - timedelta(days=900)
            edition = EditionDraft(f"{self.standard}-{begins.year}", begins, SOURCE)
            clause = add_clause(
                act, rejudge.put_in_force(act, made, edition).edition.id, "5.2", None
            )
            limit = RequirementDraft(
                stage="production", characteristic=WATER,
                bound=Bound(BoundKind.NUMBER, upper="7.0"), nature="mandatory",
                certainty="confirmed", source=SOURCE, unit="%", product=self.key,
            )  # fmt: skip
            rejudge.add_limit(act, clause.id, limit)

    def _planned(self) -> None:
        plan = PlanDraft(
            starts=date(2020, 1, 1), standard=self.standard, source=SOURCE,
            every_batch=[], type_items=[WATER], type_months=24, stage_events=["production"],
            sample=True,
        )  # fmt: skip
        with self.act(self.authority) as act:
            rejudge.put_plan(act, self.product, plan)

    def _type_inspected(self, owner: Person) -> None:
        """What every batch of an owner rests on beside its own log."""
        day = date(TODAY.year - 1, 11, 1)
        value = {"characteristic": WATER, "typed": "5.0", "unit": "%"}
        draft = ReportDraft(f"T-{uuid.uuid4().hex[:8]}", day, day, results=[value])
        with self.act(owner) as act:
            plan_order(act, OrderDraft("type", laboratory=self.laboratory.party, product=self.key))
        with self.act(self.laboratory) as act:
            product = act.session.get_one(Product, self.product)
            assert owner.party is not None
            sheet = open_sheet(act, subject_of_type(act, owner.party, product), draft)
            signing = Signing(sheet.content_sha256, "token")
            submit(act, sheet.id, signing)
        with self.act(self.laboratory.colleague) as act:
            rejudge.publish(act, sheet.id, signing)

    # --- plots and allowances ----------------------------------------------------------------

    def propose(self, owner: str, number: int, area: str) -> uuid.UUID | None:
        """A plot of so many 亩."""
        draft = PlotDraft(self.key, f"{self.key[-6:]}-{number}", "示例地块", area, "金井镇")
        return self.tried(self.owners[owner], lambda act: propose_plot(act, draft).id)

    def approve(self, plot: uuid.UUID, year: int) -> bool:
        """The authority approves a plot for a year."""
        draft = ApprovalDraft(year, SOURCE)
        return self._authority(lambda act: allowances.approve_plot(act, plot, draft))

    def end_approval(self, plot: uuid.UUID, year: int) -> bool:
        """The authority takes it back."""
        return self._authority(lambda act: allowances.end_approval(act, plot, year, SOURCE))

    def cap(self, year: int, per_mu: int) -> bool:
        """The authority sets how many mg of leaf a 亩 gives."""
        draft = CapDraft(self.key, year, str(per_mu), "mg", SOURCE, form=LEAF)
        return self._authority(lambda act: allowances.set_cap(act, draft))

    def decide(self, batch: uuid.UUID, kind: str) -> bool:
        """The authority puts a batch on hold, or lifts that."""
        return self._authority(lambda act: dispositions.decide(act, batch, kind, SOURCE))

    def _authority(self, verb: Callable[[Act], object]) -> bool:
        return self.tried(self.authority, verb) is not None

    # --- batches -----------------------------------------------------------------------------

    def open(self, owner: str, form: str, year: int, amount: int) -> uuid.UUID | None:
        """A batch that is declared and has no goods in the books yet."""
        draft = BatchDraft(self.key, str(amount), UNITS[form], DAYS[year], form=form)
        return self.tried(self.owners[owner], lambda act: open_batch(act, draft).id)

    def confirm(
        self, owner: str, batch: uuid.UUID, amount: int | None, shares: dict[uuid.UUID, int]
    ) -> bool:
        """What was harvested enters the books, so many of it from each plot."""
        plots = [PlotShare(plot, str(part)) for plot, part in shares.items()]
        typed = None if amount is None else str(amount)
        return self._did(owner, lambda act: rejudge.confirm_batch(act, batch, typed, None, plots))

    def log(self, owner: str, batch: uuid.UUID, water: str) -> bool:
        """The stage that the plan asks for, with what was measured at it."""
        readings = [{"characteristic": WATER, "typed": water, "unit": "%"}]
        draft = EventDraft("production", TODAY, readings=readings)
        return self._did(owner, lambda act: rejudge.log_stage(act, batch, draft))

    def split(self, owner: str, batch: uuid.UUID, amounts: Sequence[int]) -> list[uuid.UUID] | None:
        """Parts of a batch."""
        parts = [PartDraft(str(amount)) for amount in amounts]

        def verb(act: Act) -> list[uuid.UUID]:
            return [part.id for part in rejudge.split_batch(act, batch, parts)]

        return self.tried(self.owners[owner], verb)

    def process(
        self, owner: str, kind: str, form: str, inputs: dict[uuid.UUID, int],
        outputs: Sequence[tuple[int, uuid.UUID | None]],
    ) -> list[uuid.UUID] | None:  # fmt: skip
        """Batches go into new ones, or into such as were opened before."""
        went = [InputDraft(batch, str(amount)) for batch, amount in inputs.items()]
        came = [OutputDraft(str(amount), UNITS[form], batch=into) for amount, into in outputs]
        draft = ProcessDraft(kind, TODAY, went, came, form=form)

        def verb(act: Act) -> list[uuid.UUID]:
            return [batch.id for batch in process_batches(act, draft).outputs]

        return self.tried(self.owners[owner], verb)

    def recount(
        self, owner: str, batch: uuid.UUID, amount: int, shares: dict[uuid.UUID, int]
    ) -> bool:
        """A harvest is booked back and counted anew."""
        plots = [PlotShare(plot, str(part)) for plot, part in shares.items()]
        draft = CorrectionDraft(SOURCE, str(amount), None, plots)

        def verb(act: Act) -> uuid.UUID:
            query = select(Harvest.posting).where(Harvest.batch_id == batch, Harvest.quantity > 0)
            corrected = select(PostingCorrection.corrected)
            standing = act.session.scalars(query.where(Harvest.posting.not_in(corrected))).first()
            assert standing is not None
            return correct_posting(act, standing, draft)

        return self._did(owner, verb)

    def enter(
        self, owner: str, batch: uuid.UUID, kind: str, amount: int, sale: uuid.UUID | None
    ) -> uuid.UUID | None:
        """Something happens to the stock."""
        buyer = SOURCE if kind == "sale" else None
        draft = StockActDraft(
            kind, str(amount), TODAY, reason=None if kind in ("sale", "sample") else SOURCE,
            buyer=buyer, contact=buyer, sale=sale,
        )  # fmt: skip
        return self.tried(self.owners[owner], lambda act: enter_stock_act(act, batch, draft).id)

    def undo(self, owner: str, posting: uuid.UUID) -> bool:
        """It is booked back."""
        return self._did(owner, lambda act: correct_posting(act, posting, CorrectionDraft(SOURCE)))

    # --- to others ---------------------------------------------------------------------------

    def send(self, owner: str, batch: uuid.UUID, to: str, amount: int) -> uuid.UUID | None:
        """Goods go under way."""
        receiver = self.owners[to].party
        assert receiver is not None
        draft = SendDraft(batch, receiver, str(amount), TODAY)
        return self.tried(self.owners[owner], lambda act: handing_over.send(act, draft).id)

    def answer(self, owner: str, way: uuid.UUID, kind: str, counted: int) -> TransferAnswer | None:
        """They arrive, are refused or taken back."""
        draft = ConfirmDraft(str(counted), "intact")
        verbs: dict[str, Callable[[Act], TransferAnswer]] = {
            "confirm": lambda act: handing_over.confirm(act, way, draft),
            "refuse": lambda act: handing_over.refuse(act, way, SOURCE),
            "withdraw": lambda act: handing_over.withdraw_sending(act, way, SOURCE),
        }
        return self.tried(self.owners[owner], verbs[kind])

    def recall(self, batch: uuid.UUID) -> bool:
        """The authority recalls a batch and all that became of it."""
        draft = RecallDraft("recall", Start("batch", str(batch)), SOURCE)
        return self._authority(lambda act: open_recall(act, self.press, draft))

    # --- labels ------------------------------------------------------------------------------

    def label(
        self, owner: str, batch: uuid.UUID, many: int, net: int, form: str
    ) -> LabelRun | None:
        """A run of labels."""
        draft = RunDraft(many, str(net), UNITS[form], "a4-3x8")
        return self.tried(self.owners[owner], lambda act: issue_run(act, self.press, batch, draft))

    def change(self, owner: str, run: uuid.UUID, state: str, first: int, last: int) -> bool:
        """Labels are printed, activated or voided."""
        draft = StateDraft(state, first, last, SOURCE if state == "void" else None)
        return self._did(owner, lambda act: change_state(act, run, draft))

    def ship(self, owner: str, run: uuid.UUID, first: int, last: int) -> uuid.UUID | None:
        """Labels go to somebody outside, with their goods."""
        draft = ShipmentDraft(first, last, TODAY, consignee=SOURCE, phone="0731-0000000")
        return self.tried(self.owners[owner], lambda act: ship(act, run, draft).id)

    def take_back(self, owner: str, sent: uuid.UUID, first: int, last: int, fate: str) -> bool:
        """Some of them come back, or are destroyed."""
        draft = ReturnDraft(first, last, fate, TODAY, SOURCE)
        return self._did(owner, lambda act: take_back(act, sent, draft))

    def _did(self, owner: str, verb: Callable[[Act], object]) -> bool:
        return self.tried(self.owners[owner], verb) is not None
