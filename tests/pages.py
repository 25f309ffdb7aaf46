"""Pages as a person's browser gets them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from bounty.models import Submission

HOSTILE = """<script>alert(1)</script>

<img src=x onerror=alert(1)>

[click](javascript:alert(1)) [data](data:text/html,x) ![p](https://elsewhere.example/pixel.png)

**bold** [link](https://example.org/) | a | b |
"""


def page(client: Client, name: str, *args: Any, status: int = 200, **data: Any) -> str:
    """The text of the page of that name; the status must be the one that is expected."""
    reply = client.get(reverse(name, args=args), data)
    assert reply.status_code == status
    return reply.content.decode()


def log_in(user: User | None) -> Client:
    """A browser of theirs; of a visitor's where there is nobody."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def read_submission(person: User | None, submission: Submission, tail: str = "") -> str:
    return log_in(person).get(submission.get_absolute_url() + tail).content.decode()


def staff(user: User) -> User:
    user.is_staff = True
    user.save()
    return user
