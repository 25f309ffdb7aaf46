"""A submission run: public rows explained, secret rows without a word, arrays over all rows."""

import io
import time

import numpy as np
import pytest
import skops.io
from safetensors.numpy import save
from sklearn.tree import DecisionTreeClassifier

from evaluator import fitting
from evaluator.errors import ErrorClass, ParticipantError, PlatformFault
from evaluator.fitting import LEARNERS
from evaluator.runtime import OutputSpec, TableSpec
from evaluator.runtime.skops_part import load_skops
from evaluator.sandbox import Policy, Sandbox, is_available
from evaluator.worker import runner
from evaluator.worker.evaluate import EMPTY_PUBLIC, run_order
from evaluator.worker.messages import Order
from evaluator.worker.release import FLOOR_S, Release
from evaluator.worker.runner import EXPLAINED
from tests.evaluator.worker.orders_world import PUBLIC, ROWS, TRAIN, expression, make_world, people

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.usefixtures("lasting_jail"),
    pytest.mark.skipif(not is_available(), reason="no sandbox on this machine"),
]

OLD = "def group(X):\n    return X['AGE'] > 60\n"
TRUE_OF_ALL = "def predict(X):\n    return [1] * len(X)\n"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Policy(cpu_s=3, wall_s=4, memory_mb=512)) as running_sandbox:
        yield running_sandbox


@pytest.fixture
def world(tmp_path):
    return make_world(tmp_path)


@pytest.fixture
def run(world, sandbox):
    return lambda group, patch=None, **changes: run_order(
        world.order(group, patch, **changes), world.store, sandbox
    )


def array(world, report, name):
    stored = report.arrays[name]
    return world.store.read_array(stored["path"], stored["sha256"])


def test_an_expression_gives_a_mask_over_all_rows_and_its_words(world, run):
    report = run(expression("AGE >= 60 and SEX == 'female'"))
    assert report.status == "ok"
    chosen = (world.table["AGE"] >= 60) & (world.table["SEX"] == "female")
    assert array(world, report, "mask").tolist() == chosen.tolist()
    assert "female" in report.words
    assert "predictions" not in report.arrays


def test_a_file_with_group_and_predict_answers_its_own_rows_and_zero_elsewhere(world, run):
    file = world.file(OLD + TRUE_OF_ALL)
    report = run(file, {**file, "kind": "same"})
    mask, predictions = array(world, report, "mask"), array(world, report, "predictions")
    assert report.status == "ok"
    assert mask.dtype == bool
    assert mask.tolist() == (world.table["AGE"] > 60).tolist()
    assert predictions.dtype == np.int16
    assert predictions.tolist() == mask.astype(int).tolist()


def test_a_patch_is_called_on_the_rows_of_its_group_only(world, run):
    only_old = "def predict(X):\n    assert (X['AGE'] > 60).all()\n    return [1] * len(X)\n"
    assert run(expression("AGE > 60"), world.file(only_old)).status == "ok"


def test_text_reaches_the_code(world, run):
    report = run(world.file("def group(X):\n    return X['NOTE'].str.contains('cough')\n"))
    assert report.status == "ok"
    expected = world.table["NOTE"].str.contains("cough")
    assert array(world, report, "mask").tolist() == expected.tolist()


def test_the_same_order_twice_writes_the_same_arrays(world, run):
    file = world.file(OLD + TRUE_OF_ALL)
    assert run(file, {**file, "kind": "same"}) == run(file, {**file, "kind": "same"})


def test_find_group_sees_public_rows_and_becomes_an_expression(world, run):
    source = (
        "def find_group(X, y, loss):\n"
        f"    assert len(X) == len(y) == len(loss) == {PUBLIC}\n"
        "    assert y.dtype == bool\n"
        "    return 'AGE  >  60'\n"
    )
    report = run(world.file(source, "find"))
    assert report.status == "ok"
    assert report.expression == "AGE > 60"
    assert array(world, report, "mask").sum() == (world.table["AGE"] > 60).sum()


