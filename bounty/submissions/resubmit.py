"""What somebody tried or sent before, to be changed and sent again: its words and its files."""

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
class SentBefore:
    """A dry run of one's own, or a submission of one's team."""

    source: DryRun | Submission

    @property
    def key(self) -> str:
        return str(self.source.pk)

    @property
    def has_files(self) -> bool:
        return any(self.filename(part) for part in PARTS)

    def filename(self, part: str) -> str:
        """As its owner called the file; "" where there is none."""
        stored = self.source.stored_files.get(part)
        return stored.filename if stored else ""

    def file(self, part: str) -> ContentFile | None:
        """The stored file; None where there is none, or where it is gone meanwhile."""
        stored = self.source.stored_files.get(part)
        if not stored:
            return None
        try:
            content = artifacts.store().read_bytes(*stored.address)
        except PlatformFault:
            return None
        return ContentFile(content, name=stored.filename)

    def initial(self) -> dict[str, Any]:
        """What the form starts with. A finding's patch is left open: who comes back to one mostly has a patch now."""
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


def find(person: User, team: Team, key: str) -> SentBefore | None:
    """By its id: only one's own dry runs and one's own team's submissions of the same competition are found."""
    try:
        run = DryRun.objects.filter(author=person, competition=team.competition_id, pk=key).first()
        source = run or team.submissions.filter(pk=key).first()
    except (ValidationError, ValueError):
        return None
    return SentBefore(source) if source else None
