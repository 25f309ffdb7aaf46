"""What a machine that reads the document tries against the real application, as a person with every right."""

from __future__ import annotations

import warnings
from contextlib import suppress

import pytest
from django.contrib.auth.models import Permission
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from bounty import adjudication, artifacts, leaderboard
from bounty.api import throttling
from bounty.api.site import api
from bounty.models import Role
from evaluator.parts import Part
from tests.bounty.api.conftest import token_of

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
EXAMPLES = 12
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
    fitted = artifacts.store().write_bytes(f"outcomes/{accepted.pk}/patch.json", Part.constant(1).content)
    accepted.outcomes.update(files={"patch": {"kind": "constant", **fitted.to_json()}})
    adjudication.judge(accepted.pk)
    finding = world.evaluated(charlies, "SEX == 'female' and AGE >= 60")
    adjudication.judge(finding.pk)
    failed = world.submission(bobs, state="failed", error_class="time")
    world.submission(bobs, state="held", hold="held")
    world.submission(bobs)
    leaderboard.refresh(world.competition)
    Role.objects.create(competition=world.competition, user=mallory, kind="moderator")
    alice.user_permissions.add(Permission.objects.get(codename="add_competition"))
    return {"alice": alice, "bob": bob, "keys": [accepted.pk, finding.pk, failed.pk]}


@pytest.mark.slow
# Of its client, which does not close what it was answered.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize(("path", "method"), OPERATIONS, ids=lambda word: word)
@pytest.mark.parametrize("who", ["alice", "bob", "nobody"])
def test_every_operation_answers_as_the_document_says(seeded, competition, path, method, who):
    token = token_of(seeded[who]) if who in seeded else ""
    application = get_wsgi_application()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    operation = schema[path][method.upper()]
    known = {
        "slug": competition.slug,
        "key": str(seeded["keys"][0]),
        "team_slug": "bobs-builders",
        "username": "bob",
        "name": "explore.csv",
        "part": "group",
    }
    # Addresses of what is there, since a slug at random leads nowhere; strangers try those.
    there = {name: value for name, value in known.items() if f"{{{name}}}" in path} if token else None
    _try(operation.as_strategy(path_parameters=there), token)
    # Where an address takes nothing that could be wrong there is nothing to try.
    with suppress(Unsatisfiable):
        _try(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE, path_parameters=there), token)


def _try(strategy, token):
    @settings(
        max_examples=EXAMPLES,
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