def test_find_group_may_meet_the_losses_of_a_newer_head(world, run):
    message = world.message(world.file("def find_group(X, y, loss):\n    return 'AGE > 60'\n", "find"))
    world.store.write_array(message["head_loss"]["path"], np.zeros(PUBLIC))

    assert run(message["group"], head_loss=Order.from_json(message).head_loss.to_json()).status == "ok"


@pytest.mark.parametrize("answer", ["'AGE ~ 60'", "'NO_SUCH > 1'", "'__import__(\"os\")'"])
def test_find_group_that_returns_garbage_is_a_bad_expression(world, run, answer):
    report = run(world.file(f"def find_group(X, y, loss):\n    return {answer}\n", "find"))
    assert report.status == "bad_expression"
    assert "find_group returned" in report.detail


def test_find_group_that_returns_no_text_is_bad_output(world, run):
    assert run(world.file("def find_group(X, y, loss):\n    return 3\n", "find")).status == "bad_output"


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_fitted_patch_is_stored_and_answers_as_the_stored_file_does(world, run, learner):
    report = run(expression("AGE > 30"), {"kind": "fit", "learner": learner})
    assert report.status == "ok"
    stored = report.files["patch"]
    assert (stored["kind"], stored["path"]) == ("skops", "outcomes/s1/1/patch.skops")
    mask, predictions = array(world, report, "mask"), array(world, report, "predictions")
    assert not predictions[~mask].any()
    assert (predictions == world.table["DOCTOR"])[mask].mean() > 0.8
    file = {"kind": "skops", "path": stored["path"], "sha256": stored["sha256"], "size": stored["size"]}
    uploaded = run(expression("AGE > 30"), file, submission="s2")
    assert (array(world, uploaded, "predictions") == predictions).all()


def test_a_patch_is_fitted_on_the_train_rows_of_its_group_alone(world, run):
    """Where explore rows say the contrary, or secret ones, it is not learnt from them."""
    world.table.loc[TRAIN:, "DOCTOR"] = ~world.table.loc[TRAIN:, "DOCTOR"]
    report = run(expression("AGE > 30"), {"kind": "fit", "learner": "tree"})
    mask, predictions = array(world, report, "mask"), array(world, report, "predictions")
    agrees = predictions == world.table["DOCTOR"]
    assert agrees[:TRAIN][mask[:TRAIN]].mean() > 0.8
    assert agrees[TRAIN:][mask[TRAIN:]].mean() < 0.2


def test_a_group_of_nobody_may_have_its_patch_fitted(world, run):
    report = run(expression("AGE > 500"), {"kind": "fit", "learner": "boosting"})
    assert report.status == "ok"
    assert not array(world, report, "predictions").any()


def test_a_learner_that_does_not_exist_is_our_fault(run):
    with pytest.raises(PlatformFault, match="no learner"):
        run(expression("AGE > 30"), {"kind": "fit", "learner": "oracle"})


def test_a_fit_on_one_class_gives_a_constant_and_says_so(world, run):
    world.table.loc[: TRAIN - 1, "DOCTOR"] = True
    report = run(expression("AGE > 30"), {"kind": "fit", "learner": "tree"})
    assert report.status == "ok"
    assert report.notices
    assert set(array(world, report, "predictions")[array(world, report, "mask")]) == {1}


def test_a_fit_on_some_of_the_classes_does_not_mistake_codes_for_values(tmp_path, sandbox):
    """Codes 1 and 2 of the classes (1, 2, 3) are classes of their own, if read as values."""
    table = people()
    table["DOCTOR"] = np.where(table["AGE"] > 60, 3, np.where(table["AGE"] > 30, 2, 1))
    world = make_world(tmp_path, table)
    order = world.order(expression("AGE > 30"), {"kind": "fit", "learner": "tree"})
    report = run_order(order, world.store, sandbox)
    mask, predictions = array(world, report, "mask"), array(world, report, "predictions")
    assert (predictions + 1 == table["DOCTOR"])[mask].mean() > 0.95


def test_a_skops_patch_answers_in_class_codes(world, run):
    table = world.table.dropna()
    model = DecisionTreeClassifier(max_depth=2).fit(table[["AGE", "INCOME"]], table["DOCTOR"])
    file = world.file(skops.io.dumps(model), "skops", ".skops")
    report = run(expression("AGE > 30"), file)
    assert report.status == "ok"
    assert array(world, report, "predictions").dtype == np.int16


