"""Where the rows of an instrument's sheet belong: by sample or batch number to one worksheet each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.act import Act
from core.errors import Invalid, Refusal
from core.words import Words
from products.models import Product
from products.plans.service import plan_on
from products.rulebook import Rulebook
from products.standards.rules import rulebook_for
from trace.batches.models import Batch, Submission
from trace.inspections.entry import checked_values
from trace.inspections.life_models import DRAFTED, PUBLISHED, SUBMITTED, Worksheet
from trace.inspections.subjects import BATCH, TYPE, Subject, subject_of_batch, subject_of_type
from trace.sampling.models import InspectionOrder, Sample

_LARGEST_QUESTION = 500


class Unfit(Exception):
    """A row that belongs nowhere, or whose value cannot stand; `place` only where it is known."""

    def __init__(self, words: Words, place: str = "") -> None:
        super().__init__(words.en)
        self.words, self.place = words, place


@dataclass
class Target:
    """What a row's values are about, and the drafted worksheet that they go onto, if there is one."""

    key: str
    name: str
    subject: Subject
    session: Session
    on: Any
    worksheet: Worksheet | None = None

    def standing_results(self) -> Iterable[Mapping[str, Any]]:
        """What stands on the worksheet already."""
        return self.worksheet.content.get("results", ()) if self.worksheet else ()

    @cached_property
    def rules(self) -> Rulebook:
        """The limits of its product."""
        declared = self.subject.batch.declared if self.subject.batch else ()
        return rulebook_for(self.session, self.subject.product.id, declared)

    @cached_property
    def clause_items(self) -> frozenset[str]:
        """The items of its release plan that need no number."""
        plan = plan_on(self.session, self.subject.product.id, self.on)
        return frozenset(item.characteristic for item in plan.every_batch) if plan else frozenset()

    def checked(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result with its unit, as at entry; Unfit where it cannot be taken."""
        matrix = result.get("matrix")
        if matrix is not None and matrix not in self.subject.product.names("matrix"):
            raise Unfit(Words("产品没有这个部位", "The product has no such matrix"))
        try:
            return checked_values(self.rules, self.clause_items, [result], "")[0]
        except Invalid as refused:
            raise Unfit(refused.faults[0].message) from refused


class Targets:
    """The targets of the samples and batches that a sheet names, found together.

    A sample number of the laboratory's own comes first, then the number of a batch that was sent
    to it. With `locked` the worksheets are locked until COMMIT, in one order.
    """

    def __init__(self, act: Act, names: Iterable[str], *, locked: bool) -> None:
        self._act, self._locked = act, locked
        self._made: dict[str, Target | Words] = {}
        asked = sorted({_key(name) for name in names if _key(name).isprintable()})
        self._samples: dict[str, Sample] = {}
        self._batches: dict[str, list[Batch]] = defaultdict(list)
        for start in range(0, len(asked), _LARGEST_QUESTION):
            self._find(asked[start : start + _LARGEST_QUESTION])
        self._drafts = self._worksheets()

    def of(self, name: str) -> Target:
        """The target of a row; Unfit where there is none, or no single one."""
        key = _key(name)
        if key not in self._made:
            self._made[key] = self._make(name, key)
        made = self._made[key]
        if isinstance(made, Words):
            raise Unfit(made)
        return made

    def _find(self, names: list[str]) -> None:
        session, own = self._act.session, self._act.party
        number = func.upper(Sample.number)
        samples = select(Sample).where(Sample.laboratory_id == own, number.in_(names))
        self._samples |= {_key(one.number): one for one in session.scalars(samples).unique()}
        sent = select(Submission.batch_id).where(Submission.laboratory_id == own)
        batches = select(Batch).where(Batch.number.in_(names), Batch.id.in_(sent))
        for batch in session.scalars(batches).unique():
            self._batches[batch.number].append(batch)

    def _worksheets(self) -> dict[str, list[Worksheet]]:
        """The laboratory's worksheets by target."""
        orders = [sample.order for sample in self._samples.values()]
        batches = {batch.id for found in self._batches.values() for batch in found}
        batches |= {order.batch_id for order in orders if order.batch_id}
        parties = {order.party_id for order in orders if not order.batch_id}
        about = or_(
            Worksheet.batch_id.in_(batches),
            and_(Worksheet.kind == TYPE, Worksheet.party_id.in_(parties)),
        )
        query = select(Worksheet).where(
            Worksheet.laboratory_id == self._act.party,
            Worksheet.state.in_((DRAFTED, SUBMITTED, PUBLISHED)),
            about,
        )
        query = query.order_by(Worksheet.id)
        if self._locked:
            query = query.with_for_update(of=Worksheet).execution_options(populate_existing=True)
        found: dict[str, list[Worksheet]] = defaultdict(list)
        for sheet in self._act.session.scalars(query):
            found[_sheet_key(sheet)].append(sheet)
        return found

    def _make(self, name: str, key: str) -> Target | Words:
        try:
            sample = self._samples.get(key)
            if sample is not None:
                return self._of_order(name, sample.order)
            batches = self._batches.get(key, [])
            if not batches:
                raise Unfit(
                    Words(
                        f"没有叫“{name}”的样品，也没有送到本机构的这个批次：请核对编号",
                        f'No sample "{name}", and no such batch was sent to this laboratory',
                    )
                )
            if len(batches) > 1:
                raise Unfit(
                    Words(
                        f"有 {len(batches)} 个单位的批次都叫“{name}”：请改用样品编号",
                        f'{len(batches)} parties sent a batch "{name}": use the sample number',
                    )
                )
            return self._of_batch(name, batches[0])
        except Unfit as unfit:
            return unfit.words
        except Refusal as refused:
            return refused.detail

    def _of_order(self, name: str, order: InspectionOrder) -> Target:
        if order.batch is not None:
            return self._of_batch(name, order.batch)
        product = self._act.session.get_one(Product, order.product_id)
        subject = subject_of_type(self._act, order.party_id, product)
        return self._with_draft(f"type {order.party_id} {order.product_id}", name, subject)

    def _of_batch(self, name: str, batch: Batch) -> Target:
        return self._with_draft(f"batch {batch.id}", name, subject_of_batch(self._act, batch))

    def _with_draft(self, key: str, name: str, subject: Subject) -> Target:
        known = next(
            (t for t in self._made.values() if isinstance(t, Target) and t.key == key), None
        )
        if known is not None:
            return known
        batch = subject.batch
        target = Target(
            key, batch.number if batch else name, subject, self._act.session,
            batch.production_date if batch else self._act.today,
        )  # fmt: skip
        target.worksheet = _one_draft(self._drafts.get(key, []), target.name, bool(batch))
        return target


def _one_draft(sheets: list[Worksheet], name: str, is_batch: bool) -> Worksheet | None:
    """The worksheet that is worked on; none where nothing was begun; Unfit otherwise."""
    drafts = [sheet for sheet in sheets if sheet.state == DRAFTED]
    if len(drafts) == 1:
        return drafts[0]
    if drafts:
        raise Unfit(
            Words(
                f"{name} 有 {len(drafts)} 份检验记录在填，分不清放进哪一份：请先留一份",
                f"{name} has {len(drafts)} worksheets in work; keep one of them first",
            )
        )
    if any(sheet.state == SUBMITTED for sheet in sheets):
        raise Unfit(
            Words(
                f"{name} 的检验记录已经提交，等复核：退回后再放",
                f"The worksheet of {name} is submitted; it has to be sent back first",
            )
        )
    if is_batch and sheets:
        raise Unfit(
            Words(
                f"{name} 已有发布的报告：要改，请先开一份更正或复验的记录",
                f"{name} has a published report: begin a correction or a retest first",
            )
        )
    return None


def _sheet_key(sheet: Worksheet) -> str:
    if sheet.kind == BATCH:
        return f"batch {sheet.batch_id}"
    return f"type {sheet.party_id} {sheet.product_id}"


def _key(name: str) -> str:
    return name.strip().upper()
