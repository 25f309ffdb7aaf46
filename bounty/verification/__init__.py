"""Verification of a competition: its chain, its files, every decision recomputed, and its rows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from bounty.models import ChainEntry, Competition
from bounty.verification import chain, files, rows
from bounty.verification.differences import Difference
from bounty.verification.replay import replay_entry
from bounty.verification.replay_state import ReplayState
from evaluator.errors import PlatformFault

# How often it is read anew while verdicts go on, before they have to wait.
TRIES = 2

__all__ = ["Difference", "VerificationReport", "verify_competition"]


@dataclass(frozen=True)
class VerificationReport:
    """The counts of what was found to be in order."""

    entries: int
    files: int
    decisions: int
    versions: int
    rows: int
    head: str  # the newest entry's digest: whoever noted an earlier one can look it up in the chain

    def __str__(self) -> str:
        return (
            f"{self.entries} entries, {self.files} files, {self.decisions} decisions, {self.versions} versions and "
            f"{self.rows} board rows are as they were decided; the chain ends in {self.head}."
        )


def verify_competition(competition: Competition) -> VerificationReport:
    """Returns the report of a competition that is as it was decided. Raises Difference, which says where it is not.

    Everything is recomputed from stored arrays; nothing is written and no submitted code runs. Links are checked first,
    then files, decisions in order, rows. What is compared is one state: where the competition moves on meanwhile it is
    read again, in the end under its lock.
    """
    for _ in range(TRIES):
        before = _newest(competition)
        try:
            found = _verify_readable(Competition.objects.get(pk=competition.pk))
        except Difference:
            if _newest(competition) == before:
                raise
            continue
        if _newest(competition) == before:
            return found
    with transaction.atomic():
        return _verify_readable(Competition.objects.select_for_update().get(pk=competition.pk))


def _newest(competition: Competition) -> str:
    newest = ChainEntry.objects.filter(competition=competition).order_by("-number").first()
    return newest.digest if newest else ""


def _verify_readable(competition: Competition) -> VerificationReport:
    """Returns the report. Rows that are no longer what code wrote may not even be read: that is a Difference, too."""
    try:
        return _verify(competition)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, PlatformFault) as error:
        raise Difference("rows", f"they cannot be read: {type(error).__name__}: {error}") from error


def _verify(competition: Competition) -> VerificationReport:
    entries = list(ChainEntry.objects.filter(competition=competition).order_by("number"))
    chain.check_chain(competition, entries)
    read = files.check_files(competition)
    erased = [entry.number for entry in entries if entry.kind == "corrected" and entry.data["erases"]]
    state = ReplayState(competition, max(erased, default=-1))
    for entry in entries:
        replay_entry(state, entry)
    seen = rows.check_rows(competition, state)
    read += files.check_head_losses(competition)
    return VerificationReport(
        len(entries), read, state.decisions, state.versions, seen, entries[-1].digest if entries else ""
    )
