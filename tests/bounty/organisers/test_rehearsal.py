"""A rehearsal: everything is real, nothing counts, and only its own people see it."""

from __future__ import annotations

import pytest
from django.test import Client

from bounty.models import Ban, Competition, CompetitionDraft, Invitation, Participation, Submission
from bounty.people import teams
from bounty.permissions import rules
from tests.bounty.organisers.organiser import RULES, Organiser
from tests.people_table import files
from tests.world import new_team


def at(competition, page: str = "") -> str:
    return f"/c/{competition.slug}/organise/{page}"


@pytest.fixture
def rehearsal(organiser, draft):
    """Open, made with `visibility=public`, which a rehearsal never is."""
    organiser.fill(draft)
    organiser.post(draft, "rules", {**RULES, "rehearsal": "on"})
    draft.refresh_from_db()
    made = organiser.make(draft)
    organiser.press(at(made, "phase/"), do="open")
    made.refresh_from_db()
    return made


def test_it_is_seen_by_its_own_people_alone(rehearsal, organiser, mallory):
    address = rehearsal.get_absolute_url()
    assert rehearsal.rehearsal and rehearsal.visibility == Competition.Visibility.INVITATION
    assert organiser.client.get(address).status_code == 200
    assert Organiser(mallory).client.get(address).status_code == 404
    assert Client().get(address).status_code == 404


def test_it_stays_hidden_whatever_its_row_says(rehearsal, mallory):
    Competition.objects.update(visibility="public")
    assert not Competition.objects.visible_to(mallory).exists()


def test_every_page_says_so(rehearsal, organiser):
    for page in ("", "data/", "rules/", "board/", "model/", "submit/", "organise/"):
        answer = organiser.client.get(f"{rehearsal.get_absolute_url()}{page}", follow=True)
        assert "Rehearsal." in answer.content.decode(), page


def test_who_organises_may_submit_there_and_nowhere_else(rehearsal, competition, organiser, alice):
    assert organiser.press(at(rehearsal, "rehearsal/"), do="enter").url.endswith("/submit/")
    assert rules.submit_refusal(alice, rehearsal) == ""
    assert "cannot compete" in rules.entry_refusal(alice, competition)
    assert rules.moderation_refusal(alice, rehearsal) == ""


def test_sample_entries_are_really_sent(rehearsal, organiser, sent):
    sent.clear()
    organiser.press(at(rehearsal, "rehearsal/"), do="samples")
    found = Submission.objects.filter(competition=rehearsal)
    assert {"none", "fit"} == set(found.values_list("patch_kind", flat=True))
    assert "python" in set(found.values_list("group_kind", flat=True))
    assert len([name for name, _, _ in sent if name == "evaluator.evaluate"]) == found.count() >= 5


def test_sample_entries_wait_for_the_opening(rehearsal, organiser):
    organiser.press(at(rehearsal, "phase/"), do="pause")
    organiser.press(at(rehearsal, "rehearsal/"), do="samples")
    assert not Submission.objects.exists()


def test_starting_for_real_draws_other_rows_and_keeps_its_people_out(rehearsal, organiser, bob, alice):
    invitation = Invitation.objects.create(competition=rehearsal, uses_left=2)
    teams.accept_invitation(invitation, bob)
    new_team(rehearsal, bob, "Bob's Builders")
    organiser.press(at(rehearsal, "rehearsal/"), do="enter")
    organiser.press(at(rehearsal, "rehearsal/"), do="real")
    real = organiser.make(CompetitionDraft.objects.get(source=rehearsal))
    assert not real.rehearsal and real.visibility == "public" and real.slug != rehearsal.slug
    assert real.tables_json["secret"]["sha256"] != rehearsal.tables_json["secret"]["sha256"]
    assert [ban.user for ban in Ban.objects.filter(competition=real)] == [bob]
    assert sum(block.queries for block in real.blocks.all()) == 0


def test_unticking_the_box_does_not_let_them_in(rehearsal, organiser, bob):
    new_team(rehearsal, bob, "Bob's Builders")
    organiser.press(at(rehearsal, "rehearsal/"), do="real")
    draft = CompetitionDraft.objects.get(source=rehearsal)
    organiser.post(draft, "rules", RULES | {"slug": "real"})
    draft.refresh_from_db()
    real = organiser.make(draft)
    assert Ban.objects.filter(competition=real, user=bob).exists()


def test_a_deleted_rehearsal_still_keeps_its_people_out(rehearsal, organiser, bob):
    organiser.press(at(rehearsal, "rehearsal/"), do="real")
    new_team(rehearsal, bob, "Bob's Builders")
    organiser.press(at(rehearsal, "rehearsal/"), do="delete")
    assert not Competition.objects.filter(pk=rehearsal.pk).exists()
    draft = CompetitionDraft.objects.get(state="editing")
    real = organiser.make(draft)
    assert Ban.objects.filter(competition=real, user=bob).exists()


def test_deleting_it_takes_everything_that_was_sent(rehearsal, organiser):
    organiser.press(at(rehearsal, "rehearsal/"), do="samples")
    organiser.press(at(rehearsal, "table/"))
    organiser.press(at(rehearsal, "rehearsal/"), do="delete")
    assert not Competition.objects.exists() and not Submission.objects.exists()
    assert not Participation.objects.exists()
    assert files() == []


def test_a_real_competition_is_never_deleted_this_way(competition, organiser):
    for do in ("delete", "real", "samples", "enter"):
        organiser.press(at(competition, "rehearsal/"), do=do)
    assert Competition.objects.filter(pk=competition.pk).exists()
    assert not Submission.objects.exists() and not CompetitionDraft.objects.exists()


def test_mallory_can_press_nothing_there(rehearsal, mallory):
    for do in ("delete", "real", "samples", "enter"):
        assert Organiser(mallory).press(at(rehearsal, "rehearsal/"), do=do).status_code == 404
