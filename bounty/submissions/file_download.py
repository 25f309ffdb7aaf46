"""Download responses of submitted files, with headers that keep a browser from running or showing them."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.http import Http404, HttpResponse

from bounty.core import artifacts
from bounty.models import Submission


def file_response(submission: Submission, part: str) -> HttpResponse:
    """The response with one part's file; raises Http404 where there is none.

    The caller checks that the reader may see the source.
    """
    stored = submission.stored_files.get(part)
    if part not in ("group", "patch") or not stored:
        raise Http404("no such file")
    content = artifacts.artifact_store().read_bytes(*stored.address)
    suffix = PurePosixPath(stored.path).suffix
    kind = "text/plain; charset=utf-8" if suffix == ".py" else "application/octet-stream"
    # Our own name, not the sender's: a header is no place for a stranger's text.
    name = f"submission-{submission.number}-{part}{suffix}"
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )
