"""Stories at addresses to cite, open harms, and what hides them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from bounty.adjudication import judge, rollback
from bounty.models import ModelVersion, Submission
from bounty.moderation import decisions
from bounty.shared_model import open_findings
from bounty.stories import citation
from tests.competition_history import put_under_embargo
from tests.pages import page
from tests.world import new_team


def test_a_patch_is_told_with_what_it_changed_and_what_that_cost(client, patch, competition):
    shown = page(client, "patch-story", competition.slug, patch.number)
    for said in (
        "children under 6",
        "Before the patch the model’s error there was",
        "Certified: 1,200 certification rows",
        "is wrong is at most 5%",
        "question 1 to block 1",
        f"@misc{{{competition.slug}-patch-{patch.number}",
        'rel="canonical"',
        "strip-figure",
    ):
        assert said in shown
    page(client, "finding-story", competition.slug, patch.number, status=404)


def test_a_finding_is_told_and_says_whether_it_is_open(client, finding, competition):
    shown = page(client, "finding-story", competition.slug, finding.number)
    assert "women over 60" in shown and "It is still open" in shown
    assert "Worse on practice rows, not confirmed" in shown
    page(client, "patch-story", competition.slug, finding.number, status=404)


def test_the_address_outlives_a_rollback(client, patch, competition, alice):
    rollback.roll_back_model(competition, 0, "A slip.", alice)
    shown = page(client, "patch-story", competition.slug, patch.number)
    assert "rolled the model back" in shown and "It no longer counts" in shown
    assert "children under 6" not in shown and "A slip." not in shown


def test_the_address_outlives_a_disqualification(client, patch, finding, competition, alice):
    for sent in (patch, finding):
        decisions.disqualify_submission(sent, "It names a person.", alice)
    for name, sent in (("patch-story", patch), ("finding-story", finding)):
        shown = page(client, name, competition.slug, sent.number)
        assert "It was disqualified" in shown
        assert "children under 6" not in shown and "women over 60" not in shown
        assert "It names a person" not in shown


@pytest.mark.parametrize("state", ["not_shown", "harmful", "failed", "refused", "disqualified", "queued"])
def test_what_never_counted_has_no_story(client, world, bobs, alice, state):
    for kind in ("none", "fit"):
        sent = world.submission(bobs, state=state, patch_kind=kind, words="secret group")
        name = "finding-story" if kind == "none" else "patch-story"
        client.force_login(alice)
        page(client, name, world.competition.slug, sent.number, status=404)
    page(client, "patch-story", world.competition.slug, 999, status=404)
    page(client, "patch-story", world.competition.slug, 10**12, status=404)


def test_an_embargo_hides_a_finding_from_all_but_its_team_and_those_who_serve(
    client,
    finding,
    competition,
    alice,
    bob,
    charlie,
):
    put_under_embargo(finding)
    address = ("finding-story", competition.slug, finding.number)
    for reader, status in ((None, 404), (charlie, 404), (bob, 200), (alice, 200)):
        if reader:
            client.force_login(reader)
        page(client, *address, status=status)
    client.logout()
    assert "women over 60" not in page(client, "harms", competition.slug)


def test_mallory_reads_no_story_of_a_competition_by_invitation(client, make, bob, mallory):
    hidden = make(visibility="invitation")
    team = new_team(hidden.competition, bob, "Quiet")
    sent = hidden.submission(team, state="accepted", words="somebody")
    client.force_login(mallory)
    page(client, "patch-story", hidden.competition.slug, sent.number, status=404)
    page(client, "harms", hidden.competition.slug, status=404)


def test_what_people_wrote_is_text_on_the_page_and_in_bibtex(client, world, patch, bobs):
    bobs.name = "<b>Bob</b> & {\\input{/etc/passwd}} $1"
    bobs.save()
    Submission.objects.filter(pk=patch.pk).update(
        description="<script>alert(1)</script>", words="50% _of_ #1"
    )
    shown = page(client, "patch-story", world.competition.slug, patch.number)
    assert "<b>Bob" not in shown and "<script>alert" not in shown
    assert citation.escape_bibtex("{\\input} 50% & _#$") == r"\{\textbackslash{}input\} 50\% \& \_\#\$"


def test_open_harms_are_listed_until_they_are_mended(client, world, finding, bobs, competition):
    assert "women over 60" in page(client, "harms", competition.slug)
    mask = world.mask("SEX == 'female' and AGE >= 60")
    sent = world.evaluated(bobs, "SEX == 'female' and AGE >= 60", world.patch(mask, 0.95))
    judge.judge_submission(sent.pk)
    sent.refresh_from_db()
    assert sent.state == "accepted"
    shown = page(client, "harms", competition.slug)
    assert "women over 60" not in shown and "No finding is open" in shown
    told = page(client, "finding-story", competition.slug, finding.number)
    assert "no longer clearly worse" in told


def test_a_declared_group_below_its_best_is_listed(make, client):
    world = make(declared={"Small children": "AGE < 6"})
    base = world.competition.head()
    key = world.competition.declared_groups.get().key
    rows, loss = base.groups[key]
    ModelVersion.objects.create(
        competition=world.competition,
        number=1,
        predictions=base.predictions,
        practice_loss=base.practice_loss,
        explore_loss=base.explore_loss,
        groups={key: [rows, loss + 0.02]},
    )
    (found,) = open_findings.worsened_groups(world.competition, world.competition.head())
    assert found.best_version == 0 and found.change == "2.0 points higher"
    assert "Small children" in page(client, "harms", world.competition.slug)


def test_the_pages_lead_to_the_stories(client, patch, finding, competition):
    story = reverse("patch-story", args=[competition.slug, patch.number])
    assert story in page(client, "submission", competition.slug, patch.pk)
    assert story in page(client, "competition", competition.slug)
    told = reverse("finding-story", args=[competition.slug, finding.number])
    assert told in page(client, "board-findings", competition.slug)
    assert reverse("harms", args=[competition.slug]) in page(client, "board-findings", competition.slug)
