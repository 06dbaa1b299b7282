"""A batch brought to its labels through the API, for benches."""

from tests.api.test_main_job import (
    EVERY_BATCH,
    confirm,
    published,
    report,
    sent_batch,
    type_inspected,
)
from tests.people import People


def labelled_batch(people: People) -> str:
    """A released batch with activated labels; the path of one passport."""
    cooperative, inspector = people.cooperative, people.inspector
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    confirm(cooperative, batch)
    published(inspector, batch, report(EVERY_BATCH))
    run = cooperative.made(
        f"/batches/{batch['id']}/label-runs",
        json={"count": 100, "net_content": "100", "unit": "g", "sheet_format": "a4-4x11"},
    )
    for state in ("printed", "activated"):
        cooperative.made(
            f"/label-runs/{run['id']}/states",
            json={"state": state, "first": run["first"], "last": run["last"]},
        )
    codes = cooperative.get(f"/label-runs/{run['id']}/codes").get_data(as_text=True)
    return f"/T/{next(word for word in codes.replace(',', ' ').split() if len(word) == 17)}"
