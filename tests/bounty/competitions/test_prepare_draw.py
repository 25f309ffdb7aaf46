"""Small declared groups are drawn more often into secret rows, and whoever reads the figures is told."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bounty.competitions import create as competitions_create
from bounty.competitions.base_models import FittedBase
from bounty.competitions.spec import NewCompetition, draw_seed
from bounty.core import artifacts
from bounty.ledger.plan import plan_sentences
from bounty.models import Competition
from tests.people_table import people

DECLARED = [("the oldest", "age >= 87"), ("women", "sex == 'female'")]


def create(alice, **wishes) -> Competition:
    frame = people(4000, 4000, seed=3)
    return competitions_create.create_competition(
        frame,
        organiser=alice,
        title="Who is ill",
        label="ill",
        exclude=["person"],
        declared=DECLARED,
        base=FittedBase("tree"),
        **wishes,
    )


def share(competition: Competition, rows: slice) -> float:
    return float(artifacts.read_array(competition.declared_groups.first().stored_mask)[rows].mean())


def test_a_small_declared_group_is_drawn_twice_as_often_and_the_plan_says_so(alice):
    competition = create(alice)
    secret = slice(competition.layout.public, None)
    assert 1.2 < share(competition, secret) / 0.033 < 2.2
    (said,) = competition.plan.drawn
    assert f"{share(competition, secret):.1%} of the secret rows" in said and "women" not in said
    assert said in plan_sentences(competition)


def test_the_rules_page_says_so(alice, client):
    competition = create(alice)
    competition.status = Competition.Status.OPEN
    competition.save(update_fields=["status"])
    page = client.get(f"/c/{competition.slug}/rules/").content.decode()
    assert " times as often as others (the oldest:" in page


def test_an_organiser_may_have_rows_drawn_alike(alice):
    competition = create(alice, oversample=False)
    shares = [share(competition, competition.layout.rows_of(split)) for split in competition.layout.ranges]
    assert competition.plan.drawn == ()
    assert np.average(shares[2:]) < 1.3 * 0.034


def test_without_a_small_group_nothing_is_said(alice):
    frame: pd.DataFrame = people(1000, 1000)
    competition = competitions_create.create_competition(
        frame, organiser=alice, title="Ill", label="ill", declared=[("women", "sex == 'female'")]
    )
    assert competition.plan.drawn == ()


def test_nobody_who_has_the_table_can_draw_the_secret_rows_again(alice, monkeypatch):
    monkeypatch.setattr("bounty.competitions.spec.draw_seed", draw_seed)
    request = NewCompetition(organiser=alice, title="Who is ill", label="ill")
    assert request.seed is None
    assert request.table_request().seed != request.table_request().seed


def test_a_seed_is_kept_where_one_is_asked_for(alice):
    assert NewCompetition(organiser=alice, title="Who is ill", label="ill", seed=7).table_request().seed == 7
