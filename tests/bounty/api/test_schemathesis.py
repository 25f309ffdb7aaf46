"""What a machine that reads the document tries against the real application, as a person with every right."""

from __future__ import annotations

import warnings
from contextlib import suppress
from datetime import timedelta
from functools import cache

import pytest
from django.contrib.auth.models import Permission
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from bounty.adjudication import judge
from bounty.api import throttling
from bounty.api.application import api
from bounty.core import artifacts
from bounty.discussion import moderate, reportable, write
from bounty.models import CannedReason, Conflict, Notice, Role, Submission, WebHook
from bounty.moderation import appeals
from bounty.people import api_tokens
from bounty.scoring import leaderboard
from evaluator.decision_list.parts import Part
from tests.bounty.api.script import token_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own dependencies
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
        unsupported_method,
    )

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
# Of good and of bad requests each: an organiser gets furthest, strangers mostly to the door.
EXAMPLES = {"alice": 4, "bob": 2, "nobody": 2}
OPERATIONS = [(path, method) for path, methods in api.document["paths"].items() for method in methods]


@pytest.fixture
def in_this_transaction():
    """The real application closes its connection after each request; the test's own rows would go with it."""
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def world(make):
    return make(learnable=True)


@pytest.fixture
def seeded(in_this_transaction, world, alice, bob, bobs, charlies, mallory, sent, monkeypatch):
    """Rows of every kind; whoever asks organises, so that no operation ends at the door."""
    monkeypatch.setattr(throttling, "READS", 10**6)
    monkeypatch.setattr(throttling, "WRITES", 10**6)
    monkeypatch.setattr(throttling, "STRANGERS", 10**6)
    accepted = world.evaluated(bobs, "AGE < 6", world.patch(world.mask("AGE < 6")))
    fitted = artifacts.artifact_store().write_bytes(
        f"outcomes/{accepted.pk}/patch.json", Part.constant(1).content
    )
    accepted.outcomes.update(files={"patch": {"kind": "constant", **fitted.to_json()}})
    judge.judge_submission(accepted.pk)
    finding = world.evaluated(charlies, "SEX == 'female' and AGE >= 60")
    judge.judge_submission(finding.pk)
    failed = world.submission(bobs, state="failed", error_class="time")
    held = world.submission(bobs, state="held", hold="held")
    world.submission(bobs)
    leaderboard.refresh_board(world.competition)
    Role.objects.create(competition=world.competition, user=mallory, kind="moderator")
    alice.user_permissions.add(Permission.objects.get(codename="add_competition"))
    there = {
        "key": str(accepted.pk),
        "team_slug": "bobs-builders",
        "username": "bob",
        "name": "explore.csv",
        "part": "group",
        "section": "held",
        "item": str(held.pk),
    }
    return {"alice": alice, "bob": bob}, there, _numbers(world.competition, bobs, bob, mallory, failed)


def _numbers(competition, bobs, bob, mallory, failed):
    """Rows that addresses name by a number, by what stands before the number."""
    thread = write.start_thread(competition, "question", "Why so few old people?", "I find 12.", bob)
    post = write.reply_to_thread(thread, "They were asked by mail.", bob)
    written = write.save_write_up(bobs, "How we looked", "Column by column.", bob)
    kind = reportable.kind_by_name("post")
    report = moderate.report_abuse(competition, kind, post, "spam", "", mallory)
    refused = Submission.objects.filter(pk=failed.pk)
    refused.update(state="refused", moderator_reason="Points at somebody.")
    appeal = appeals.file_appeal(
        Submission.objects.select_related("competition", "team").get(pk=failed.pk), bob, "No."
    )
    refused.update(state="failed", moderator_reason="")
    hook = WebHook.objects.create(owner=bob, url="https://example.org/hook", kinds=["verdict"])
    return {
        "threads": thread.pk,
        "posts": post.pk,
        "write-ups": written.pk,
        "reports": report.pk,
        "appeals": appeal.pk,
        "hooks": hook.pk,
        "notices": Notice.objects.filter(user=bob).latest("pk").pk,
        "conflicts": Conflict.objects.create(competition=competition, user=mallory, team=bobs).pk,
        "reasons": CannedReason.objects.create(
            competition=competition, title="Narrow", text="Too narrow."
        ).pk,
        "tokens": api_tokens.issue_token(bob, "old", ["read"], timezone.now(), timedelta(days=1))[0].pk,
    }


@cache
def _schema():
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


@pytest.mark.slow
# Of its client, which does not close what it was answered.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda word: word)
def test_every_operation_answers_as_the_document_says(seeded, competition, path, method):
    people, there, numbers = seeded
    operation = _schema()[path][method.upper()]
    known = {"slug": competition.slug, **there, "number": numbers.get(_before_the_number(path), 1)}
    for who, examples in EXAMPLES.items():
        token = token_of(people[who]) if who in people else ""
        # Addresses of what is there, since a slug at random leads nowhere; strangers try those.
        given = {name: value for name, value in known.items() if f"{{{name}}}" in path} if token else None
        _try(operation.as_strategy(path_parameters=given), token, examples)
        # Where an address takes nothing that could be wrong there is nothing to try.
        with suppress(Unsatisfiable):
            wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE, path_parameters=given)
            _try(wrong, token, examples)


def _before_the_number(path):
    return path.partition("/{number}")[0].rpartition("/")[2]


def _try(strategy, token, examples):
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def inner(case):
        case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {token}"} if token else {})

    inner()
