"""A finding's certification query: an A of the ledger like any other, spent by its team, verified from the chain."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bounty.adjudication import close, disqualify, finding_query, judge
from bounty.core.errors import Refusal
from bounty.models import CertificationBlock, ChainEntry, Competition, Credit, LedgerQuery, Submission
from bounty.workers import tasks
from evaluator.adjudication.gap_test import GapTest
from tests.verified import verify
from tests.world import CHILDREN, OLD_WOMEN, make_world, new_team

State = Submission.State


@pytest.fixture
def world(alice):
    return make_world(alice, rule_version=2, fixed_blocks=2, noise_scale=2.0, gate_chance=0.7)


@pytest.fixture
def bobs(world, bob):
    return new_team(world.competition, bob, "Bobs")


def judged(submission):
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    return submission


def asked(finding):
    finding_query.request_certification(finding)
    tasks.judge_submission(str(finding.pk))
    finding.refresh_from_db()
    finding.verdict.refresh_from_db()
    return finding


@pytest.fixture
def finding(world, bobs, sent):
    found = judged(world.evaluated(bobs, CHILDREN))
    assert found.state == State.WORSE
    return found


def test_asking_sends_for_the_adjudicate_worker(finding, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        finding_query.request_certification(finding)
    assert sent[-1] == ("bounty.judge", {"submission": str(finding.pk)}, "adjudicate")


def test_a_true_finding_is_confirmed_by_one_query(finding):
    asked(finding)
    assert finding.state == State.CONFIRMED and finding.confirmed_at is not None
    assert finding.verdict.sentence.startswith("Confirmed finding: certification rows")
    query = LedgerQuery.objects.get()
    assert (query.symbol, query.test, query.number) == ("A", "fisher", 1)
    assert GapTest.from_json(query.gap_test) == GapTest("fisher")
    block = CertificationBlock.objects.get(number=1)
    assert (block.queries, block.accepted) == (1, 1)


def test_a_patch_s_query_after_it_has_the_level_of_a_string_that_begins_with_it(world, bobs, finding):
    asked(finding)
    judged(world.good_patch(bobs, OLD_WOMEN))
    first, second = LedgerQuery.objects.order_by("number")
    assert (second.accepted_before, second.number) == (1, 2)
    assert second.log_inverse_delta > first.log_inverse_delta


def test_what_the_block_does_not_show_stays_worse_on_practice_rows(world, bobs, sent):
    practice = world.layout.rows_of("practice")
    mask = world.mask("AGE >= 30 and AGE < 36").copy()
    wrong = (world.base != world.y)[practice]
    mask[practice] &= wrong
    mask[practice.start : practice.start + 60] |= wrong[:60]
    lucky = asked(judged(world.evaluated(bobs, mask)))
    assert lucky.state == State.WORSE and lucky.confirmed_at is None
    assert "the certification rows did not confirm it" in lucky.verdict.sentence
    assert LedgerQuery.objects.get().symbol == "R"
    with pytest.raises(Refusal, match="asked already and did not confirm it"):
        finding_query.request_certification(lucky)


def test_a_message_that_comes_twice_asks_once(finding):
    asked(finding)
    tasks.judge_submission(str(finding.pk))
    assert LedgerQuery.objects.count() == 1


def test_a_finder_has_a_share_in_patches_sent_after_the_confirmation(world, bobs, charlie, finding):
    asked(finding)
    patch = world.good_patch(new_team(world.competition, charlie, "Charlies"))
    assert judged(patch).state == State.ACCEPTED
    assert Credit.objects.get(team=bobs, final=False).points > 0
    assert verify(world) == ""


def test_points_that_were_told_stay_until_the_close(world, bobs, charlie, finding):
    patch = world.good_patch(new_team(world.competition, charlie, "Charlies"))
    assert judged(patch).state == State.ACCEPTED
    asked(finding)
    assert not Credit.objects.filter(team=bobs).exists()
    close.close_competition(world.competition, timezone.now())
    assert Credit.objects.get(team=bobs).final


def test_what_a_query_confirmed_is_not_in_the_family_of_the_close(world, finding):
    asked(finding)
    close.close_competition(world.competition, timezone.now())
    finding.refresh_from_db()
    assert finding.state == State.CONFIRMED and finding.verdict.final == {}
    assert "findings" not in ChainEntry.objects.get(kind="closed").data


def test_the_chain_tells_it_and_is_verified(world, bobs, charlie, finding):
    judged(world.good_patch(new_team(world.competition, charlie, "Charlies")))
    asked(finding)
    assert ChainEntry.objects.get(kind="finding asked").data["state"] == State.CONFIRMED
    assert verify(world) == ""
    close.close_competition(world.competition, timezone.now())
    assert verify(world) == ""


def test_a_changed_answer_is_found(world, finding):
    asked(finding)
    LedgerQuery.objects.update(gap_test=GapTest("bet").to_json())
    assert verify(world) != ""


# --- refusals -----------------------------------------------------------------------------------------------------
def refusal(submission):
    with pytest.raises(Refusal) as raised:
        finding_query.request_certification(submission)
    assert not LedgerQuery.objects.filter(submission=submission, passed=False).exists()
    return str(raised.value)


def test_a_patch_is_refused(world, bobs):
    assert "Only a finding is certified so" in refusal(world.good_patch(bobs))


def test_a_confirmed_finding_is_refused(finding):
    assert "confirmed already" in refusal(asked(finding))


def test_a_finding_that_was_not_shown_is_refused(world, bobs):
    assert "worse on practice rows" in refusal(judged(world.evaluated(bobs, "AGE >= 30 and AGE < 36")))


def test_a_team_without_queries_is_refused(world, finding):
    Competition.objects.update(queries_per_team=0)
    finding.competition.refresh_from_db()
    finding.team.competition = finding.competition
    assert "used up its certification queries" in refusal(finding)


def test_without_a_block_it_is_refused(finding):
    CertificationBlock.objects.update(state=CertificationBlock.State.RETIRED)
    assert "No certification rows are left" in refusal(finding)


def test_a_closed_competition_refuses(finding):
    finding.competition.status = Competition.Status.CLOSED
    assert "not open" in refusal(finding)


def test_a_query_is_asked_for_once(finding):
    finding_query.request_certification(finding)
    finding.refresh_from_db()
    assert "being asked already" in refusal(finding)


def test_others_cannot_spend_it(client, finding, charlie):
    client.force_login(charlie)
    address = f"/c/{finding.competition.slug}/submissions/{finding.pk}/certify/"
    assert client.post(address).status_code == 404


def test_its_team_spends_it_on_its_page(client, finding, bob):
    client.force_login(bob)
    address = f"/c/{finding.competition.slug}/submissions/{finding.pk}/"
    assert "Ask certification" in client.get(address).content.decode()
    assert client.post(f"{address}certify/").status_code == 302
    finding.refresh_from_db()
    assert finding.query_waits_since is not None


def test_a_confirmed_finding_that_is_judged_again_after_an_appeal_is_confirmed_no_more(finding, world, alice):
    asked(finding)
    disqualify.disqualify_submission(finding, "Copied from a leak.", alice)
    assert verify(world) == ""
    Submission.objects.filter(pk=finding.pk).update(state=State.JUDGING)
    judged(finding)
    assert (finding.state, finding.confirmed_at) == (State.WORSE, None)
    assert verify(world) == ""
