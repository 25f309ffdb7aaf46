"""A flipped byte in any stored file, and an edit in any column that verifying promises to cover, is found.

Columns come from the models themselves: whoever adds one has to say here why it need not be covered, or cover it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from bounty import verification
from bounty.adjudication import close
from bounty.core import artifacts
from bounty.models import (
    BoardRow,
    CertificationBlock,
    ChainEntry,
    Competition,
    Credit,
    DeclaredGroup,
    LedgerQuery,
    ModelVersion,
    Outcome,
    Submission,
    TeamVersion,
    Verdict,
)
from bounty.shared_model import publish
from bounty.verification import files

COVERED = (
    Competition,
    DeclaredGroup,
    CertificationBlock,
    Submission,
    Outcome,
    Verdict,
    LedgerQuery,
    ModelVersion,
    TeamVersion,
    Credit,
    BoardRow,
    ChainEntry,
)
# What is not covered, and why: {model: {reason: columns}}. Everything else is.
EXCLUDED: dict[type[models.Model], dict[str, set[str]]] = {
    Competition: {
        "words and pages": {
            "slug",
            "title",
            "summary",
            "description",
            "rules",
            "terms",
            "visibility",
            "rehearsal",
        },
        "who and when; the chain has its own dates": {"organiser", "opens_at", "closes_at", "created_at"},
        "which rows were drawn: the table itself is covered": {"copied_from"},
        "when it was closed; that it was is covered": {"final_opened_at"},
        "words of columns, which may be mended; the table itself is covered": {"schema_json"},
        "a forecast": {"plan_json", "preparation_error"},
        "bounds of what is sent; each verdict says what was left": {
            "submissions_per_day",
            "queries_per_team",
            "verdicts_per_person",
            "practice_failures_per_person",
            "max_upload_bytes",
            "moderation",
        },
        "who may look": {"show_sources", "open_model"},
    },
    DeclaredGroup: {"words; the mask is covered": {"expression", "position"}},
    CertificationBlock: {"nothing hangs on it": {"id", "retired_at"}},
    Submission: {
        "words; what was evaluated is covered": {
            "author",
            "description",
            "expression",
            "words",
            "supersedes",
        },
        "kinds of uploads, which are covered themselves": {"group_kind", "learner", "notices"},
        "on its way to a verdict": {
            "attempt",
            "stage",
            "lease_until",
            "queued_at",
            "started_at",
            "evaluated_at",
            "query_chance",
            "query_waits_since",
            "wants_gpu",
            "error_class",
            "error_detail",
            "quota_returned",
        },
        "bounds what people may still be told": {"verdicts_told"},
        "bounds what a team may still send; each charge is an entry of its own": {"failed_on_secret_rows"},
        "bounds what a person may still send": {"failed_on_practice_rows"},
        "moderation, which has a log of its own": {"hold", "hold_reason", "held_at", "moderator_reason"},
        "who may look": {"embargo_until"},
    },
    Outcome: {"what counts is that its arrays are named": {"id", "attempt", "received_at"}},
    Verdict: {"for pages": {"id", "decided_at", "team_version"}},
    LedgerQuery: {"nothing hangs on it": {"id", "asked_at"}},
    ModelVersion: {
        "nothing hangs on it": {"id", "created_at"},
        "one file that each version replaces, held against the versions themselves": {"head_loss"},
    },
    TeamVersion: {"nothing hangs on it": {"id", "created_at"}},
    Credit: {"nothing hangs on it": {"id"}},
    BoardRow: {"nothing hangs on it": {"id"}, "breaks ties only": {"reached_at"}},
    ChainEntry: {"nothing hangs on it": {"id", "created_at"}},
}


# Columns that only the present rule writes, or reads to decide.
OF_THE_PRESENT_RULE: dict[type[models.Model], set[str]] = {
    Competition: {"fixed_blocks", "unit_rows", "noise_scale", "noise_secret"},
    CertificationBlock: {"retests_json"},
    LedgerQuery: {"symbol", "chance", "log_probability", "test", "bet_weight"},
}


@pytest.fixture(params=["played", "played_present"])
def closed(db, request):
    """A closed competition by the rule of 2026-11, and one by the present rule."""
    played = request.getfixturevalue(request.param)
    close.close_competition(played.competition, timezone.now())
    assert found(played) == ""
    return played


def found(world: Any) -> str:
    """The difference, or "" where there is none. Nothing comes from memory."""
    artifacts._arrays = artifacts.ArrayCache(artifacts.ARRAY_CACHE_BYTES)
    try:
        verification.verify_competition(Competition.objects.get(pk=world.competition.pk))
    except verification.Difference as difference:
        return str(difference)
    return ""


def test_a_flipped_byte_in_any_file_is_found(closed):
    rng, competition = random.Random(5), Competition.objects.get(pk=closed.competition.pk)
    paths = {stored.path for stored, _ in files._list_stored_files(competition)}
    paths.add(publish.head_loss_path(competition))
    kinds = {path.split("/")[0] for path in paths}
    assert kinds == {"features", "labels", "heads", "outcomes"} and len(paths) > 25
    for path in sorted(paths):
        place = artifacts.artifact_store().local_path(path)
        whole = place.read_bytes()
        flipped = bytearray(whole)
        flipped[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        place.chmod(0o640)
        place.write_bytes(bytes(flipped))
        assert path in found(closed)
        place.write_bytes(whole)
    assert found(closed) == ""


def test_an_edit_in_any_covered_column_is_found(closed):
    rng, missed = random.Random(6), []
    for model in COVERED:
        # The competition that is verified is the one that its id names.
        excluded = {"id"} if model is Competition else set()
        excluded |= {name for names in EXCLUDED.get(model, {}).values() for name in names}
        if closed.competition.rule_version == 1:
            excluded |= OF_THE_PRESENT_RULE.get(model, set())
        columns = {field.name: field for field in model._meta.concrete_fields}
        assert excluded <= set(columns), f"{model.__name__} has no {excluded - set(columns)}"
        for name in sorted(set(columns) - excluded):
            row = rng.choice(list(model.objects.order_by("pk")))
            with transaction.atomic():
                if edited(row, columns[name], rng) and not found(closed):
                    missed.append(f"{model.__name__}.{name}")
                transaction.set_rollback(True)
    assert found(closed) == ""
    assert missed == []


def edited(row: models.Model, field: models.Field[Any, Any], rng: random.Random) -> bool:
    """Give that row alone another value of the column's own type. False where the database itself refuses it."""
    try:
        with transaction.atomic():
            rows = type(row)._base_manager.filter(pk=row.pk)
            return bool(rows.update(**{field.attname: other(row, field, rng)}))
    except IntegrityError:
        return False


