"""Findings: severity, embargo, the owner's answer; and who reads about them meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from bounty.adjudication import judge
from bounty.core.errors import Refusal
from bounty.models import Notice, PanelRules, Submission, Triage
from bounty.moderation import assignments, triage
from bounty.permissions import visibility
from bounty.scoring.boards import group_choice
from bounty.scoring.boards.columns import column_heatmap
from bounty.shared_model import queries
from tests.bounty.moderation.queue_pages import CHILDREN, address
from tests.pages import log_in

WORDS = "tiny tots"


def in_days(days: float):
    return timezone.now() + timedelta(days=days)


def at(finding: Submission) -> str:
    return address(finding.competition, f"findings/{finding.pk}/")


@pytest.fixture
def embargoed(finding, mona):
    triage.triage_finding(finding, mona, "high", in_days(30))
    return finding


# --- the embargo --------------------------------------------------------------------------------------------------
def public_pages(finding: Submission) -> list[str]:
    slug = finding.competition.slug
    return [f"/c/{slug}/", f"/c/{slug}/model/", f"/c/{slug}/board/", finding.team.get_absolute_url()]


@pytest.mark.parametrize("place", range(4))
def test_a_finding_is_public_until_it_is_put_under_an_embargo(finding, mona, place):
    page = public_pages(finding)[place]
    open_page = Client().get(page)
    assert open_page.status_code == 200
    triage.triage_finding(finding, mona, "high", in_days(30))
    hidden = Client().get(page).content.decode()
    assert WORDS not in hidden and "AGE &lt; 6" not in hidden


def test_it_was_there_to_be_hidden(finding):
    pages = [Client().get(page).content.decode() for page in public_pages(finding)]
    assert [WORDS in page for page in pages][:2] == [True, True] and WORDS in pages[3]


def test_strangers_and_rivals_find_nothing_at_its_address(embargoed, mallory, charlies, charlie):
    for client in (Client(), log_in(mallory), log_in(charlie)):
        assert client.get(embargoed.get_absolute_url()).status_code == 404


def test_its_team_and_those_who_serve_see_it(embargoed, bob, mona, alice):
    for user in (bob, mona, alice):
        assert log_in(user).get(embargoed.get_absolute_url()).status_code == 200


def test_every_public_list_leaves_it_out_and_ends_with_the_date(embargoed):
    competition = embargoed.competition
    assert not queries.shown_findings(competition)
    for everything in (False, True):
        assert not column_heatmap(competition, everything=everything).columns
    offered = str(group_choice.list_options(competition))
    assert WORDS not in offered and str(embargoed.pk) not in offered
    assert visibility.is_embargoed(embargoed) and not visibility.is_publicly_visible(embargoed)
    later = in_days(31)
    assert visibility.publicly_visible(competition.submissions.all(), later).get() == embargoed
    assert not visibility.is_embargoed(embargoed, later) and visibility.is_publicly_visible(embargoed, later)


def test_the_board_still_counts_it(embargoed):
    assert embargoed.team.board_row.findings == 1


def test_a_lifted_embargo_makes_it_public(embargoed, mona):
    triage.triage_finding(embargoed, mona, "high", None)
    assert queries.shown_findings(embargoed.competition).get() == embargoed


def test_an_embargo_ends_in_the_future_and_within_a_year(finding, mona):
    for until in (in_days(-1), in_days(400)):
        with pytest.raises(Refusal, match="embargo"):
            triage.triage_finding(finding, mona, "low", until)
    assert not Triage.objects.exists()


def test_new_findings_are_hidden_at_once_where_the_organiser_says_so(world, bobs):
    PanelRules.objects.create(competition=world.competition, embargo_days=30)
    found = world.evaluated(bobs, CHILDREN, words=WORDS)
    judge.judge_submission(found.pk)
    found.refresh_from_db()
    assert visibility.is_embargoed(found)
    assert timedelta(days=29) < found.embargo_until - timezone.now() < timedelta(days=31)


# --- severity -----------------------------------------------------------------------------------------------------
def test_mona_triages_on_the_page_and_team_and_organiser_are_told(finding, mona, bob, alice):
    response = log_in(mona).post(at(finding), {"do": "triage", "severity": "critical", "embargo_until": ""})
    assert response.status_code == 302
    found = Triage.objects.get()
    assert (found.severity, found.triaged_by) == ("critical", mona)
    assert set(Notice.objects.filter(kind="triage").values_list("user", flat=True)) == {bob.pk, alice.pk}
    assert not triage.untriaged_findings(finding.competition)


def test_wrong_entries_are_told_and_kept(finding, mona):
    client = log_in(mona)
    for severity, date in (
        ("", ""),
        ("grave", ""),
        ("low", "soon"),
        ("low", "2030-02-31"),
        ("low", "1999-01-01"),
    ):
        response = client.post(at(finding), {"do": "triage", "severity": severity, "embargo_until": date})
        assert response.status_code == 422 and "Nothing was changed." in response.content.decode()
        assert f'value="{date}"' in response.content.decode()
    assert not Triage.objects.exists()


def test_who_has_a_conflict_does_not_triage(finding, mona, bobs):
    assignments.declare_conflict(bobs, "", mona)
    with pytest.raises(PermissionDenied):
        triage.triage_finding(finding, mona, "low", None)


def test_its_own_team_does_not_triage(finding, bob):
    with pytest.raises(PermissionDenied):
        triage.triage_finding(finding, bob, "critical", None)


def test_only_a_confirmed_finding_is_triaged(waiting, mona):
    with pytest.raises(Refusal, match="Only a finding that a verdict showed"):
        triage.triage_finding(waiting, mona, "low", None)


# --- the owner's answer -------------------------------------------------------------------------------------------
def test_the_organiser_answers_and_a_moderator_does_not(finding, alice, mona, bob):
    answer = {"do": "answer", "answer": "will_fix", "answer_text": "By spring."}
    assert log_in(mona).post(at(finding), answer).status_code == 403
    assert log_in(alice).post(at(finding), answer).status_code == 302
    found = Triage.objects.get()
    assert (found.answer, found.answer_text, found.answered_by) == ("will_fix", "By spring.", alice)
    assert Notice.objects.filter(user=bob, kind="triage", body="By spring.").exists()


def test_wont_fix_says_why_and_fixed_says_where(finding, alice):
    with pytest.raises(Refusal, match="Say why"):
        triage.answer_finding(finding, alice, "wont_fix", " ")
    for version in (None, 0, 1, 99):
        with pytest.raises(Refusal, match="no version yet"):
            triage.answer_finding(finding, alice, "fixed", "", version)
    assert not Triage.objects.exists()


def test_fixed_in_a_version_that_exists(finding, world, charlies, alice):
    mask = world.mask(CHILDREN)
    patch = world.evaluated(charlies, mask, world.patch(mask), expression=CHILDREN)
    judge.judge_submission(patch.pk)
    found = triage.answer_finding(finding, alice, "fixed", "", 1)
    assert found.fixed_in == 1
    with pytest.raises(Refusal, match="from 1 to 1"):
        triage.answer_finding(finding, alice, "fixed", "", 2)
    page = log_in(alice).get(address(finding.competition, "findings/")).content.decode()
    assert "fixed in version 1" in page
