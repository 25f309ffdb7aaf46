"""Scripts of the people that tests are about: each a client with a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.bounty.api.script import Script, token_of


@pytest.fixture
def script(competition: Any) -> Callable[..., Script]:
    """`script(bob, "read")`: Bob's script, with all scopes unless told; `script()` is nobody's."""

    def make(user: User | None = None, *scopes: str) -> Script:
        name = f"script {user.api_tokens.count()}" if user else ""
        return Script(token_of(user, *scopes, name=name) if user else "", competition.slug)

    return make


@pytest.fixture
def bobs_script(script: Any, bob: User, bobs: Any, sent: Any) -> Script:
    """Bob's, in his team; nothing reaches a broker."""
    return script(bob)
