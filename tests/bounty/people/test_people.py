"""Profiles and certificates: what each reader sees, and what nobody does."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from bounty.adjudication import finding_query
from bounty.core.errors import Refusal
from bounty.discussion import moderate, reportable, write
from bounty.models import BoardRow, Certificate, Notice, Profile, Submission, TeamMember
from bounty.models.profiles import new_code
from bounty.moderation import decisions
from bounty.people import certificates, profiles
from tests.competition_history import put_under_embargo
from tests.pages import HOSTILE, page
from tests.world import new_team, new_user

CHILDREN = "AGE < 6"


def open_to(user, visibility="everybody", bio=""):
    return profiles.change_profile(user, bio, visibility)


# --- profiles --------------------------------------------------------------------------------------------------------
def test_who_said_nothing_is_seen_by_nobody(client, bob, bobs, charlie):
    page(client, "profile", "bob", status=404)
    client.force_login(charlie)
    page(client, "profile", "bob", status=404)
    client.force_login(bob)
    assert "Only you see this page." in page(client, "profile", "bob")


def test_a_person_chooses_who_sees_their_page(client, bob, bobs, charlie):
    open_to(bob, "members")
    page(client, "profile", "bob", status=404)
    client.force_login(charlie)
    page(client, "profile", "bob")
    open_to(bob, "nobody")
    page(client, "profile", "bob", status=404)
    client.logout()
    open_to(bob, "everybody")
    page(client, "profile", "bob")
    bob.is_active = False
    bob.save()
    page(client, "profile", "bob", status=404)


def test_nobody_who_takes_no_part_has_a_page(client, mallory):
    open_to(mallory, bio="Buy my pills")
    page(client, "profile", "mallory", status=404)


def test_it_shows_patches_findings_and_write_ups(client, bob, bobs, patch, finding):
    open_to(bob)
    write.save_write_up(bobs, "How we did it", "So.", bob)
    shown = page(client, "profile", "bob")
    for said in ("children under 6", "women over 60", "How we did it", "Bob&#x27;s Builders"):
        assert said in shown
    assert reverse("patch-story", args=[patch.competition.slug, patch.number]) in shown


def test_a_member_s_page_says_how_many_the_team_are(client, bobs, patch, competition):
    dora = new_user("dora")
    TeamMember.objects.create(team=bobs, competition=competition, user=dora)
    open_to(dora)
    shown = page(client, "profile", "dora")
    assert "a team of 2" in shown and "sent by this person" not in shown


def test_an_embargo_hides_a_finding_there_too(client, bob, charlie, finding):
    open_to(bob)
    put_under_embargo(finding)
    for reader in (charlie, bob):
        client.force_login(reader)
        assert "women over 60" not in page(client, "profile", "bob")


def test_a_competition_that_is_not_open_to_the_reader_is_not_named(client, bob, make, charlie):
    hidden = make(visibility="invitation", title="Hidden one")
    team = new_team(hidden.competition, bob, "Quiet")
    hidden.submission(team, state="accepted", words="somebody", decided_at=timezone.now())
    open_to(bob)
    page(client, "profile", "bob", status=404)
    seen = make(title="Open one")
    new_team(seen.competition, bob, "Loud")
    shown = page(client, "profile", "bob")
    assert "Open one" in shown and "Hidden one" not in shown and "somebody" not in shown
    new_team(hidden.competition, charlie, "Inside")
    client.force_login(charlie)
    assert "Hidden one" in page(client, "profile", "bob")


def test_neither_drafts_nor_rehearsals_are_named(client, bob, bobs, make):
    draft, rehearsal = make(status="draft", title="A draft"), make(rehearsal=True, title="Rehearsed")
    for world in (draft, rehearsal):
        new_team(world.competition, bob, "Early")
    open_to(bob)
    client.force_login(bob)
    shown = page(client, "profile", "bob")
    assert "Rehearsed" not in shown
    client.logout()
    assert "A draft" not in page(client, "profile", "bob")


def test_hostile_markdown_in_it_is_shown_as_text(client, bob, bobs):
    open_to(bob, bio=HOSTILE)
    shown = page(client, "profile", "bob")
    for never in ("<script>alert", "<img", 'href="javascript', 'href="data:'):
        assert never not in shown
    assert "<strong>bold</strong>" in shown


@pytest.mark.parametrize(
    "data",
    [
        {"bio": "x" * 3000, "visibility": "everybody"},
        {"bio": "kept text, you scum", "visibility": "everybody"},
        {"bio": "kept text", "visibility": "world"},
        {"bio": "kept text"},
    ],
)
def test_a_bad_form_keeps_what_was_typed_and_writes_nothing(client, bob, data):
    client.force_login(bob)
    reply = client.post(reverse("profile-edit"), data)
    assert reply.status_code == 422
    assert data["bio"][:9] in reply.content.decode()
    assert not Profile.objects.exists()


def test_only_one_s_own_page_is_edited(client, bob, bobs, mallory):
    open_to(bob, bio="Bob here")
    client.force_login(mallory)
    client.post(reverse("profile-edit"), {"bio": "Mallory", "visibility": "everybody", "user": bob.pk})
    assert Profile.objects.get(user=bob).bio == "Bob here"
    client.logout()
    assert client.get(reverse("profile-edit")).status_code == 302


def test_a_text_is_reported_and_taken_away(client, bob, bobs, charlie, dana, competition, mallory, make):
    profile = open_to(bob, bio="Charlie is a cheat")
    client.force_login(charlie)
    address = reverse("report", args=[competition.slug, "profile", profile.pk])
    assert address in page(client, "profile", "bob")
    client.post(address, {"category": "insult", "text": "About me."})
    report = competition.abuse_reports.get()
    moderate.answer_report(report, uphold=True, reason="Unkind.", by=dana)
    profile.refresh_from_db()
    assert (profile.bio, profile.taken_away) == ("", "Unkind.")
    assert Notice.objects.filter(user=bob, body="Unkind.").exists()
    assert "Charlie is a cheat" not in page(client, "profile", "bob")
    # Through a competition where Bob is not, and for whom he hides, there is nothing to report.
    assert reportable.find_reportable(charlie, make().competition, "profile", str(profile.pk)) is None
    open_to(bob, "nobody", "Anew")
    assert reportable.find_reportable(mallory, competition, "profile", str(profile.pk)) is None


def test_the_team_s_page_leads_to_members_who_allow_it(client, bob, bobs):
    assert "/people/bob/" not in page(client, "team", bobs.competition.slug, bobs.slug)
    open_to(bob)
    assert "/people/bob/" in page(client, "team", bobs.competition.slug, bobs.slug)


def test_a_page_of_many_asks_few_queries(client, bob, world, bobs, django_assert_max_num_queries):
    open_to(bob)
    for _each in range(30):
        world.submission(bobs, state="accepted", words="somebody", decided_at=timezone.now())
    with django_assert_max_num_queries(14):
        client.get(reverse("profile", args=["bob"]))


# --- certificates ----------------------------------------------------------------------------------------------------
def test_a_certificate_names_what_stands(client, bob, bobs, patch, finding):
    made = certificates.issue_certificate(bobs, bob, whole_team=False)
    shown = page(client, "certificate", made.code)
    assert "bob" in shown and "It holds" in shown and "children under 6" in shown
    assert "points are not final" in shown


@pytest.fixture
def confirmed(finding):
    """The finding, confirmed by a certification query of its team."""
    finding_query.request_certification(finding)
    assert finding_query.ask_waiting(finding.pk)
    finding.refresh_from_db()
    assert finding.state == Submission.State.CONFIRMED
    return finding


def test_what_was_disqualified_since_is_said(client, bob, bobs, patch, confirmed, alice):
    made = certificates.issue_certificate(bobs, bob, whole_team=True)
    decisions.disqualify_submission(patch, "It looked at labels.", alice)
    shown = page(client, "certificate", made.code)
    assert "Not all that was printed holds" in shown and "taken out" in shown
    assert "children under 6" not in shown and "It holds" not in shown
    assert "It looked at labels" not in shown
    certificates.issue_certificate(bobs, bob, whole_team=True)
    shown = page(client, "certificate", made.code)
    assert "It holds" in shown and Certificate.objects.count() == 1


def test_final_points_stand_on_it_after_the_close(client, bob, bobs, patch, competition):
    made = certificates.issue_certificate(bobs, bob, whole_team=True)
    BoardRow.objects.filter(team=bobs).update(points=123.4, final=True)
    type(competition).objects.filter(pk=competition.pk).update(
        status="closed", final_opened_at=timezone.now()
    )
    shown = page(client, "certificate", made.code)
    assert "123.4" in shown and "place 1" in shown


def test_a_forged_code_is_no_certificate(client, db):
    for code in ("ABCD-EFGH-JKMN-PQRS-TVWX", "<script>alert(1)", "1"):
        shown = page(client, "certificate", code, status=404)
        assert "No certificate of this site" in shown and "<script>alert" not in shown
    assert client.get(reverse("certificate-check"), {"code": "abcd efgh"}).url.endswith("/ABCD-EFGH/")


def test_a_code_is_found_however_it_was_typed(client, bob, bobs, patch):
    made = certificates.issue_certificate(bobs, bob, whole_team=False)
    typed = made.code.lower().replace("-", " ")
    assert certificates.find_certificate(typed) == made
    assert client.get(reverse("certificate", args=[made.code.lower()])).url == made.get_absolute_url()
    assert len({profiles_code() for _each in range(50)}) == 50


def profiles_code():
    return new_code()


def test_an_embargo_hides_the_group_on_it(client, bob, bobs, confirmed):
    made = certificates.issue_certificate(bobs, bob, whole_team=False)
    put_under_embargo(confirmed)
    shown = page(client, "certificate", made.code)
    assert "not public yet" in shown and "women over 60" not in shown
    client.force_login(bob)
    assert "women over 60" in page(client, "certificate", made.code)


def test_of_a_competition_by_invitation_strangers_read_numbers_alone(client, make, bob):
    hidden = make(visibility="invitation", title="Hidden one")
    team = new_team(hidden.competition, bob, "Quiet")
    hidden.submission(team, state="accepted", words="somebody", decided_at=timezone.now())
    made = certificates.issue_certificate(team, bob, whole_team=False)
    shown = page(client, "certificate", made.code)
    assert "Hidden one" not in shown and "somebody" not in shown and "It holds" in shown
    client.force_login(bob)
    assert "Hidden one" in page(client, "certificate", made.code)


def test_there_is_nothing_to_certify_before_anything_counted(client, bob, bobs, make):
    with pytest.raises(Refusal, match="nothing to certify"):
        certificates.issue_certificate(bobs, bob, whole_team=False)
    rehearsal = make(rehearsal=True)
    team = new_team(rehearsal.competition, bob, "Early")
    rehearsal.submission(team, state="accepted")
    with pytest.raises(Refusal, match="rehearsal"):
        certificates.issue_certificate(team, bob, whole_team=True)
    client.force_login(bob)
    reply = client.post(reverse("certificate-issue", args=[bobs.competition.slug]), follow=True)
    assert "nothing to certify" in reply.content.decode()
    assert not Certificate.objects.exists()


def test_mallory_neither_makes_nor_withdraws_one(client, bob, bobs, patch, mallory, charlie, competition):
    made = certificates.issue_certificate(bobs, bob, whole_team=True)
    for other in (mallory, charlie):
        with pytest.raises(PermissionDenied):
            certificates.issue_certificate(bobs, other, whole_team=True)
        client.force_login(other)
        address = reverse("certificate-withdraw", args=[made.code])
        assert client.post(address).status_code == 404
    assert Certificate.objects.filter(pk=made.pk).exists()
    client.force_login(bob)
    client.post(reverse("certificate-withdraw", args=[made.code]))
    page(client, "certificate", made.code, status=404)


def test_who_left_keeps_what_they_sent(bob, bobs, patch, finding, world, competition):
    dora = new_user("dora")
    TeamMember.objects.create(team=bobs, competition=competition, user=dora)
    made = certificates.issue_certificate(bobs, bob, whole_team=False)
    Submission.objects.filter(pk=finding.pk).update(author=dora)
    TeamMember.objects.filter(user=bob).delete()
    now = certificates.certificate_status(certificates.find_certificate(made.code), dora)
    assert [line.submission.number for line in now.holding] == [patch.number]


def test_the_address_is_told_to_nobody_else(client, bob, bobs, patch):
    reply = client.get(certificates.issue_certificate(bobs, bob, whole_team=True).get_absolute_url())
    assert reply["Referrer-Policy"] == "no-referrer" and reply["X-Robots-Tag"] == "noindex"
