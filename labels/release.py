"""Whether a batch may carry labels today, and if not, the sentence that says why (promise 1)."""

from datetime import date

from sqlalchemy.orm import Session

from core.act import Act
from core.clock import day_of
from core.errors import Conflict
from core.words import Words
from labels.epochs import REVOKED, epoch_states
from labels.models import LabelRun
from products.licences.models import Licence
from products.licences.service import licence_on
from trace.batches.models import Batch
from trace.inspections.dispositions import current_disposition
from trace.inspections.judging import latest_verdict
from trace.inspections.models import (
    CONCESSION,
    HOLD,
    LIFT,
    RECALL,
    REJECT,
    RELEASE,
    Disposition,
    Verdict,
)

_DISPOSED = {
    HOLD: Words("这批自 {day} 起封存", "The batch has been on hold since {day}"),
    LIFT: Words("这批在 {day} 解除封存，还没有放行", "The hold ended on {day}; not yet released"),
    REJECT: Words("这批在 {day} 被拒收", "The batch was rejected on {day}"),
    RECALL: Words("这批在 {day} 被召回", "The batch was recalled on {day}"),
    CONCESSION: Words(
        "这批在 {day} 让步放行，只能作普通货物",
        "The batch was released on {day} as ordinary goods only",
    ),
}
_JUDGED = {
    "nonconforming": Words("这批判定不合格", "The batch was judged nonconforming"),
    "undetermined": Words("这批判定待定", "The verdict on the batch is undetermined"),
    "conforming": Words(
        "这批合格，但还没有放行：请先确认数量",
        "The batch conforms and is not released: confirm its quantity first",
    ),
}
_NOT_JUDGED = Words("这批还没有检验判定", "The batch has not been judged yet")


def release_of(session: Session, batch: Batch) -> Disposition:
    """The release that stands for a batch with a conforming verdict; Conflict says why not."""
    verdict = latest_verdict(session, batch.id)
    disposed = current_disposition(session, batch.id)
    if disposed is not None and disposed.kind != RELEASE:
        raise _refused(_words_of(disposed))
    if verdict is None:
        raise _refused(_NOT_JUDGED)
    if disposed is None or verdict.outcome != "conforming":
        raise _refused(_words_of_verdict(verdict))
    return disposed


def check_fresh(batch: Batch, today: date) -> None:
    """Conflict where the batch is past its best-before day."""
    if batch.best_before is not None and batch.best_before < today:
        day = batch.best_before.isoformat()
        raise Conflict(
            "past-best-before",
            Words(
                f"这批的保质期到 {day} 为止，不能再出标签。",
                f"The batch was best before {day}; no more labels.",
            ),
        )


def licence_for(act: Act, batch: Batch) -> Licence:
    """The licence under which the party labels the product today; Conflict where there is none."""
    licence = licence_on(act.session, batch.party_id, batch.product_id, act.today)
    if licence is None or licence.revoked_at is not None:
        raise Conflict(
            "not-licensed",
            Words(
                f"您单位今天没有{batch.product.name}的准入，不能出标签；请联系主管部门。",
                f"Your party holds no licence for {batch.product.name} today; ask the authority.",
            ),
        )
    return licence


def check_labels_stand(act: Act, run: LabelRun) -> None:
    """Whether the labels of a run may still be printed or activated today; Conflict where not.

    A licence that has lapsed since changes nothing, one that was revoked does.
    """
    release_of(act.session, run.batch)
    check_fresh(run.batch, act.today)
    licence = act.session.get_one(Licence, run.licence_id)
    if licence.revoked_at is not None:
        day, product = day_of(licence.revoked_at).isoformat(), run.batch.product.name
        raise Conflict(
            "licence-revoked",
            Words(
                f"{product}的准入已在 {day} 撤销，它的标签停用。",
                f"The licence for {product} was revoked on {day}, and its labels with it.",
            ),
        )
    if epoch_states(act.session).get(run.epoch) == REVOKED:
        raise Conflict(
            "key-revoked",
            Words(
                "这批标签的密钥已吊销，请作废后重新领标签。",
                "The key of these labels was revoked; void them and draw new ones.",
            ),
        )


def _refused(words: Words) -> Conflict:
    return Conflict("not-released", Words(f"{words.zh}，不能出标签。", f"{words.en}; no labels."))


def _words_of(disposed: Disposition) -> Words:
    day = day_of(disposed.decided_at).isoformat()
    zh, en = (text.format(day=day) for text in _DISPOSED[disposed.kind])
    return _because(
        Words(zh, en), Words(disposed.reason, disposed.reason) if disposed.reason else None
    )


def _words_of_verdict(verdict: Verdict) -> Words:
    first = next(iter(verdict.reasons), None)
    return _because(_JUDGED[verdict.outcome], Words(first["zh"], first["en"]) if first else None)


def _because(words: Words, reason: Words | None) -> Words:
    if reason is None:
        return words
    return Words(f"{words.zh}（{reason.zh.rstrip('。')}）", f"{words.en} ({reason.en.rstrip('.')})")
