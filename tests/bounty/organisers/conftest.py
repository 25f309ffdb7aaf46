"""Alice may make competitions; a small table lies in her hands."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission

from bounty.models import CompetitionDraft
from tests.bounty.organisers.organiser import Organiser


@pytest.fixture
def may_make(alice):
    alice.user_permissions.add(Permission.objects.get(codename="add_competition"))
    return type(alice).objects.get(pk=alice.pk)


@pytest.fixture
def organiser(may_make, sent) -> Organiser:
    return Organiser(may_make)


@pytest.fixture
def draft(organiser) -> CompetitionDraft:
    found = organiser.start()
    # Otherwise which rows are left out of certification would differ from run to run.
    found.seed = 3
    found.save()
    return found


@pytest.fixture
def made(organiser, draft):
    """A draft competition that Alice made on these pages."""
    return organiser.make(organiser.fill(draft))
