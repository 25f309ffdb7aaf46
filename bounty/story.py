"""What happened in a competition, in sentences; and the decision list as a ladder in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bounty.figures import scale_of
from bounty.models import Competition, DeclaredGroup, ModelVersion, Submission
from evaluator.decision_list import Node, Update


@dataclass(frozen=True)
class Event:
    """One line of the story. `words`, `expression` name a group where the event is about one."""

    at: datetime
    kind: str  # accepted, confirmed
    team: str
    team_url: str
    title: str
    words: str = ""
    expression: str = ""
    note: str = ""


@dataclass(frozen=True)
class Rung:
    """One node in words: who is asked about, and what happens to them."""

    kind: str  # update, repair, base
    words: str
    expression: str
    does: str
    who: str = ""
    number: int | None = None


def version_event(competition: Competition, version: ModelVersion, before: ModelVersion) -> Event:
    """An accepted patch: by whom, and what it changed on practice rows."""
    submission = version.submission
    scale = scale_of(competition.loss)
    change = scale.change(before.practice_loss, version.practice_loss)
    title = (
        f"{scale.word} {scale.text(version.practice_loss)} on practice rows, {change} than before"
        if change != "unchanged"
        else f"{scale.word} {scale.text(version.practice_loss)} on practice rows, as before"
    )
    repairs = sum(not isinstance(node, Update) for node in version.nodes[len(before.nodes) :])
    if repairs:
        title += f"; {repairs} repair{'s' if repairs > 1 else ''} kept other groups from losing"
    return Event(
        at=(submission.decided_at if submission else None) or version.created_at,
        kind="accepted",
        team=submission.team.name if submission else "",
        team_url=_team_url(competition, submission) if submission else "",
        title=title,
        words=submission.words if submission else "",
        expression=submission.expression if submission else "",
        note=version.note,
    )


def finding_event(competition: Competition, finding: Submission) -> Event:
    return Event(
        at=finding.decided_at or finding.created_at,
        kind="confirmed",
        team=finding.team.name,
        team_url=_team_url(competition, finding),
        title="the model does worse here than elsewhere, confirmed on practice rows",
        words=finding.words,
        expression=finding.expression,
    )


def _team_url(competition: Competition, submission: Submission) -> str:
    # Not get_absolute_url of the team: that would ask the database for its competition again.
    submission.team.competition = competition
    return submission.team.get_absolute_url()


def latest_events(
    competition: Competition, versions: Sequence[ModelVersion], findings: Iterable[Submission], limit: int
) -> list[Event]:
    """Newest first."""
    events = [finding_event(competition, finding) for finding in findings]
    events += [version_event(competition, version, before) for before, version in pairwise(versions)]
    return sorted(events, key=lambda event: event.at, reverse=True)[:limit]


def ladder(
    nodes: Sequence[Node],
    versions: Sequence[ModelVersion],
    declared: Mapping[str, DeclaredGroup],
    submissions: Mapping[str, Submission],
    base_words: str,
) -> list[Rung]:
    """The list as one row walks it: newest node first, the base model last."""
    # A repair points at a number of nodes; readers know versions.
    version_of = {len(version.nodes): version.number for version in versions}
    rungs = [
        _rung(position, node, version_of, declared, submissions)
        for position, node in reversed(list(enumerate(nodes, start=1)))
    ]
    rungs.append(Rung("base", "everybody who is left", "", "the base model answers", base_words))
    return rungs


def _rung(
    position: int,
    node: Node,
    version_of: Mapping[int, int],
    declared: Mapping[str, DeclaredGroup],
    submissions: Mapping[str, Submission],
) -> Rung:
    submission = submissions.get(node.key)
    if (group := declared.get(node.key)) is not None:
        words, expression = group.name, group.expression
    elif submission is not None:
        words, expression = submission.words or submission.description, submission.expression
    else:
        words, expression = "a group that is no longer listed", ""
    if isinstance(node, Update):
        who = f"{submission.team.name}, submission {submission.number}" if submission else ""
        does = submission.description if submission and submission.description else "a patch answers"
        return Rung("update", words, expression, does, who, position)
    version = version_of.get(node.target)
    where = "the base model" if node.target == 0 else f"version {version}" if version is not None else ""
    does = f"answered as by {where or f'the first {node.target} rungs'}, which served them best"
    return Rung("repair", words, expression, does, "repair", position)
