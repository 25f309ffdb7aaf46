"""Failures on secret rows, by the rule of 2026-11, are counted by a column, never by what is said of them."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from bounty.ledger import allowance, blocks
from bounty.models import Submission
from tests.bounty.ledger.test_allowance import fail_on_secret

pytestmark = [pytest.mark.django_db, pytest.mark.rule_2026_11]

State = Submission.State


@pytest.fixture
def migrate():
    """The step of the data migration, on rows as the code before it left them."""
    step = import_module("bounty.migrations.0015_failed_on_secret_rows").mark_failures

    class Editor:
        pass

    Editor.connection = connection
    return lambda: step(apps, Editor)


def test_a_failure_on_secret_rows_is_counted_whatever_is_said_of_it(world, bobs, sent):
    failed = fail_on_secret(world, bobs)
    assert failed.failed_on_secret_rows
    Submission.objects.update(error_detail="Otra frase.")
    assert allowance.count_failures_on_secret(bobs) == 1


def test_a_failure_on_public_rows_is_not_counted_for_the_same_words(world, bobs):
    world.submission(bobs, state=State.FAILED, error_class="crashed", error_detail=blocks.ON_SECRET)
    assert allowance.count_failures_on_secret(bobs) == 0


def test_only_the_failing_team_is_counted(world, bobs, charlies, sent):
    fail_on_secret(world, bobs)
    assert (allowance.count_failures_on_secret(bobs), allowance.count_failures_on_secret(charlies)) == (1, 0)


def test_a_failure_of_before_the_column_is_marked_by_its_sentence(world, bobs, migrate):
    world.submission(bobs, state=State.FAILED, error_class="no_result", error_detail=blocks.ON_SECRET)
    migrate()
    assert Submission.objects.get().failed_on_secret_rows
    assert allowance.count_failures_on_secret(bobs) == 1


def test_other_failures_of_before_the_column_are_not_marked(world, bobs, migrate):
    world.submission(bobs, state=State.FAILED, error_class="crashed", error_detail="ValueError: no result")
    world.submission(bobs, state=State.ERROR, error_detail=blocks.ON_SECRET)
    migrate()
    assert not Submission.objects.filter(failed_on_secret_rows=True).exists()
