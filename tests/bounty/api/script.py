"""A script that asks the API with a token, and checks of the problems (RFC 9457) that it gets."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from bounty.people import api_tokens
from bounty.people.api_tokens import Scope

EVERYTHING = tuple(Scope.values)


class Script:
    """Somebody's script: sends a token, reads JSON."""

    def __init__(self, token: str = "", slug: str = "") -> None:
        self.client = Client(raise_request_exception=True)
        self.token, self.slug = token, slug

    def ask(self, method: str, address: str, body: Any = None, **headers: str) -> Any:
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        options: dict[str, Any] = {"headers": headers}
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method.upper(), self.full(address), **options)

    def full(self, address: str) -> str:
        """`/board` is of the competition, `competitions` of the API."""
        return (
            f"/api/v1/competitions/{self.slug}{address}" if address[:1] in ("", "/") else f"/api/v1/{address}"
        )

    def get(self, address: str, **headers: str) -> Any:
        return self.ask("GET", address, **headers)

    def post(self, address: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", address, body, **headers)

    def send(self, fields: dict[str, Any], **headers: str) -> Any:
        """A multipart form to the submissions."""
        headers.setdefault("Authorization", f"Bearer {self.token}")
        return self.client.post(self.full("/submissions"), fields, headers=headers)


def token_of(user: User, *scopes: str, name: str = "script") -> str:
    return api_tokens.issue_token(user, name, scopes or EVERYTHING, timezone.now(), timedelta(days=1))[1]


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem that an answer is; it must be one, whole."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert told["status"] == status and told["title"] and told["detail"]
    return told


def pointers(told: dict[str, Any]) -> list[str]:
    return [error.get("pointer") or error["parameter"] for error in told["errors"]]
