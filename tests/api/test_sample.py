"""The sample: made once, through the verbs, with something in every state, all of it named 示例."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from core.act import HOUSE, transaction
from core.clock import CHANGSHA, day_of, now
from core.database.engine import db
from core.errors import Conflict
from core.identity.models import Account, Party
from core.record.models import Evidence
from desks import sample
from desks.sample import FIRST_DAY, make_sample
from desks.sample_parties import sample_credit_code
from labels.epochs import ensure_first_epoch
from labels.models import LabelRun
from labels.press import Press, press_of
from labels.recall_models import Recall
from labels.service import run_view
from labels.shipment_models import Shipment
from products.licences.models import Licence
from products.models import Product
from products.plans.models import ReleasePlan
from products.plots.models import Plot, PlotApproval, YieldCap
from tests.api.shared_house import house_on_a_copy
from trace.batches.lineage import walk
from trace.batches.models import Batch, Event, Submission
from trace.inspections.dispositions import current_disposition
from trace.inspections.judging import latest_verdict
from trace.inspections.life_models import Worksheet
from trace.inspections.models import Inspection
from trace.transfers.models import Transfer

STATES = {
    ("conforming", "release"),
    ("conforming", "hold"),
    ("conforming", None),
    ("nonconforming", "hold"),
    ("undetermined", None),
}


def press_with_key(app: Flask, session: Session) -> Press:
    made = press_of(app.config["SETTINGS"])
    with transaction(session, HOUSE) as act:
        ensure_first_epoch(act, made)
    return made


@pytest.fixture(scope="module")
def sampled(
    engine: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A house with the sample in it, to be looked at."""
    folder = tmp_path_factory.mktemp("sampled")
    with house_on_a_copy(engine, template, folder) as app:
        with app.app_context():
            assert make_sample(db.session, press_with_key(app, db.session), folder / "documents")
        yield app


@pytest.fixture
def filled(sampled: Flask) -> Iterator[Session]:
    """A session of that house."""
    with sampled.app_context():
        yield db.session


@pytest.fixture
def press(app: Flask, session: Session) -> Press:
    """The press of this test's own, empty house, with a key."""
    return press_with_key(app, session)


def test_the_sample_shows_a_batch_in_every_state(filled: Session) -> None:
    seen, unsent = set(), 0
    for batch in filled.scalars(select(Batch)).unique():
        verdict, disposed = (
            latest_verdict(filled, batch.id),
            current_disposition(filled, batch.id),
        )
        assert verdict is not None
        seen.add((verdict.outcome, disposed.kind if disposed else None))
        sent = select(Submission.id).where(Submission.batch_id == batch.id)
        unsent += filled.scalar(sent) is None
    assert seen == STATES
    assert unsent >= 2
    products = select(func.count(func.distinct(Batch.product_id)))
    assert filled.scalar(products) == 3


def test_a_draft_and_a_worksheet_to_verify_lie_in_the_sample(filled: Session) -> None:
    states = [kept.state for kept in filled.scalars(select(Worksheet))]
    assert {state: states.count(state) for state in set(states)} == {
        "drafted": 1, "submitted": 1, "published": filled.scalar(select(func.count(Inspection.id))),
    }  # fmt: skip


def test_labels_of_the_sample_are_drawn_printed_activated_and_void(filled: Session) -> None:
    counts = [run_view(run).counts for run in filled.scalars(select(LabelRun)).unique()]
    assert all(sum(count[state] for count in counts) > 0 for state in counts[0])


def test_everything_of_the_sample_is_named_sample(filled: Session) -> None:
    parties = list(filled.scalars(select(Party)).unique())
    accounts = list(filled.scalars(select(Account)).unique())
    plans = filled.scalars(select(ReleasePlan).where(ReleasePlan.origin == "entered")).all()
    assert len(parties) == 7
    assert all(party.sample and party.name.startswith("示例·") for party in parties)
    assert all(uscc.is_valid(p.credit_code) and "MA0000" in p.credit_code for p in parties)
    assert all(account.name.startswith("示例·") for account in accounts)
    assert len(plans) == 2
    assert all(plan.sample and "示例" in plan.source for plan in plans)
    assert all("示例" in licence.evidence for licence in filled.scalars(select(Licence)))
    assert all("示例" in (event.note or "") for event in filled.scalars(select(Event)))
    assert all(
        report.number.startswith("SL-") for report in filled.scalars(select(Inspection)).unique()
    )


