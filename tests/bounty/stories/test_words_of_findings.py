"""What pages, files and answers call a finding: worse on practice rows, confirmed, or by the older rule's words."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from bounty.adjudication import close, judge
from bounty.core.errors import Refusal
from bounty.people import certificates
from tests.world import CHILDREN, make_world, new_team


def found(alice, bob, rule_version):
    world = make_world(alice, rule_version=rule_version, noise_scale=2.0)
    finding = world.evaluated(new_team(world.competition, bob, "Bobs"), CHILDREN)
    judge.judge_submission(finding.pk)
    finding.refresh_from_db()
    return finding


@pytest.fixture
def worse(alice, bob):
    return found(alice, bob, 2)


def story(client, finding):
    return client.get(
        reverse("finding-story", args=[finding.competition.slug, finding.number])
    ).content.decode()


def overview(client, finding):
    return client.get(f"/c/{finding.competition.slug}/").content.decode()


def test_while_open_nothing_calls_it_confirmed(client, worse):
    assert "Worse on practice rows, not confirmed" in story(client, worse)
    assert "on practice rows; not confirmed" in overview(client, worse)


def test_after_the_close_it_says_which_rows_confirmed_it(client, worse):
    close.close_competition(worse.competition, timezone.now())
    assert "Confirmed on final rows, which were opened once" in story(client, worse)
    assert "confirmed on rows that nobody has seen" in overview(client, worse)


def test_an_older_competition_keeps_its_words_with_a_note(client, alice, bob):
    page = story(client, found(alice, bob, 1))
    assert "Confirmed on practice rows" in page and "this word is kept for" in page


def test_the_team_s_page_says_how_it_can_be_confirmed(client, worse, bob):
    client.force_login(bob)
    page = client.get(worse.get_absolute_url()).content.decode()
    assert "It is tested on final rows at the close" in page and "Ask certification" in page


def test_a_certificate_holds_no_finding_that_is_only_worse_on_practice_rows(worse, bob):
    with pytest.raises(Refusal, match="nothing to certify"):
        certificates.issue_certificate(worse.team, bob, whole_team=True)


def test_the_api_and_the_csv_file_say_the_state(client, worse):
    slug = worse.competition.slug
    answer = client.get(f"/api/v1/competitions/{slug}/findings").json()
    (row,) = answer["items"]
    assert (row["state"], row["confirmed_at"]) == ("worse", None)
    file = client.get(reverse("board-findings-csv", args=[slug])).content.decode()
    assert "state,judged_at,confirmed_at" in file and ",worse," in file
