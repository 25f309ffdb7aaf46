"""Fixtures of the site's tests."""

from __future__ import annotations

from typing import Any

import pytest

from bounty import intake
from bounty.intake import NewSubmission
from bounty.models import Submission
from tests.bounty.sending import FINDING


@pytest.fixture
def send(world, bobs, bob):
    """Bob sends something for his team."""

    def submit(data: NewSubmission = FINDING, **changes: Any) -> Submission:
        return intake.submit(world.competition, bobs, bob, data, **changes)

    return submit
