"""What strangers may read of submissions, and what one person sees of one submission.

A superuser who competes sees of rivals what rivals see; one who does not sees everything.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import timezone

from bounty.models import Submission
from bounty.permissions import visibility
from bounty.permissions.memberships import load_membership
from tests.world import new_team, new_user

State = Submission.State
EVERYTHING = ("bounty.see_submission", "bounty.see_source", "bounty.see_summary")


@pytest.fixture
def root():
    person = new_user("root")
    person.is_superuser = person.is_staff = True
    person.save()
    return person


@pytest.fixture
def competing(root, competition):
    new_team(competition, root, "Root's Roots")
    return root


@pytest.fixture
def secret(world, bobs):
    """Bob's confirmed finding, under an embargo."""
    return world.submission(
        bobs,
        patch_kind="none",
        state=State.CONFIRMED,
        embargo_until=timezone.now() + timedelta(days=3),
        description="families of one street",
    )


def page(user, submission):
    client = Client()
    client.force_login(user)
    return client.get(submission.get_absolute_url())


def test_a_superuser_who_does_not_compete_sees_everything(secret, root):
    assert all(visibility.may_see_submission(root, what, secret) for what in EVERYTHING)
    assert "one street" in page(root, secret).content.decode()


def test_a_superuser_who_competes_does_not_see_a_rivals_embargoed_finding(secret, competing):
    assert not any(visibility.may_see_submission(competing, what, secret) for what in EVERYTHING)
    assert "on a team" in visibility.competitor_refusal(competing, secret)
    assert page(competing, secret).status_code == 404


def test_nor_its_source_its_state_or_its_place_in_the_queue(secret, competing, competition):
    client = Client()
    client.force_login(competing)
    assert client.get(f"{secret.get_absolute_url()}group").status_code == 404
    assert client.get(f"/api/v1/competitions/{competition.slug}/submissions/{secret.pk}").status_code == 404
    assert "one street" not in client.get("/admin/bounty/submission/?queue=all").content.decode()
    refused = client.get(f"/admin/bounty/submission/{secret.pk}/change/")
    assert refused.status_code == 403
    assert "one street" not in refused.content.decode()


def test_the_queue_of_a_competition_in_which_they_do_not_compete_is_theirs(secret, root):
    client = Client()
    client.force_login(root)
    assert client.get(f"/admin/bounty/submission/{secret.pk}/change/").status_code == 200


def test_what_everybody_reads_they_read_too(secret, competing):
    Submission.objects.update(embargo_until=None)
    secret.refresh_from_db()
    assert visibility.may_see_submission(competing, "bounty.see_summary", secret)
    assert not visibility.may_see_submission(competing, "bounty.see_submission", secret)
    assert page(competing, secret).status_code == 200


def test_their_own_team_s_they_see_whole(world, competing, competition):
    own = world.submission(competition.teams.get(name="Root's Roots"))
    assert all(visibility.may_see_submission(competing, what, own) for what in EVERYTHING)


def test_in_a_rehearsal_nothing_counts_so_they_see_everything(secret, competing, competition):
    competition.rehearsal = True
    competition.save()
    secret.refresh_from_db()
    assert all(visibility.may_see_submission(competing, what, secret) for what in EVERYTHING)


def test_nobody_else_is_refused(secret, bob, mallory):
    assert visibility.competitor_refusal(bob, secret) == visibility.competitor_refusal(mallory, secret) == ""
    assert visibility.may_see_submission(bob, "bounty.see_submission", secret)
    assert not visibility.may_see_submission(mallory, "bounty.see_submission", secret)


# --- the public -------------------------------------------------------------------------------------------------------
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("hours", [None, -1, 0, 1])
def test_a_list_and_one_submission_are_publicly_visible_by_the_same_rule(world, bobs, state, hours):
    until = None if hours is None else NOW + timedelta(hours=hours)
    sent = world.submission(bobs, state=state, embargo_until=until)
    rows = Submission.objects.filter(pk=sent.pk)
    embargoed = hours == 1
    assert visibility.is_embargoed(sent, NOW) is embargoed
    assert visibility.not_embargoed(rows, NOW).exists() is not embargoed
    public = state in (State.ACCEPTED, State.WORSE, State.CONFIRMED) and not embargoed
    assert visibility.is_publicly_visible(sent, NOW) is public
    assert visibility.publicly_visible(rows, NOW).exists() is public


@pytest.mark.parametrize("permission", EVERYTHING)
def test_what_one_sees_of_a_submission_is_the_same_with_the_membership_passed(
    secret, permission, alice, bob, charlie, mallory, competing
):
    for user in (alice, bob, charlie, mallory, competing, AnonymousUser()):
        membership = load_membership(user, secret.competition)
        said = visibility.may_see_submission(user, permission, secret, membership)
        assert said == visibility.may_see_submission(user, permission, secret), user
        if user != competing:
            assert said == user.has_perm(permission, secret), user
