"""Who is told what, and in which ways."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from bounty.adjudication import judge
from bounty.competitions import phases
from bounty.models import Competition, Follow, Notice, Participation, Role
from bounty.moderation import decisions
from bounty.notifications import events, notify_users, recipients
from bounty.people import teams
from bounty.permissions import rules
from bounty.submissions import submit
from bounty.workers.sweep import release_overdue_holds
from tests.new_submissions import FINDING
from tests.world import new_team, new_user


def say(to, competition=None, kind="announcement", **changes):
    given = {"subject": "Hello", "body": "More.", "url": "/words/"} | changes
    notify_users(kind, to=to, competition=competition, **given)


def subjects(user):
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("subject", flat=True))


def test_everybody_named_is_told_once(bob, charlie, competition):
    say([bob, charlie, bob], competition)
    assert subjects(bob) == subjects(charlie) == ["Hello"]


def test_nobody_is_told_of_a_competition_that_they_may_not_see(make, bob, charlie, mallory):
    competition = make(visibility="invitation").competition
    Participation.objects.create(competition=competition, user=bob, invited=True)
    say([bob, charlie, mallory], competition)
    assert (subjects(bob), subjects(charlie), subjects(mallory)) == (["Hello"], [], [])


@pytest.mark.parametrize("visibility", ["public", "invitation"])
@pytest.mark.parametrize("status", Competition.Status.values)
@pytest.mark.parametrize("rehearsal", [False, True])
def test_many_are_asked_by_the_same_rule_as_one(
    make, alice, bob, charlie, mallory, visibility, status, rehearsal
):
    competition = make(visibility=visibility, status=status, rehearsal=rehearsal).competition
    Participation.objects.create(competition=competition, user=bob)
    Role.objects.create(competition=competition, user=charlie, kind="moderator")
    root = new_user("root")
    root.is_superuser = True
    root.save()
    people = [alice, bob, charlie, mallory, root]
    told = recipients.permitted_users(people, competition)
    assert told == [user for user in people if rules.can_view(user, competition)]


def test_what_a_person_may_no_longer_see_is_gone_from_their_list(make, bob):
    competition = make(visibility="invitation").competition
    entry = Participation.objects.create(competition=competition, user=bob)
    say([bob], competition)
    assert Notice.objects.for_reader(bob).count() == 1
    entry.delete()
    assert Notice.objects.for_reader(bob).count() == 0


def test_a_closed_account_is_told_nothing(bob):
    bob.is_active = False
    bob.save()
    say([bob])
    assert subjects(bob) == []


def test_what_is_wanted_nowhere_is_not_written(bob, prefer):
    prefer(bob, "announcement", mail="off", on_site=False)
    say([bob])
    assert subjects(bob) == []


@pytest.mark.parametrize(("mail", "state"), [("off", "none"), ("now", "waiting"), ("daily", "digest")])
def test_mail_is_what_a_person_chose(bob, prefer, mail, state):
    prefer(bob, "announcement", mail=mail)
    say([bob])
    assert Notice.objects.get().mail == state


def test_without_an_address_there_is_no_mail(bob):
    bob.email = ""
    bob.save()
    say([bob])
    assert Notice.objects.get().mail == "none"


def test_an_unknown_kind_is_refused(bob):
    with pytest.raises(ValueError, match="gossip"):
        say([bob], kind="gossip")


def test_a_long_subject_becomes_one_short_line(bob):
    say([bob], subject="one\ntwo " + "x" * 400)
    (subject,) = subjects(bob)
    assert subject.startswith("one two xxx") and len(subject) == 200 and subject.endswith("…")


def test_what_is_taken_back_was_never_told(bob, sent):
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        say([bob])
        raise Undone
    assert subjects(bob) == []
    assert sent == []


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_woken_only_where_something_goes_out_at_once(bob, prefer, sent):
    prefer(bob, "announcement", mail="daily")
    say([bob])
    assert sent == []
    prefer(bob, "announcement", mail="now")
    say([bob])
    assert sent == [("bounty.send_notices", {}, "notices")]


def test_hundreds_of_followers_are_told_in_a_few_queries(competition, django_assert_max_num_queries, db):
    people = [new_user(f"reader{number}") for number in range(120)]
    with django_assert_max_num_queries(6):
        say(people, competition)
    assert Notice.objects.count() == 120


# --- events ----------------------------------------------------------------------------------------------------------
def accept(world, team):
    young = world.mask("AGE < 6")
    submission = world.evaluated(team, "AGE < 6", world.patch(young), words="age below 6")
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state == "accepted"
    events.notify_accepted_patches(timezone.now())
    events.notify_accepted_patches(timezone.now())
    return submission


def test_an_accepted_patch_is_told_to_its_team_and_to_followers(world, bobs, bob, charlies, charlie, mallory):
    submission = accept(world, bobs)
    (verdict,) = Notice.objects.filter(user=bob)
    assert (verdict.kind, verdict.subject) == ("verdict", "#1: accepted")
    assert verdict.body == submission.verdict.sentence
    (news,) = Notice.objects.filter(user=charlie)
    assert (news.kind, news.subject) == ("accepted", "Bob's Builders improved the model for age below 6")
    assert news.url == submission.get_absolute_url()
    assert subjects(mallory) == []


def test_who_stopped_following_hears_no_more(world, bobs, charlies, charlie, mallory):
    Follow.objects.create(user=charlie, competition=world.competition, on=False)
    Follow.objects.create(user=mallory, competition=world.competition, on=True)
    accept(world, bobs)
    assert subjects(charlie) == []
    assert len(subjects(mallory)) == 1


def test_who_stopped_following_hears_of_no_phase_either(world, bobs, charlies, bob, charlie, alice):
    Follow.objects.create(user=charlie, competition=world.competition, on=False)
    phases.change_phase(world.competition, "pause", alice)
    assert subjects(bob) == ["“Who sees a doctor” is paused"]
    assert subjects(charlie) == []


def test_news_that_a_worker_comes_to_late_is_still_told_and_old_news_is_not(world, bobs, charlies, charlie):
    judge.judge_submission(world.evaluated(bobs, "AGE < 6", world.patch(world.mask("AGE < 6"))).pk)
    assert subjects(charlie) == []
    events.notify_accepted_patches(timezone.now() + timedelta(days=3))
    assert subjects(charlie) == []
    events.notify_accepted_patches(timezone.now() + timedelta(hours=30))
    assert len(subjects(charlie)) == 1


def test_a_rebuilt_list_is_no_news(world, bobs, charlies, charlie, alice):
    first = accept(world, bobs)
    old = world.mask("SEX == 'female' and AGE >= 60")
    judge.judge_submission(world.evaluated(bobs, old, world.patch(old), expression="AGE >= 60").pk)
    events.notify_accepted_patches(timezone.now())
    before = subjects(charlie)
    decisions.disqualify_submission(first, "Copied.", alice)
    events.notify_accepted_patches(timezone.now())
    assert subjects(charlie) == before and len(before) == 2


def test_a_confirmed_finding_is_told_to_its_own_team_only(world, bobs, bob, charlies, charlie):
    submission = world.evaluated(bobs, "AGE < 6")
    judge.judge_submission(submission.pk)
    assert [n.kind for n in Notice.objects.filter(user=bob)] == ["verdict"]
    assert subjects(charlie) == []


def test_a_verdict_that_fails_tells_nobody(world, bobs, bob, monkeypatch):
    def broken(*_):
        raise RuntimeError("no chain")

    monkeypatch.setattr(judge.chain_log, "record_verdict", broken)
    submission = world.evaluated(bobs, "AGE < 6")
    with pytest.raises(RuntimeError, match="no chain"):
        judge.judge_submission(submission.pk)
    assert subjects(bob) == []


def test_a_held_submission_is_told_to_the_team(make, bob):
    competition = make(moderation="all").competition
    submit.create_submission(competition, new_team(competition, bob, "Bob's"), bob, FINDING)
    assert subjects(bob) == ["#1 waits for a moderator"]


def test_what_nobody_decided_in_time_is_told(world, bobs, bob):
    submission = world.submission(bobs, hold="held", held_at=timezone.now() - timedelta(hours=49))
    release_overdue_holds(timezone.now())
    assert subjects(bob) == ["#1 is judged now"]
    assert submission.hold == "held"


def test_a_team_hears_who_comes_and_who_goes(world, bobs, bob, charlie):
    teams.join_team(charlie, bobs)
    teams.leave_team(charlie, bobs)
    assert subjects(bob) == ["charlie joined Bob's Builders", "charlie left Bob's Builders"]
    assert subjects(charlie) == []


def test_the_last_day_is_told_once_for_each_date(world, bobs, bob):
    now = timezone.now()
    competition = world.competition
    Competition.objects.filter(pk=competition.pk).update(closes_at=now + timedelta(hours=30))
    events.remind_of_closing(now)
    assert subjects(bob) == []
    Competition.objects.filter(pk=competition.pk).update(closes_at=now + timedelta(hours=20))
    events.remind_of_closing(now)
    events.remind_of_closing(now)
    assert subjects(bob) == ["“Who sees a doctor” closes within a day"]
    Competition.objects.filter(pk=competition.pk).update(closes_at=now + timedelta(hours=23))
    events.remind_of_closing(now)
    assert len(subjects(bob)) == 2
