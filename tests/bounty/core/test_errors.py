"""What a refusal carries, and what the API answers to it."""

import json

from bounty.api import problems
from bounty.core.errors import Refusal


def answered(refusal: Refusal) -> dict:
    return json.loads(problems.problem_response(problems.HANDLERS[Refusal](refusal)).content)


def test_a_refusal_that_names_an_entry_points_at_it():
    said = answered(Refusal("Say why.", "reason"))

    assert said["status"] == 422
    assert said["errors"] == [{"pointer": "#/reason", "detail": "Say why."}]


def test_a_refusal_of_how_things_stand_is_a_conflict():
    said = answered(Refusal("It is closed."))

    assert (said["status"], said["detail"], said["errors"]) == (409, "It is closed.", [])


def test_a_refusal_of_the_whole_request_points_at_all_of_it():
    said = answered(Refusal("Row 3 is none of the table.", status=422))

    assert said["status"] == 422
    assert said["errors"] == [{"pointer": "#", "detail": "Row 3 is none of the table."}]
