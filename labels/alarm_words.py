"""RULE: what an alarm is called, what it says in one sentence, and which numbers make it.

Amounts are in the base of their form: whole milligrams, or a count. Alarms accuse nobody: they
say what stands in the books, and what does not fit to what.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from core.words import Words
from trace.books.balance import amount_words
from trace.transfers.differences import difference_words

CONVERSION, LOSS, MISMATCH, PLOT = "conversion", "loss", "mismatch", "plot"
DIFFERENCE, UNANSWERED, REFUSED = "difference", "unanswered", "refused"
SCANS, DEFICIT = "scans", "deficit"
KIND_WORDS: dict[str, Words] = {
    DEFICIT: Words("额度透支", "Allowance overdrawn"),
    PLOT: Words("地块超产", "More than a plot bears"),
    REFUSED: Words("超量申请", "More was asked than there is"),
    CONVERSION: Words("得率不在范围", "Yield outside its range"),
    LOSS: Words("损耗偏大", "Much was lost"),
    MISMATCH: Words("进出不符", "In and out do not fit"),
    DIFFERENCE: Words("交接有差异", "Hand-over differs"),
    UNANSWERED: Words("交接没有答复", "Hand-over unanswered"),
    SCANS: Words("没启用就被扫", "Scanned before use"),
}
KINDS = tuple(KIND_WORDS)
State = Literal["fail", "wait"]
SubjectKind = Literal["batch", "run", "plot", "transfer", "balance"]


@dataclass(frozen=True, slots=True)
class Who:
    """A party by id and name."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alarm leads to; of a balance the product (`id`), its party and year.

    `batch` is the one whose goods or labels it is about, where it is one.
    """

    kind: SubjectKind
    id: UUID
    party: UUID | None = None
    year: int | None = None
    batch: UUID | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """One sentence with its numbers. `subjects` and `numbers` make the key."""

    kind: str
    state: State
    subject: Subject
    parties: frozenset[UUID]
    subjects: tuple[str, ...]
    numbers: tuple[int, ...]
    sentence: Words
    why: Words
    at: datetime

    @property
    def key(self) -> str:
        """The same as long as nothing of it changes; a bigger one has another key."""
        parts = "|".join([self.kind, *self.subjects, *map(str, self.numbers)])
        return f"{self.kind}-{hashlib.sha256(parts.encode()).hexdigest()[:32]}"


def kind_of_key(key: str) -> str:
    """The kind that a key begins with; empty for what is no key."""
    kind = key.rpartition("-")[0]
    return kind if kind in KIND_WORDS else ""


# --- hand-overs ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handed:
    """A hand-over: what of which batch went from whom to whom, and what they said."""

    id: UUID
    number: str
    sender: Who
    receiver: Who
    product: str
    base: str
    sent: int
    sent_on: date
    at: datetime
    difference: int = 0
    batch: UUID | None = None


def difference(handed: Handed) -> Alarm:
    """Another quantity arrived than was sent."""
    sent, words = (
        amount_words(handed.sent, handed.base),
        difference_words(handed.difference, handed.base),
    )
    both = frozenset({handed.sender.id, handed.receiver.id})
    return Alarm(
        DIFFERENCE, "wait", Subject("transfer", handed.id, handed.sender.id, batch=handed.batch), both, (str(handed.id),),
        (handed.sent, handed.difference),
        Words(
            f"{handed.sender.name}交给{handed.receiver.name} {sent.zh}{handed.product}，"
            f"{words.zh}。",
            f"{handed.sender.name} handed {sent.en} of {handed.product} to "
            f"{handed.receiver.name}: {words.en}.",
        ),
        Words(
            f"交接单 {handed.number}，{handed.sent_on} 发出。",
            f"Hand-over {handed.number}, sent on {handed.sent_on}.",
        ),
        handed.at,
    )  # fmt: skip


def unanswered(handed: Handed, days: int) -> Alarm:
    """A hand-over that the receiver has not answered for long."""
    sent = amount_words(handed.sent, handed.base)
    both = frozenset({handed.sender.id, handed.receiver.id})
    return Alarm(
        UNANSWERED, "wait", Subject("transfer", handed.id, handed.sender.id, batch=handed.batch), both, (str(handed.id),),
        (handed.sent,),
        Words(
            f"{handed.sender.name}交给{handed.receiver.name}的 {sent.zh}{handed.product}，"
            f"{days} 天没有答复。",
            f"{sent.en} of {handed.product} from {handed.sender.name} to "
            f"{handed.receiver.name}: no answer for {days} days.",
        ),
        Words(
            f"交接单 {handed.number}，{handed.sent_on} 发出；这些货算在途，两边都不能用。",
            f"Hand-over {handed.number}, sent on {handed.sent_on}; the goods are under way and "
            "neither side can use them.",
        ),
        handed.at,
    )  # fmt: skip


# --- attempts and scans -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """How often a party asked for more than there was, and the most that it asked for."""

    what: Literal["labels", "harvest"]
    who: Who
    batch: UUID
    number: str
    base: str
    asked: int
    possible: int
    count: int
    at: datetime


def refused(tried: Tried) -> Alarm:
    """More labels than conforming goods, or more harvest than allowance, were asked for."""
    asked, there = (amount_words(n, tried.base) for n in (tried.asked, tried.possible))
    of = (
        Words(f"批次 {tried.number}：", f"batch {tried.number}: ")
        if tried.number
        else Words("", "")
    )
    wanted = {
        "labels": Words(
            f"申请给 {asked.zh}出标签，合格可贴的只有 {there.zh}",
            f"asked for labels for {asked.en} where {there.en} conform and may be labelled",
        ),
        "harvest": Words(
            f"要入账 {asked.zh}，额度只剩 {there.zh}",
            f"wanted to book {asked.en} with {there.en} of the allowance left",
        ),
    }[tried.what]
    return Alarm(
        REFUSED, "wait", Subject("batch", tried.batch, tried.who.id, batch=tried.batch), frozenset({tried.who.id}),
        (tried.what, str(tried.who.id), str(tried.batch)),
        (tried.asked, tried.possible, tried.count),
        Words(
            f"{tried.who.name}，{of.zh}{wanted.zh}，试了 {tried.count} 次，都没有给。",
            f"{tried.who.name}, {of.en}{wanted.en}: tried {tried.count} times, refused each time.",
        ),
        Words(
            "账上什么都没有变；请核对为什么要这么多。",
            "Nothing changed in the books; check why so much was asked for.",
        ),
        tried.at,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """Scans of labels of a run that nobody has activated."""

    run: UUID
    batch: UUID
    who: Who
    number: str
    first: str
    last: str
    labels: int
    scans: int
    at: datetime


def scans(seen: Seen) -> Alarm:
    """Labels were scanned before they were activated."""
    return Alarm(
        SCANS, "wait", Subject("run", seen.run, seen.who.id, batch=seen.batch), frozenset({seen.who.id}),
        (str(seen.run), seen.first, seen.last), (seen.labels, seen.scans),
        Words(
            f"{seen.who.name}的批次 {seen.number}：有 {seen.labels} 枚没启用的标签被扫了 "
            f"{seen.scans} 次。",
            f"{seen.who.name}, batch {seen.number}: {seen.labels} labels that are not activated "
            f"were scanned {seen.scans} times.",
        ),
        Words(
            f"序号 {seen.first} – {seen.last}。可能忘了启用，也可能标签流失：启用，或作废丢的那些。",
            f"Serials {seen.first} – {seen.last}. Perhaps nobody activated them, perhaps they got "
            "lost: activate them, or void those that were lost.",
        ),
        seen.at,
    )  # fmt: skip
