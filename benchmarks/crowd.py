"""A competition with a crowd in it: hundreds of teams, thousands of submissions, a long list of versions.

Rows are written straight to the database, as a verdict leaves them; only the table and the base model are made by the
site's own way. Nothing is judged: this is for measuring pages, not decisions.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from benchmarks.figures import progress
from evaluator.adjudication.feedback import FindingFeedback, GroupLine, PracticeFeedback

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from bounty.models import Competition, ModelVersion, Submission, Team

SLUG = "crowd"
BATCH = 1000
NOBODY_LOGS_IN = "!"


@dataclass(frozen=True)
class Size:
    """The size of a crowd."""

    teams: int
    submissions: int
    versions: int


@dataclass(frozen=True)
class Crowd:
    """A competition with a crowd: one member of one team, and that team's submissions by outcome."""

    competition: Competition
    member: User
    accepted: Submission
    refused: Submission


def build_crowd(size: Size, seed: int = 1) -> Crowd:
    """Build the whole crowd in an empty database. Takes about a minute for 500 teams and 10,000 submissions."""
    from bounty.demo import stage
    from bounty.demo.people import make_people

    people = make_people()
    competition = stage.build_rand(SLUG, people)
    stage.open_with_teams(competition, people)
    rng = random.Random(seed)
    progress("writing the teams")
    teams = _teams(competition, size.teams)
    progress("writing the submissions")
    submissions = _submissions(competition, teams, size, rng)
    accepted = [s for s in submissions if s.state == "accepted"]
    _verdicts(submissions)
    progress("writing the versions")
    _outcomes(competition, accepted, rng)
    _credits(_versions(competition, accepted), rng)
    from bounty.scoring import leaderboard

    leaderboard.refresh_board(competition)
    mine = accepted[-1]
    refused = next(s for s in submissions if s.state == "not_shown" and s.team_id == mine.team_id)
    return Crowd(competition, mine.author, mine, refused)


def _teams(competition: Competition, count: int) -> list[Team]:
    from django.contrib.auth.models import User
    from django.utils import timezone

    from bounty.models import Participation, Team, TeamMember

    users = User.objects.bulk_create(
        [User(username=f"person{n}", password=NOBODY_LOGS_IN) for n in range(count)], BATCH
    )
    teams = Team.objects.bulk_create(
        [Team(competition=competition, name=f"Team {n}", slug=f"team-{n}") for n in range(count)], BATCH
    )
    now = timezone.now()
    TeamMember.objects.bulk_create(
        [TeamMember(team=t, competition=competition, user=u) for t, u in zip(teams, users, strict=True)],
        BATCH,
    )
    Participation.objects.bulk_create(
        [Participation(competition=competition, user=u, accepted_terms_at=now) for u in users], BATCH
    )
    for team, user in zip(teams, users, strict=True):
        team.author = user  # type: ignore[attr-defined]
    return teams


def _submissions(
    competition: Competition, teams: Sequence[Team], size: Size, rng: random.Random
) -> list[Submission]:
    """Every k-th was accepted; one in ten of the others is a confirmed finding, one in ten could not be run."""
    from django.utils import timezone

    from bounty.models import Submission

    columns = [c for c in competition.schema.columns if c.kind == "number"] or list(
        competition.schema.columns
    )
    every = size.submissions // size.versions
    start = timezone.now() - timedelta(days=30)
    step = timedelta(days=30) / size.submissions
    made = []
    for number in range(1, size.submissions + 1):
        team = teams[rng.randrange(len(teams))]
        won = number % every == 0 and number // every <= size.versions
        state = "accepted" if won else rng.choices(("not_shown", "confirmed", "failed"), (80, 10, 10))[0]
        column = columns[rng.randrange(len(columns))]
        at = start + number * step
        made.append(
            Submission(
                id=uuid4(),
                competition=competition,
                team=team,
                author=team.author,  # type: ignore[attr-defined]
                number=number,
                description=f"People whom the model may serve badly, idea {number}.",
                group_kind="expression",
                expression=f"{column.name} > {rng.randrange(1, 60)}",
                words=f"people whose {column.meaning or column.name} is high",
                patch_kind="none" if state == "confirmed" else "fit",
                learner="" if state == "confirmed" else "tree",
                state=state,
                error_class="crashed" if state == "failed" else "",
                queued_at=at,
                started_at=at,
                evaluated_at=at,
                decided_at=at,
            )
        )
    return Submission.objects.bulk_create(made, BATCH)


