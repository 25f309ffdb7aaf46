"""Fixtures of the site's tests."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from bounty.adjudication import judge
from bounty.discussion import write
from bounty.models import Post, Role, Submission, Thread
from bounty.submissions import submit as submissions_submit
from bounty.submissions.submit import NewSubmission
from tests.new_submissions import FINDING
from tests.world import CHILDREN, new_user


@pytest.fixture
def send(world, bobs, bob):
    """Bob sends something for his team."""

    def submit(data: NewSubmission = FINDING, **changes: Any) -> Submission:
        return submissions_submit.create_submission(world.competition, bobs, bob, data, **changes)

    return submit


@pytest.fixture
def dana(competition: Any) -> User:
    """A moderator of Alice's competition, in no team."""
    person = new_user("dana")
    Role.objects.create(competition=competition, user=person, kind=Role.Kind.MODERATOR)
    return person


@pytest.fixture
def ask(competition: Any) -> Any:
    """`ask(bob, "Why?")`: a question with its first post."""

    def start(by: User, title: str = "Why?", text: str = "I wonder.", kind: str = "question") -> Thread:
        return write.start_thread(competition, kind, title, text, by)

    return start


@pytest.fixture
def thread(ask: Any, bob: User) -> Thread:
    return ask(bob)


@pytest.fixture
def answer(thread: Thread, charlie: User) -> Post:
    return write.reply_to_thread(thread, "Because.", charlie)


@pytest.fixture
def patch(world, bobs):
    mask = world.mask(CHILDREN)
    sent = world.evaluated(bobs, CHILDREN, world.patch(mask), words="children under 6")
    judge.judge_submission(sent.pk)
    sent.refresh_from_db()
    assert sent.state == "accepted"
    return sent


@pytest.fixture
def finding(world, bobs):
    sent = world.evaluated(bobs, "SEX == 'female' and AGE >= 60", words="women over 60")
    judge.judge_submission(sent.pk)
    sent.refresh_from_db()
    assert sent.state == "worse"
    return sent
