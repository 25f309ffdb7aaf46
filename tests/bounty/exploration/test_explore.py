"""A look at a group reads explore rows alone, and says what arithmetic on them says."""

from __future__ import annotations

import numpy as np
import pytest

from bounty.core import artifacts
from bounty.core.measures import scale_of
from bounty.exploration import distributions as spreads
from bounty.exploration import suggestions
from bounty.exploration.binning import bin_column
from bounty.exploration.compose import add_condition
from bounty.exploration.data import ExploreData, load_explore_data
from bounty.exploration.distributions import Confusion, Histogram
from bounty.exploration.explore import explore_group
from bounty.exploration.heatmap import build_heat_map
from bounty.models import ModelVersion
from evaluator.errors import ParticipantError, PlatformFault
from evaluator.expressions import parse_expression
from evaluator.losses import Loss
from evaluator.schema import Label, Schema
from tests.world import SCHEMA


def explore_rows(world):
    return world.layout.rows_of("explore")


def test_size_and_losses_are_those_of_the_explore_rows(world):
    rows = explore_rows(world)
    inside = (world.X["AGE"] < 6).to_numpy()[rows]
    wrong = (world.base != world.y)[rows]
    shown = explore_group(world.competition, "AGE < 6").shown
    assert (shown.rows, shown.of_rows) == (inside.sum(), len(inside))
    assert shown.inside.mean == pytest.approx(wrong[inside].mean())
    assert shown.outside.mean == pytest.approx(wrong[~inside].mean())
    assert shown.gap.low > 0


def test_no_secret_row_is_read(world, monkeypatch):
    """Everything a look reads is cut to explore: other rows may be anything."""
    before = explore_group(world.competition, "AGE < 6")
    head = world.competition.head()

    array = artifacts.read_array(head.stored_predictions).copy()
    array[world.layout.public :] = 1 - array[world.layout.public :]
    head.predictions = artifacts.artifact_store().write_array("heads/other/g1-v0.npy", array).to_json()
    head.save(update_fields=["predictions"])
    after = explore_group(world.competition, "AGE < 6")
    assert after.shown == before.shown
    assert after.heat.lines == before.heat.lines


def test_the_base_stands_beside_the_head_once_there_is_a_newer_version(world):
    better = artifacts.artifact_store().write_array("heads/other/g1-v1.npy", world.y).to_json()
    ModelVersion.objects.create(
        competition=world.competition, number=1, predictions=better, practice_loss=0, explore_loss=0
    )
    models = explore_group(world.competition, "AGE < 6").models
    assert models[0].inside["text"] == "0.0%"
    assert models[1].inside["text"] != "0.0%"


def test_a_small_group_shows_its_size_and_nothing_inside(make):
    found = explore_group(make(smallest_group=100).competition, "AGE < 6")
    assert found.shown.verdict == "small"
    assert (found.heat, found.spread, found.dots) == (None, None, None)


def test_cells_of_few_rows_show_no_figure(world):
    ground = load_explore_data(world.competition, world.competition.head())
    everyone = np.ones(len(ground.y), dtype=bool)
    heat = build_heat_map(ground, everyone, 25, scale_of(world.competition.loss), "AGE", "INCOME")
    cells = [cell for _, line in heat.lines for cell in line]
    assert any(cell.rows and not cell.text for cell in cells)
    assert all(cell.rows >= 25 for cell in cells if cell.text)
    assert sum(cell.rows for cell in cells) == len(ground.y)


def test_a_cell_is_the_rows_of_its_own_condition(world):
    ground = load_explore_data(world.competition, world.competition.head())
    mask = parse_expression("AGE >= 20", SCHEMA).mask(ground.X)
    heat = build_heat_map(ground, mask, 10, scale_of(world.competition.loss), "SEX", "AGE")
    for _, line in heat.lines:
        for cell in line:
            if cell.condition:
                assert (parse_expression(cell.condition, SCHEMA).mask(ground.X) & mask).sum() == cell.rows


def test_the_heat_map_crosses_the_columns_that_differ(world):
    found = explore_group(world.competition, "").heat
    assert {found.down.column.name, found.across.column.name} == {"AGE", "SEX"}


@pytest.mark.parametrize(("down", "across"), [("SEX", ""), ("", "SEX"), ("SEX", "nonsense"), ("SEX", "SEX")])
def test_a_chosen_column_is_kept_where_the_other_is_open(world, down, across):
    found = explore_group(world.competition, "", down, across).heat
    assert found.down.column.name == "SEX" if down else found.across.column.name == "SEX"


def test_errors_by_class_are_counted_in_the_group(world):
    found = explore_group(world.competition, "AGE < 6").spread
    assert isinstance(found, Confusion)
    assert sum(one.rows for one in found.classes) == explore_group(world.competition, "AGE < 6").shown.rows


