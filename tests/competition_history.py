"""A competition with a history, written as rows: what pages read, without judging anything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from bounty.core import artifacts
from bounty.models import (
    BoardRow,
    Competition,
    Credit,
    ModelVersion,
    Submission,
    Team,
)
from evaluator import artifacts as paths
from tests.world import World, new_team, new_user

DECLARED = {
    "small children": "AGE < 6",
    "old women": "SEX == 'female' and AGE >= 60",
    "men": "SEX == 'male'",
}
PATCHES = (
    ("AGE < 6", "people with age under 6", "small children see doctors for other reasons", 0.75),
    ("SEX == 'female' and AGE >= 60", "people with sex female and age 60 or over", "", 0.8),
    (
        "AGE < 12 and VISITS > 2",
        "people with age under 12 and visits over 2",
        "frequent young visitors",
        0.93,
    ),
)
REPAIR_AFTER = 3
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def write_history(world: World, teams: list[Team], *, patches: int = len(PATCHES)) -> None:
    """Accept patches by the teams in turn, confirm a finding of the last team, write board and credits."""
    competition, head = world.competition, world.base
    base = competition.versions.get(number=0)
    declared = {group.key: world.mask(DECLARED[group.name]) for group in competition.declared_groups.all()}
    ModelVersion.objects.filter(pk=base.pk).update(groups=_groups(world, head, declared))
    nodes: list[dict[str, Any]] = []
    for number in range(1, patches + 1):
        expression, words, description, right = PATCHES[(number - 1) % len(PATCHES)]
        team = teams[number % len(teams)]
        mask = world.mask(expression)
        submission = world.evaluated(
            team,
            mask,
            world.patch(mask, right, seed=number),
            expression=expression,
            words=words,
            description=description,
            state=Submission.State.ACCEPTED,
            decided_at=timezone.now() - timedelta(hours=30 - 2 * number),
        )
        head = np.where(mask, world.patch(mask, right, seed=number), head).astype(np.int16)
        declared[submission.key] = mask
        nodes = [*nodes, {"update": submission.key}]
        if number == REPAIR_AFTER:
            group = competition.declared_groups.get(name="small children")
            nodes.append({"repair": group.key, "target": 2})
        version = _version(world, number, head, nodes, submission, _groups(world, head, declared))
        Credit.objects.create(version=version, team=team, points=150.0 / number)
    add_finding(world, teams[-1])
    refresh_board(competition, teams)


def add_finding(world: World, team: Team, expression: str = "VISITS > 5 and AGE < 20") -> Submission:
    mask = world.mask(expression)
    return world.evaluated(
        team, mask, expression=expression, words="people with visits over 5 and age under 20",
        state=Submission.State.CONFIRMED, decided_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip


def refresh_board(competition: Competition, teams: list[Team], *, final: bool = False) -> None:
    for team in teams:
        points = sum(credit.points for credit in team.credits.all())
        BoardRow.objects.update_or_create(
            team=team,
            defaults={
                "competition": competition,
                "points": points or None,
                "reached_at": timezone.now() if points else None,
                "submissions": team.submissions.count(),
                "accepted": team.submissions.filter(state=Submission.State.ACCEPTED).count(),
                "findings": team.submissions.filter(state=Submission.State.CONFIRMED).count(),
                "team_loss": 0.2 if points else None,
                "final": final,
                "points_low": points * 0.8 if final else None,
                "points_high": points * 1.2 if final else None,
            },
        )


def _groups(world: World, head: np.ndarray, masks: dict[str, np.ndarray]) -> dict[str, list[float]]:
    practice = world.layout.rows_of("practice")
    wrong = (head != world.y)[practice]
    return {
        key: [int(mask[practice].sum()), float(wrong[mask[practice]].mean())] for key, mask in masks.items()
    }


def _version(
    world: World,
    number: int,
    head: np.ndarray,
    nodes: list[dict[str, Any]],
    submission: Submission,
    groups: dict[str, list[float]],
) -> ModelVersion:
    store, plan, key = artifacts.artifact_store(), world.layout, str(world.competition.key)
    wrong = head != world.y
    return ModelVersion.objects.create(
        competition=world.competition,
        number=number,
        nodes_json=nodes,
        submission=submission,
        groups=groups,
        predictions=store.write_array(paths.head(key, 1, number), head).to_json(),
        head_loss=store.write_array(paths.head_loss(key), wrong[: plan.public].astype(float)).to_json(),
        practice_loss=float(wrong[plan.rows_of("practice")].mean()),
        explore_loss=float(wrong[plan.rows_of("explore")].mean()),
    )


def put_under_embargo(finding: Submission) -> None:
    Submission.objects.filter(pk=finding.pk).update(embargo_until=timezone.now() + timedelta(days=3))


def add_final_places(competition: Competition, **points: float | None) -> None:
    """A team a name with its final points; each reached its points a minute after the one before."""
    for number, (name, earned) in enumerate(points.items()):
        team = new_team(competition, new_user(name), name.title())
        reached = NOON + timedelta(minutes=number)
        BoardRow.objects.create(
            competition=competition, team=team, points=earned, final=True, reached_at=reached
        )


def add_many_rows(world: World, teams: int, submissions: int, findings: int) -> None:
    """Teams with board rows and credits, submissions that were not shown, and confirmed findings."""
    competition = world.competition
    made = Team.objects.bulk_create(
        Team(competition=competition, name=f"Team {n}", slug=f"team-{n}", token=f"token-{n}")
        for n in range(teams)
    )
    BoardRow.objects.bulk_create(
        BoardRow(competition=competition, team=team, points=float(n), reached_at=timezone.now())
        for n, team in enumerate(made)
    )
    first = competition.submissions.count() + 1
    Submission.objects.bulk_create(
        Submission(
            competition=competition, team=made[n % teams], author=competition.organiser, number=first + n,
            group_kind="expression", expression=f"AGE < {n % 70}", patch_kind="fit", state="not_shown",
        )
        for n in range(submissions)
    )  # fmt: skip
    version = competition.head()
    Credit.objects.bulk_create(Credit(version=version, team=team, points=1.0) for team in made)
    for n in range(findings):
        add_finding(world, made[n], f"AGE < {20 + n}")