def _verdicts(submissions: Sequence[Submission]) -> None:
    from bounty.models import Verdict

    judged = [s for s in submissions if s.state in ("accepted", "not_shown")]
    confirmed = [s for s in submissions if s.state == "confirmed"]
    Verdict.objects.bulk_create(
        [
            Verdict(
                submission=s,
                practice=FindingFeedback(300, 0.1, 0.4, 0.3, 0.001, 0.01, 0.0, counts=False).to_json(),
                sentence="Confirmed: the model does worse here than elsewhere.",
                passed_gate=True,
            )
            for s in confirmed
        ],
        BATCH,
    )
    Verdict.objects.bulk_create(
        [
            Verdict(
                submission=s,
                practice=_feedback(s.state == "accepted", s.competition).to_json(),
                sentence="Accepted: the shared model now errs less here."
                if s.state == "accepted"
                else "Not shown yet: it won 61 of the 90 answers it changed on practice rows.",
                passed_gate=s.state == "accepted",
                queried=s.state == "accepted",
                block_number=1,
            )
            for s in judged
        ],
        BATCH,
    )


def _feedback(accepted: bool, competition: Competition) -> PracticeFeedback:
    declared = tuple(GroupLine(g.key, 200, 0.3, 0.29, 0.29) for g in competition.declared_groups.all()[:4])
    return PracticeFeedback(
        reason="accepted" if accepted else "practice",
        rows=300,
        weight=0.1,
        loss_before=0.4,
        loss_after=0.35,
        loss_alone=0.35,
        wins_alone=61,
        losses_alone=29,
        overall_before=0.3,
        overall_after=0.295,
        wins=61,
        losses=29,
        p_value=0.001 if accepted else 0.2,
        chance=0.8 if accepted else 0.1,
        changed_needed=120,
        wins_needed=80,
        groups=declared,
    )


def _outcomes(competition: Competition, accepted: Sequence[Submission], rng: random.Random) -> None:
    """Masks of the accepted groups: some tens of arrays that the entries share, so that seeding stays quick."""
    from bounty.core import artifacts
    from bounty.models import Outcome
    from evaluator import artifacts as paths

    rows, numbers = competition.layout.rows, np.random.default_rng(rng.randrange(2**32))
    stored: list[dict[str, Any]] = []
    for entry in accepted[:30]:
        mask = numbers.random(rows) < 0.1
        path = paths.outcome(str(entry.pk), 1, "mask.npy")
        stored.append(artifacts.artifact_store().write_array(path, mask).to_json())
    Outcome.objects.bulk_create(
        [
            Outcome(submission=s, attempt=1, arrays={"mask": stored[n % len(stored)]})
            for n, s in enumerate(accepted)
        ],
        BATCH,
    )


def _versions(competition: Competition, accepted: Sequence[Submission]) -> list[ModelVersion]:
    from bounty.models import ModelVersion
    from evaluator.decision_list import Repair, Update, nodes_to_json

    base = competition.head()
    nodes: list[Update | Repair] = []
    made = []
    for number, submission in enumerate(accepted, start=1):
        nodes.append(Update(submission.key))
        if number % 7 == 0:
            nodes.append(Repair(accepted[number - 3].key, len(nodes) - 2))
        loss = base.practice_loss * (1 - 0.4 * number / len(accepted))
        made.append(
            ModelVersion(
                competition=competition,
                submission=submission,
                number=number,
                nodes_json=nodes_to_json(nodes),
                predictions=base.predictions,
                practice_loss=loss,
                explore_loss=loss,
                groups=base.groups | {s.key: [100, 0.3] for s in accepted[:number]},
            )
        )
    return ModelVersion.objects.bulk_create(made, 100)


def _credits(versions: Sequence[ModelVersion], rng: random.Random) -> None:
    from bounty.models import Credit

    Credit.objects.bulk_create(
        [
            Credit(version=v, team_id=v.submission.team_id, points=rng.uniform(0.5, 3))
            for v in versions
            if v.submission is not None
        ],
        BATCH,
    )
