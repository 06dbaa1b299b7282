"""The life of a report before it is one: drafted, submitted and signed, sent back, discarded.

Publishing, which a second person does, changes verdicts and is therefore in rejudge.py.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, select

from core.act import INSPECTOR, VERIFIER, Act
from core.errors import Conflict, FieldFault, Forbidden, Invalid, not_found
from core.record.canonical import canonical, digest, plain
from core.words import Words
from products.models import Product
from trace.batches.models import Batch
from trace.inspections.life_models import (
    DISCARDED,
    DRAFTED,
    PUBLISHED,
    RETURNED,
    SUBMITTED,
    VERIFIED,
    Signature,
    Worksheet,
)
from trace.inspections.models import Inspection
from trace.inspections.report_checks import check_number, checked_report
from trace.inspections.service import Checked, ReportDraft, visible_report
from trace.inspections.subjects import (
    BATCH,
    RetestDraft,
    Subject,
    subject_of_batch,
    subject_of_correction,
    subject_of_retest,
    subject_of_type,
)

_DAYS = ("sampled_on", "reported_on", "valid_from", "valid_to")
_IDS = ("instrument", "analyst")


@dataclass(frozen=True)
class Signing:
    """What somebody signs: the content by its digest, and how they proved to be who they are."""

    content_sha256: str
    method: str


def open_sheet(act: Act, subject: Subject, draft: ReportDraft) -> Worksheet:
    """Begin a worksheet of the actor's laboratory; what is missing may follow."""
    sheet = _begun(act, subject, draft)
    act.session.add(sheet)
    act.session.flush()
    return sheet


def open_signed(act: Act, subject: Subject, draft: ReportDraft, method: str) -> Worksheet:
    """Begin a worksheet and submit it at once: who did the work signs it as it stands."""
    sheet = _begun(act, subject, draft)
    checked_sheet(act, sheet, subject)
    act.session.add(sheet)
    _submit(act, sheet, Signing(sheet.content_sha256, method))
    return sheet


def _begun(act: Act, subject: Subject, draft: ReportDraft) -> Worksheet:
    act.need(INSPECTOR)
    retest = subject.retest
    sheet = Worksheet(
        id=uuid.uuid4(), kind=subject.kind, state=DRAFTED, laboratory_id=act.party,
        party_id=subject.party, product_id=subject.product.id,
        batch_id=subject.batch.id if subject.batch else None,
        corrects_id=subject.corrects.id if subject.corrects else None,
        retests_id=subject.retests.id if subject.retests else None,
        ground=retest.ground if retest else None, both_count=bool(retest and retest.both_count),
        reason=subject.reason, account_id=act.actor.account, created_at=act.at, version=1,
    )  # fmt: skip
    _put(act, sheet, draft)
    return sheet


def save(act: Act, sheet: Worksheet, draft: ReportDraft) -> Worksheet:
    """Put down what stands on a drafted, locked worksheet now; its version goes up by one."""
    _need_state(sheet, DRAFTED)
    _put(act, sheet, draft)
    sheet.version += 1
    act.session.flush()
    return sheet


def _put(act: Act, sheet: Worksheet, draft: ReportDraft) -> None:
    sheet.content = content_of(draft)
    sheet.number = draft.number
    sheet.content_sha256 = _digest(sheet)
    sheet.changed_by, sheet.changed_at = act.actor.account, act.at


def content_of(draft: ReportDraft) -> dict[str, Any]:
    """A report as it is kept while it is worked on: texts, and only what was given."""
    said = {name: getattr(draft, name) for name in ("number", "note", "report", "grade", *_DAYS)}
    said["photos"] = list(draft.photos)
    said["results"] = [_given(value) for value in draft.results]
    kept = plain(_given(said))
    assert isinstance(kept, dict)
    return kept


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], False)}


def draft_of(content: Mapping[str, Any]) -> ReportDraft:
    """The same, read back."""
    said = dict(content)
    for name in _DAYS:
        if name in said:
            said[name] = date.fromisoformat(said[name])
    if "report" in said:
        said["report"] = uuid.UUID(said["report"])
    said["photos"] = [uuid.UUID(photo) for photo in said.get("photos", ())]
    said["results"] = [_value(value) for value in said.get("results", ())]
    return ReportDraft(**said)


def _value(kept: Mapping[str, Any]) -> dict[str, Any]:
    value = dict(kept)
    for name in _IDS:
        if name in value:
            value[name] = uuid.UUID(value[name])
    if "measured_on" in value:
        value["measured_on"] = date.fromisoformat(value["measured_on"])
    return value


