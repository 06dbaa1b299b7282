"""A limit as the authority types it: plain numbers that some value can meet."""

from typing import Any

import pytest
from marshmallow import ValidationError

from core.http.problems import faults_of_messages
from products.standards.schemas import BoundIn


@pytest.mark.parametrize(
    ("bound", "pointer"),
    [
        ({"kind": "number"}, ""),
        ({"kind": "number", "upper": "1,2"}, "/upper"),
        ({"kind": "number", "upper": "NaN"}, "/upper"),
        ({"kind": "number", "upper": "1e3"}, "/upper"),
        ({"kind": "number", "upper": 5}, "/upper"),
        ({"kind": "number", "lower": "3", "upper": "2"}, ""),
        ({"kind": "number", "lower": "2", "upper": "2", "upper_open": True}, ""),
        ({"kind": "choice"}, ""),
        ({"kind": "guess", "upper": "1"}, "/kind"),
        ({"kind": "number", "upper": "1", "most": "2"}, "/most"),
    ],
)
def test_a_bound_that_no_value_can_meet_is_refused_at_the_edge(
    bound: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        BoundIn().load(bound)
    faults = list(faults_of_messages(refused.value.messages))
    assert [fault.pointer for fault in faults] == [pointer]
    assert all(fault.message.zh and fault.message.en for fault in faults)


def test_full_width_digits_of_a_limit_are_understood() -> None:
    assert BoundIn().load({"kind": "number", "upper": "５．０"}).upper == "5.0"
