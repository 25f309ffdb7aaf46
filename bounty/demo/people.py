"""Accounts of the demo: an organiser, a moderator, five teams."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Permission, User

ORGANISER, MODERATOR = "olivia", "moe"
# user -> team; charlie and dora are classmates in one team.
TEAMS = {
    "alice": "Playground",
    "bob": "Second shift",
    "charlie": "Homeroom 9",
    "dora": "Homeroom 9",
    "erin": "Actuaries",
    "mallory": "Mallory",
}


def shared_password() -> str:
    """One password for all demo log-ins: made once, readable by the owner of the site's folder only."""
    path: Path = settings.HOME / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text()


def make_people() -> dict[str, User]:
    """Users of the demo by user name, made where missing."""
    word = shared_password()
    found = {}
    for name in (ORGANISER, MODERATOR, *TEAMS):
        user, made = User.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})
        if made:
            user.set_password(word)
            user.is_staff = name in (ORGANISER, MODERATOR)
            user.save()
        if user.is_staff:
            user.user_permissions.set(Permission.objects.filter(content_type__app_label="bounty"))
        found[name] = user
    return found