def _digest(sheet: Worksheet) -> str:
    """What signatures stand for: the content, and what it is about (RFC 8785, SHA-256)."""
    about = {
        "v": 1, "worksheet": sheet.id, "kind": sheet.kind, "laboratory": sheet.laboratory_id,
        "party": sheet.party_id, "product": sheet.product_id, "batch": sheet.batch_id,
        "corrects": sheet.corrects_id, "retests": sheet.retests_id, "ground": sheet.ground,
        "both_count": sheet.both_count, "reason": sheet.reason, "content": sheet.content,
    }  # fmt: skip
    return digest(canonical(about))


def sheets_seen_by(act: Act) -> Select[Worksheet]:
    """The worksheets of the actor's own laboratory."""
    return select(Worksheet).where(Worksheet.laboratory_id == act.party)


def visible_sheet(act: Act, sheet_id: uuid.UUID) -> Worksheet:
    """A worksheet of the actor's own laboratory; NotFound for any other."""
    sheet = act.session.scalars(sheets_seen_by(act).where(Worksheet.id == sheet_id)).first()
    if sheet is None:
        raise not_found("检验记录", "worksheet")
    return sheet


def about_sheet(act: Act, sheet_id: uuid.UUID) -> Row[uuid.UUID, uuid.UUID | None]:
    """The `party_id` and `batch_id` of a worksheet, without its content."""
    query = select(Worksheet.party_id, Worksheet.batch_id)
    where = (Worksheet.laboratory_id == act.party, Worksheet.id == sheet_id)
    found = act.session.execute(query.where(*where)).first()
    if found is None:
        raise not_found("检验记录", "worksheet")
    return found


def locked_sheet(act: Act, sheet_id: uuid.UUID) -> Worksheet:
    """The same, with its row locked until COMMIT."""
    query = sheets_seen_by(act).where(Worksheet.id == sheet_id).with_for_update(of=Worksheet)
    sheet = act.session.scalars(query.execution_options(populate_existing=True)).first()
    if sheet is None:
        raise not_found("检验记录", "worksheet")
    return sheet


def subject_of_sheet(act: Act, sheet: Worksheet) -> Subject:
    """What a worksheet is about, with every right looked at again."""
    if sheet.corrects_id is not None:
        older = visible_report(act, sheet.corrects_id)
        return subject_of_correction(act, older, sheet.reason or "")
    if sheet.retests_id is not None:
        said = RetestDraft(sheet.ground or "", sheet.reason or "", sheet.both_count)
        return subject_of_retest(act, visible_report(act, sheet.retests_id), said)
    if sheet.kind == BATCH:
        return subject_of_batch(act, act.session.get_one(Batch, sheet.batch_id))
    product = act.session.get_one(Product, sheet.product_id)
    return subject_of_type(act, sheet.party_id, product)


def checked_sheet(act: Act, sheet: Worksheet, subject: Subject) -> Checked:
    """The report of a worksheet as it may be published; Invalid or Conflict says why not."""
    said = checked_report(act, sheet.laboratory_id, subject, draft_of(sheet.content))
    submitted = sheet.state != DRAFTED
    check_number(act.session, sheet.laboratory_id, said.number, sheet.id, submitted)
    return said


def faults_of(act: Act, sheet: Worksheet) -> tuple[FieldFault, ...]:
    """What still keeps a worksheet from being submitted, box by box."""
    try:
        checked_report(
            act, sheet.laboratory_id, subject_of_sheet(act, sheet), draft_of(sheet.content)
        )
    except Invalid as refusal:
        return tuple(refusal.faults)
    return ()


def submit(act: Act, sheet_id: uuid.UUID, signing: Signing) -> Worksheet:
    """Who did the work signs it: from now on nothing of it changes."""
    act.need(INSPECTOR)
    sheet = locked_sheet(act, sheet_id)
    _need_state(sheet, DRAFTED)
    _check_digest(sheet, signing)
    checked_sheet(act, sheet, subject_of_sheet(act, sheet))
    _submit(act, sheet, signing)
    return sheet


def _submit(act: Act, sheet: Worksheet, signing: Signing) -> None:
    sheet.state, sheet.changed_by = SUBMITTED, act.actor.account
    sheet.version += 1
    act.session.flush()
    _sign(act, sheet, SUBMITTED, signing)