def other(row: models.Model, field: models.Field[Any, Any], rng: random.Random) -> Any:
    value = getattr(row, field.attname)
    if isinstance(field, models.ForeignKey):
        others = field.related_model._base_manager.exclude(pk=value).order_by("pk")
        return others.values_list("pk", flat=True).first() or value + 1000
    if field.choices:
        return next(choice for choice, _ in field.choices if choice != value)
    changes: list[tuple[Any, Callable[[Any], Any]]] = [
        (models.JSONField, lambda v: changed(v, rng)),
        (models.BooleanField, lambda v: not v),
        (models.IntegerField, lambda v: (v or 0) + 1000),
        (models.FloatField, lambda v: (v or 0.0) + 0.125),
        (models.DateTimeField, lambda v: (v or timezone.now()) + timedelta(seconds=1)),
        ((models.CharField, models.TextField), lambda v: flipped(v, rng)),
        (models.UUIDField, lambda v: type(v)(int=v.int ^ 1 << rng.randrange(100))),
    ]
    change = next(change for kinds, change in changes if isinstance(field, kinds))
    return change(value)


def flipped(text: str, rng: random.Random) -> str:
    """One character is another one."""
    if not text:
        return "x"
    place = rng.randrange(len(text))
    return text[:place] + ("y" if text[place] != "y" else "z") + text[place + 1 :]


def changed(value: Any, rng: random.Random) -> Any:
    """Another value somewhere in a JSON value."""
    if isinstance(value, dict) and value:
        key = rng.choice(sorted(set(value) - {"size"}))  # for pages; the digest says what the file is
        return value | {key: changed(value[key], rng)}
    if isinstance(value, list) and value:
        place = rng.randrange(len(value))
        return [*value[:place], changed(value[place], rng), *value[place + 1 :]]
    if isinstance(value, str):
        return flipped(value, rng)
    return 7 if value in (None, {}, []) else value + 1
