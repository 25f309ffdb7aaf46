"""A request sent twice is done once: whoever names it with a key may send it again without fear."""

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

KEPT = timedelta(hours=24)
# Whoever began and has not ended by then is gone: a request takes seconds.
ABANDONED = timedelta(minutes=2)


class OtherRequest(Exception):
    """The key stands for another request."""


class InProgress(Exception):
    """The same request is being answered right now."""


@dataclass(frozen=True)
class Claim:
    """`made` is what the first request made; None for who is the first."""

    row: IdempotencyKey
    made: Submission | None

    def keep(self, submission: Submission) -> None:
        """To be called in the transaction that makes it: both are kept, or neither."""
        changed = IdempotencyKey.objects.filter(pk=self.row.pk, started_at=self.row.started_at).update(
            submission=submission
        )
        if not changed:
            # Somebody took this key over in the meantime; theirs counts.
            raise InProgress

    def give_back(self) -> None:
        """Nothing was made: the key may be used again, for a mended request too."""
        IdempotencyKey.objects.filter(
            pk=self.row.pk, submission=None, started_at=self.row.started_at
        ).delete()


def claim(user: User, key: str, digest: str, now: datetime) -> Claim:
    """Begin a request, or find what it made before. Raises OtherRequest, InProgress."""
    IdempotencyKey.objects.filter(user=user, key=key, started_at__lte=now - KEPT).delete()
    try:
        with transaction.atomic():
            return Claim(
                IdempotencyKey.objects.create(user=user, key=key, digest=digest, started_at=now), None
            )
    except IntegrityError:
        return _again(user, key, digest, now)


def _again(user: User, key: str, digest: str, now: datetime) -> Claim:
    row = IdempotencyKey.objects.select_related("submission").filter(user=user, key=key).first()
    if row is None:
        # Given back between the two questions; the sender tries again.
        raise InProgress
    if row.digest != digest:
        raise OtherRequest
    if row.submission is not None:
        return Claim(row, row.submission)
    abandoned = IdempotencyKey.objects.filter(
        pk=row.pk, submission=None, started_at=row.started_at, started_at__lt=now - ABANDONED
    )
    # Compare-and-set: of two that take it over one wins.
    if not abandoned.update(started_at=now):
        raise InProgress
    row.started_at = now
    return Claim(row, None)


def forget_old(now: datetime) -> None:
    """For the sweep."""
    IdempotencyKey.objects.filter(started_at__lte=now - KEPT).delete()


def digest_of(address: str, fields: Mapping[str, object], files: Iterable[tuple[str, UploadedFile]]) -> str:
    """Of what is asked for, however it was wrapped: the bounds of a multipart body differ each time."""
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
