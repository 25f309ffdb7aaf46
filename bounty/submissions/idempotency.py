"""Idempotency keys: a request that is sent twice with the same key is carried out once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from bounty.models import IdempotencyKey, Submission

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.core.files.uploadedfile import UploadedFile

KEY_LIFETIME = timedelta(hours=24)
# Whoever began and has not ended by then is gone: a request takes seconds.
ABANDONED_AFTER = timedelta(minutes=2)


class KeyReusedError(Exception):
    """The key was used for a different request."""


class RequestInProgressError(Exception):
    """The first request with this key is still being answered."""


@dataclass(frozen=True)
class Claim:
    """A claimed key; `made` is the submission of the first request, None where this is the first."""

    row: IdempotencyKey
    made: Submission | None

    def attach(self, submission: Submission) -> None:
        """Store the submission with the key, in the transaction that creates it: both are written, or neither.

        Raises RequestInProgressError where another request took the key over meanwhile.
        """
        changed = IdempotencyKey.objects.filter(pk=self.row.pk, started_at=self.row.started_at).update(
            submission=submission
        )
        if not changed:
            # Somebody took this key over in the meantime; theirs counts.
            raise RequestInProgressError

    def release(self) -> None:
        """Delete the key after a request that created nothing, so that a mended request may use it."""
        IdempotencyKey.objects.filter(
            pk=self.row.pk, submission=None, started_at=self.row.started_at
        ).delete()


def claim_key(user: User, key: str, digest: str, now: datetime) -> Claim:
    """The claim of a key for one request, new or with what the first request made.

    Raises KeyReusedError, RequestInProgressError.
    """
    IdempotencyKey.objects.filter(user=user, key=key, started_at__lte=now - KEY_LIFETIME).delete()
    try:
        with transaction.atomic():
            return Claim(
                IdempotencyKey.objects.create(user=user, key=key, digest=digest, started_at=now), None
            )
    except IntegrityError:
        return _reclaim_key(user, key, digest, now)


def _reclaim_key(user: User, key: str, digest: str, now: datetime) -> Claim:
    row = IdempotencyKey.objects.select_related("submission").filter(user=user, key=key).first()
    if row is None:
        # Given back between the two questions; the sender tries again.
        raise RequestInProgressError
    if row.digest != digest:
        raise KeyReusedError
    if row.submission is not None:
        return Claim(row, row.submission)
    abandoned = IdempotencyKey.objects.filter(
        pk=row.pk, submission=None, started_at=row.started_at, started_at__lt=now - ABANDONED_AFTER
    )
    # Compare-and-set: of two that take it over one wins.
    if not abandoned.update(started_at=now):
        raise RequestInProgressError
    row.started_at = now
    return Claim(row, None)


def delete_expired_keys(now: datetime) -> None:
    """Delete the keys older than KEY_LIFETIME; part of the sweep."""
    IdempotencyKey.objects.filter(started_at__lte=now - KEY_LIFETIME).delete()


def request_digest(
    address: str, fields: Mapping[str, object], files: Iterable[tuple[str, UploadedFile]]
) -> str:
    """The SHA-256 digest of a request's address, fields and files, however its multipart body is bounded."""
    whole = hashlib.sha256(address.encode())
    for name, value in sorted((name, str(value)) for name, value in fields.items()):
        whole.update(f"\0{len(name)} {name} {len(value)} {value}".encode("utf-8", "surrogatepass"))
    for name, file in sorted(files, key=lambda pair: pair[0]):
        content = hashlib.sha256()
        for chunk in file.chunks():
            content.update(chunk)
        file.seek(0)
        whole.update(f"\0{name} {file.name} {content.hexdigest()}".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()
