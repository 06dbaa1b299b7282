"""Evidence: gapless positions, canonical bodies, no names of people."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.record.canonical import canonical
from core.record.models import Evidence, PersonalValue
from tests.api.test_main_job import TODAY, tea
from tests.people import Person


def test_positions_are_gapless_under_parallel_writers(
    cooperative: Person, session: Session
) -> None:
    def write(_: int) -> int:
        return cooperative.post("/batches", json=tea()).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(write, range(24)))
    assert set(codes) <= {201, 409}
    assert 201 in codes
    positions = list(session.scalars(select(Evidence.position).order_by(Evidence.position)))
    assert positions == list(range(len(positions)))


def test_each_body_is_canonical_and_its_digest_is_right(
    cooperative: Person, session: Session
) -> None:
    cooperative.made("/batches", json=tea())
    for row in session.scalars(select(Evidence)):
        assert canonical(json.loads(row.body)).decode() == row.body
        assert hashlib.sha256(row.body.encode()).hexdigest() == row.sha256
        body = json.loads(row.body)
        assert set(body) == {"v", "kind", "id", "at", "actor", "body"}
        assert (body["v"], body["kind"], body["id"]) == (1, row.kind, row.subject)


def test_a_refused_write_leaves_no_evidence(cooperative: Person, session: Session) -> None:
    before = session.scalars(select(Evidence.position)).all()
    session.rollback()
    assert cooperative.post("/batches", json=tea(quantity="0")).status_code == 422
    assert session.scalars(select(Evidence.position)).all() == before


def test_a_persons_name_stands_in_the_erasable_table_only(
    cooperative: Person, session: Session
) -> None:
    batch = cooperative.made("/batches", json=tea())
    cooperative.made(
        f"/batches/{batch['id']}/events",
        json={"stage": "production", "happened_on": TODAY.isoformat(), "operator": "陈示例"},
    )
    bodies = "".join(session.scalars(select(Evidence.body)))
    kept = session.scalars(select(PersonalValue)).one()
    assert "陈示例" not in bodies
    assert kept.digest in bodies
    assert kept.salt is not None
    sealed = hashlib.sha256(bytes.fromhex(kept.salt) + "陈示例".encode()).hexdigest()
    assert (kept.value, kept.digest) == ("陈示例", sealed)
