"""Tricks against the points earn nothing over honest play on the same rows."""

import numpy as np
import pytest

from benchmarks.finders import FINDER_TRICKS, MALLORY, SOCK, play_finder
from benchmarks.gaming import TRICKS, CopiedFindings, Honest, LeakedLabels, play_game

SEEDS = range(3)


@pytest.fixture(scope="module")
def honest():
    return [play_game(Honest, seed) for seed in SEEDS]


def test_honest_patches_are_accepted_and_all_points_are_the_improvement(honest):
    for game in honest:
        assert game.accepted("mallory") == 1
        assert game.points("mallory") > 50
        assert sum(map(game.points, game.credited)) == pytest.approx(game.total())


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_earns_no_more_than_honest_play(name, honest):
    games = [play_game(TRICKS[name], seed) for seed in SEEDS]
    gained = [
        game.points("mallory") - fair.points("mallory") for game, fair in zip(games, honest, strict=True)
    ]
    assert np.mean(gained) <= 1e-9
    for game in games:
        assert sum(map(game.points, game.credited)) == pytest.approx(game.total())


def test_a_copied_finding_takes_nothing_from_the_first_finder(honest):
    game = play_game(CopiedFindings, 0)
    assert game.findings[0].team == "charlie"
    assert game.points("charlie") == pytest.approx(honest[0].points("charlie"))


def test_a_copied_finding_counted_by_the_rule_of_2026_11():
    game = play_game(CopiedFindings, 0, "2026-11")
    assert [finding.team for finding in game.findings] == ["charlie", "mallory"]


@pytest.mark.parametrize("name", ["a sock that spoils", "copied findings with filler", "holding back"])
def test_a_finder_s_trick_earns_no_more_than_honest_finding(name):
    trick = FINDER_TRICKS[name]
    for seed in range(2):
        played = play_finder(trick.trick, seed, late=trick.late).points(MALLORY, SOCK)
        assert played <= play_finder(trick.honest, seed).points(MALLORY, SOCK) + 1e-9


def test_copies_with_filler_were_paid_by_the_rule_of_2026_11():
    """Otherwise that trick would show nothing."""
    trick = FINDER_TRICKS["copied findings with filler"]
    assert play_finder(trick.trick, 0, "2026-11").points(MALLORY) > 50


def test_leaked_practice_labels_do_reach_the_certification_rows():
    """Otherwise that trick would show nothing."""
    assert play_game(LeakedLabels, 0).asked["mallory"] >= 15


def test_the_same_seed_plays_the_same_competition():
    assert play_game(Honest, 5).points("mallory") == play_game(Honest, 5).points("mallory")
