"""Prior entries, dry runs and submissions, as the initial values and files of a new submission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from bounty.core import artifacts
from bounty.models import DryRun, Submission, Team
from evaluator.errors import PlatformFault

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PARTS = ("group", "patch")


@dataclass(frozen=True)
class PriorEntry:
    """A dry run of one's own, or a submission of one's team."""

    source: DryRun | Submission

    @property
    def key(self) -> str:
        return str(self.source.pk)

    @property
    def has_files(self) -> bool:
        return any(self.filename(part) for part in PARTS)

    def filename(self, part: str) -> str:
        """The part's file name as its owner gave it; "" where there is none."""
        stored = self.source.stored_files.get(part)
        return stored.filename if stored else ""

    def file(self, part: str) -> ContentFile | None:
        """The part's stored file; None where there is none, or where it is gone meanwhile."""
        stored = self.source.stored_files.get(part)
        if not stored:
            return None
        try:
            content = artifacts.artifact_store().read_bytes(*stored.address)
        except PlatformFault:
            return None
        return ContentFile(content, name=stored.filename)

    def initial(self) -> dict[str, Any]:
        """The initial values of the submit form.

        A finding's patch is left open: a team that comes back to one mostly has a patch now.
        """
        source, kinds = self.source, Submission.PatchKind
        # Of a finding that a function found, the group that it found is patched; the function might find another.
        found_it = isinstance(source, Submission) and source.is_finding
        found: dict[str, Any] = {
            "expression": source.expression if found_it or not self.filename("group") else "",
            "description": source.description,
        }
        if source.learner:
            found["learner"] = source.learner
        if source.patch_kind in (kinds.FIT, kinds.SAME):
            found["patch"] = str(source.patch_kind)
        elif self.filename("patch"):
            found["patch"] = "file"
        elif isinstance(source, DryRun):
            found["patch"] = str(source.patch_kind)
        return found


def find_prior_entry(person: User, team: Team, key: str) -> PriorEntry | None:
    """The person's dry run or the team's submission with this id; None where there is none."""
    try:
        run = DryRun.objects.filter(author=person, competition=team.competition_id, pk=key).first()
        source = run or team.submissions.filter(pk=key).first()
    except (ValidationError, ValueError):
        return None
    return PriorEntry(source) if source else None
