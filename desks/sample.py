"""The sample: 示例 parties and batches in every state, so that each page has something to show.

All of it goes through the verbs, in one transaction: it is there as a whole or not at all. Dates
are derived from the day on which it is made.
"""

from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import now
from core.database.engine import write_transaction
from core.errors import Conflict
from core.identity.models import Party
from core.words import Words
from desks.sample_batches import (
    CRAYFISH_ENTRIES,
    OIL_ENTRIES,
    TEA_ENTRIES,
    Run,
    Tale,
    report_type,
    spoilt,
    tea_draft,
    tell,
    used,
    write_sheet,
)
from desks.sample_chain import tell_chain
from desks.sample_parties import (
    COOPERATIVE,
    CRAYFISH,
    CRAYFISH_COOPERATIVE,
    LABORATORY,
    OFFICE,
    OIL,
    OIL_COOPERATIVE,
    TEA,
    Cast,
    Scene,
    enter_cast,
    grant_licences,
    set_sample_plans,
)
from desks.sample_values import (
    CRAYFISH_BATCH,
    CRAYFISH_TYPE,
    DUST,
    LEAD,
    MILLIGRAMS,
    OIL_BATCH,
    OIL_TYPE,
    TEA_BATCH,
    TEA_TYPE,
    value,
    with_value,
    without,
)
from labels.press import Press
from trace.batches.drafts import BatchDraft
from trace.inspections.dispositions import decide
from trace.inspections.models import HOLD
from trace.inspections.service import ReportDraft

FIRST_DAY = date(2026, 9, 2)
"""GB 2762-2025 in force: before it the catalogue has no limit for lead in tea, and no tea conforms."""
OLDEST = 40
"""Days since the first batch of the sample was made."""


def make_sample(session: Session, press: Press, documents: Path) -> bool:
    """Fill a house that has no party yet; False where it has one. Commits.

    A label key must be there. Raises Conflict on a clock before FIRST_DAY.
    """
    with write_transaction(session):
        if session.scalar(select(Party.id).limit(1)) is not None:
            return False
        scene = Scene(session, press, documents, now())
        if scene.today < FIRST_DAY:
            raise _too_early(scene.today)
        cast = enter_cast(scene)
        grant_licences(scene, cast)
        set_sample_plans(scene, cast)
        _type_inspections(scene, cast)
        _tea(scene, cast)
        _others(scene, cast)
        tell_chain(scene, cast, FIRST_DAY)
    return True


def _too_early(today: date) -> Conflict:
    return Conflict(
        "clock-too-early",
        Words(
            f"示例从 {FIRST_DAY} 起的标准出发，这台机器的日期是 {today}，请先校准时钟。",
            f"The sample rests on standards in force from {FIRST_DAY}; this machine says {today}: "
            "set its clock.",
        ),
    )


def _type_inspections(scene: Scene, cast: Cast) -> None:
    """One for each product, valid on every production date of the sample."""
    known = {COOPERATIVE: (TEA, TEA_TYPE), CRAYFISH_COOPERATIVE: (CRAYFISH, CRAYFISH_TYPE)}
    known[OIL_COOPERATIVE] = (OIL, OIL_TYPE)
    reported = scene.day(OLDEST, FIRST_DAY) - timedelta(days=5)
    for number, (login, (product, values)) in enumerate(known.items(), start=1):
        draft = ReportDraft(
            number=f"SL-T-{number:02d}",
            sampled_on=reported - timedelta(days=12),
            reported_on=reported,
            results=values,
            note="示例数据",
        )
        report_type(scene, cast[LABORATORY], cast[login], product, draft)


