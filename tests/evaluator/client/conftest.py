"""A real site of one thread, and a client of Bob's: what the client sends is what a server gets."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bounty.people import api_tokens
from evaluator.client import Client, credentials


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Nothing of the machine's own log-in is read or written."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in credentials.VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bobs_token(bob):
    return api_tokens.issue_token(
        bob, "notebook", api_tokens.Scope.values, timezone.now(), timedelta(days=1)
    )[1]


@pytest.fixture
def client_of_bob(live_server, world, bobs, bobs_token, sent):
    return Client(live_server.url, bobs_token)
