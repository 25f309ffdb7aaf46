"""The pages: a person's notices, their choices, their web hooks, feeds."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from django.urls import reverse
from django.utils import timezone

from bounty.adjudication import judge
from bounty.models import Delivery, FeedToken, Follow, Notice, NoticePreference, Participation, Role, WebHook
from bounty.notifications import kinds, notify_users, webhook_delivery
from tests.world import new_team

ATOM = "{http://www.w3.org/2005/Atom}"


def say(to, competition=None, subject="Hello", **changes):
    given = {"body": "More.", "url": "/words/"} | changes
    notify_users("announcement", to=to, competition=competition, subject=subject, **given)


def page(client, name, *args, **data):
    reply = client.get(reverse(name, args=args), data)
    assert reply.status_code == 200
    return reply.content.decode()


# --- the list --------------------------------------------------------------------------------------------------------
def test_the_head_of_every_page_counts_what_is_unread(client, bob):
    client.force_login(bob)
    assert "not read yet" not in page(client, "home")
    say([bob])
    say([bob])
    assert "2 not read yet" in page(client, "home")


def test_a_stranger_s_page_asks_nothing_for_it(client, db, django_assert_num_queries):
    client.get(reverse("glossary"))
    with django_assert_num_queries(0):
        assert "bell" not in page(client, "glossary")


def test_one_is_opened_and_thereby_read(client, bob):
    say([bob])
    client.force_login(bob)
    notice = Notice.objects.get()
    assert "Hello" in page(client, "notices")
    reply = client.post(reverse("notice-read", args=[notice.pk]))
    assert reply.url == "/words/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_looking_at_the_list_reads_nothing(client, bob):
    say([bob])
    client.force_login(bob)
    page(client, "notices")
    assert client.get(reverse("notice-read", args=[Notice.objects.get().pk])).status_code == 405
    assert Notice.objects.get().read_at is None


def test_all_are_marked_but_what_came_after_the_page_was_shown(client, bob):
    say([bob], subject="Before")
    seen = Notice.objects.get().pk
    say([bob], subject="After")
    client.force_login(bob)
    client.post(reverse("notices-read"), {"newest": seen})
    assert list(Notice.objects.filter(read_at=None).values_list("subject", flat=True)) == ["After"]
    client.post(reverse("notices-read"), {"newest": "nonsense"})
    assert not Notice.objects.filter(read_at=None).exists()


def test_mallory_neither_sees_nor_reads_bobs(client, bob, mallory):
    say([bob], subject="For Bob alone")
    client.force_login(mallory)
    assert "For Bob alone" not in page(client, "notices")
    assert client.post(reverse("notice-read", args=[Notice.objects.get().pk])).status_code == 404
    client.post(reverse("notices-read"))
    assert Notice.objects.get().read_at is None


def test_a_notice_never_leads_away_from_the_site(client, bob):
    say([bob], url="https://elsewhere.example/")
    client.force_login(bob)
    assert client.post(reverse("notice-read", args=[Notice.objects.get().pk])).url == reverse("notices")


def test_what_others_wrote_is_shown_as_text(client, bob):
    say([bob], subject="<script>alert(1)</script>", body="<img src=x onerror=alert(1)>")
    client.force_login(bob)
    shown = page(client, "notices")
    assert "<script>alert" not in shown and "<img" not in shown


def test_a_long_list_is_turned_page_by_page(client, bob, django_assert_max_num_queries):
    for number in range(35):
        say([bob], subject=f"Notice {number}.")
    client.force_login(bob)
    with django_assert_max_num_queries(8):
        assert "Page 1 of 2" in page(client, "notices")
    assert "Notice 0." in page(client, "notices", page=2)
    assert "Notice 34." in page(client, "notices", page="nonsense")


@pytest.mark.parametrize("name", ["notices", "notice-settings", "hook-new"])
def test_strangers_log_in_first(client, db, name):
    assert reverse("account_login") in client.get(reverse(name)).url


# --- choices ---------------------------------------------------------------------------------------------------------
def everything(**changes):
    data = {}
    for kind in kinds.DEFAULT_MAIL:
        data[f"{kind}-site"] = "on"
        data[f"{kind}-mail"] = "off"
    return data | changes


def test_everyone_chooses_for_each_kind(client, bob):
    client.force_login(bob)
    assert "Daily" not in page(client, "notice-settings")
    data = everything(**{"verdict-mail": "now"})
    del data["reply-site"]
    assert client.post(reverse("notice-settings"), data).status_code == 302
    chosen = {row.kind: (row.on_site, row.mail) for row in NoticePreference.objects.filter(user=bob)}
    assert chosen["verdict"] == (True, "now")
    assert chosen["reply"] == (False, "off")


def test_a_choice_that_is_none_is_refused_and_nothing_kept(client, bob):
    client.force_login(bob)
    reply = client.post(reverse("notice-settings"), everything(**{"verdict-mail": "hourly"}))
    assert reply.status_code == 422
    assert not NoticePreference.objects.exists()


def test_following_and_stopping(client, bob, competition):
    client.force_login(bob)
    client.post(reverse("follow", args=[competition.slug]), {"on": "1"})
    assert Follow.objects.get().on
    assert competition.title in page(client, "notice-settings")
    client.post(reverse("follow", args=[competition.slug]), {"on": "0", "back": "settings"})
    assert not Follow.objects.get().on


def test_nobody_follows_what_they_may_not_see(client, mallory, make):
    hidden = make(visibility="invitation").competition
    client.force_login(mallory)
    assert client.post(reverse("follow", args=[hidden.slug]), {"on": "1"}).status_code == 404
    assert not Follow.objects.exists()


# --- web hooks -------------------------------------------------------------------------------------------------------
def test_a_hook_is_added_tested_and_its_log_read(client, bob, receiver, sent):
    client.force_login(bob)
    reply = client.post(reverse("hook-new"), {"url": receiver.url, "kinds": ["verdict"]})
    hook = WebHook.objects.get()
    assert reply.url == hook.get_absolute_url()
    client.post(hook.get_absolute_url(), {"do": "test"})
    webhook_delivery.deliver_due(timezone.now())
    assert len(receiver.got) == 1
    shown = page(client, "hook", hook.pk)
    assert "A test of your web hook" in shown and "delivered" in shown and hook.secret in shown
    client.post(reverse("delivery-again", args=[Delivery.objects.get().pk]))
    assert Delivery.objects.get().state == "waiting"


def test_an_address_of_ours_is_refused_with_what_was_typed_kept(client, bob):
    client.force_login(bob)
    reply = client.post(reverse("hook-new"), {"url": "http://127.0.0.1:6379/", "kinds": ["verdict"]})
    assert reply.status_code == 422
    shown = reply.content.decode()
    assert "127.0.0.1 is not on the open internet" in shown and "http://127.0.0.1:6379/" in shown
    assert not WebHook.objects.exists()


def test_a_hook_is_changed_renewed_switched_and_removed(client, bob, hook, receiver):
    client.force_login(bob)
    address, secret = hook.get_absolute_url(), hook.secret
    client.post(address, {"do": "change", "url": receiver.url, "kinds": ["reply"]})
    client.post(address, {"do": "secret"})
    client.post(address, {"do": "off"})
    hook.refresh_from_db()
    assert (hook.kinds, hook.active) == (["reply"], False)
    assert hook.secret != secret
    client.post(address, {"do": "on"})
    hook.refresh_from_db()
    assert hook.active
    client.post(address, {"do": "remove"})
    assert not WebHook.objects.exists()


def test_mallory_neither_sees_nor_touches_bobs_hook(client, mallory, hook, bob):
    notify_users("verdict", to=[bob], competition=None, subject="Hello", body="", url="")
    client.force_login(mallory)
    assert client.get(hook.get_absolute_url()).status_code == 404
    assert client.post(hook.get_absolute_url(), {"do": "remove"}).status_code == 404
    again = reverse("delivery-again", args=[Delivery.objects.get().pk])
    assert client.post(again).status_code == 404
    assert WebHook.objects.exists()


def test_a_person_has_a_few_hooks_only(client, bob, receiver):
    client.force_login(bob)
    for _ in range(6):
        reply = client.post(reverse("hook-new"), {"url": receiver.url, "kinds": ["verdict"]})
    assert reply.status_code == 422 and "remove one first" in reply.content.decode()
    assert WebHook.objects.count() == 5


def test_a_competition_s_hooks_are_for_its_organisers(client, alice, bob, charlie, competition, receiver):
    address = reverse("competition-hooks", args=[competition.slug])
    client.force_login(bob)
    assert client.get(address).status_code == 403
    client.force_login(alice)
    client.post(address, {"url": receiver.url, "kinds": ["accepted"]})
    hook = WebHook.objects.get()
    assert hook.competition == competition
    Role.objects.create(competition=competition, user=charlie, kind="organiser")
    client.force_login(charlie)
    assert receiver.url in page(client, "competition-hooks", competition.slug).replace("&amp;", "&")
    assert client.get(hook.get_absolute_url()).status_code == 200
    client.force_login(bob)
    assert client.get(hook.get_absolute_url()).status_code == 404


def test_a_competition_s_hook_cannot_hear_of_one_team_s_members(client, alice, competition, receiver):
    client.force_login(alice)
    address = reverse("competition-hooks", args=[competition.slug])
    assert client.post(address, {"url": receiver.url, "kinds": ["team"]}).status_code == 422


# --- feeds -----------------------------------------------------------------------------------------------------------
def accept(world, team):
    young = world.mask("AGE < 6")
    submission = world.evaluated(team, "AGE < 6", world.patch(young), words="age below 6 & more")
    judge.judge_submission(submission.pk)
    return submission


def titles(reply):
    assert reply.status_code == 200
    return [entry.find(f"{ATOM}title").text for entry in ET.fromstring(reply.content).iter(f"{ATOM}entry")]


def test_accepted_patches_are_a_feed(client, world, bobs, settings):
    settings.SITE_URL = "https://bounty.example"
    submission = accept(world, bobs)
    reply = client.get(reverse("competition-feed", args=[world.competition.slug]))
    assert reply["Content-Type"].startswith("application/atom+xml")
    assert titles(reply) == ["Bob's Builders: age below 6 & more"]
    (entry,) = ET.fromstring(reply.content).iter(f"{ATOM}entry")
    assert entry.find(f"{ATOM}link").get("href") == f"https://bounty.example{submission.get_absolute_url()}"
    assert "lower than before" in entry.find(f"{ATOM}summary").text
    assert titles(client.get(reverse("feed"))) == ["Bob's Builders: age below 6 & more"]


def test_findings_and_what_was_not_shown_are_in_no_feed(client, world, bobs):
    judge.judge_submission(world.evaluated(bobs, "AGE < 6").pk)
    assert titles(client.get(reverse("feed"))) == []


def test_a_competition_by_invitation_is_in_no_public_feed(client, make, bob):
    world = make(visibility="invitation")
    accept(world, new_team(world.competition, bob, "Bob's"))
    assert titles(client.get(reverse("feed"))) == []
    client.force_login(bob)
    assert client.get(reverse("competition-feed", args=[world.competition.slug])).status_code == 404


def test_by_a_private_address_whoever_may_see_it_reads_it(client, make, bob, mallory):
    world = make(visibility="invitation")
    accept(world, new_team(world.competition, bob, "Bob's"))
    client.force_login(bob)
    client.post(reverse("feeds-renew"))
    client.logout()
    address = reverse("private-feed", args=[world.competition.slug, FeedToken.objects.get().token])
    reply = client.get(address)
    assert len(titles(reply)) == 1
    assert reply["Cache-Control"] == "private, no-store"
    theirs = FeedToken.objects.create(user=mallory)
    assert client.get(reverse("private-feed", args=[world.competition.slug, theirs.token])).status_code == 404
    Participation.objects.all().delete()
    assert client.get(address).status_code == 404


def test_a_new_private_address_ends_the_old_one(client, make, bob):
    world = make(visibility="invitation")
    Participation.objects.create(competition=world.competition, user=bob)
    client.force_login(bob)
    client.post(reverse("feeds-renew"))
    old = FeedToken.objects.get().token
    client.post(reverse("feeds-renew"))
    assert client.get(reverse("private-feed", args=[world.competition.slug, old])).status_code == 404
