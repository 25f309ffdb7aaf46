"""Rehearsals of a competition: sample entries that are really run, and the draft of the real one with other rows.

The real competition never reuses the rehearsal's draw: questions asked of its secret rows are answered, and its
organisers read the answers. All rows are drawn anew, and whoever took part in the rehearsal is kept out, because labels
of rows that were public there may be secret now.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.competitions import table_storage
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.models import Competition, CompetitionDraft, Submission, Team
from bounty.organisers import create_from_draft, drafts, steps
from bounty.people import teams
from bounty.permissions import rules
from bounty.submissions import submit
from bounty.submissions.submit import NewSubmission
from evaluator.fitting import LEARNERS
from evaluator.slice_search.trees import worst_slices

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SLICES = 3
DECLARED = 2
TEAM = "Rehearsal of %s"
# Fails on every table, so that organisers see what a participant is told then.
CRASHES = b'def group(X):\n    return X["there is no such column"] > 0\n'


def ensure_team(competition: Competition, user: User) -> Team:
    """The organiser's team in the rehearsal, made and entered where there is none. Raises Refusal."""
    if not competition.rehearsal:
        raise Refusal(_("Organisers submit in a rehearsal only."))
    if refusal := rules.entry_refusal(user, competition):
        raise Refusal(refusal)
    team = teams.team_of(user, competition)
    if team is None:
        try:
            team = teams.create_team(user, competition, (TEAM % user.get_username())[: teams.NAME_LENGTH])
        except Refusal:
            team = teams.create_solo_team(user, competition)
    teams.accept_terms(user, competition, timezone.now())
    return team


def submit_samples(competition: Competition, user: User) -> list[Submission]:
    """The submissions of a few typical entries of every kind, really sent. Raises Refusal."""
    rules.check_organiser(competition, user)
    if not competition.is_open:
        raise Refusal(_("Open the rehearsal first."))
    team = ensure_team(competition, user)
    return [submit.create_submission(competition, team, user, entry) for entry in sample_entries(competition)]


def sample_entries(competition: Competition) -> list[NewSubmission]:
    """Entries to submit: a finding and a patch for declared groups, a patch for the worst slices, a file that
    fails.
    """
    words = _("Sample entry of the rehearsal")
    entries = []
    for group in competition.declared_groups.all()[:DECLARED]:
        entries += [
            NewSubmission(expression=group.expression, description=f"{words}: {group.name}"),
            NewSubmission(
                expression=group.expression,
                patch_kind="fit",
                learner="tree",
                description=f"{words}: {group.name}",
            ),
        ]
    head = competition.head()
    loss = artifacts.read_array(head.stored_head_loss)
    found = worst_slices(artifacts.read_public_features(competition), loss, competition.schema, SLICES)
    for expression, learner in zip(found, LEARNERS, strict=False):
        entries.append(
            NewSubmission(expression=expression, patch_kind="fit", learner=learner, description=words)
        )
    crash = ContentFile(CRASHES, name="crashes.py")
    entries.append(
        NewSubmission(group_kind="file", group_file=crash, description=_("A sample that cannot be run"))
    )
    return entries


def start_for_real(competition: Competition, user: User) -> CompetitionDraft:
    """A draft of the real competition: the same choices, freshly drawn rows, its dates to be set.

    Raises Refusal, PermissionDenied.
    """
    if not competition.rehearsal:
        raise Refusal(_("This is no rehearsal. Copy it instead."))
    draft = drafts.copy_competition(competition, user, for_real=True)
    draft.answers["seen_by"] = sorted(create_from_draft.label_readers(competition))
    draft.answers[steps.RULES]["keep_out"] = "on"
    draft.save(update_fields=["answers"])
    return draft


def delete_rehearsal(competition: Competition, user: User) -> None:
    """Delete a rehearsal with everything that was sent to it. Raises Refusal for a real competition."""
    rules.check_organiser(competition, user)
    if not competition.rehearsal:
        raise Refusal(_("Only a rehearsal can be deleted: people took part in this one."))
    with transaction.atomic():
        locked = Competition.objects.select_for_update().get(pk=competition.pk)
        if locked.submissions.filter(state__in=Submission.LEASED).exists():
            raise Refusal(_("A submission is being run right now. Pause it and try again in a moment."))
        create_from_draft.keep_label_readers(locked)
        keys = [str(key) for key in locked.submissions.values_list("pk", flat=True)]
        locked.versions.all().delete()  # protects its submissions
        locked.delete()
        transaction.on_commit(lambda: _remove_files(str(competition.key), keys))


def _remove_files(key: str, submissions: list[str]) -> None:
    for submission in submissions:
        for folder in ("submissions", "outcomes"):
            path = artifacts.artifact_store().local_path(f"{folder}/{submission}")
            shutil.rmtree(path, ignore_errors=True)
    table_storage.remove_artifacts(key)
