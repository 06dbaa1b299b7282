"""Closing a recall: every holder has answered, or it is said why not."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.act import AUTHORITY, Act
from core.errors import FieldFault, Forbidden, Invalid, fault
from core.words import Words
from labels.recall_answers import locked_open
from labels.recall_models import NONE, Recall, RecallAnswer, RecallHolder
from labels.recall_reading import answers_of, sees


@dataclass(frozen=True)
class ClosingDraft:
    """The last word; why those who have not answered have not, by holder, and for the rest."""

    note: str
    reasons: Mapping[uuid.UUID, str] = field(default_factory=dict)
    otherwise: str | None = None


def close_recall(act: Act, recall_id: uuid.UUID, draft: ClosingDraft) -> Recall:
    """Its decider, or the authority, closes a recall: every holder answered, or it is said why not.

    Raises Conflict where it is closed already, Invalid naming the holders without a reason.
    """
    row = locked_open(act, recall_id)
    if row.party_id != act.actor.party and not act.actor.is_a(AUTHORITY):
        raise Forbidden(
            "not-the-decider",
            Words("只有决定召回的单位或主管部门可以办结。", "Only who decided it may close it."),
        )
    silent = [one for one, answers in answers_of(act, row).items() if not answers]
    reasons = {one.id: draft.reasons.get(one.id) or draft.otherwise for one in silent}
    faults = [
        _missing(act, row, one, place) for place, one in enumerate(silent) if not reasons[one.id]
    ]
    if faults:
        raise Invalid("holders-silent", faults[0].message, faults)
    for one in silent:
        _put_down_silence(act, one, str(reasons[one.id]))
    row.closed_at, row.closed_by, row.closing_note = act.at, act.actor.account, draft.note
    act.session.flush()
    act.record("recall-closed", row.id, number=row.number, note=row.closing_note)
    return row


def _missing(act: Act, row: Recall, holder: RecallHolder, place: int) -> FieldFault:
    if not sees(act, row, holder):
        return fault(
            "/otherwise",
            "下家的客户还有没答复的，写明原因",
            "Customers of others have not answered; say why",
        )
    return fault(
        f"/reasons/{holder.id}",
        f"{holder.name}还没有答复，写明原因",
        f"{holder.name} has not answered; say why",
    )


def _put_down_silence(act: Act, holder: RecallHolder, reason: str) -> None:
    nothing = RecallAnswer(
        id=uuid.uuid4(), recall_id=holder.recall_id, holder_id=holder.id, number=1, told=NONE,
        note=reason, party_id=act.actor.party, account_id=act.actor.account, at=act.at,
    )  # fmt: skip
    act.session.add(nothing)
    act.session.flush()
    act.record(
        "recall-answer", nothing.id, recall=holder.recall_id, holder=holder.id, told=NONE,
        note=reason,
    )  # fmt: skip
