"""A competition small enough for a test, built from the same parts as a real one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pandas as pd
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.text import slugify

from bounty.core import artifacts
from bounty.models import (
    CertificationBlock,
    Competition,
    DeclaredGroup,
    ModelVersion,
    Outcome,
    Participation,
    Submission,
    Team,
    TeamMember,
)
from bounty.shared_model import arrays as version_arrays
from evaluator import artifacts as paths
from evaluator.decision_list.parts import Part
from evaluator.losses import Loss
from evaluator.splits import Layout
from tests.world_tables import SCHEMA, SIZES, draw, layout, store_tables

CHILDREN = "AGE < 6"
BLOCKS = (1, 2)
OLD_WOMEN = "SEX == 'female' and AGE >= 60"


@dataclass
class World:
    """The competition, and what only the test may see at once: all rows and all labels, in the layout's order."""

    competition: Competition
    X: pd.DataFrame
    y: np.ndarray
    base: np.ndarray
    place: int = 0  # among the test's competitions

    @property
    def layout(self) -> Layout:
        return self.competition.layout

    def mask(self, expression: str) -> np.ndarray:
        """bool over all rows, of a trusted expression in pandas' words."""
        return self.X.eval(expression).to_numpy(dtype=bool)

    def patch(self, mask: np.ndarray, right: float = 0.9, seed: int = 0) -> np.ndarray:
        """Predictions that are right for that share of the group's rows; 0 elsewhere."""
        hit = np.random.default_rng(seed).random(len(self.y)) < right
        return np.where(mask, np.where(hit, self.y, 1 - self.y), 0).astype(np.int16)

    def submission(self, team: Team, **fields: Any) -> Submission:
        """A row as bounty.submissions.submit leaves it."""
        number = self.competition.submissions.count() + 1
        member = team.members.select_related("user").first()
        given = {
            # Noise is keyed by it: the same in every run.
            "id": UUID(int=(self.place << 64) + number),
            "author": member.user if member else self.competition.organiser,
            "group_kind": "expression",
            "expression": "AGE < 6",
            "patch_kind": "fit",
            "learner": "tree",
        } | fields
        return Submission.objects.create(
            competition=self.competition,
            team=team,
            number=number,
            queued_at=timezone.now(),
            **given,
        )

    def evaluated(
        self,
        team: Team,
        mask: np.ndarray | str,
        predictions: np.ndarray | None = None,
        **fields: Any,
    ) -> Submission:
        """A submission with its arrays, ready to be judged; without predictions it is a finding."""
        if isinstance(mask, str):
            fields.setdefault("expression", mask)
            mask = self.mask(mask)
        kind = "fit" if predictions is not None else "none"
        submission = self.submission(team, **{"state": "judging", "patch_kind": kind} | fields)
        self.store_outcome(submission, mask, predictions)
        return submission

    def good_patch(self, team: Team, group: str = CHILDREN, seed: int = 0) -> Submission:
        """A patch that is right for 9 of 10 of the group, ready to be judged."""
        mask = self.mask(group)
        return self.evaluated(team, mask, self.patch(mask, seed=seed), expression=group)

    def confirm(self, finding: Submission) -> None:
        """Confirm a finding that is worse on practice rows, as its certification query would, and tell no chain."""
        assert finding.move(Submission.State.WORSE, Submission.State.CONFIRMED, confirmed_at=timezone.now())

    def store_outcome(
        self, submission: Submission, mask: np.ndarray, predictions: np.ndarray | None
    ) -> Outcome:
        return Outcome.objects.create(
            submission=submission,
            attempt=submission.attempt,
            arrays=stored_arrays(submission, mask, predictions),
        )


def stored_arrays(
    submission: Submission, mask: np.ndarray, predictions: np.ndarray | None
) -> dict[str, dict[str, Any]]:
    """Write what evaluation would write, and name it as its report does."""
    arrays = {"mask": mask} | ({} if predictions is None else {"predictions": predictions})
    return {
        name: artifacts.artifact_store()
        .write_array(paths.outcome(str(submission.pk), submission.attempt, f"{name}.npy"), array)
        .to_json()
        for name, array in arrays.items()
    }


