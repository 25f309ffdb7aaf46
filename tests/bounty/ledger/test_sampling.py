"""The sampling of secret splits: units, M and weights, also after rows were taken out of the table."""

from __future__ import annotations

import numpy as np
import pytest

from bounty import corrections
from bounty.competitions import create as competitions_create
from bounty.competitions.base_models import FittedBase
from bounty.core import artifacts
from bounty.core.errors import Refusal
from bounty.corrections import Correction
from bounty.ledger.sampling import EmptyStratum, load_sampling, table_shares
from bounty.models import Competition
from evaluator.errors import TableError
from tests.people_table import people

SECRET = ("practice", "certification-1", "final")


def create(alice, **fields) -> Competition:
    return competitions_create.create_competition(
        people(4000, 2500, seed=3),
        organiser=alice,
        title="Who is ill",
        label="ill",
        base=FittedBase("tree"),
        **{"unit": "person", "seed": 5, **fields},
    )


@pytest.fixture
def oversampled(alice) -> Competition:
    """Units with a person of 87 or more are drawn twice as often."""
    return create(alice, declared=[("the oldest", "age >= 87")])


def weights_of_units(competition: Competition, split: str) -> dict[int, float]:
    sampling = load_sampling(competition, split)
    return dict(zip(sampling.unit.tolist(), sampling.weight.tolist(), strict=True))


def stratum_of_units(competition: Competition, split: str) -> dict[int, int]:
    units, strata = artifacts.read_units(competition, split), artifacts.read_strata(competition, split)
    return dict(zip(units.tolist(), strata.tolist(), strict=True))


def test_a_table_without_units_is_plain(alice):
    sampling = load_sampling(create(alice, unit=None, exclude=["person"]), "certification-1")
    assert sampling.is_plain and sampling.unit_rows == 1


def test_a_unit_column_with_one_row_a_unit_is_plain(alice):
    frame = people(1500, 1500)
    competition = competitions_create.create_competition(
        frame, organiser=alice, title="Ill", label="ill", unit="person", base=FittedBase("tree")
    )
    assert load_sampling(competition, "certification-1").is_plain


def test_a_table_with_units_has_them_and_its_largest_units_rows(alice):
    competition = create(alice)
    sampling = load_sampling(competition, "certification-1")
    assert not sampling.is_plain and sampling.weight is None
    assert sampling.unit.tolist() == artifacts.read_units(competition, "certification-1").tolist()
    assert (
        sampling.unit_rows == competition.unit_rows == people(4000, 2500, seed=3).person.value_counts().max()
    )


@pytest.mark.parametrize("split", SECRET)
def test_a_units_weight_is_its_stratums_share_in_the_table_by_its_share_of_the_split(oversampled, split):
    frame = people(4000, 2500, seed=3)
    share = frame[frame.age >= 87].person.nunique() / frame.person.nunique()
    strata = stratum_of_units(oversampled, split)
    here = np.mean(list(strata.values()))
    assert here > 1.1 * share
    weights = weights_of_units(oversampled, split)
    raw = {0: (1 - share) / (1 - here), 1: share / here}
    assert weights == pytest.approx({unit: raw[stratum] / raw[0] for unit, stratum in strata.items()})


def test_units_that_no_split_drew_count_for_the_tables_shares(alice):
    sizes = {"train": 300, "explore": 300, "practice": 300, "certification": 300, "final": 300}
    competition = create(alice, declared=[("the oldest", "age >= 87")], sizes=sizes)
    frame = people(4000, 2500, seed=3)
    share = frame[frame.age >= 87].person.nunique() / frame.person.nunique()
    assert sum(competition.tables.undrawn) == 1000
    assert table_shares(competition) == pytest.approx({0: 1 - share, 1: share})


def open_and_delete(competition: Competition, alice, rows: list[int]) -> Competition:
    competition.status = Competition.Status.OPEN
    competition.save(update_fields=["status"])
    corrections.correct_table(competition, Correction({}, (), tuple(rows), ()), "asked for", alice)
    competition.refresh_from_db()
    return competition


def rows_of_stratum(competition: Competition, split: str, number: int) -> list[int]:
    strata = artifacts.read_strata(competition, split)
    rows = artifacts.read_array(competition.tables.origin["rows"])[competition.layout.rows_of(split)]
    return rows[strata == number].tolist()


def test_weights_follow_what_a_correction_left(oversampled, alice):
    before = table_shares(oversampled)
    gone = rows_of_stratum(oversampled, "certification-1", 1)[:10]
    corrected = open_and_delete(oversampled, alice, gone)
    assert len(artifacts.read_strata(corrected, "certification-1")) == len(
        artifacts.read_labels(corrected, "certification-1")
    )
    after = table_shares(corrected)
    assert after[1] < before[1]
    strata = stratum_of_units(corrected, "certification-1")
    here = np.mean(list(strata.values()))
    weights = set(np.round(list(weights_of_units(corrected, "certification-1").values()), 12))
    assert weights == {1.0, round(after[1] / here / (after[0] / (1 - here)), 12)}


def test_a_block_without_a_unit_of_a_stratum_is_asked_nothing(oversampled, alice):
    corrected = open_and_delete(oversampled, alice, rows_of_stratum(oversampled, "certification-1", 1))
    with pytest.raises(EmptyStratum, match="“certification-1”: nothing about the whole table"):
        load_sampling(corrected, "certification-1")
    assert load_sampling(corrected, "practice").weight is not None


@pytest.mark.parametrize("split", ["practice", "final"])
def test_a_correction_that_empties_a_stratum_of_other_secret_rows_is_refused(oversampled, alice, split):
    rows = rows_of_stratum(oversampled, split, 1)
    with pytest.raises(Refusal, match=f"“{split}” would keep no unit of one kind"):
        open_and_delete(oversampled, alice, rows)


def test_a_split_that_would_hold_no_unit_of_a_small_group_is_refused(alice):
    frame = people(4000, 2500, seed=3)
    name = frame.person[0]
    with pytest.raises(TableError, match="would hold no unit of a small declared group"):
        create(alice, declared=[("one", f"income == {frame.income[frame.person == name].iloc[0]}")])
