"""The verdict by the present rule: noised figures, symbols in the ledger, and a team's own model."""

from __future__ import annotations

import numpy as np
import pytest

from bounty.adjudication import judge
from bounty.models import CertificationBlock, LedgerQuery, Submission, TeamVersion, Verdict
from bounty.shared_model import arrays
from evaluator.adjudication.noised_feedback import NoisedFeedback
from tests.world import OLD_WOMEN, make_world, new_team

State = Submission.State


@pytest.fixture
def world(alice):
    return make_world(alice, rule_version=2, gate_chance=0.7, fixed_blocks=2, noise_scale=2.0)


@pytest.fixture
def team(world, bob):
    return new_team(world.competition, bob, "Bobs")


def judged(submission):
    judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    return submission


def test_an_accepted_patch_is_a_symbol_with_all_that_fixed_its_level(world, team):
    submission = judged(world.good_patch(team))
    assert submission.state == State.ACCEPTED
    query = LedgerQuery.objects.get()
    assert (query.symbol, query.test, query.bet_weight, query.passed) == ("A", "sign", None, True)
    assert 0.7 <= query.chance <= 0.97
    assert query.log_inverse_delta == pytest.approx(-np.log(0.05 / 2) - query.log_probability)
    block = CertificationBlock.objects.get(number=1)
    assert (block.queries, block.accepted, block.extra_bits) == (1, 1, 0)


def test_the_next_query_s_level_follows_from_what_was_told_before(world, team):
    judged(world.good_patch(team))
    judged(world.good_patch(team, OLD_WOMEN))
    first, second = LedgerQuery.objects.order_by("number")
    assert (second.number, second.accepted_before) == (2, 1)
    assert second.log_inverse_delta > first.log_inverse_delta


def exact_counts(world, mask, predictions, head):
    rows = world.layout.rows_of("practice")
    inside = mask[rows]
    before, after = (head[rows] != world.y[rows])[inside], (predictions[rows] != world.y[rows])[inside]
    return int(inside.sum()), int((before & ~after).sum()), int((~before & after).sum())


def test_figures_of_a_patch_are_noised_and_the_same_arrays_are_told_otherwise(world, team):
    mask = world.mask("AGE < 3")
    patch = world.patch(mask, right=0.5)
    told = [judged(world.evaluated(team, mask, patch)).verdict.feedback for _ in range(4)]
    assert all(isinstance(each, NoisedFeedback) and each.scale == 2 for each in told)
    exact = exact_counts(world, mask, patch, world.base)
    assert [(each.rows, each.wins, each.losses) for each in told].count(exact) < 2
    assert len({each.rows for each in told}) > 1


def test_a_competition_whose_rows_are_no_people_may_have_exact_figures(alice, bob):
    world = make_world(alice, rule_version=2, noise_scale=0.0)
    mask = world.mask("AGE < 3")
    patch = world.patch(mask, right=0.5)
    told = judged(world.evaluated(new_team(world.competition, bob, "Bobs"), mask, patch)).verdict.feedback
    assert (told.rows, told.wins, told.losses) == exact_counts(world, mask, patch, world.base)


def test_a_verdict_asked_again_of_the_same_head_tells_the_same(world, team):
    submission = judged(world.evaluated(team, "AGE < 3", world.patch(world.mask("AGE < 3"), right=0.5)))
    first = submission.verdict.feedback
    Submission.objects.filter(pk=submission.pk).update(state=State.JUDGING)
    judge.judge_submission(submission.pk)
    again = Verdict.objects.get(submission=submission).feedback
    assert (again.rows, again.wins, again.losses) == (first.rows, first.wins, first.losses)
    assert (again.loss_before, again.p_value) == (first.loss_before, first.p_value)


def test_the_team_s_own_model_tells_a_noised_loss(world, team):
    submission = judged(world.good_patch(team))
    own = TeamVersion.objects.get(team=team)
    exact = arrays.mean_loss(world.competition, arrays.load_team_list(team).head.predictions, "practice")
    assert own.submission == submission
    assert own.practice_loss != exact and abs(own.practice_loss - exact) < 0.05


def page_of(client, submission):
    client.force_login(submission.author)
    return client.get(submission.get_absolute_url()).content.decode()


def test_the_verdict_s_page_calls_its_figures_about_and_names_the_noise(world, team, client):
    page = page_of(client, judged(world.good_patch(team)))
    assert "about right, with noise that hides each of them" in page
    assert "counts with noise of scale 2" in page
    assert "which follows from the stored chance" in page


def test_a_refused_query_tells_neither_its_level_nor_its_chance(alice, bob, client):
    """Practice rows promise what certification rows do not hold."""
    world = make_world(alice, rule_version=2, gate_chance=0.7)
    team = new_team(world.competition, bob, "Bobs")
    mask = world.mask(OLD_WOMEN)
    patch = world.patch(mask)
    block = world.layout.rows_of("certification-1")
    patch[block] = np.where(mask[block], world.base[block], 0)
    submission = judged(world.evaluated(team, mask, patch))
    assert LedgerQuery.objects.get().symbol == "R" and submission.verdict.feedback.whole is None
    page = page_of(client, submission)
    assert "refused" in page and "at level" not in page


def test_a_group_too_small_to_say_anything_of_tells_no_figure(world, team, client):
    mask = world.mask("AGE < 6").copy()
    mask[np.flatnonzero(mask)[40:]] = False
    practice = world.layout.rows_of("practice")
    assert mask[practice].sum() < 10
    page = page_of(client, judged(world.evaluated(team, mask, world.patch(mask))))
    assert "too few to say" in page and "won" not in page.split("The arithmetic")[1].split("</table>")[0]