def new_user(name: str) -> User:
    return User.objects.create_user(name, f"{name}@example.org", "correct horse battery")


def new_team(competition: Competition, user: User, name: str, *, terms: bool = True) -> Team:
    """A team of one; the person entered and accepted the terms unless told otherwise."""
    team = Team.objects.create(competition=competition, name=name, slug=slugify(name))
    TeamMember.objects.create(team=team, competition=competition, user=user)
    Participation.objects.update_or_create(
        competition=competition, user=user, defaults={"accepted_terms_at": timezone.now() if terms else None}
    )
    return team


def make_world(
    organiser: User,
    *,
    labels: str = "signal",
    learnable: bool = False,
    declared: dict[str, str] | None = None,
    seed: int = 7,
    **fields: Any,
) -> World:
    """An open competition. The base model is right for 9 of 10, but for 3 of 10 under six and women over 60.

    `labels="coin flips"` leaves nothing to be learnt. `learnable`: the base model is the constant 0, which is
    right for 9 of 10, and the label of children under six follows VISITS > 2.
    `declared`: name -> expression in pandas' words.
    """
    drawn, plan = draw(labels, learnable, seed), layout()
    base_json: dict[str, Any] = {}
    key = uuid4()
    store = artifacts.artifact_store()
    if learnable:
        constant = store.write_bytes(paths.base_model(str(key), ".json"), Part.constant(0).content)
        base_json = {"kind": "constant", "words": "always 0", **constant.to_json()}
    competition = Competition.objects.create(
        **{
            "key": key,
            "slug": f"doctors-{key.hex[:8]}",
            "title": "Who sees a doctor",
            "summary": "A model fails small children.",
            "organiser": organiser,
            "status": Competition.Status.OPEN,
            "moderation": Competition.Moderation.NONE,
            "schema_json": SCHEMA.to_json(),
            "loss_json": Loss("zero_one").to_json(),
            "layout_json": plan.to_json(),
            "base_json": base_json,
            "tables_json": store_tables(str(key), drawn),
            "target_gain": 0.05,
            "fixed_blocks": len(BLOCKS),
            "noise_scale": 0.0,  # the table's rows are declared to be no people: figures are exact
            "noise_secret": "ab" * 32,
            **fields,
        }
    )
    place = Competition.objects.count()
    world = World(competition, drawn.X.copy(), drawn.y.copy(), drawn.base.copy(), place)
    _add_blocks(competition)
    _declare(world, declared or {})
    _publish_base(world)
    return world


def _add_blocks(competition: Competition) -> None:
    for number in BLOCKS:
        CertificationBlock.objects.create(
            competition=competition,
            number=number,
            rows=SIZES[f"certification-{number}"],
            state=CertificationBlock.State.OPEN if number == 1 else CertificationBlock.State.WAITING,
        )


def _declare(world: World, declared: dict[str, str]) -> None:
    competition = world.competition
    for position, (name, expression) in enumerate(declared.items()):
        group = DeclaredGroup.objects.create(
            competition=competition, name=name, expression=expression, position=position
        )
        path = f"heads/{competition.key}/declared-{group.pk}.npy"
        group.mask = artifacts.artifact_store().write_array(path, world.mask(expression)).to_json()
        group.save(update_fields=["mask"])


def _publish_base(world: World) -> None:
    key, plan, store = str(world.competition.key), layout(), artifacts.artifact_store()
    wrong = world.base != world.y
    ModelVersion.objects.create(
        competition=world.competition,
        number=0,
        predictions=store.write_array(paths.head(key, 1, 0), world.base).to_json(),
        head_loss=store.write_array(paths.head_loss(key), wrong[: plan.public].astype(float)).to_json(),
        practice_loss=float(wrong[plan.rows_of("practice")].mean()),
        explore_loss=float(wrong[plan.rows_of("explore")].mean()),
        groups=version_arrays.group_losses(
            version_arrays.load_declared_groups(world.competition),
            version_arrays.load_practice(world.competition),
            world.base,
        ),
    )