def verify(act: Act, sheet: Worksheet, signing: Signing) -> Worksheet:
    """A second person of the laboratory signs a locked worksheet; it is then published."""
    act.need(VERIFIER)
    _need_state(sheet, SUBMITTED)
    _check_second(act, sheet)
    _check_digest(sheet, signing)
    sheet.state = PUBLISHED
    sheet.version += 1
    _sign(act, sheet, VERIFIED, signing)
    return sheet


def send_back(act: Act, sheet_id: uuid.UUID, reason: str, signing: Signing) -> Worksheet:
    """A second person sends a submitted worksheet back to be worked on, with the reason."""
    act.need(VERIFIER)
    sheet = locked_sheet(act, sheet_id)
    _need_state(sheet, SUBMITTED)
    _check_digest(sheet, signing)
    sheet.state = DRAFTED
    sheet.version += 1
    _sign(act, sheet, RETURNED, signing, reason)
    return sheet


def discard(act: Act, sheet_id: uuid.UUID) -> Worksheet:
    """End a worksheet that nobody has submitted."""
    act.need(INSPECTOR)
    sheet = locked_sheet(act, sheet_id)
    _need_state(sheet, DRAFTED)
    sheet.state = DISCARDED
    sheet.version += 1
    act.session.flush()
    return sheet


def _check_second(act: Act, sheet: Worksheet) -> None:
    """Four eyes: neither who submitted it, nor who wrote it last."""
    query = select(Signature.account_id).where(
        Signature.worksheet_id == sheet.id, Signature.meaning == SUBMITTED
    )
    if act.actor.account in {*act.session.scalars(query), sheet.changed_by}:
        raise Forbidden(
            "same-person",
            Words(
                "复核要由另一个人来做，提交的人不能复核自己的记录。",
                "Another person has to verify it; nobody verifies their own work.",
            ),
        )


def _check_digest(sheet: Worksheet, signing: Signing) -> None:
    if signing.content_sha256 != sheet.content_sha256:
        raise Conflict(
            "content-changed",
            Words(
                "打开之后内容已经变了，请看过新的再签。",
                "The content changed since you opened it; look at it again before you sign.",
            ),
        )


_STATE_WORDS = {
    DRAFTED: Words("还没有提交", "has not been submitted"),
    SUBMITTED: Words("已经提交，等另一个人复核", "was submitted and waits for a second person"),
    PUBLISHED: Words("已经发布", "has been published"),
    DISCARDED: Words("已经放弃", "was discarded"),
}


def _need_state(sheet: Worksheet, state: str) -> None:
    if sheet.state != state:
        said = _STATE_WORDS[sheet.state]
        raise Conflict(
            f"worksheet-{sheet.state}",
            Words(f"这份检验记录{said.zh}。", f"The worksheet {said.en}."),
        )


def _sign(
    act: Act, sheet: Worksheet, meaning: str, signing: Signing, reason: str | None = None
) -> None:
    account = act.actor.account
    assert account is not None
    row = Signature(
        id=uuid.uuid4(), worksheet_id=sheet.id, meaning=meaning,
        content_sha256=sheet.content_sha256, party_id=act.party, account_id=account,
        method=signing.method, reason=reason, signed_at=act.at,
    )  # fmt: skip
    act.session.add(row)
    act.session.flush()
    act.record(
        "signature", row.id, worksheet=sheet.id, meaning=meaning, method=signing.method,
        content_sha256=sheet.content_sha256, party=row.party_id, reason=reason,
    )  # fmt: skip


def signatures_of(act: Act, sheet: Worksheet) -> list[Signature]:
    """Who signed a worksheet for what, oldest first."""
    return signatures_by_sheet(act, [sheet])[sheet.id]


def signatures_by_sheet(act: Act, sheets: Sequence[Worksheet]) -> dict[uuid.UUID, list[Signature]]:
    """The same of several worksheets, by their ids."""
    found: dict[uuid.UUID, list[Signature]] = {sheet.id: [] for sheet in sheets}
    query = select(Signature).where(Signature.worksheet_id.in_(found))
    for row in act.session.scalars(query.order_by(Signature.signed_at)):
        found[row.worksheet_id].append(row)
    return found


def drafts_on(act: Act, older: Inspection) -> Worksheet | None:
    """A worksheet of the actor's laboratory that corrects or retests `older` and is not done."""
    query = sheets_seen_by(act).where(
        (Worksheet.corrects_id == older.id) | (Worksheet.retests_id == older.id),
        Worksheet.state.in_((DRAFTED, SUBMITTED)),
    )
    return act.session.scalars(query).first()
