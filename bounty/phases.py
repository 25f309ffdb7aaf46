"""Opening, pausing and resuming a competition. Closing opens the final rows: bounty.closing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from bounty import access, audit
from bounty.models import Competition
from evaluator.errors import BountyError

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status = Competition.Status

# What an organiser may do, from which status, to which.
MOVES: dict[str, tuple[Status, Status]] = {
    "open": (Status.DRAFT, Status.OPEN),
    "pause": (Status.OPEN, Status.PAUSED),
    "resume": (Status.PAUSED, Status.OPEN),
}


class PhaseRefused(BountyError):
    """Why a competition cannot be moved to another phase, written for its organiser."""


def check_organiser(competition: Competition, by: User) -> None:
    """Raises PermissionDenied for who is neither an organiser here nor a superuser."""
    if not (by.is_superuser or access.is_organiser(by, competition)):
        raise PermissionDenied("Only this competition's organisers can do this.")


def move(competition: Competition, what: str, by: User) -> None:
    """Open, pause or resume. Raises PhaseRefused from another status, PermissionDenied for who does not organise."""
    check_organiser(competition, by)
    old, new = MOVES[what]
    # Compare-and-set: beat opens and closes by the clock at the same time.
    changes: dict[str, Any] = {"status": new}
    if what == "open":
        # By hand and before its time, or with none set: pages say when it was really opened.
        changes["opens_at"] = timezone.now()
    if not Competition.objects.filter(pk=competition.pk, status=old).update(**changes):
        competition.refresh_from_db(fields=["status"])
        raise PhaseRefused(
            f"“{competition}” is {competition.get_status_display()}; only one that is {old.label} "
            f"can be {new.label if what != 'resume' else 'resumed'}."
        )
    for name, value in changes.items():
        setattr(competition, name, value)
    audit.record(competition, by, {"status": [old, new]})
