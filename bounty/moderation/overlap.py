"""Overlap of a group with known ones: Jaccard's index on public rows, of what both and either select."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.models import Competition, Submission
from bounty.models.stored_files import StoredFile
from bounty.shared_model import arrays
from evaluator.errors import PlatformFault

log = logging.getLogger(__name__)

State = Submission.State
# A page reads that many groups' masks at most: the newest.
MOST = 60
SHOWN = 8


@dataclass(frozen=True)
class Overlap:
    """The overlap with one known group; rows are public rows."""

    name: str
    what: str  # declared, accepted, confirmed
    url: str
    rows: int
    both: int
    jaccard: float

    @property
    def percent(self) -> str:
        return f"{100 * self.jaccard:.0f}%"

    @property
    def width(self) -> str:
        return f"{100 * self.jaccard:.2f}%"


def find_overlaps(submission: Submission, mask: NDArray[np.bool_]) -> list[Overlap]:
    """Overlaps with the known groups that share rows with this one, the most alike first. `mask` is bool[public
    rows].
    """
    competition = submission.competition
    found = [*_declared(competition, mask), *_submitted(competition, submission, mask)]
    sharing = sorted((each for each in found if each.both), key=lambda each: -each.jaccard)
    return sharing[:SHOWN]


def _declared(competition: Competition, mask: NDArray[np.bool_]) -> list[Overlap]:
    groups = [group for group in competition.declared_groups.all() if group.mask]
    return [
        _compare(group.name, "declared", "", _public(competition, group.stored_mask), mask)
        for group in groups
    ]


def _submitted(competition: Competition, submission: Submission, mask: NDArray[np.bool_]) -> list[Overlap]:
    judged = competition.submissions.filter(state__in=(State.ACCEPTED, *Submission.SHOWN_FINDINGS))
    known = list(judged.exclude(pk=submission.pk).select_related("team").order_by("-decided_at")[:MOST])
    try:
        masks = arrays.load_masks(competition, known)
    except PlatformFault as fault:
        # A moderator decides about what is before them; a lost array of another group must not hide the page.
        log.warning("groups of %s cannot be compared: %s", competition.slug, fault)
        return []
    public = competition.layout.public
    found = []
    for other in known:
        other.competition = competition
        if (theirs := masks.get(other.key)) is not None:
            name = other.words or other.expression or f"#{other.number}"
            what = other.state if other.is_finding else "accepted"
            found.append(_compare(name, what, other.get_absolute_url(), theirs[:public], mask))
    return found


def _public(competition: Competition, stored: StoredFile) -> NDArray[np.bool_]:
    return artifacts.read_over_present_rows(competition, stored)[: competition.layout.public].astype(bool)


def _compare(name: str, what: str, url: str, theirs: NDArray[np.bool_], mask: NDArray[np.bool_]) -> Overlap:
    both = int(np.count_nonzero(theirs & mask))
    either = int(np.count_nonzero(theirs | mask))
    return Overlap(name, what, url, int(np.count_nonzero(theirs)), both, both / either if either else 0.0)