def _tea(scene: Scene, cast: Cast) -> None:
    """长沙绿茶 in every state; the released one first, so that its first label is the first."""
    owner, laboratory = cast[COOPERATIVE], cast[LABORATORY]
    lead = value(LEAD, "5.6", MILLIGRAMS, "GB 5009.12")
    released = [used(44, "100", "g"), spoilt(44, "100", "g", 4), Run(88, "100", "g")]
    tales = {
        "released": Tale(
            owner, _tea_draft(scene, OLDEST, "60"), TEA_ENTRIES, results=TEA_BATCH, runs=released
        ),
        "held": Tale(
            owner, _tea_draft(scene, 26, "40"), TEA_ENTRIES, results=TEA_BATCH,
            runs=[used(44, "250", "g")],
        ),
        "to-label": Tale(owner, _tea_draft(scene, 20, "35"), TEA_ENTRIES, results=TEA_BATCH),
        "failed": Tale(
            owner, _tea_draft(scene, 16, "28"), TEA_ENTRIES, results=with_value(TEA_BATCH, lead)
        ),
        "undetermined": Tale(
            owner, _tea_draft(scene, 12, "30"), TEA_ENTRIES, results=without(TEA_BATCH, DUST)
        ),
        "to-confirm": Tale(
            owner, _tea_draft(scene, 10, "24"), TEA_ENTRIES, results=TEA_BATCH, confirmed=False
        ),
        "sent": Tale(owner, _tea_draft(scene, 5, "32"), TEA_ENTRIES[:6], confirmed=False),
        "open": Tale(
            owner, _tea_draft(scene, 1, "26"), TEA_ENTRIES[:2], sent=False, confirmed=False
        ),
    }  # fmt: skip
    made = {
        name: tell(scene, laboratory, tale, f"SL-{number:03d}")
        for number, (name, tale) in enumerate(tales.items(), start=1)
    }
    with scene.act(cast[OFFICE].account) as act:
        decide(act, made["held"], HOLD, "示例：市场抽查发现外包装破损，待复核")
    begun = ReportDraft(
        number="SL-201", sampled_on=scene.today, results=TEA_BATCH[:2], note="示例数据"
    )
    write_sheet(scene, laboratory, made["sent"], begun, submitted=False)


def _tea_draft(scene: Scene, back: int, quantity: str) -> BatchDraft:
    return tea_draft(scene.day(back, FIRST_DAY), quantity)


def _others(scene: Scene, cast: Cast) -> None:
    """望城小龙虾 and 浏阳油茶 under their plans marked 示例: one released and one open each."""
    crayfish, oil = cast[CRAYFISH_COOPERATIVE], cast[OIL_COOPERATIVE]
    tales = (
        Tale(
            crayfish, _crayfish_draft(scene, 1), CRAYFISH_ENTRIES, results=CRAYFISH_BATCH,
            runs=[used(40, "1.5", "kg")],
        ),
        Tale(crayfish, _crayfish_draft(scene, 0), CRAYFISH_ENTRIES[:1], confirmed=False),
        Tale(
            oil, _oil_draft(scene, 25), OIL_ENTRIES, results=OIL_BATCH, runs=[used(44, "500", "g")]
        ),
        Tale(oil, _oil_draft(scene, 3), OIL_ENTRIES[:1], sent=False, confirmed=False),
    )  # fmt: skip
    laboratory = cast[LABORATORY]
    made = [
        tell(scene, laboratory, tale, f"SL-{number}")
        for number, tale in enumerate(tales, start=101)
    ]
    waiting = ReportDraft(
        number="SL-202", sampled_on=scene.today, reported_on=scene.today,
        results=CRAYFISH_BATCH, note="示例数据",
    )  # fmt: skip
    write_sheet(scene, laboratory, made[1], waiting, submitted=True)


def _crayfish_draft(scene: Scene, back: int) -> BatchDraft:
    caught = scene.day(back, FIRST_DAY)
    return BatchDraft(
        product=CRAYFISH,
        quantity="120",
        unit="kg",
        production_date=caught,
        form="活体",
        best_before=caught + timedelta(days=5),
        place="示例稻虾田",
        declared=["GB 2733-2015"],
    )


def _oil_draft(scene: Scene, back: int) -> BatchDraft:
    pressed = scene.day(back, FIRST_DAY)
    return BatchDraft(
        product=OIL,
        quantity="200",
        unit="kg",
        production_date=pressed,
        form="成品油",
        process="压榨",
        grade="一级",
        best_before=pressed + timedelta(days=540),
        place="示例油茶林",
        declared=["GB/T 11765-2018"],
    )