def test_bins_are_expressions_of_their_own_rows(world):
    ground = load_explore_data(world.competition, world.competition.head())
    for binned in ground.all_binned():
        for i, one in enumerate(binned.bins):
            mask = parse_expression(one.condition, SCHEMA).mask(ground.X)
            assert mask.tolist() == (binned.codes == i).tolist(), one.condition
            assert one.label


def test_text_and_a_column_of_one_value_have_no_bins(world):
    ground = load_explore_data(world.competition, world.competition.head())
    assert bin_column(SCHEMA.column("AGE"), ground.X["AGE"] * 0) is None


# --- where to start ----------------------------------------------------------------------------------------------
def test_suggestions_find_the_groups_that_the_model_fails_and_say_by_which_way(world):
    head = world.competition.head()
    found = suggestions.find_suggestions(world.competition, head)
    ground = load_explore_data(world.competition, head)
    assert {one.by for one in found} == {"tree", "sliceline"}
    assert any("AGE" in one.text for one in found)
    for one in found:
        mask = parse_expression(one.text, SCHEMA).mask(ground.X)
        assert one.rows == mask.sum() >= world.competition.smallest_group
        assert one.mean == pytest.approx(ground.head_loss[mask].mean())
        assert one.mean > ground.head_loss.mean()


def test_a_version_is_searched_once(world, monkeypatch):
    head = world.competition.head()
    first = suggestions.find_suggestions(world.competition, head)
    monkeypatch.setattr(suggestions, "search_slices", lambda *_: pytest.fail("searched again"))
    assert suggestions.find_suggestions(world.competition, head) == first


def test_two_do_not_search_at_once(world):
    from django.core.cache import cache

    head = world.competition.head()
    cache.set(f"{suggestions._key(world.competition, head)}:searching", 1, 60)
    assert suggestions.find_suggestions(world.competition, head) is None


# --- scores and residuals ----------------------------------------------------------------------------------------
def test_histograms_add_up_inside_and_elsewhere():
    rng = np.random.default_rng(0)
    n = 500
    columns = SCHEMA.columns
    for label, loss, answers, y in (
        (
            Label("Y", "regression", low=0, high=10),
            Loss("squared", low=0, high=10),
            rng.uniform(0, 10, n),
            rng.uniform(0, 10, n),
        ),
        (
            Label("Y", "binary", classes=(0, 1)),
            Loss("log"),
            np.full((n, 2), 0.5),
            rng.integers(0, 2, n).astype(np.int16),
        ),
        (
            Label("Y", "multiclass", classes=("a", "b", "c")),
            Loss("log"),
            np.full((n, 3), 1 / 3),
            rng.integers(0, 3, n).astype(np.int16),
        ),
    ):
        losses = loss.rows(y, answers)
        ground = ExploreData("k", 0, Schema(columns, label), loss, None, y, None, losses, losses, answers)
        shown = spreads.answer_distribution(ground, np.arange(n) < 100, 20, scale_of(loss))
        assert isinstance(shown, Histogram)
        assert sum(shown.inside) == pytest.approx(1)
        assert sum(shown.outside) == pytest.approx(1)
        assert len(shown.lines) == len(shown.inside)


# --- one condition more, chosen in words ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("expression", "chosen", "expected"),
    [
        ("", ("AGE", ">=", "50"), "AGE >= 50"),
        ("SEX == 'male'", ("AGE", "<", "6"), "SEX == 'male' and AGE < 6"),
        ("AGE < 6 or AGE > 60", ("SEX", "==", "female"), "(AGE < 6 or AGE > 60) and SEX == 'female'"),
        ("", ("INCOME", "missing", ""), "missing(INCOME)"),
    ],
)
def test_a_condition_is_joined(expression, chosen, expected):
    assert add_condition(SCHEMA, expression, *chosen) == expected


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (("AEG", "==", "3"), "did you mean `AGE`"),
        (("AGE", "==", "old"), "is compared with a number"),
        (("AGE", ">=", ""), "Write a value"),
        (("SEX", "==", "f'emale"), "is no value"),
        (("AGE", "or True or", "3"), "from the list"),
        (("AGE", "==", "3 or True"), "is compared with a number"),
        (("SEX", "contains", "fe"), "is no text"),
    ],
)
def test_a_condition_that_is_none_is_refused(chosen, words):
    with pytest.raises(ParticipantError, match="(?s).*" + words):
        add_condition(SCHEMA, "", *chosen)


def test_another_table_is_another_ground(world):
    """Rows that were mended or taken out must not be looked at from memory."""
    head = world.competition.head()
    first = load_explore_data(world.competition, head)
    assert load_explore_data(world.competition, head) is first
    key = suggestions._key(world.competition, head)
    world.competition.tables_json["public"] = {**world.competition.tables_json["public"], "sha256": "0" * 64}
    assert suggestions._key(world.competition, head) != key
    with pytest.raises(PlatformFault):
        load_explore_data(world.competition, head)
