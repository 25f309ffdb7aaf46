"""Schemas: what is inferred, what X looks like, what is flagged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluator.errors import TableError
from evaluator.schema import Column, Schema, freeze_schema, infer_schema, schema_flags


@pytest.fixture
def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    n = 600
    person = np.arange(n) // 3
    return pd.DataFrame(
        {
            "pid": 1000 + person,
            "age": rng.uniform(1, 80, n),
            "sex": rng.integers(1, 3, 200)[person],
            "town": np.array(["north", "south", "west"])[rng.integers(0, 3, 200)][person],
            "married": rng.random(n) < 0.5,
            "children": pd.Series(rng.integers(0, 5, n)).where(rng.random(n) < 0.9),
            "note": [f"note number {i} of many" for i in range(n)],
            "sick": rng.random(n) < 0.4,
        }
    )


def test_integers_of_few_values_and_booleans_are_categories_with_their_own_values(
    people: pd.DataFrame,
) -> None:
    schema = infer_schema(people, "sick", "pid")
    assert schema.column("sex") == Column("sex", "category", values=(1, 2))
    assert schema.column("married").values == (False, True)
    assert schema.column("children").values == (0, 1, 2, 3, 4)
    assert schema.column("town").values == ("north", "south", "west")
    assert (schema.column("age").kind, schema.column("note").kind) == ("number", "text")
    assert schema.label.task == "binary"
    assert schema.label.classes == (False, True)
    assert Schema.from_json(schema.to_json()) == schema


def test_the_label_and_the_unit_are_no_features(people: pd.DataFrame) -> None:
    names = [column.name for column in infer_schema(people, "sick", "pid").features]
    assert names == ["age", "sex", "town", "married", "children", "note"]


def test_a_label_of_many_numbers_is_a_regression_with_its_range(people: pd.DataFrame) -> None:
    label = infer_schema(people, "age").label
    assert label.task == "regression"
    assert (label.low, label.high) == (people["age"].min(), people["age"].max())


def test_overrides_give_meanings_and_kinds(people: pd.DataFrame) -> None:
    overrides = {"sex": {"meaning": "sex", "codes": {"1": "man", "2": "woman"}}, "pid": {"kind": "category"}}
    schema = infer_schema(people, "sick", overrides=overrides)
    assert schema.column("sex").in_words(2) == "woman"
    assert len(schema.column("pid").values) == 200


def test_an_override_of_an_unknown_column_is_refused_with_a_suggestion(people: pd.DataFrame) -> None:
    with pytest.raises(TableError, match="did you mean `married`"):
        infer_schema(people, "sick", overrides={"maried": {"meaning": "?"}})
    with pytest.raises(TableError, match="did you mean `meaning`"):
        infer_schema(people, "sick", overrides={"sex": {"meening": "?"}})


def test_x_has_dtypes_that_do_not_depend_on_the_rows(people: pd.DataFrame) -> None:
    schema = infer_schema(people, "sick", "pid")
    X = schema.conform(people)
    for part in (people.head(0), people.head(1), people.assign(children=np.nan).tail(7)):
        assert schema.conform(part).dtypes.tolist() == X.dtypes.tolist()
    assert [str(dtype) for dtype in X.dtypes] == [
        "float64",
        "float64",
        "category",
        "float64",
        "float64",
        "str",
    ]
    assert X["married"].tolist() == people["married"].astype(float).tolist()


def test_a_value_unknown_to_the_schema_is_missing(people: pd.DataFrame) -> None:
    schema = infer_schema(people, "sick", "pid")
    later = people.head(2).assign(sex=[3, 1], town=["east", "west"])
    X = schema.conform(later)
    assert X["sex"].isna().tolist() == [True, False]
    assert X["town"].cat.codes.tolist() == [-1, 2]
    assert np.isnan(schema.matrix(X)[0, 2])


def test_the_same_values_as_strings_conform_alike(people: pd.DataFrame) -> None:
    schema = infer_schema(people, "sick", "pid")
    as_words = people.assign(sex=people["sex"].astype(str), married=people["married"].astype(str))
    pd.testing.assert_frame_equal(schema.conform(as_words), schema.conform(people))


def test_a_later_table_that_lacks_a_column_is_refused_with_a_suggestion(people: pd.DataFrame) -> None:
    schema = infer_schema(people, "sick", "pid")
    with pytest.raises(TableError, match="`age` is missing from the table; did you mean `Age`") as caught:
        schema.conform(people.rename(columns={"age": "Age"}))
    assert caught.value.column == "age"


@pytest.mark.parametrize(
    ("value", "message"), [(np.inf, "infinite number in row 17"), ("old", "row 17 holds 'old'")]
)
def test_a_cell_that_is_no_number_is_named_with_its_row(
    people: pd.DataFrame, value: object, message: str
) -> None:
    schema = infer_schema(people, "sick", "pid")
    later = people.astype({"age": object})
    later.loc[16, "age"] = value
    with pytest.raises(TableError, match=message) as caught:
        schema.conform(later)
    assert caught.value.row == 17


def test_labels_are_encoded_in_class_order(people: pd.DataFrame) -> None:
    schema = infer_schema(people, "town")
    codes = schema.encode_label(people["town"])
    assert codes.dtype == np.int16
    assert [schema.label.classes[code] for code in codes[:50]] == people["town"].tolist()[:50]
    with pytest.raises(TableError, match=r"'norht' in row 2, .*did you mean `north`"):
        schema.encode_label(pd.Series(["north", "norht"]))
    with pytest.raises(TableError, match="missing in row 2"):
        schema.encode_label(pd.Series(["north", None]))


def test_frozen_categories_come_from_train_alone(people: pd.DataFrame) -> None:
    schema = infer_schema(people, "age", "pid")
    frozen = freeze_schema(schema, people[people["town"] != "west"].head(50))
    assert frozen.column("town").values == ("north", "south")
    assert frozen.label.high <= schema.label.high
    assert frozen.column("married").values == (False, True)


def test_ids_units_and_leaks_are_flagged(people: pd.DataFrame) -> None:
    frame = people.assign(row_id=np.arange(len(people)), hospital_days=np.where(people["sick"], 3.5, 0.0))
    flags = schema_flags(frame, infer_schema(frame, "sick"))
    assert any(flag.startswith("`pid` looks like a unit") for flag in flags)
    assert any(flag.startswith("`row_id` looks like an id") for flag in flags)
    assert any(flag.startswith("`hospital_days` alone nearly answers `sick`") for flag in flags)
    assert len(flags) == 3


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["2024-01-31", "2023-12-01", None], "`seen` holds dates"),
        (["31.1.2024", "01.12.23", "2/3/2020"], "`seen` holds dates"),
        (["2024-01-31 10:20", "2024-01-31T10:20:30Z"], "`seen` holds dates"),
        (["1,234", "12,345,678.90", "7,5"], "Write 1234.5 for “1,234.5” or “1234,5”"),
        (["1.234,50", "1 234,5"], "`seen` holds numbers with commas"),
    ],
)
def test_words_that_mean_dates_or_numbers_are_flagged(
    people: pd.DataFrame, values: list[str | None], said: str
) -> None:
    people["seen"] = [values[row % len(values)] for row in range(len(people))]
    flags = [flag for flag in schema_flags(people, infer_schema(people, "sick", "pid")) if "`seen`" in flag]
    assert len(flags) == 1
    assert said in flags[0]


@pytest.mark.parametrize("values", [["red", "blue"], ["a, b", "c, d"], ["12-13", "1.2.3.4"], ["A12", "B7"]])
def test_other_words_are_not_taken_for_dates_or_numbers(people: pd.DataFrame, values: list[str]) -> None:
    people["seen"] = [values[row % len(values)] for row in range(len(people))]
    flags = schema_flags(people, infer_schema(people, "sick", "pid"))
    assert not [flag for flag in flags if "dates" in flag or "commas" in flag]


def test_an_ordinary_table_is_not_flagged(people: pd.DataFrame) -> None:
    assert schema_flags(people, infer_schema(people, "sick", "pid")) == []


def test_lists_dates_and_empty_columns_are_excluded_and_said_so(people: pd.DataFrame) -> None:
    frame = people.assign(
        tags=[["a"]] * len(people), day=pd.Timestamp("2020-01-01"), empty=np.full(len(people), np.nan)
    )
    schema = infer_schema(frame, "sick", "pid")
    assert {column.name for column in schema.columns if column.excluded} == {"tags", "day", "empty"}
    assert len(schema_flags(frame, schema)) == 3
    schema.conform(frame)