def test_a_base_model_answers_all_rows_without_a_mask(world, run):
    report = run(None, world.file(TRUE_OF_ALL), purpose="base")
    assert report.status == "ok"
    assert array(world, report, "predictions").tolist() == [1] * ROWS
    assert "mask" not in report.arrays


def test_a_group_without_a_public_row_is_no_failure(world, run):
    report = run(expression("AGE > 100"), world.file(TRUE_OF_ALL))
    assert report.status == "ok"
    assert report.notices == (EMPTY_PUBLIC,)
    assert array(world, report, "mask").nonzero()[0].tolist() == [ROWS - 1]


def test_a_group_of_nobody_at_all_is_no_failure(world, run):
    report = run(expression("AGE > 200"), world.file(TRUE_OF_ALL))
    assert report.status == "ok"
    assert not array(world, report, "mask").any()


@pytest.mark.parametrize(("loss", "dtype", "shape"), [("log", "float64", (ROWS, 2))])
def test_log_loss_takes_a_probability_a_class(tmp_path, sandbox, loss, dtype, shape):
    world = make_world(tmp_path, loss=loss)
    source = "import numpy as np\ndef predict(X):\n    return np.full((len(X), 2), 0.5)\n"
    report = run_order(world.order(expression("AGE > 60"), world.file(source)), world.store, sandbox)
    predictions = array(world, report, "predictions")
    assert (predictions.dtype, predictions.shape) == (dtype, shape)


def test_a_regression_takes_numbers(tmp_path, sandbox):
    world = make_world(tmp_path, people()[["AGE", "SEX", "DOCTOR", "INCOME"]])
    source = "def predict(X):\n    return X['AGE'].fillna(0) / 2\n"
    report = run_order(world.order(expression("AGE > 60"), world.file(source)), world.store, sandbox)
    assert report.status == "ok"
    mask = array(world, report, "mask")
    assert np.array_equal(array(world, report, "predictions")[mask], world.table["AGE"][mask] / 2)


def test_many_rows_are_run_in_blocks_with_the_same_answer(world, run, monkeypatch):
    file = world.file(OLD + "def predict(X):\n    return (X['INCOME'] > 100).astype(int)\n")
    whole = run(file, {**file, "kind": "same"})
    monkeypatch.setattr(runner, "BLOCK_CELLS", 4 * 150)
    assert run(file, {**file, "kind": "same"}).arrays == whole.arrays


# --- refusals on public rows: in full ------------------------------------------------------------------------
def test_an_exception_on_public_rows_comes_back_with_its_traceback(world, run):
    report = run(world.file("def group(X):\n    return X['AGGE'] > 60\n"))
    assert report.status == "crashed"
    assert not report.on_secret
    assert "KeyError: 'AGGE'" in report.traceback
    assert "line 2, in group" in report.traceback
    assert report.detail.startswith(EXPLAINED["crashed"])
    assert not report.arrays


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("def group(X) return 1", "load_error"),
        ("import no_such_module", "crashed"),
        ("x = 1", "no_function"),
        ("def group(X):\n    return [True] * (len(X) - 1)", "bad_output"),
        ("def group(X):\n    return [float('nan')] * len(X)", "bad_output"),
        ("def group(X):\n    return X['AGE'].fillna(0)", "bad_output"),
        ("def group(X):\n    return None", "bad_output"),
        ("def group(X):\n    while True: pass", "time"),
        ("import numpy as np\ndef group(X):\n    return len([np.ones(1 << 27) for _ in range(9)])", "memory"),
        ("import os\ndef group(X):\n    os._exit(0)", "no_result"),
        ("import numpy as np\ndef group(X):\n    return np.arange(len(X)) % 2 == 0", "not_rowwise"),
        ("import random\ndef group(X):\n    return [random.random() < 0.5 for _ in X.index]", "not_rowwise"),
    ],
)  # fmt: skip
def test_a_group_that_cannot_be_used_fails_with_its_class(world, run, source, status):
    report = run(world.file(source))
    assert (report.status, report.on_secret) == (status, False)
    assert report.detail


