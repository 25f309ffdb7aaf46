"""Bob starts dry runs in his browser."""

from __future__ import annotations

import pytest
from django.test import Client

from bounty.celery_app import app


@pytest.fixture
def messages(monkeypatch):
    """What is put on queues: (task, arguments, options)."""
    sent = []
    monkeypatch.setattr(
        app, "send_task", lambda name, kwargs, **options: sent.append((name, kwargs, options))
    )
    return sent


@pytest.fixture
def browser(bob, bobs, messages) -> Client:
    client = Client()
    client.force_login(bob)
    return client


@pytest.fixture
def start(browser, competition, django_capture_on_commit_callbacks):
    def post(**data):
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(f"/c/{competition.slug}/dry-run/", {"patch": "none", **data})

    return post
