"""What a report is about: a batch, a party's product, an older report that it takes the place of."""

import uuid
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import INSPECTOR, Act
from core.errors import Conflict, Forbidden, invalid_field
from core.identity.models import Party
from core.words import Words
from products.models import Product
from trace.batches.models import Batch
from trace.batches.service import visible_batch
from trace.inspections.life_models import REINSPECTION, Reinspection, Retest
from trace.inspections.models import Inspection
from trace.sampling.service import may_inspect_type

BATCH = "batch"
TYPE = "type"


@dataclass(frozen=True)
class RetestDraft:
    """Why what was tested is tested again, and whether both results count; said beforehand."""

    ground: str
    reason: str
    both_count: bool = False


@dataclass(frozen=True)
class Subject:
    """What a report is about; `corrects` or `retests` is the older report, with the reason."""

    kind: str
    party: uuid.UUID
    product: Product
    batch: Batch | None = None
    corrects: Inspection | None = None
    retests: Inspection | None = None
    retest: RetestDraft | None = None
    reason: str | None = None


def subject_of_batch(act: Act, batch: Batch) -> Subject:
    """A batch as the subject of a report by the actor; never one of the actor's own party."""
    act.need(INSPECTOR)
    _check_other_party(act, batch.party_id)
    return Subject(BATCH, batch.party_id, batch.product, batch)


def subject_of_type(act: Act, party_id: uuid.UUID, product: Product) -> Subject:
    """A party's product as the subject of a type inspection; somebody has asked for it."""
    act.need(INSPECTOR)
    _check_other_party(act, party_id)
    if act.session.get(Party, party_id) is None:
        raise invalid_field("no-such-party", "/party", "没有这个主体", "There is no such party")
    if not may_inspect_type(act.session, act.party, party_id, product.id):
        raise Forbidden(
            "not-asked",
            Words(
                "没有人委托您的机构检验这个主体的这个产品；请让生产者或主管部门先下任务。",
                "Nobody asked your laboratory for this; the producer or the authority orders it.",
            ),
        )
    return Subject(TYPE, party_id, product)


def subject_of_correction(act: Act, older: Inspection, reason: str) -> Subject:
    """What takes the place of a report of the actor's own laboratory."""
    if older.laboratory_id != act.actor.party:
        raise Forbidden(
            "not-your-report",
            Words("只有出具报告的机构可以更正。", "Only its own laboratory corrects a report."),
        )
    check_not_corrected(act.session, older)
    return replace(_subject_of(act, older), corrects=older, reason=reason)


def subject_of_retest(act: Act, first: Inspection, draft: RetestDraft) -> Subject:
    """What tests a report's items again: by its own laboratory, or by the one that was asked to."""
    check_not_corrected(act.session, first)
    if first.withdrawal is not None:
        raise Conflict("withdrawn", Words("这份报告已经撤回。", "The report was withdrawn."))
    if act.session.scalar(select(Retest.inspection_id).where(Retest.first_id == first.id)):
        raise Conflict(
            "already-retested",
            Words("这份报告已经复验过，请对新的那份复验。", "Retested already; retest the newer."),
        )
    _check_ground(act, first, draft.ground)
    return replace(_subject_of(act, first), retests=first, retest=draft, reason=draft.reason)


def _check_ground(act: Act, first: Inspection, ground: str) -> None:
    """Another laboratory tests again only where the owner has asked it for a re-inspection."""
    own = first.laboratory_id == act.actor.party
    asked = act.session.scalar(
        select(Reinspection.id).where(
            Reinspection.first_id == first.id, Reinspection.laboratory_id == act.party
        )
    )
    if ground == REINSPECTION and asked is None:
        raise Forbidden(
            "not-asked",
            Words("没有人请您的机构复检这份报告。", "Nobody asked you to re-inspect this."),
        )
    if ground != REINSPECTION and not own:
        raise Forbidden(
            "not-your-report",
            Words("别的机构的报告只能按复检来验。", "Another's report is re-inspected on request."),
        )


def _subject_of(act: Act, report: Inspection) -> Subject:
    if report.batch_id is not None:
        return subject_of_batch(act, visible_batch(act, report.batch_id))
    act.need(INSPECTOR)
    _check_other_party(act, report.party_id)
    product = act.session.get_one(Product, report.product_id)
    return Subject(TYPE, report.party_id, product)


def _check_other_party(act: Act, owner: uuid.UUID) -> None:
    if owner == act.actor.party:
        raise Forbidden(
            "own-batch",
            Words("不能检验自己单位的产品。", "Nobody inspects the goods of their own party."),
        )


def check_not_corrected(session: Session, report: Inspection) -> None:
    """Conflict where a newer report has taken the place of this one."""
    query = select(Inspection.id).where(Inspection.corrects_id == report.id)
    if session.scalar(query) is not None:
        raise Conflict(
            "already-corrected",
            Words("这份报告已经更正过，请更正新的那份。", "Corrected already; correct the newer."),
        )