def test_the_chain_of_the_sample_goes_from_plots_to_a_shop(filled: Session) -> None:
    plots = filled.scalars(select(Plot)).all()
    approvals = filled.scalars(select(PlotApproval)).all()
    caps = filled.scalars(select(YieldCap)).all()
    assert all(plot.name.startswith("示例地块") and plot.outline for plot in plots)
    assert {row.source[:2] for row in (*approvals, *caps)} == {"示例"}
    assert {row.year for row in caps} == {row.year for row in approvals}
    assert len({row.plot_id for row in approvals}) == len(plots) - 1, "one waits for its approval"
    sent = filled.scalars(select(Transfer).order_by(Transfer.sent_at)).unique().all()
    assert [row.answer.kind if row.answer else None for row in sent] == ["confirmed", None]
    shipped = filled.scalars(select(Shipment)).unique().one()
    reached, _ = walk(filled, [shipped.batch_id], "backward")
    batches = filled.scalars(select(Batch).where(Batch.id.in_(reached))).unique()
    told = {(batch.form, batch.party_id == shipped.party_id) for batch in batches}
    assert told == {("鲜叶", False), ("成品茶", False), ("成品茶", True)}
    drill = filled.scalars(select(Recall)).unique().one()
    assert (drill.kind, drill.labels) == ("drill", shipped.run.last - shipped.run.first + 1)


def test_nobody_of_the_sample_has_a_password(filled: Session) -> None:
    known = select(func.count()).select_from(Account).where(Account.password_hash.is_not(None))
    assert filled.scalar(known) == 0


def test_the_catalogue_keeps_its_own_plan_for_tea_and_none_for_the_others(filled: Session) -> None:
    query = select(Product.key, ReleasePlan.origin).join(
        ReleasePlan, ReleasePlan.product_id == Product.id
    )
    assert {(key, origin) for key, origin in filled.execute(query)} == {
        ("changsha-green-tea", "catalogue"),
        ("wangcheng-crayfish", "entered"),
        ("liuyang-camellia-oil", "entered"),
    }


def test_dates_of_the_sample_follow_from_today(filled: Session) -> None:
    today = day_of(now())
    days = list(filled.scalars(select(Batch.production_date)))
    assert all(FIRST_DAY <= day <= today for day in days)
    assert (today - max(days)).days <= 1
    covering = list(filled.scalars(select(Inspection).where(Inspection.kind == "type")).unique())
    assert all(report.valid_from <= min(days) for report in covering)
    assert all(report.valid_to >= today for report in covering)


def test_the_sample_is_on_record_without_a_gap(filled: Session) -> None:
    positions = list(filled.scalars(select(Evidence.position).order_by(Evidence.position)))
    assert positions == list(range(positions[0], positions[0] + len(positions)))
    kinds = set(filled.scalars(select(Evidence.kind)))
    assert {"party", "licence", "batch", "verdict", "disposition", "label-run"} <= kinds


def test_a_second_time_no_sample_is_made(filled: Session, sampled: Flask, tmp_path: Path) -> None:
    before = filled.scalar(select(func.count()).select_from(Evidence))
    assert not make_sample(filled, press_of(sampled.config["SETTINGS"]), tmp_path / "documents")
    assert filled.scalar(select(func.count()).select_from(Evidence)) == before


def test_a_sample_that_breaks_off_leaves_nothing(
    session: Session, press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sample, "_tea", break_off)
    with pytest.raises(KeyboardInterrupt):
        make_sample(session, press, tmp_path / "documents")
    for table in (Party, Account, Licence, Inspection):
        assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize("day", [date(2026, 9, 2), date(2028, 2, 29)])
def test_the_sample_can_be_made_on_any_day_since_the_limits_came_into_force(
    session: Session, press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: date
) -> None:
    _set_clock(monkeypatch, day)
    assert make_sample(session, press, tmp_path / "documents")
    released = [
        run.batch.number for run in session.scalars(select(LabelRun).order_by(LabelRun.first))
    ]
    assert len(released) == 7
    assert released[0].startswith("CSLC-")


def test_a_clock_before_the_limits_is_told_to_be_set(
    session: Session, press: Press, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_clock(monkeypatch, date(2026, 9, 1))
    with pytest.raises(Conflict, match="clock-too-early"):
        make_sample(session, press, tmp_path / "documents")
    assert session.scalar(select(func.count()).select_from(Party)) == 0


def _set_clock(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    """Let the sample be made on another day; acts take their moment from the scene."""
    moment = datetime(day.year, day.month, day.day, 9, 30, tzinfo=CHANGSHA)
    monkeypatch.setattr(sample, "now", lambda: moment)


def test_sample_codes_are_valid_and_tell_themselves_apart() -> None:
    codes = [sample_credit_code(serial) for serial in range(1000)]
    assert len(set(codes)) == 1000
    assert all(uscc.is_valid(code) for code in codes)
