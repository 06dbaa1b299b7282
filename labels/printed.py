"""What the law wants on a label, gathered from the batch, its licence and its party."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.words import Words
from labels.face import LabelFace
from labels.models import LabelRun
from products.licences.models import Licence
from products.models import GiRecord
from products.numbers import parse_decimal, plain_text
from products.plans.models import ReleasePlan
from products.standards.keeping import without_buyers
from trace.batches.models import Batch
from trace.inspections.judging import latest_verdict

MARK_TYPES = frozenset({"certification-mark", "collective-mark"})


@dataclass(frozen=True)
class Particulars:
    """What is fixed for a run when it is issued, beside its net content."""

    gi_name: str
    standard: str
    trademark: str | None
    mark: bool


def particulars_of(session: Session, batch: Batch, licence: Licence) -> Particulars:
    """The particulars of a batch's labels under a licence.

    The name is that of the licensed record, else the product's. Numbers of a record are printed
    only where its evidence is there, and so is the official mark (DESIGN promise 10). Raises
    Conflict where there is neither a standard nor an announcement to print.
    """
    record = session.get(GiRecord, licence.gi_record_id) if licence.gi_record_id else None
    proven = record if record is not None and record.proven else None
    is_mark = proven is not None and proven.type in MARK_TYPES
    return Particulars(
        gi_name=batch.product.name if record is None else record.name,
        standard=_standard(session, batch, proven),
        trademark=proven.number if proven is not None and is_mark else None,
        mark=licence.mark and proven is not None,
    )


def _standard(session: Session, batch: Batch, proven: GiRecord | None) -> str:
    """The first public standard that the batch declares, else that of its release plan, else the
    announcement (地理标志专用标志使用管理办法（试行）: 标准代号或批准公告号). A law is no standard.
    """
    codes = _codes(without_buyers(session, batch.declared)) or _codes(_planned(session, batch))
    announced = [proven.announcement] if proven is not None and proven.announcement else []
    if not codes and not announced:
        raise Conflict(
            "no-standard-to-print",
            Words(
                "标签上要有执行标准的代号或批准公告号，这批两样都没有：请在开批次时声明执行的标准。",
                "A label carries the number of a standard or of the announcement, and this batch "
                "has neither: declare the standard when opening the batch.",
            ),
        )
    return (codes or announced)[0]


def _codes(named: Iterable[str]) -> list[str]:
    return [text for text in named if text[:1].isascii()]


def _planned(session: Session, batch: Batch) -> list[str]:
    """The standard of the plan by which the batch was judged last."""
    verdict = latest_verdict(session, batch.id)
    plan = session.get(ReleasePlan, verdict.plan_id) if verdict and verdict.plan_id else None
    return [plan.standard] if plan else []


def face_of(run: LabelRun, sample: bool) -> LabelFace:
    """What the labels of a run say."""
    batch = run.batch
    return LabelFace(
        gi_name=run.gi_name,
        grade=batch.grade or "",
        net_content=net_content_phrase(batch.base, run.net_typed, run.net_unit),
        production_date=batch.production_date.isoformat(),
        best_before=batch.best_before.isoformat() if batch.best_before else None,
        standard=run.standard,
        producer=batch.party.name,
        credit_code=batch.party.credit_code,
        batch_number=batch.number,
        trademark_number=run.trademark,
        sample=sample or batch.party.sample,
    )


def net_content_phrase(base: str, typed: str, unit: str) -> str:
    """净含量 100 g, or 数量 5 株 for goods that are counted."""
    said = "净含量" if base == "mass" else "数量"
    return f"{said} {plain_text(parse_decimal(typed))} {unit}"