@pytest.mark.parametrize(
    "answer", ["[2] * len(X)", "[-1] * len(X)", "[0.5] * len(X)", "['yes'] * len(X)", "[1]"]
)
def test_answers_that_are_no_class_codes_are_bad_output(world, run, answer):
    report = run(expression("AGE > 60"), world.file(f"def predict(X):\n    return {answer}\n"))
    assert (report.status, report.on_secret) == ("bad_output", False)


def test_an_expression_that_cannot_be_read_says_what_was_meant(run):
    report = run(expression("AGEE > 50"))
    assert report.status == "bad_expression"
    assert "AGE" in report.detail


def test_a_pickle_is_refused_with_the_way_to_convert(world, run):
    report = run(world.file(b"\x80\x04N.", "skops", ".skops"))
    assert report.status == "untrusted_types"
    assert "skops.io.dump" in report.traceback + report.detail


def test_a_failure_on_public_rows_never_reaches_the_secret_ones(world, run):
    report = run(expression("AGE > 60"), world.file("def predict(X):\n    raise ValueError(len(X))\n"))
    assert report.status == "crashed"
    assert not world.store.exists("outcomes/s1/1/mask.npy")


# --- refusals on secret rows: one class, not a word -----------------------------------------------------------
SECRET = "(X['AGE'] == 120).any()"


@pytest.mark.parametrize(
    "deed",
    [
        "raise ValueError('AGE is ' + str(X['AGE'].max()))",
        "return [True]",
        "return X['AGE']",
        "import os; os._exit(7)",
        "import os; os.abort()",
        "while True: pass",
        "return len([bytearray(1 << 28) for _ in range(9)])",
        "import numpy as np; return np.arange(len(X)) % 2 == 0",
    ],
)
@pytest.mark.parametrize("part", ["group", "predict"])
def test_whatever_fails_on_secret_rows_alone_is_no_result_without_a_word(world, run, deed, part):
    rest = "X['AGE'] > 60" if part == "group" else "[1] * len(X)"
    source = f"def {part}(X):\n    if {SECRET}:\n        {deed}\n    return {rest}\n"
    report = run(world.file(source)) if part == "group" else run(expression("True"), world.file(source))
    assert report.status == "no_result"
    assert report.on_secret
    assert (report.detail, report.traceback, report.arrays, report.files) == ("", "", {}, {})


# --- split by split: competitions of the present rule ------------------------------------------------------------
ROW_OF = {"practice": PUBLIC + 7, "certification-1": 850, "final": 950}
DEEDS = {
    "crashed": "raise ValueError('AGE is ' + str(X['AGE'].max()))",
    "no_result": "import os; os._exit(7)",
    "memory": "return bytearray(1 << 32)",
    "time": "import time; time.sleep(60)",
    "bad_output": "return [True]",
}


def marked(world, split, part, deed):
    """A file whose `part` does something wherever the row of that split's oldest person is."""
    world.table.loc[ROW_OF[split], "AGE"] = 130.0
    rest = "X['AGE'] > 60" if part == "group" else "[1] * len(X)"
    return world.file(f"def {part}(X):\n    if (X['AGE'] == 130).any():\n        {deed}\n    return {rest}\n")


def run_marked(world, run, split, part, deed):
    file = marked(world, split, part, deed)
    if part == "group":
        return run(file, {"kind": "fit", "learner": "tree"}, rule_version=2)
    return run(expression("AGE > 60"), file, rule_version=2)


@pytest.mark.parametrize("part", ["group", "predict"])
@pytest.mark.parametrize("status", DEEDS)
def test_a_failure_on_practice_rows_is_told_by_its_class_alone(world, run, part, status):
    report = run_marked(world, run, "practice", part, DEEDS[status])
    assert (report.status, report.on_practice, report.on_secret) == (status, True, False)
    assert (report.detail, report.traceback, report.arrays, report.files) == ("", "", {}, {})


