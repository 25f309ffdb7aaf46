"""Allowances belong to people: leaving, founding and passing members through one team gain nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bounty.core.errors import Refusal
from bounty.ledger import allowance
from bounty.models import LedgerQuery, Submission, Team
from bounty.people import teams
from bounty.submissions import submit
from bounty.submissions.submit import NewSubmission
from tests.new_submissions import FINDING
from tests.world import World, new_team

State = Submission.State


@pytest.fixture
def world(make, sent) -> World:
    return make(noise_scale=2.0, submissions_per_day=2, queries_per_team=3, verdicts_per_person=3)


@pytest.fixture
def bobs(world, bob) -> Team:
    return new_team(world.competition, bob, "Bobs")


def asked(world: World, team: Team, author, *symbols: str) -> Submission:
    """A submission of this author whose queries were answered so."""
    submission = world.submission(team, state=State.NOT_SHOWN, author=author)
    for symbol in symbols:
        LedgerQuery.objects.create(
            block=world.competition.open_block(),
            submission=submission,
            number=LedgerQuery.objects.count() + 1,
            accepted_before=0,
            log_inverse_delta=4.0,
            passed=symbol == "A",
            symbol=symbol,
            chance=0.7,
        )
    return submission


def found_another(world: World, person, old: Team, heir) -> Team:
    """The person leaves a team, which somebody else stays in, and founds one."""
    if not old.members.filter(user=heir).exists():
        teams.accept_terms(heir, world.competition, timezone.now())
        teams.join_team(heir, old)
    teams.leave_team(person, old)
    return teams.create_team(person, world.competition, f"{person.username} anew")


def test_who_leaves_and_founds_another_takes_the_queries_along(world, bobs, bob, charlie):
    asked(world, bobs, bob, "R", "A")
    assert allowance.queries_left(bobs) == 1
    anew = found_another(world, bob, bobs, charlie)
    assert allowance.queries_left(anew) == 1
    assert allowance.queries_left(bobs) == 1, "and what the team sent stays with the team"


def test_passing_members_through_one_team_gains_nothing(world, bobs, bob, charlie, mallory):
    for person in (bob, charlie, mallory):
        if person != bob:
            teams.accept_terms(person, world.competition, timezone.now())
            teams.join_team(person, bobs)
        asked(world, bobs, person, "R")
    assert allowance.queries_left(bobs) == 0


def test_what_a_new_member_used_elsewhere_counts_for_the_team(world, bobs, charlie, mallory):
    charlies = new_team(world.competition, charlie, "Charlies")
    asked(world, charlies, charlie, "R", "R")
    teams.accept_terms(mallory, world.competition, timezone.now())
    teams.join_team(mallory, charlies)
    teams.leave_team(charlie, charlies)
    assert allowance.queries_left(bobs) == 3
    teams.join_team(charlie, bobs)
    assert allowance.queries_left(bobs) == 1


def test_a_query_is_left_out_where_the_state_before_it_is_asked_for(world, bobs, bob):
    submission = asked(world, bobs, bob, "R")
    assert allowance.queries_left(bobs, bob.pk, but=submission.queries.get()) == 3


def test_the_submissions_of_a_day_go_along(world, bobs, bob, charlie):
    for _ in range(2):
        submit.create_submission(world.competition, bobs, bob, FINDING)
    anew = found_another(world, bob, bobs, charlie)
    with pytest.raises(Refusal, match="One of you has sent the 2 submissions of 24 hours for another team"):
        submit.create_submission(world.competition, anew, bob, FINDING)
    assert allowance.daily_quota(anew, timezone.now() + timedelta(hours=25)).left == 2


def test_the_quota_of_a_team_is_not_that_of_its_members_alone(world, bobs, bob, charlie):
    teams.accept_terms(charlie, world.competition, timezone.now())
    teams.join_team(charlie, bobs)
    submit.create_submission(world.competition, bobs, bob, FINDING)
    submit.create_submission(world.competition, bobs, charlie, FINDING)
    with pytest.raises(Refusal, match="Your team has used its 2 submissions"):
        submit.create_submission(world.competition, bobs, charlie, FINDING)


def test_noised_verdicts_have_a_ceiling_that_goes_along(world, bobs, bob, charlie):
    world.competition.submissions_per_day = 50
    world.competition.save()
    Submission.objects.filter(pk=asked(world, bobs, bob).pk).update(verdicts_told=2)
    assert allowance.verdicts_left(bobs) == 1
    submit.create_submission(world.competition, bobs, bob, FINDING)
    assert allowance.verdicts_left(bobs) == 0, "one on its way counts as told"
    with pytest.raises(Refusal, match="3 verdicts about secret practice rows"):
        submit.create_submission(world.competition, bobs, bob, NewSubmission(expression="AGE < 7"))
    anew = found_another(world, bob, bobs, charlie)
    assert allowance.verdicts_left(anew) == 0


@pytest.mark.parametrize("fields", [{"rule_version": 1}, {"rule_version": 2, "noise_scale": 0.0}])
def test_figures_without_noise_have_no_ceiling(make, bob, sent, fields):
    world = make(**fields)
    bobs = new_team(world.competition, bob, "Bobs")
    submission = world.submission(bobs)
    allowance.count_verdict_told(submission)
    submission.refresh_from_db()
    assert allowance.verdicts_left(bobs) is None and submission.verdicts_told == 0


@pytest.mark.parametrize(
    ("symbols", "gate"),
    [("", 0.7), ("A", 0.7), ("R", 0.8), ("H", 0.8), ("RA", 0.8), ("RR", 0.9), ("RHR", 0.95), ("RRRRR", 0.95)],
)
def test_the_gate_rises_with_each_refused_query_and_stays(world, bobs, bob, symbols, gate):
    world.competition.gate_chance = 0.7
    world.competition.save()
    submission = asked(world, bobs, bob, *symbols)
    assert allowance.gate_chance_for(submission) == gate


def test_the_gate_goes_along_into_another_team(world, bobs, bob, charlie):
    asked(world, bobs, bob, "R", "R")
    anew = found_another(world, bob, bobs, charlie)
    assert allowance.gate_chance_for(world.submission(anew, author=bob)) == 0.9


def test_an_organiser_s_higher_gate_stays_higher(world, bobs, bob):
    world.competition.gate_chance = 0.92
    world.competition.save()
    assert allowance.gate_chance_for(asked(world, bobs, bob, "R")) == 0.92


def test_the_rule_of_2026_11_keeps_its_gate(make, bob):
    world = make(rule_version=1, gate_chance=0.5)
    bobs = new_team(world.competition, bob, "Bobs")
    assert allowance.gate_chance_for(asked(world, bobs, bob, "R", "R")) == 0.5
