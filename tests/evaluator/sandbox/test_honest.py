"""Positive controls: an over-tight jail would silently break honest models."""

from __future__ import annotations

import io
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeRegressor

from evaluator.runtime import ColumnSpec, OutputSpec, TableSpec
from evaluator.sandbox import Job, Sandbox, SealedTable
from tests.evaluator.sandbox.jobs import group, ran

pytestmark = pytest.mark.sandbox
CODES = OutputSpec("codes", ("no", "yes"))

SOURCES = {
    "numpy": "import numpy as np\ndef group(X): return np.asarray(X['age']) >= 50",
    "pandas": "def group(X): return X.assign(old=X['age'] >= 50).eval('old')",
    "a comparison of categories": "def group(X): return (X['sex'] == 'female') & (X['age'] >= 50)",
    "text": "def group(X): return X['note'].str.contains('doctor', na=False) & (X['age'] >= 50)",
    "missing values": "def group(X): return X['income'].isna() | X['sex'].isna() | X['note'].isna()",
    "writing into X": "def group(X):\n    X.loc[X['income'].isna(), 'income'] = 0\n    return X['income'] == 0",
    "scipy": "from scipy.special import expit\ndef group(X): return expit(X['age'] - 50) > 0.5",
    "torch": (
        "import torch\nnet = torch.nn.Sequential(torch.nn.Linear(1, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))\n"
        "with torch.no_grad():\n    [p.fill_(0.1) for p in net.parameters()]\n"
        "def group(X): return net(torch.tensor(X[['age']].to_numpy(), dtype=torch.float32))[:, 0] > 5"
    ),
    "a forest of one's own": (
        "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier\n"
        "A = np.arange(90.0)[:, None]\n"
        "model = RandomForestClassifier(20, random_state=0, n_jobs=1).fit(A, A[:, 0] > 50)\n"
        "def group(X): return model.predict(X[['age']].to_numpy())"
    ),
    "KMeans": (
        "import numpy as np\nfrom sklearn.cluster import KMeans\nA = np.r_[np.zeros(50), np.full(50, 80.0)][:, None]\n"
        "model = KMeans(2, n_init=2, random_state=0).fit(A)\nold = model.predict([[80.0]])[0]\n"
        "def group(X): return model.predict(X[['age']].to_numpy()) == old"
    ),
    "threads": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def group(X):\n    with ThreadPoolExecutor(4) as pool:\n"
        "        return list(pool.map(lambda a: a > 50, X['age']))"
    ),
    "a scratch file": (
        "import tempfile, numpy as np\ndef group(X):\n    with tempfile.TemporaryFile() as f:\n"
        "        np.save(f, X['age'].to_numpy())\n        f.seek(0)\n        return np.load(f) > 50"
    ),
    "dates and time zones": (
        "import pandas as pd\ndef group(X):\n"
        "    return pd.to_datetime(X['age'], unit='D').dt.tz_localize('Europe/Berlin').dt.year > 1970"
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_an_honest_file_answers_and_is_rowwise(name: str, sandbox: Sandbox, secret: SealedTable) -> None:
    result = sandbox.run_checked(group(SOURCES[name]), secret)
    assert result.status == "ok", sandbox.run(group(SOURCES[name]), secret)


def test_a_mask_is_the_one_that_pandas_gives_outside(
    sandbox: Sandbox, secret: SealedTable, frame: pd.DataFrame
) -> None:
    source = "def group(X): return (X['sex'] == 'female') & (X['age'] >= 50) & X['note'].str.contains('ï', na=False)"
    wanted = (frame["sex"] == "female") & (frame["age"] >= 50) & frame["note"].str.contains("ï", na=False)
    np.testing.assert_array_equal(sandbox.run(group(source), secret).values, wanted)


def test_columns_have_the_same_dtypes_whatever_the_rows(sandbox: Sandbox, public: SealedTable) -> None:
    source = (
        "import pandas as pd\ndef group(X):\n    assert [str(d) for d in X.dtypes] == "
        "['float64', 'float64', 'category', 'str'], X.dtypes\n"
        "    assert list(X['sex'].cat.categories) == ['female', 'male']\n    return X['age'] >= 0"
    )
    for rows in (None, np.array([0]), np.arange(0, 200, 20), np.array([], dtype=int)):
        ran(sandbox.run(group(source), public, rows=rows, explain=True))


def test_no_rows_at_all_are_answered(sandbox: Sandbox, secret: SealedTable) -> None:
    result = sandbox.run_checked(group("def group(X): return X['age'] > 0"), secret, rows=np.zeros(200, bool))
    assert result.ok and result.values.shape == (0,)


NUMBERS = TableSpec((ColumnSpec("age", "number"), ColumnSpec("sex", "category", ("female", "male"))))


@pytest.fixture(scope="module")
def plain(sandbox: Sandbox, frame: pd.DataFrame) -> SealedTable:
    return sandbox.seal(frame[["age", "sex"]], NUMBERS, public=True)


def pipelines() -> dict[str, object]:
    encode = make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
            ["sex"],
        ),
        remainder="passthrough",
    )
    return {
        "a forest": make_pipeline(encode, RandomForestClassifier(20, random_state=0)),
        "histogram boosting": HistGradientBoostingClassifier(max_iter=20, categorical_features="from_dtype"),
        "logistic regression": make_pipeline(encode, LogisticRegression()),
    }


