"""Timeline of a competition: accepted versions and findings, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.core.measures import scale_of
from bounty.models import Competition, ModelVersion, Submission


@dataclass(frozen=True)
class TimelineEvent:
    """One event of the timeline. `words`, `expression` name a group where the event is about one."""

    at: datetime
    kind: str  # accepted, or a finding's state
    team: str
    team_url: str
    title: str
    words: str = ""
    expression: str = ""
    note: str = ""
    number: int = 0  # the submission's; 0 where the platform did it


def version_event(competition: Competition, version: ModelVersion, before: ModelVersion) -> TimelineEvent:
    """Event of an accepted version: its team, and the change of the loss on practice rows."""
    submission = version.submission
    scale = scale_of(competition.loss)
    said = {
        "loss": scale.word,
        "value": scale.format(version.practice_loss),
        "change": scale.describe_change(before.practice_loss, version.practice_loss),
    }
    if scale.is_same(before.practice_loss, version.practice_loss):
        title = _("%(loss)s %(value)s on practice rows, as before") % said
    else:
        title = _("%(loss)s %(value)s on practice rows, %(change)s than before") % said
    # All that came with it but its own patch.
    repairs = version.node_count - before.node_count - (1 if submission else 0)
    if repairs > 0:
        kept = ngettext(
            "%(count)d repair kept other groups from losing",
            "%(count)d repairs kept other groups from losing",
            repairs,
        )
        title = f"{title}; {kept % {'count': repairs}}"
    return TimelineEvent(
        at=(submission.decided_at if submission else None) or version.created_at,
        kind="accepted",
        team=submission.team.name if submission else "",
        team_url=_team_url(competition, submission) if submission else "",
        title=title,
        words=submission.words if submission else "",
        expression=submission.expression if submission else "",
        note=version.note,
        number=submission.number if submission else 0,
    )


def finding_event(competition: Competition, finding: Submission) -> TimelineEvent:
    """Event of a finding: confirmed, or worse on practice rows."""
    return TimelineEvent(
        at=finding.confirmed_at or finding.decided_at or finding.created_at,
        kind=finding.state,
        team=finding.team.name,
        team_url=_team_url(competition, finding),
        title=_finding_title(competition, finding),
        words=finding.words,
        expression=finding.expression,
        number=finding.number,
    )


def _finding_title(competition: Competition, finding: Submission) -> str:
    if competition.rule_version == 1:
        return _("the model does worse here than elsewhere, confirmed on practice rows")
    if finding.state == Submission.State.CONFIRMED:
        return _("the model does worse here than elsewhere, confirmed on rows that nobody has seen")
    return _("the model does worse here than elsewhere on practice rows; not confirmed")


def _team_url(competition: Competition, submission: Submission) -> str:
    # Not get_absolute_url of the team: that would ask the database for its competition again.
    submission.team.competition = competition
    return submission.team.get_absolute_url()


def latest_events(
    competition: Competition, versions: Sequence[ModelVersion], findings: Iterable[Submission], limit: int
) -> list[TimelineEvent]:
    """The newest events of a competition, at most `limit`, newest first."""
    events = [finding_event(competition, finding) for finding in findings]
    events += [version_event(competition, version, before) for before, version in pairwise(versions)]
    return sorted(events, key=lambda event: event.at, reverse=True)[:limit]
