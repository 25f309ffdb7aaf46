"""An answer for a row depends on that row alone, and comes out the same every time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluator.runtime import OutputSpec
from evaluator.sandbox import Job, Sandbox, SealedTable
from tests.evaluator.sandbox.jobs import group, ran

pytestmark = pytest.mark.sandbox

NOT_ROWWISE = {
    "a mean over the batch": "def group(X): return X['age'] > X['age'].mean()",
    "a sum over the batch": "def group(X): return X['age'].cumsum() > 1000",
    "a rank": "def group(X): return X['age'].rank() > 100",
    "the row's number": "def group(X): return X.index % 2 == 0",
    "chance": "import numpy as np\ndef group(X): return np.random.default_rng().random(len(X)) > 0.5",
    "the time": "import time\ndef group(X): return [time.time_ns() // 1000 % 2 == 0 for _ in range(len(X))]",
    "the number of rows": "def group(X): return X['age'] > len(X) / 4",
    "a neighbour": "def group(X): return X['age'].shift(1, fill_value=0) > 40",
}


@pytest.mark.parametrize("name", NOT_ROWWISE)
def test_an_answer_that_depends_on_more_than_its_row_is_refused(
    name: str, sandbox: Sandbox, secret: SealedTable
) -> None:
    assert sandbox.run_checked(group(NOT_ROWWISE[name]), secret).status == "not_rowwise"


def test_it_is_refused_on_a_part_of_the_rows_as_well(sandbox: Sandbox, secret: SealedTable) -> None:
    source = NOT_ROWWISE["a sum over the batch"]
    rows = np.arange(0, 200, 2)
    assert sandbox.run_checked(group(source), secret, rows=rows).status == "not_rowwise"


def test_numbers_may_differ_by_rounding_only(sandbox: Sandbox, secret: SealedTable) -> None:
    source = "def predict(X): return X['age'] * (1 + {} * len(X))"
    spec = OutputSpec("values")
    close = Job("python", source.format("1e-9").encode(), "predict", spec)
    far = Job("python", source.format("1e-4").encode(), "predict", spec)
    assert sandbox.run_checked(close, secret).ok
    assert sandbox.run_checked(far, secret).status == "not_rowwise"


def test_a_part_is_given_the_chosen_rows_only(
    sandbox: Sandbox, public: SealedTable, frame: pd.DataFrame
) -> None:
    rows = (frame["age"] > 60).to_numpy()
    source = (
        "def group(X):\n    assert X['age'].min() > 60 and list(X.index) == list(range(len(X)))\n"
        "    return X['age'] > 70"
    )
    result = ran(sandbox.run_checked(group(source), public, rows=rows, explain=True))
    np.testing.assert_array_equal(result.values, frame["age"][rows] > 70)


def test_rows_that_do_not_exist_are_our_own_mistake(sandbox: Sandbox, secret: SealedTable) -> None:
    with pytest.raises(ValueError, match="row numbers from 0 to 199"):
        sandbox.run(group("def group(X): return X['age'] > 0"), secret, rows=np.array([200]))


def test_nothing_is_left_for_the_next_job(sandbox: Sandbox, public: SealedTable) -> None:
    leave = (
        "import os, sys, builtins, numpy\ndef group(X):\n    open('/tmp/left', 'w').write('x')\n"
        "    os.environ['left'] = 'x'\n"
        "    builtins.left = sys.left = numpy.left = 1\n    os.lseek(3, 77, 0)\n"
        "    X['age'] = 0\n    return X['age'] == 0"
    )
    look = (
        "import os, sys, builtins, numpy\ndef group(X):\n    assert os.lseek(3, 0, 1) == 0, 'position'\n"
        "    assert not os.path.exists('/tmp/left') and 'left' not in os.environ\n"
        "    assert not any(hasattr(place, 'left') for place in (builtins, sys, numpy))\n    return X['age'] > 0"
    )
    ran(sandbox.run(group(leave), public, explain=True))
    assert ran(sandbox.run(group(look), public, explain=True)).values.any()