@pytest.mark.parametrize("name", pipelines())
@pytest.mark.parametrize("labels", ["names", "codes"])
def test_a_skops_pipeline_over_category_columns_answers(
    name: str, labels: str, sandbox: Sandbox, plain: SealedTable, frame: pd.DataFrame
) -> None:
    truth = (frame["age"] > 40).to_numpy().astype(int)
    y = np.array(["no", "yes"])[truth] if labels == "names" else truth
    model = pipelines()[name].fit(frame[["age", "sex"]].astype({"sex": "category"}), y)
    result = ran(
        sandbox.run_checked(Job("skops", skops.io.dumps(model), "predict", CODES), plain, explain=True)
    )
    assert result.values.dtype == np.int16
    assert (result.values == truth).mean() > 0.95


def test_a_skops_regressor_answers_numbers(sandbox: Sandbox, plain: SealedTable, frame: pd.DataFrame) -> None:
    model = DecisionTreeRegressor(max_depth=3).fit(frame[["age"]], frame["age"] / 90)
    job = Job("skops", skops.io.dumps(model), "predict", OutputSpec("values"))
    assert ran(sandbox.run_checked(job, plain, explain=True)).values.shape == (200,)


def onnx_forest(frame: pd.DataFrame, zipmap: bool = False) -> bytes:
    from skl2onnx import to_onnx

    matrix = np.column_stack([frame["age"], frame["sex"].cat.codes.replace(-1, 0)]).astype("float32")
    model = RandomForestClassifier(10, random_state=0).fit(matrix, matrix[:, 0] > 40)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = to_onnx(model, matrix[:1], options={"zipmap": zipmap}, target_opset=18)
    return made.SerializeToString()


@pytest.mark.parametrize(
    "output", [OutputSpec("mask"), CODES, OutputSpec("probabilities", ("no", "yes"))], ids=lambda o: o.kind
)
def test_an_onnx_forest_answers(
    output: OutputSpec, sandbox: Sandbox, plain: SealedTable, frame: pd.DataFrame
) -> None:
    result = ran(sandbox.run_checked(Job("onnx", onnx_forest(frame), "predict", output), plain, explain=True))
    answer = result.values[:, 1] > 0.5 if output.kind == "probabilities" else result.values
    assert (answer.astype(bool) == (frame["age"] > 40)).mean() > 0.95


def test_an_onnx_model_with_zipmap_is_told_how_to_export(
    sandbox: Sandbox, plain: SealedTable, frame: pd.DataFrame
) -> None:
    job = Job("onnx", onnx_forest(frame, zipmap=True), "predict", CODES)
    result = sandbox.run(job, plain, explain=True)
    assert result.status == "load_error" and "zipmap=False" in result.explanation


def test_a_linear_model_in_safetensors_answers(
    sandbox: Sandbox, plain: SealedTable, frame: pd.DataFrame
) -> None:
    from safetensors.numpy import save

    content = save({"weight": np.array([1.0, 0.0]), "bias": np.array([-40.0])})
    result = ran(sandbox.run_checked(Job("safetensors", content, "predict", CODES), plain, explain=True))
    np.testing.assert_array_equal(result.values, frame["age"] > 40)


def archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("folder", ["", "my_patch/"])
def test_a_zip_with_a_model_and_a_module_beside_it_answers(
    folder: str, sandbox: Sandbox, plain: SealedTable, frame: pd.DataFrame
) -> None:
    limit = io.BytesIO()
    np.save(limit, np.array([40.0]))
    main = (
        "from pathlib import Path\nimport numpy as np\nfrom helper import over\n"
        "LIMIT = np.load(Path(__file__).parent / 'limit.npy')[0]\n"
        "def predict(X):\n    import late\n    assert np.load('limit.npy')[0] == LIMIT\n    return over(X, LIMIT)\n"
    )
    files = {
        "submission.py": main.encode(),
        "helper.py": b"def over(X, limit): return X['age'] > limit",
        "late.py": b"",
        "limit.npy": limit.getvalue(),
    }
    content = archive({folder + name: data for name, data in files.items()})
    result = ran(sandbox.run_checked(Job("zip", content, "predict", CODES), plain, explain=True))
    np.testing.assert_array_equal(result.values, frame["age"] > 40)


def test_find_group_sees_labels_and_losses_and_names_a_group(sandbox: Sandbox, plain: SealedTable) -> None:
    source = (
        "def find_group(X, y, loss):\n    assert set(y) == {'no', 'yes'} and loss.sum() == 100\n"
        "    return f'age >= {int(X.age[loss > 0].min())}'"
    )
    labels = np.arange(200, dtype=np.int16) % 2
    output = OutputSpec("expression", ("no", "yes"))
    job = Job("python", source.encode(), "find_group", output, labels, labels.astype(float))
    assert ran(sandbox.run_checked(job, plain, explain=True)).values.startswith("age >= ")


def test_empty_tables_and_columns_without_a_value_are_seen_as_they_are(sandbox: Sandbox) -> None:
    spec = TableSpec(
        (ColumnSpec("a", "number"), ColumnSpec("c", "category", ("x",)), ColumnSpec("t", "text"))
    )
    source = "def group(X):\n    assert X.isna().all(axis=None) and str(X['t'].dtype) == 'str'\n    return X['a'] > 0"
    for rows in (0, 3):
        frame = pd.DataFrame({"a": [np.nan] * rows, "c": [None] * rows, "t": [None] * rows})
        table = sandbox.seal(frame, spec, public=True)
        result = ran(sandbox.run_checked(group(source), table, explain=True))
        assert result.values.tolist() == [False] * rows
        table.close()
