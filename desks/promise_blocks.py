"""What the desks say of certificates of promise: on the page of a batch, and of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import Act
from core.identity.models import Party
from core.pages.views import say
from labels.promise_face import STATE_WORDS, face_of
from labels.promise_finding import (
    newer_than,
    older_than,
    promises_of,
    receipts_of,
    standing_of_batch,
    states_of,
    withdrawals_of,
)
from labels.promise_models import Promise
from labels.promise_ready import Ready, ready_for
from labels.promise_template import template
from labels.promises import lacking
from labels.report_address import address_of
from trace.batches.input_rules import harvest_from
from trace.batches.inputs import inputs_of, standing_inputs
from trace.batches.models import Batch

ALL_PROMISED = "all-promised"


@dataclass(frozen=True)
class Listed:
    """A certificate in a list: where it is shown to everybody, and how it stands."""

    row: Promise
    address: str
    look: str
    word: str


@dataclass(frozen=True)
class BasisBox:
    """A basis to be ticked, and why it cannot be."""

    key: str
    text: str
    why: str


def listed(session: Session, rows: Sequence[Promise]) -> list[Listed]:
    """Certificates with how each stands now."""
    states = states_of(session, rows)
    return [
        Listed(row, address_of(row.token), STATE_WORDS[states[row.id]][0],
               say(STATE_WORDS[states[row.id]][1]))
        for row in rows
    ]  # fmt: skip


def promise_block(act: Act, batch: Batch) -> dict[str, Any]:
    """The certificates of a batch, and the form for one more with everything filled in."""
    ready = ready_for(act.session, batch)
    standing = standing_of_batch(act.session, batch.id)
    return {
        "promises": listed(act.session, promises_of(act.session, batch.id)),
        "promise_ready": ready,
        "promise_form": template().form(ready.form),
        "promise_open": ready.refused is None or ready.code == ALL_PROMISED,
        "promise_basis": basis_boxes(ready),
        "promise_replaceable": [(one.id, one.number) for one in standing],
        "official_form": say(template().official_form),
        "promise_early": _early(act.session, batch),
    }


def _early(session: Session, batch: Batch) -> list[dict[str, Any]]:
    """Inputs whose interval was not over when the batch was made: no promise without a look."""
    used = standing_inputs(inputs_of(session, batch.id))
    days = [(row, harvest_from(row.used_on, row.stopped_on, row.interval_days)) for row in used]
    return [
        {"name": row.name, "day": day}
        for row, day in days
        if day is not None and batch.production_date < day
    ]


def basis_boxes(ready: Ready) -> list[BasisBox]:
    """The basis as boxes; one of test without a test behind it says why it cannot be ticked."""
    reports, own = ready.tests.get("entrusted_test", ()), ready.tests.get("self_test", ())
    whys = {key: lacking(key, reports, own) for key, _text in template().basis}
    return [BasisBox(key, say(text), say(whys[key] or "")) for key, text in template().basis]


def promise_page(act: Act, row: Promise) -> dict[str, Any]:
    """Everything of one certificate that its issuer, who collected it or the authority sees."""
    session = act.session
    face = face_of(session, row)
    look, word, sentence = STATE_WORDS[face.state]
    receipts = receipts_of(session, row.id)
    if row.party_id != act.actor.party and not act.actor.is_a("authority"):
        receipts = [one for one in receipts if one.party_id == act.actor.party]
    return {
        "promise": row,
        "face": face,
        "look": look,
        "state_word": say(word),
        "state_sentence": say(sentence),
        "withdrawal": withdrawals_of(session, [row]).get(row.id),
        "older": listed(session, older_than(session, row)),
        "later": listed(session, newer_than(session, row)),
        "receipts": receipts,
        "collectors": _names(session, [one.party_id for one in receipts]),
        "papers": template().papers,
        "mine": row.party_id == act.actor.party,
        "months": template().months,
    }


def _names(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    query = select(Party.id, Party.name).where(Party.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}
