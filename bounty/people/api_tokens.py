"""API tokens: issued, found by their digest, revoked. A token itself is never stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core.errors import Refusal
from bounty.models import ApiToken

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# So that secret scanners and people recognise one that was left lying about.
START = "bb_"
MOST = 20
LONGEST = timedelta(days=366)
# Writing the time of every request would make every read a write.
_NOTED_EVERY = timedelta(minutes=1)


class Scope(models.TextChoices):
    """Scopes of a token; its owner's own rights are the limit. Reading is part of each."""

    READ = "read", gettext_lazy("read what you may see")
    SUBMIT = "submit", gettext_lazy("enter competitions, change your team, submit and withdraw")
    MODERATE = "moderate", gettext_lazy("release, refuse and disqualify where you moderate")
    ORGANISE = "organise", gettext_lazy("create and run competitions that you organise")
    # What outlives the token itself, or ends others: never part of a lesser scope.
    ACCOUNT = "account", gettext_lazy("change your profile, notices and web hooks, and revoke tokens")


def issue_token(
    user: User, name: str, scopes: Iterable[str], now: datetime, lasts: timedelta
) -> tuple[ApiToken, str]:
    """Creates a token; returns its row, and the token itself, which cannot be shown again. Raises Refusal."""
    if ApiToken.objects.usable(now).filter(user=user).count() >= MOST:
        raise Refusal(_("You have %(most)d tokens. Revoke one that you no longer need.") % {"most": MOST})
    token = START + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            # One that expired no longer needs its name.
            ApiToken.objects.filter(user=user, name=name, expires_at__lte=now, revoked_at=None).update(
                revoked_at=now
            )
            row = ApiToken.objects.create(
                user=user,
                name=name,
                prefix=token[:8],
                digest=_digest(token),
                scopes=sorted({Scope(scope).value for scope in scopes} | {Scope.READ.value}),
                expires_at=now + min(lasts, LONGEST),
            )
    except IntegrityError:
        raise Refusal(
            _("You have a token called “%(name)s” already. Revoke it first, or choose another name.")
            % {"name": name}
        ) from None
    return row, token


def find_token(token: str, now: datetime) -> ApiToken | None:
    """The row of a token that may be used now, with its owner; writes the time of its use."""
    if not token.startswith(START) or len(token) > 100:
        return None
    found = (
        ApiToken.objects.usable(now)
        .select_related("user")
        .filter(digest=_digest(token), user__is_active=True)
        .first()
    )
    if found is not None and (found.last_used_at is None or found.last_used_at < now - _NOTED_EVERY):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - _NOTED_EVERY)
        ApiToken.objects.filter(stale, pk=found.pk).update(last_used_at=now)
    return found


def has_expired(token: str, now: datetime) -> bool:
    """Whether this was a good token whose time is over: worth saying, since its owner sent it."""
    return ApiToken.objects.filter(digest=_digest(token), revoked_at=None, expires_at__lte=now).exists()


def revoke_token(user: User, pk: int, now: datetime) -> bool:
    """Revokes a token of one's own at once. False where there is none."""
    return bool(ApiToken.objects.filter(user=user, pk=pk, revoked_at=None).update(revoked_at=now))


def _digest(token: str) -> str:
    # The token holds 256 random bits: a slow hash would add nothing but time to every request.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
