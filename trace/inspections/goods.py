"""Goods that go into other goods: the verbs of processing, and what is judged because of them."""

from core.act import PRODUCER, Act
from core.errors import Invalid, fault
from trace.batches.models import Batch
from trace.batches.processing import Processed, process
from trace.batches.processing_checks import ProcessDraft
from trace.inspections.dispositions import check_usable
from trace.inspections.judging import batches_locked
from trace.inspections.rejudge import rejudge


def process_batches(act: Act, draft: ProcessDraft) -> Processed:
    """The producer mixes, packs anew or makes its batches into others; these are judged at once.

    Mixed goods are judged by what is on file of all that went in, and stay undetermined until all
    of it conforms. Raises Invalid naming the line, Conflict where goods are not there or may go no
    further.
    """
    act.need(PRODUCER)
    inputs = _inputs(act, draft)
    made = process(act, inputs, draft)
    rejudge(act, [batch.id for batch in made.outputs], draft.kind)
    return made


def _inputs(act: Act, draft: ProcessDraft) -> list[Batch]:
    """The batches that go in, own and locked in the order of their ids."""
    locked = {b.id: b for b in batches_locked(act.session, [one.batch for one in draft.inputs])}
    faults = [
        fault(f"/inputs/{place}/batch", "没有这批，请从自己的批次中选", "You have no such batch")
        for place, one in enumerate(draft.inputs)
        if one.batch not in locked or locked[one.batch].party_id != act.party
    ]
    if not draft.inputs:
        faults = [fault("/inputs", "至少写一批投入", "Name at least one input")]
    if faults:
        raise Invalid("no-such-batch", faults[0].message, faults)
    inputs = [locked[one.batch] for one in draft.inputs]
    for batch in inputs:
        check_usable(act.session, batch)
    return inputs
