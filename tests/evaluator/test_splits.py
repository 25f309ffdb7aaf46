"""Splits: by unit, with all rows of a unit, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluator.errors import TableError
from evaluator.splits import Layout, draw_layout, unit_codes, unit_strata

FRACTIONS = {"train": 0.3, "explore": 0.1, "practice": 0.2, "certification": 0.3, "final": 0.1}


def table(units: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"pid": rng.permutation(np.repeat(np.arange(units), rng.integers(1, 5, units)))})


@given(st.integers(120, 400), st.integers(1, 3), st.integers(0, 2**31), st.booleans())
@settings(max_examples=60, deadline=None)
def test_no_unit_is_in_two_splits_and_each_split_holds_all_rows_of_its_units(
    units: int, blocks: int, seed: int, oversample: bool
) -> None:
    frame = table(units, seed)
    small = (frame["pid"] % 11 == 0).to_numpy() if oversample else None
    order, layout = draw_layout(frame, "pid", FRACTIONS, blocks, seed, oversample=small)
    assert len(set(order.tolist())) == len(order) == layout.rows
    seen: set[int] = set()
    end = 0
    for name, (start, stop) in layout.ranges.items():
        assert start == end < stop
        end = stop
        rows = frame["pid"].to_numpy()[order[layout.rows_of(name)]]
        assert not seen & set(rows.tolist())
        seen |= set(rows.tolist())
        assert len(rows) == frame["pid"].isin(rows).sum()
    assert end == layout.rows
    assert layout.public == layout.ranges["explore"][1]
    assert len(seen) == units


def test_counts_are_units_and_the_rest_is_left_out() -> None:
    frame = table(300)
    sizes = {"train": 50, "explore": 20, "practice": 40, "certification": 61, "final": 30}
    order, layout = draw_layout(frame, "pid", sizes, 2, 7)
    units = {name: frame["pid"].iloc[order[layout.rows_of(name)]].nunique() for name in layout.ranges}
    assert list(units.values()) == [50, 20, 40, 31, 30, 30]
    assert list(units) == ["train", "explore", "practice", "certification-1", "certification-2", "final"]


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    frame = table(200)
    first, layout = draw_layout(frame, "pid", FRACTIONS, 1, 3)
    again, same = draw_layout(frame, "pid", FRACTIONS, 1, 3)
    other, _ = draw_layout(frame, "pid", FRACTIONS, 1, 4)
    assert first.tolist() == again.tolist()
    assert layout == same == Layout.from_json(layout.to_json())
    assert first.tolist() != other.tolist()


def test_without_a_unit_column_every_row_is_drawn() -> None:
    order, layout = draw_layout(table(100), None, FRACTIONS, 1, 0)
    assert sorted(order.tolist()) == list(range(layout.rows)) == list(range(len(table(100))))


def test_a_small_declared_group_is_over_sampled_in_the_secret_rows_and_still_public() -> None:
    frame = pd.DataFrame({"x": np.arange(4000)})
    small = np.arange(4000) % 40 == 0
    sizes = {"train": 0.5, "explore": 0.1, "practice": 0.1, "certification": 0.2, "final": 0.1}
    order, layout = draw_layout(frame, None, sizes, 1, 0, oversample=small, factor=2.0)
    secret = order[layout.public :]
    assert small[secret].sum() == 80
    assert small[order[: layout.public]].sum() == 20
    assert len(secret) == 1600


def test_a_unit_is_of_the_over_sampled_stratum_by_any_of_its_rows() -> None:
    codes, oversample = np.array([0, 0, 1, 2, 2]), np.array([False, True, False, False, False])
    assert unit_strata(codes, oversample).tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("sizes", "blocks", "message"),
    [
        ({**FRACTIONS, "train": 0.8}, 1, "fractions that sum to at most 1, or whole numbers"),
        ({**FRACTIONS, "final": 0.01}, 1, "`final` would get 1 units; it needs at least 10"),
        (FRACTIONS, 9, "`certification-1` would get 4 units"),
        (dict.fromkeys(FRACTIONS, 30), 1, "ask for 150 units, but the table has 120"),
        ({**FRACTIONS, "tain": 0.1}, 1, "no split `tain`; did you mean `train`"),
        ({"train": 0.5}, 1, "size of the split `certification` is missing"),
        ({**FRACTIONS, "practice": 0}, 1, "`practice` needs a size above 0"),
        (FRACTIONS, 0, "at least one certification block"),
    ],
)
def test_sizes_that_cannot_be_drawn_are_refused(sizes: dict[str, float], blocks: int, message: str) -> None:
    with pytest.raises(TableError, match=message):
        draw_layout(table(120), "pid", sizes, blocks, 0)


def test_a_unit_that_is_missing_is_named_with_its_row() -> None:
    with pytest.raises(TableError, match="`pid` is empty in row 3") as caught:
        unit_codes(pd.DataFrame({"pid": ["a", "b", None]}), "pid")
    assert caught.value.row == 3


def test_what_is_known_is_never_secret_and_comes_first_in_public() -> None:
    frame = table(200)
    known = (frame["pid"] < 60).to_numpy()
    order, layout = draw_layout(frame, "pid", FRACTIONS, 1, 0, known=known)
    assert not known[order[layout.public :]].any()
    assert frame["pid"].iloc[order[: layout.public]].isin(range(60)).sum() == known.sum()
    assert {layout.ranges[name][1] > layout.ranges[name][0] for name in layout.ranges} == {True}


def test_known_and_small_groups_go_together() -> None:
    frame = table(400)
    known, small = (frame["pid"] < 60).to_numpy(), (frame["pid"] % 11 == 0).to_numpy()
    sizes = {"train": 0.5, "explore": 0.2, "practice": 0.1, "certification": 0.1, "final": 0.1}
    order, layout = draw_layout(frame, "pid", sizes, 1, 0, known=known, oversample=small)
    secret = order[layout.public :]
    assert not known[secret].any()
    assert small[secret].mean() > 1.3 * small[~known].mean()


def test_a_table_of_which_too_much_is_known_is_refused() -> None:
    frame = table(200)
    with pytest.raises(
        TableError, match="ask for 120 units, but of the table's 200 only 100 are known to nobody"
    ):
        draw_layout(frame, "pid", FRACTIONS, 1, 0, known=(frame["pid"] < 100).to_numpy())
