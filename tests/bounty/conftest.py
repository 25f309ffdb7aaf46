"""Fixtures of the site's tests."""

from __future__ import annotations

from typing import Any

import pytest

from bounty.models import Submission
from bounty.submissions import submit as submissions_submit
from bounty.submissions.submit import NewSubmission
from tests.bounty.sending import FINDING


@pytest.fixture
def send(world, bobs, bob):
    """Bob sends something for his team."""

    def submit(data: NewSubmission = FINDING, **changes: Any) -> Submission:
        return submissions_submit.submit(world.competition, bobs, bob, data, **changes)

    return submit
