"""A row in every table of sampling, on top of a batch with labels."""

from core.clock import day_of, now
from tests.api.labelled import TEA, Labelled
from trace.batches.splitting import PartDraft
from trace.inspections.rejudge import split_batch
from trace.sampling.models import DESTROYED
from trace.sampling.planning import SamplingDraft
from trace.sampling.risks import RiskDraft, add_risk
from trace.sampling.samples import HandOverDraft, SampleDraft, draw_sample, hand_over_sample
from trace.sampling.service import OrderDraft, plan_order


def sample_and_split(made: Labelled) -> None:
    """A risk item, an order with a sample that was destroyed, and a part of the batch."""
    today = day_of(now())
    with made.act(made.authority) as act:
        add_risk(act, RiskDraft(TEA, "吡虫啉", today, "近期检出偏多", "示例监测方案"))
    with made.act(made.laboratory) as act:
        sampling = SamplingDraft("GB/T 8302-2013", 120, "箱")
        order = plan_order(act, OrderDraft("batch", batch=made.batch, sampling=sampling)).id
        drawn = SampleDraft("Y-1", "F-1", "test", "500", "g", today, "成品库")
        sample = draw_sample(act, order, drawn).id
        hand_over_sample(act, sample, HandOverDraft(DESTROYED, today, "检毕"))
    with made.act(made.maker) as act:
        split_batch(act, made.batch, [PartDraft("1", "kg")])
