"""One of each thing of the books that belongs to the cooperative, by its path parameter."""

from tests.api.test_goods import leaf, made_of
from tests.api.test_harvests import plot
from tests.api.test_main_job import TODAY
from tests.people import People


def goods_things(people: People) -> dict[str, str]:
    """A plot, a processing, a hand-over, a card, an input, a certificate, a recall with a holder."""
    cooperative = people.cooperative
    batch = leaf(cooperative)
    processing = made_of(cooperative, "repack", [(batch, "10")], [{"quantity": "10"}])
    transfer = cooperative.made(
        "/transfers",
        json={
            "batch": batch["id"], "to": str(people.collector.party), "quantity": "5",
            "sent_on": TODAY.isoformat(),
        },
    )  # fmt: skip
    card = cooperative.made("/collector-cards", json={"holder": "示例", "pin": "482913"})
    used = cooperative.made(
        f"/batches/{batch['id']}/inputs",
        json={
            "kind": "fertiliser", "name": "示例有机肥", "supplier": "示例农资店", "amount_typed": "50",
            "amount_unit": "kg", "method": "沟施", "used_on": TODAY.isoformat(),
        },
    )  # fmt: skip
    promise = cooperative.made(f"/batches/{batch['id']}/promises", json={"basis": ["control"]})
    recall = cooperative.made(
        "/recalls",
        json={"kind": "drill", "from": "batch", "id": batch["id"], "reason": "示例：演练"},
    )
    return {
        "plot_id": plot(cooperative, "T1")["id"], "processing_id": processing["id"],
        "posting_id": processing["id"], "transfer_id": transfer["id"], "card_id": card["id"],
        "input_id": used["id"], "promise_id": promise["id"], "recall_id": recall["id"],
        "holder_id": recall["held_by"][0]["id"],
    }  # fmt: skip
