"""The demo's competition: RAND's by default, or one from any table."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from bounty.competitions import base_models, example_table, phases, table_storage
from bounty.competitions.create import create_competition
from bounty.core.artifacts import artifact_store, read_array, read_public_table
from bounty.demo.entries import Entry, rand_entries, slice_entries
from bounty.demo.people import MODERATOR, ORGANISER, TEAMS
from bounty.models import Competition, Role
from bounty.people import teams
from evaluator.slice_search.trees import worst_slices
from evaluator.tables import read_table

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# Units (people): small enough to answer at once, large enough to certify a patch of a tenth of them.
RAND_SIZES = {"train": 1500, "explore": 250, "practice": 1000, "certification": 2750, "final": 412}
SLICES = 24
# A block of so few people would be retired after its first query at the default.
TARGET_GAIN = 0.05
# The demo is to end the same way every time; its rows are no secret.
SEED = 0


def build_rand(slug: str, people: Mapping[str, User]) -> Competition:
    """A competition from the RAND table."""
    base = base_models.FittedBase(learner="boosting", where=example_table.BASE_WHERE)
    return create_competition(
        example_table.read_example_table(),
        organiser=people[ORGANISER],
        slug=slug,
        title=example_table.TITLE,
        summary=example_table.SUMMARY,
        description=example_table.DESCRIPTION,
        rules=example_table.RULES,
        terms=example_table.TERMS,
        label=example_table.LABEL,
        unit=example_table.UNIT,
        meanings=example_table.MEANINGS,
        declared=example_table.DECLARED_GROUPS,
        base=base,
        sizes=RAND_SIZES,
        seed=SEED,
        settings={
            "moderation": Competition.Moderation.FLAGGED,
            "open_model": True,
            "target_gain": TARGET_GAIN,
        },
    )


def build_from_table(
    slug: str, people: Mapping[str, User], path: Path, label: str, unit: str | None
) -> Competition:
    """A competition from any CSV or Parquet file: a shallow tree as the base, so that there is something to find.

    Raises evaluator.errors.TableError naming the column and the first offending row.
    """
    return create_competition(
        read_table(path),
        organiser=people[ORGANISER],
        slug=slug,
        title=f"Where does a model of {label} fail?",
        summary=f"A shallow tree answers {label} for everybody in {path.name}: find whom it fails.",
        label=label,
        unit=unit,
        base=base_models.FittedBase(learner="tree"),
        seed=SEED,
        settings={
            "moderation": Competition.Moderation.FLAGGED,
            "open_model": True,
            "target_gain": TARGET_GAIN,
        },
    )


def open_with_teams(competition: Competition, people: Mapping[str, User]) -> None:
    """Open the competition, with a moderator and every team in it."""
    Role.objects.get_or_create(competition=competition, user=people[MODERATOR], kind=Role.Kind.MODERATOR)
    for name, team_name in TEAMS.items():
        teams.accept_terms(people[name], competition, timezone.now())
        team = competition.teams.filter(name=team_name).first()
        if team is None:
            teams.create_team(people[name], competition, team_name)
        else:
            teams.join_team(people[name], team)
    phases.change_phase(competition, "open", people[ORGANISER])


def demo_entries(competition: Competition, *, story: bool) -> list[Entry]:
    """Submissions that the teams will send, made from the public rows alone."""
    public = read_public_table(competition)
    schema = competition.schema
    X = schema.conform(public)
    if story:
        train = competition.layout.rows_of("train")
        codes = schema.encode_label(public[schema.label.name].iloc[train])
        return rand_entries(X.iloc[train].reset_index(drop=True), codes)
    loss = read_array(competition.head().stored_head_loss)
    return slice_entries(worst_slices(X, loss, schema, SLICES), list(TEAMS))


def remove_competition(competition: Competition) -> None:
    """Delete a demo competition with everything that was sent to it. Only ever called on the demo's own."""
    keys = [str(key) for key in competition.submissions.values_list("pk", flat=True)]
    with transaction.atomic():
        competition.versions.all().delete()  # protects its submissions
        competition.delete()
    for key in keys:
        for folder in ("submissions", "outcomes"):
            shutil.rmtree(artifact_store().local_path(f"{folder}/{key}"), ignore_errors=True)
    table_storage.remove_artifacts(str(competition.key))
