"""schemathesis over the OpenAPI document with each role: no server error, no breach (F-07).

What is checked: no 5xx, the status, the media type and the body are as documented, and an
operation that needs a sign-in refuses without one.
"""

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from tests.people import People, Person

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    ignored_auth,
]
ROLES = ("authority", "cooperative", "inspector", "consumer")


def exercise(app: Flask, person: Person, examples: int) -> int:
    """Ask every operation `examples` times with made-up requests; how many operations there were."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    headers = {"Authorization": f"Bearer {person.token}"} if person.token else {}
    count = 0
    for found in schema.get_all_operations():
        ask_one(found.ok(), headers, examples)
        count += 1
    return count


def ask_one(operation: APIOperation, headers: dict[str, str], examples: int) -> None:
    """Hypothesis makes the requests of one operation."""

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def ask(case: Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


@pytest.mark.parametrize("role", ROLES)
def test_made_up_requests_get_documented_answers(people: People, role: str) -> None:
    person: Person = getattr(people, role)
    assert exercise(people.app, person, 4) > 60


@pytest.mark.long
@pytest.mark.parametrize("role", ROLES)
def test_many_made_up_requests_get_documented_answers(people: People, role: str) -> None:
    assert exercise(people.app, getattr(people, role), 200) > 60
