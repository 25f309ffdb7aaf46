"""Loading parts outside a jail, as the shared model does with the ones it trusts."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from evaluator.runtime import ColumnSpec, OutputSpec, PartError, TableSpec, load_part, refuse_pickle
from evaluator.runtime.frames import float_matrix
from evaluator.schema import Column, Label, Schema

SPEC = TableSpec((ColumnSpec("age", "number"), ColumnSpec("sex", "category", ("female", "male"))))
MASK = OutputSpec("mask")


@pytest.fixture
def X() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": [10.0, 60.0, np.nan],
            "sex": pd.Categorical(["male", None, "female"], categories=["female", "male"]),
        }
    )


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_numbers_and_booleans_as_categories_are_float_columns() -> None:
    columns = (
        Column("plan", "category", values=(1, 2)),
        Column("owner", "category", values=(False, True)),
        Column("race", "category", values=("a", "b")),
        Column("note", "text"),
        Column("leak", "number", excluded=True),
    )
    spec = TableSpec.from_schema(Schema(columns, Label("y", "binary", (0, 1))))
    assert [(c.name, c.kind) for c in spec.columns] == [
        ("plan", "number"), ("owner", "number"), ("race", "category"), ("note", "text"),
    ]  # fmt: skip
    assert TableSpec.from_json(spec.to_json()) == spec


def test_the_float_matrix_holds_category_codes_and_nan(X: pd.DataFrame) -> None:
    np.testing.assert_array_equal(float_matrix(X, SPEC), [[10, 1], [60, np.nan], [np.nan, 0]])


def test_text_cannot_be_in_a_float_matrix(X: pd.DataFrame) -> None:
    with pytest.raises(PartError, match="text columns"):
        float_matrix(X, TableSpec((ColumnSpec("age", "text"),)))


def test_a_python_file_answers(X: pd.DataFrame) -> None:
    part = load_part("python", b"def group(X): return X['age'] > 50", "group", SPEC, MASK)
    assert part(X).tolist() == [False, True, False]


def test_a_file_with_another_function_says_which_it_has() -> None:
    with pytest.raises(PartError, match=r"no group\(X\); it defines predict\(X\)") as refusal:
        load_part("python", b"def predict(X): pass", "group", SPEC, MASK)
    assert refusal.value.error_class == "no_function"


def test_what_is_read_is_what_runs(X: pd.DataFrame) -> None:
    """In UTF-7 the comment would end at +AAo- and the line after it be another."""
    source = (
        b"# coding: utf-7\ndef group(X):\n    # +AAo-    return X['age'] < 50\n    return X['age'] > 50\n"
    )
    mask = load_part("python", source, "group", SPEC, MASK)(X)
    np.testing.assert_array_equal(mask, [False, True, False])


@pytest.mark.parametrize(
    "source",
    [b"\xff\xfed\x00e\x00f\x00", b"x = " + b"-" * 200_000 + b"1", b"x = a" + b".b" * 100_000],
    ids=["not UTF-8", "deep minus", "deep attributes"],
)
def test_a_source_that_no_compiler_takes_is_a_load_error(source: bytes) -> None:
    with pytest.raises(PartError) as caught:
        load_part("python", source, "group", SPEC, MASK)
    assert caught.value.error_class == "load_error"


def test_two_zips_with_modules_of_one_name_do_not_meet(X: pd.DataFrame, tmp_path: Path) -> None:
    parts = []
    for limit in (5, 50):
        files = {
            "submission.py": "import helper\ndef group(X):\n    import helper as h\n    return X['age'] > h.limit()",
            "helper.py": "from pathlib import Path\ndef limit(): return float(Path('limit.txt').read_text())",
            "limit.txt": str(limit),
        }
        folder = tmp_path / str(limit)
        folder.mkdir()
        parts.append(load_part("zip", zipped(files), "group", SPEC, MASK, folder))
    before = (list(sys.path), Path.cwd())
    assert [part(X).tolist() for part in parts] == [[True, True, False], [False, True, False]]
    assert "helper" not in sys.modules and (list(sys.path), Path.cwd()) == before


def test_a_zip_without_a_folder_is_refused() -> None:
    with pytest.raises(PartError, match="a folder"):
        load_part("zip", zipped({"a.py": ""}), "group", SPEC, MASK)


def test_a_climbing_name_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "part"
    folder.mkdir()
    with pytest.raises(PartError, match="not allowed"):
        load_part("zip", zipped({"a/../../evil.py": "x"}), "group", SPEC, MASK, folder)
    assert list(tmp_path.rglob("*")) == [folder]


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PartError, match="'exe' is not a kind"):
        load_part("exe", b"", "group", SPEC, MASK)


def estimator(classes: list[object], **options: object) -> bytes:
    frame = pd.DataFrame({"age": np.arange(30.0)})
    y = np.repeat(classes, 30 // len(classes))
    return skops.io.dumps(DecisionTreeClassifier(**options).fit(frame, y))


def test_an_estimator_s_own_labels_win_over_codes(X: pd.DataFrame) -> None:
    ages = pd.DataFrame({"age": [1.0, 29.0], "sex": X["sex"][:2]})
    numbers = OutputSpec("codes", (1, 2))
    names = OutputSpec("codes", ("no", "yes"))
    cases = [(estimator([1, 2]), numbers), (estimator([0, 1]), numbers), (estimator(["no", "yes"]), names),
             (estimator([False, True]), names), (estimator([0, 1]), names)]  # fmt: skip
    for content, output in cases:
        assert load_part("skops", content, "predict", SPEC, output)(ages).tolist() == [0, 1]


def test_an_estimator_that_knows_fewer_classes_gives_the_others_no_chance() -> None:
    ages = pd.DataFrame({"age": [1.0, 29.0]})
    output = OutputSpec("probabilities", ("a", "b", "c"))
    part = load_part("skops", estimator(["a", "c"]), "predict", SPEC, output)
    np.testing.assert_array_equal(part(ages), [[1, 0, 0], [0, 0, 1]])


def test_an_estimator_of_other_classes_is_refused() -> None:
    with pytest.raises(PartError, match="are not the label's"):
        load_part("skops", estimator(["x", "y"]), "predict", SPEC, OutputSpec("codes", ("a", "b")))


def test_an_estimator_that_wants_another_column_is_refused() -> None:
    content = skops.io.dumps(LogisticRegression().fit(pd.DataFrame({"height": [1.0, 2.0]}), [0, 1]))
    with pytest.raises(PartError, match="'height'"):
        load_part("skops", content, "predict", SPEC, OutputSpec("codes", (0, 1)))


def linear(**tensors: list[object]) -> bytes:
    from safetensors.numpy import save

    return save({name: np.array(values, dtype=float) for name, values in tensors.items()})


def test_linear_scores_become_what_is_asked_for(X: pd.DataFrame) -> None:
    content = linear(weight=[0.1, 1.0], bias=[-3.0])  # scores: -1, 3, -3
    outputs = {
        "mask": [False, True, False], "codes": [0, 1, 0], "values": [-1.0, 3.0, -3.0],
    }  # fmt: skip
    for kind, wanted in outputs.items():
        part = load_part("safetensors", content, "predict", SPEC, OutputSpec(kind, (0, 1)))
        np.testing.assert_allclose(part(X), wanted)
    chances = load_part("safetensors", content, "predict", SPEC, OutputSpec("probabilities", (0, 1)))(X)
    np.testing.assert_allclose(chances[:, 1], 1 / (1 + np.exp([1.0, -3.0, 3.0])))


@pytest.mark.parametrize("kind", ["values", "probabilities", "codes"])
def test_a_linear_model_has_an_answer_for_every_row_even_where_scores_overflow(X: pd.DataFrame, kind) -> None:
    part = load_part(
        "safetensors", linear(weight=[1.7e308, -1.7e308]), "predict", SPEC, OutputSpec(kind, (0, 1))
    )
    assert np.isfinite(part(X)).all()


def test_one_weight_column_a_class_picks_the_largest_score(X: pd.DataFrame) -> None:
    content = linear(weight=[[1, 0, -1], [0, 0, 0]], bias=[-30, 0, 0])
    output = OutputSpec("codes", ("a", "b", "c"))
    assert load_part("safetensors", content, "predict", SPEC, output)(X).tolist() == [1, 0, 1]


REFUSED_WEIGHTS = {
    "too few columns": {"weight": [1.0]},
    "no weight": {"w": [1.0, 2.0]},
    "another tensor": {"weight": [1.0, 2.0], "layer": [1.0]},
    "not finite": {"weight": [1.0, np.nan]},
    "a bias of another size": {"weight": [1.0, 2.0], "bias": [1.0, 2.0, 3.0]},
    "too many scores": {"weight": [[1.0] * 5, [2.0] * 5]},
}


@pytest.mark.parametrize("name", REFUSED_WEIGHTS)
def test_weights_that_do_not_fit_are_refused(name: str) -> None:
    with pytest.raises(PartError) as refusal:
        load_part(
            "safetensors", linear(**REFUSED_WEIGHTS[name]), "predict", SPEC, OutputSpec("codes", (0, 1))
        )
    assert refusal.value.error_class == "load_error"


def test_garbage_is_no_safetensors_file() -> None:
    with pytest.raises(PartError, match="not a safetensors file"):
        load_part("safetensors", b"\xff" * 100, "predict", SPEC, OutputSpec("values"))


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "net.pt", "net.pth", "MODEL.PICKLE", "x.dill"])
def test_a_pickle_is_known_by_its_name(name: str) -> None:
    with pytest.raises(PartError, match="Convert a scikit-learn model") as refusal:
        refuse_pickle(name, b"anything")
    assert refusal.value.error_class == "untrusted_types"


def test_an_honest_file_is_no_pickle() -> None:
    refuse_pickle("submission.py", b"def group(X): pass")
    refuse_pickle("submission.zip", zipped({"a.py": ""}))