@pytest.mark.parametrize("part", ["group", "predict"])
@pytest.mark.parametrize("status", DEEDS)
@pytest.mark.parametrize("split", ["certification-1", "final"])
def test_a_failure_on_certification_or_final_rows_is_silent(world, run, caplog, split, part, status):
    report = run_marked(world, run, split, part, DEEDS[status])
    assert (report.status, report.on_practice, report.detail) == ("ok", False, "")
    assert not [notice for notice in report.notices if "NOTE" not in notice]  # the learner's own
    mask, predictions = array(world, report, "mask"), array(world, report, "predictions")
    expected = (world.table["AGE"] > 60).to_numpy().copy()
    rows = world.order(expression("True")).layout.rows_of(split)
    expected[rows] = False
    if status == "time" and split == "certification-1":
        expected[900:] = False  # the release is over before the final rows are asked
    assert mask.tolist() == expected.tolist()
    assert not predictions[~mask].any()
    assert not caplog.records


def test_groups_of_expressions_with_fitted_patches_answer_every_split(world, run):
    report = run(expression("AGE > 60"), {"kind": "fit", "learner": "tree"}, rule_version=2)
    assert array(world, report, "mask").tolist() == (world.table["AGE"] > 60).tolist()
    inside = array(world, report, "predictions")[array(world, report, "mask")]
    assert inside.mean() > 0.5


@pytest.fixture
def released(monkeypatch):
    """The seconds of each release of what was run; none is waited for for long."""
    given = []

    def after(seconds):
        given.append(seconds)
        return Release(time.monotonic() + min(seconds, 2.0))

    monkeypatch.setattr(Release, "after", after)
    return given


@pytest.mark.parametrize("patch", [None, {"kind": "fit", "learner": "tree"}], ids=["finding", "fitted"])
def test_groups_of_expressions_are_told_at_once(run, released, patch):
    assert run(expression("AGE > 60"), patch, rule_version=2).status == "ok"
    assert released == []


@pytest.mark.parametrize("rule, releases", [(2, 2), (1, 1)])
def test_code_waits_for_a_release_of_practice_rows_and_one_of_all_others(
    world, run, released, rule, releases
):
    assert run(world.file(OLD), rule_version=rule).status == "ok"
    assert len(released) == releases
    assert all(seconds >= FLOOR_S for seconds in released)


def test_a_patch_that_met_no_public_row_gets_all_the_time_that_there_is(world, run, sandbox, released):
    world.table.loc[ROW_OF["practice"], "AGE"] = 130.0
    assert run(expression("AGE == 130"), world.file(TRUE_OF_ALL), rule_version=2).status == "ok"
    assert released == [sandbox.policy.wall_s, sandbox.policy.wall_s]


@pytest.mark.parametrize("kind", ["fit", "safetensors"])
def test_a_split_without_a_row_of_the_group_takes_as_long_as_one_with_a_row(
    tmp_path, sandbox, monkeypatch, kind
):
    world = make_world(tmp_path, people().drop(columns="NOTE"))
    asked, learners, parts = [], fitting.answer_fitted, runner.Runner.predictions

    def answer_fitted(content, X, *given, **named):
        asked.append(len(X))
        return learners(content, X, *given, **named)

    def answer_part(self, part, table, rows=None, **named):
        asked.append(len(rows))
        return parts(self, part, table, rows, **named)

    monkeypatch.setattr(fitting, "answer_fitted", answer_fitted)
    monkeypatch.setattr(runner.Runner, "predictions", answer_part)
    world.table.loc[[3, ROW_OF["practice"]], "AGE"] = 130.0
    weights = save({"weight": np.ones(len(world.schema.features))})
    learner = {"kind": "fit", "learner": "tree"}
    patch = learner if kind == "fit" else world.file(weights, kind, ".safetensors")
    report = run_order(world.order(expression("AGE == 130"), patch, rule_version=2), world.store, sandbox)
    assert report.status == "ok"
    assert asked[-3:] == [1, 1, 1]
    mask = array(world, report, "mask")
    assert np.flatnonzero(mask).tolist() == [3, ROW_OF["practice"]]


