"""Who may do what: every route of the OpenAPI document, every role, own and foreign ids (A-01)."""

import io
import re
import uuid
from typing import Any

import pytest
from PIL import Image

from core.act import INSPECTOR, PRODUCER
from core.http.guard import PUBLIC, SIGNED_IN
from desks.permissions import PERMISSIONS
from tests.api.owned_goods import goods_things
from tests.api.test_main_job import (
    EVERY_BATCH,
    TODAY,
    confirm,
    published,
    report,
    sent_batch,
    type_inspected,
)
from tests.people import People, Person

OWNED = re.compile(
    r"\{(party_id|account_id|token_id|document_id|licence_id|batch_id|event_id|report_id|run_id"
    r"|sheet_id|instrument_id|method_id|order_id|sample_id|concession_id|plot_id|processing_id"
    r"|posting_id|transfer_id|card_id|input_id|promise_id|shipment_id|recall_id|holder_id)\}"
)
LEAD = {"characteristic": "铅（以Pb计）", "typed": "5.6", "unit": "mg/kg"}
# What may be known of a party: a laboratory's public facts are for everybody who sends to it.
PUBLIC_FACTS = {("GET", "/parties/{party_id}")}


def picture() -> io.BytesIO:
    """A small photo."""
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "green").save(made, "PNG")
    made.seek(0)
    return made


@pytest.fixture
def things(people: People) -> dict[str, str]:
    """One of each kind that belongs to the cooperative, by the name of its path parameter."""
    cooperative, inspector = people.cooperative, people.inspector
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector)
    confirm(cooperative, batch)
    made = published(inspector, batch, report(EVERY_BATCH))
    event = cooperative.made(
        f"/batches/{batch['id']}/events",
        json={"stage": "storage", "happened_on": TODAY.isoformat()},
    )
    assert people.authority.post("/key-epochs", json={}).status_code == 201
    run = cooperative.made(
        f"/batches/{batch['id']}/label-runs",
        json={"count": 8, "net_content": "100", "unit": "g", "sheet_format": "a4-4x11"},
    )
    document = cooperative.made("/documents", data={"file": (picture(), "a.png")})
    token = cooperative.made("/tokens", json={"name": "scales"})
    licence = cooperative.get("/licences").get_json()[0]
    shipment = shipped(cooperative, run)
    return goods_things(people) | laboratory_things(inspector, batch) | {
        "party_id": str(cooperative.party), "account_id": str(cooperative.account),
        "token_id": token["id"], "document_id": document["id"], "licence_id": licence["id"],
        "batch_id": batch["id"], "event_id": event["id"], "report_id": made["id"],
        "run_id": run["id"], "serial": str(run["first"]), "shipment_id": shipment["id"],
    }  # fmt: skip


def shipped(cooperative: Person, run: dict[str, Any]) -> dict[str, Any]:
    """Labels of a run in use, some of them sent to a shop."""
    for state in ("printed", "activated"):
        cooperative.made(f"/label-runs/{run['id']}/states", json={"state": state})
    return cooperative.made(
        f"/label-runs/{run['id']}/shipments",
        json={
            "first": run["first"], "last": run["first"] + 3, "shipped_on": TODAY.isoformat(),
            "consignee": "示例茶庄", "phone": "示例电话", "address": "示例地址",
        },
    )  # fmt: skip


def laboratory_things(inspector: Person, batch: dict[str, Any]) -> dict[str, str]:
    """What a laboratory has of its own: a draft, an instrument, a method, an order, a sample."""
    sheet = inspector.made("/worksheets", json={"batch": batch["id"], **report(EVERY_BATCH)})
    instrument = inspector.made(
        "/instruments",
        json={"name": "水分仪", "serial_number": "S-1", "unit": "%", "characteristics": ["水分"]},
    )
    method = inspector.made(
        "/methods",
        json={
            "designation": "GB/T 8304",
            "characteristics": [{"characteristic": "水分", "unit": "%"}],
        },
    )
    order = inspector.made("/orders", json={"kind": "batch", "batch": batch["id"]})
    sample = inspector.made(
        f"/orders/{order['id']}/samples",
        json={"number": "Y-1", "seal": "F-1", "role": "test", "amount": "500", "unit": "g",
              "drawn_on": TODAY.isoformat(), "place": "成品库"},
    )  # fmt: skip
    other = published(inspector, batch, report([LEAD]))
    assert other["batch_id"] == batch["id"]
    concession = inspector.made(f"/batches/{batch['id']}/concessions", json={"reason": "作原料"})
    return {
        "sheet_id": sheet["id"], "instrument_id": instrument["id"], "method_id": method["id"],
        "order_id": order["id"], "sample_id": sample["id"], "concession_id": concession["id"],
    }  # fmt: skip


def operations(person: Person) -> list[tuple[str, str]]:
    """Every (METHOD, path) under /api/v1 as documented."""
    paths = person.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    return [
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method in methods
        if method != "parameters"
    ]


def filled(path: str, ids: dict[str, str]) -> str:
    """`path` with ids; one that nobody owns gets a random id, anything else a 1."""
    return re.sub(
        r"\{(\w+)\}",
        lambda found: ids.get(found[1], str(uuid.uuid4()) if found[1].endswith("_id") else "1"),
        path,
    )


def ask(person: Person, method: str, path: str) -> tuple[int, Any]:
    """The answer to a request whose body is empty or, for a write, an empty object."""
    headers = {"If-Match": "*"}
    body: dict[str, Any] = {} if method == "GET" else {"json": {}}
    answer = person.request(method, path, headers=headers, **body)
    return answer.status_code, answer.data


def test_foreign_and_missing_things_are_indistinguishable(
    people: People, things: dict[str, str]
) -> None:
    outsider = people.person(41, "别处检验所", (INSPECTOR,))
    missing = {name: str(uuid.uuid4()) for name in things} | {"serial": things["serial"]}
    leaks = []
    for person in (people.stranger, outsider):
        for method, path in operations(person):
            if not OWNED.search(path) or (method, path) in PUBLIC_FACTS:
                continue
            foreign, none = (ask(person, method, filled(path, ids)) for ids in (things, missing))
            if foreign != none or foreign[0] < 400:
                leaks.append((method, path, foreign[0], none[0]))
    assert leaks == []


def test_nobody_gets_in_without_signing_in(people: People, things: dict[str, str]) -> None:
    opened = {name for name, allowed in PERMISSIONS.items() if allowed == PUBLIC}
    for rule in people.app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1") or rule.endpoint in opened:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            status, _ = ask(people.consumer, method, filled(path, things))
            assert status == 401, (method, path)


def test_a_wrong_role_is_refused_before_anything_is_looked_at(
    people: People, things: dict[str, str]
) -> None:
    bearers = {
        "producer": people.person(42, "只生产", (PRODUCER,)),
        "inspector": people.person(43, "只检验", (INSPECTOR,)),
    }
    for rule in people.app.url_map.iter_rules():
        allowed = PERMISSIONS.get(rule.endpoint, frozenset())
        if not rule.rule.startswith("/api/v1") or allowed in (PUBLIC, SIGNED_IN):
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1")
        for role, person in bearers.items():
            if role in allowed:
                continue
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                status, _ = ask(person, method, filled(path, things))
                assert status == 403, (role, method, path)
