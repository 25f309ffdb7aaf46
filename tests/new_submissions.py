"""Sending submissions in tests: through bounty.submissions.submit, as the form does."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.base import ContentFile

from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import Submission
from bounty.submissions.submit import NewSubmission

FINDING = NewSubmission(expression="AGE < 6", description="Small children")
PYTHON = b"def group(X):\n    return X['AGE'] < 6\n\ndef predict(X):\n    return [1] * len(X)\n"


def file(name: str, content: bytes = PYTHON) -> ContentFile:
    return ContentFile(content, name=name)


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def refusal(send: Any, **fields: Any) -> Refusal:
    """Submit and be refused; nothing may be kept."""
    with pytest.raises(Refusal) as refused:
        send(NewSubmission(**fields))
    assert not Submission.objects.exists()
    assert not (artifacts.artifact_store().root / "submissions").exists()
    return refused.value
