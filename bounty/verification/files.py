"""Checks of the stored files that rows name, by their digests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from bounty.core import artifacts
from bounty.models import Competition, Outcome, Submission, TeamVersion
from bounty.models.stored_files import StoredFile
from bounty.shared_model import arrays, publish
from bounty.verification.differences import Difference
from evaluator.artifacts import array_bytes
from evaluator.errors import PlatformFault

READERS = 4


def check_files(competition: Competition) -> int:
    """Returns how many files were read. Raises Difference at the first that is gone or changed."""
    wanted: dict[str, tuple[str, str]] = {}
    for stored, submission in _list_stored_files(competition):
        wanted.setdefault(stored.path, (stored.sha256, submission))
    # Reading and hashing let each other run; what they find is told in the files' own order.
    with ThreadPoolExecutor(READERS) as pool:
        for problem, (_, submission) in zip(
            pool.map(_read_problem, wanted.items()), wanted.values(), strict=True
        ):
            if problem:
                pool.shutdown(cancel_futures=True)
                raise Difference("file", problem, submission=submission)
    return len(wanted)


def _read_problem(wanted: tuple[str, tuple[str, str]]) -> str:
    path, (sha256, _) = wanted
    try:
        artifacts.artifact_store().read_bytes(path, sha256)
    except (PlatformFault, ValueError) as error:
        return str(error)
    return ""


def _list_stored_files(competition: Competition) -> Iterator[tuple[StoredFile, str]]:
    """Returns each stored file with its submission. The final labels are left alone before the close."""
    tables = competition.tables
    if tables:
        yield from ((stored, "") for stored in (tables.public, tables.secret))
    for split, stored in tables.labels.items():
        if split != "final" or competition.is_closed:
            yield stored, ""
    for kind in (tables.units, tables.cells, tables.strata, tables.origin):
        yield from ((stored, "") for stored in kind.values())
    yield from ((stored, "") for stored in tables.kept)
    if competition.base.file.path:
        yield competition.base.file, ""
    for group in competition.declared_groups.all():
        yield group.stored_mask, ""
    for submission in Submission.objects.filter(competition=competition).order_by("number"):
        for stored in submission.stored_files.values():
            yield stored, str(submission.pk)
    for outcome in Outcome.objects.filter(submission__competition=competition).order_by("pk"):
        for stored in (*outcome.stored_arrays.values(), *outcome.stored_files.values()):
            yield stored, str(outcome.submission_id)
    for version in competition.versions.order_by("generation", "number"):
        yield version.stored_predictions, str(version.submission_id or "")
    for own in TeamVersion.objects.filter(team__competition=competition).order_by("pk"):
        yield own.stored_predictions, str(own.submission_id or "")


def check_head_losses(competition: Competition) -> int:
    """Returns how many files of public losses were read. Raises Difference where one is of no version.

    It is the one file that each version replaces: after a crash it may be an older version's, but always one's. Losses
    are computed anew from versions that were found to be in order.
    """
    path = publish.head_loss_path(competition)
    versions = list(competition.versions.order_by("-generation", "-number"))
    if not versions or not artifacts.artifact_store().exists(path):
        return 0
    try:
        found = artifacts.artifact_store().read_bytes(path)
    except PlatformFault as error:
        raise Difference("file", str(error)) from error
    for version in versions:
        answers = artifacts.read_over_present_rows(competition, version.stored_predictions)
        if found == array_bytes(arrays.public_losses(competition, answers)):
            return 1
    raise Difference("file", f"{path} holds the losses of no version")
