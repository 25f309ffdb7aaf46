"""The type of requests behind a log-in."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest


class PersonRequest(HttpRequest):
    """A request whose sender is logged in: `login_required` let it through."""

    user: User