def test_a_learner_that_fails_on_certification_rows_is_silent(world, run, monkeypatch):
    whole = fitting.answer_fitted

    def fails(content, X, *given, **named):
        if (X["AGE"] == 130).any():
            raise ParticipantError(ErrorClass.MEMORY, "too much")
        return whole(content, X, *given, **named)

    monkeypatch.setattr(fitting, "answer_fitted", fails)
    world.table.loc[ROW_OF["certification-1"], "AGE"] = 130.0
    report = run(expression("AGE > 60"), {"kind": "fit", "learner": "tree"}, rule_version=2)
    assert report.status == "ok"
    mask = array(world, report, "mask")
    assert mask[PUBLIC:800].any() and mask[900:].any() and not mask[800:900].any()


def test_a_fitted_patch_answers_as_the_stored_model_does(world, run):
    report = run(expression("True"), {"kind": "fit", "learner": "boosting"}, rule_version=2)
    stored = world.store.read_bytes(report.files["patch"]["path"])
    spec, output = TableSpec.from_schema(world.schema), OutputSpec("codes", tuple(world.schema.label.classes))
    assert array(world, report, "predictions").tolist() == load_skops(stored, spec, output)(world.X).tolist()


# --- our own faults ---------------------------------------------------------------------------------------------
def test_a_table_that_is_not_as_it_was_stored_is_our_fault(world, run):
    message = world.message(expression("AGE > 60"))
    world.store.write_bytes(message["secret"]["path"], b"other")
    with pytest.raises(PlatformFault, match="digest"):
        run(message["group"], secret=message["secret"] | {"sha256": "0" * 64})


def test_a_table_of_other_rows_is_our_fault(world, run):
    short = world.store.write_table("features/k/short.parquet", world.table.iloc[:10])
    with pytest.raises(PlatformFault, match="10 rows"):
        run(expression("AGE > 60"), secret=short.to_json())


def test_a_secret_table_of_another_form_is_our_fault_and_tells_no_cell(world, run):
    odd = world.table.iloc[PUBLIC:].assign(AGE="seventeen")
    stored = world.store.write_table("features/k/odd.parquet", odd)
    with pytest.raises(PlatformFault) as caught:
        run(expression("AGE > 60"), secret=stored.to_json())
    assert "seventeen" not in str(caught.value)


def test_progress_names_each_stage(world, sandbox):
    stages = []
    file = world.file(OLD + TRUE_OF_ALL)
    run_order(world.order(file, {**file, "kind": "same"}), world.store, sandbox, stages.append)
    assert stages == [
        "reading the tables",
        "the group on public rows",
        "the patch on public rows",
        "the secret rows",
    ]


def test_an_array_file_holds_no_pickle(world, run):
    report = run(expression("AGE > 60"))
    data = world.store.read_bytes(report.arrays["mask"]["path"])
    assert np.load(io.BytesIO(data), allow_pickle=False).shape == (ROWS,)


# --- dry runs ---------------------------------------------------------------------------------------------------------
def test_a_dry_run_answers_public_rows_alone(world, run):
    file = world.file(OLD + TRUE_OF_ALL)
    report = run(file, {**file, "kind": "same"}, secret=None, purpose="dry_run")
    assert (report.status, report.purpose) == ("ok", "dry_run")
    mask, predictions = array(world, report, "mask"), array(world, report, "predictions")
    assert mask.tolist() == (world.table["AGE"] > 60)[:PUBLIC].tolist()
    assert predictions.tolist() == mask.astype(int).tolist()


def test_a_dry_run_fits_on_train_rows_and_stores_its_answers(world, run):
    learner = next(iter(LEARNERS))
    report = run(expression("AGE > 60"), {"kind": "fit", "learner": learner}, secret=None, purpose="dry_run")
    assert report.status == "ok"
    assert array(world, report, "predictions").shape == (PUBLIC,)


def test_a_dry_run_explains_a_failure_in_full(world, run):
    report = run(world.file("def group(X):\n    return X['NOPE']\n"), secret=None, purpose="dry_run")
    assert report.status == "crashed"
    assert "NOPE" in report.traceback
    assert not report.on_secret
