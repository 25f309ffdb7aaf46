"""What people may try against each other: with names, links, and texts that were taken back."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from django.core import mail as box
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bounty.adjudication import judge
from bounty.core.errors import Refusal
from bounty.discussion import write
from bounty.exploration import suggestions
from bounty.models import Competition, CompetitionDraft, Invitation, Notice, NoticeKind, Team, TeamMember
from bounty.notifications import email
from bounty.people import teams
from bounty.permissions import rules
from tests.world import new_team, new_user


@pytest.fixture
def browser(mallory) -> Client:
    client = Client()
    client.force_login(mallory)
    return client


# --- names and addresses -----------------------------------------------------------------------------------------
def test_a_team_s_name_that_xml_cannot_hold_ends_nobody_s_feed(client, world, bobs):
    Team.objects.update(name="Bob\x01s\x0b \ufffe")
    judge.judge_submission(world.evaluated(bobs, "AGE < 6", world.patch(world.mask("AGE < 6"))).pk)
    assert world.competition.versions.count() == 2
    for address in (reverse("feed"), reverse("competition-feed", args=[world.competition.slug])):
        answer = client.get(address)
        assert answer.status_code == 200 and "Bob\ufffds" in answer.content.decode()
        ET.fromstring(answer.content)


def test_an_address_that_no_mail_can_have_holds_up_nobody_else(bob, charlie, monkeypatch):
    now = timezone.now()
    for user in (bob, charlie):
        Notice.objects.create(
            user=user, kind=NoticeKind.TEAM, subject="x", url="/", mail=Notice.Mail.WAITING, mail_after=now
        )
    bob.email = "bob@" + "b" * 70 + ".example"
    bob.save()
    send = email.EmailMessage.send

    def refuse(self, *args):
        if "bbbb" in self.to[0]:
            raise ValueError("label too long")
        return send(self, *args)

    monkeypatch.setattr(email.EmailMessage, "send", refuse)
    email.send_due_mails(now)
    assert [message.to for message in box.outbox] == [["charlie@example.org"]]


# --- teams -------------------------------------------------------------------------------------------------------
def test_of_two_links_at_once_one_lets_in_and_the_other_says_so(
    competition, bobs, charlies, mallory, monkeypatch
):
    monkeypatch.setattr(teams, "team_of", lambda *_: None)  # both requests looked before either wrote
    teams.join_team(mallory, bobs)
    with pytest.raises(Refusal, match="already"):
        teams.join_team(mallory, charlies)
    assert TeamMember.objects.get(user=mallory).team == bobs


# --- rehearsals --------------------------------------------------------------------------------------------------
@pytest.fixture
def rehearsed(make, alice, mallory):
    """A rehearsal, and the real competition that was made from it, in which Mallory takes part."""
    rehearsal, real = make(rehearsal=True).competition, make().competition
    CompetitionDraft.objects.create(owner=alice, seed=1, source=rehearsal, competition=real)
    new_team(real, mallory, "Mallory's")
    return rehearsal


def test_nobody_comes_into_a_rehearsal_once_the_real_one_is_made(rehearsed, browser, mallory, alice):
    """Rows that are public in the rehearsal, with their labels, are secret in the real one."""
    link = Invitation.objects.create(competition=rehearsed, uses_left=5)
    answer = browser.post(reverse("invitation", args=[link.token]))
    assert "This rehearsal is over" in answer.content.decode()
    link.refresh_from_db()
    assert link.uses_left == 5
    assert browser.get(reverse("data-download", args=[rehearsed.slug, "train.csv"])).status_code == 404
    assert "invitation" in rules.entry_refusal(mallory, rehearsed)
    assert rules.entry_refusal(alice, rehearsed) == ""


def test_until_then_a_rehearsal_s_links_let_people_in(make, browser):
    link = Invitation.objects.create(competition=make(rehearsal=True).competition)
    assert browser.post(reverse("invitation", args=[link.token])).status_code == 302


# --- texts -------------------------------------------------------------------------------------------------------
def wordings(client: Client, name: str, *arguments: object) -> str:
    return client.get(reverse(name, args=arguments)).content.decode()


def test_a_write_up_that_was_taken_back_is_read_by_no_stranger_when_there_is_a_new_one(
    client, browser, competition, bobs, bob, charlie
):
    written = write.save_write_up(bobs, "How", "My sister has this illness.", bob)
    write.save_write_up(bobs, "How", "Somebody has this illness.", bob)
    written.refresh_from_db()
    write.delete_write_up(written, bob)
    write.save_write_up(bobs, "How", "A fresh start.", bob)
    write.save_write_up(bobs, "How", "A better start.", bob)
    for stranger in (client, browser):
        told = wordings(stranger, "write-up-history", competition.slug, bobs.slug)
        assert "A fresh start" in told and "sister" not in told and "Somebody" not in told
    client.force_login(bob)
    told = wordings(client, "write-up-history", competition.slug, bobs.slug)
    assert "sister" in told and "It was taken back" in told


def test_words_that_were_held_are_not_read_in_the_history_either(client, competition, bob, monkeypatch):
    thread = write.start_thread(competition, "discussion", "Hello", "You are vermin, all of you.", bob)
    post = thread.posts.get()
    assert post.state == "held"
    write.change_post(post, "Hello, all of you.", bob)
    type(post).objects.update(state="shown")
    assert "vermin" not in wordings(client, "post-history", competition.slug, post.pk)
    client.force_login(competition.organiser)
    assert "vermin" in wordings(client, "post-history", competition.slug, post.pk)


def test_two_team_mates_who_write_the_first_words_at_once_lose_neither(competition, bobs, bob, monkeypatch):
    mate = new_user("dora")
    TeamMember.objects.create(team=bobs, competition=competition, user=mate)
    write.save_write_up(bobs, "How", "Mine.", bob)
    with pytest.raises(Refusal, match="same moment"):
        write._create_write_up(bobs, "How", "Hers.", mate, timezone.now())


# --- what costs time ---------------------------------------------------------------------------------------------
def test_one_process_searches_once_at_a_time_although_the_cache_is_away(world, monkeypatch):
    monkeypatch.setattr(LocMemCache, "add", lambda *_, **__: True)
    head = world.competition.head()
    with suggestions._searching:
        assert suggestions.find_suggestions(world.competition, head) is None
    assert suggestions.find_suggestions(world.competition, head)


def test_a_number_too_long_for_any_row_is_no_fault_of_ours(client, competition: Competition, alice):
    client.force_login(alice)
    address = reverse("organise-people", args=[competition.slug])
    assert client.post(address, {"do": "take", "which": "9" * 5000}).status_code == 404
