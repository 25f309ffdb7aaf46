"""Words come back from public rows only, bounded; from secret rows nothing but a class."""

from __future__ import annotations

import pytest

from evaluator.runtime import OutputSpec
from evaluator.sandbox import Job, Policy, Sandbox, SealedTable
from tests.evaluator.sandbox.conftest import group

pytestmark = pytest.mark.sandbox
TELLS = "def group(X):\n    raise ValueError('income of row 0: ' + str(X['income'][1]))"


def test_a_traceback_names_the_line_and_no_file_of_ours(sandbox: Sandbox, public: SealedTable) -> None:
    words = sandbox.run(group(TELLS), public, explain=True).explanation
    assert 'File "submission.py", line 2, in group' in words and "income of row 0" in words
    assert "/opt/app" not in words


def test_nothing_but_the_class_comes_back_from_secret_rows(sandbox: Sandbox, secret: SealedTable) -> None:
    result = sandbox.run(group(TELLS), secret)
    assert (result.status, result.values, result.explanation) == ("crashed", None, "")


def test_asking_for_words_about_secret_rows_is_an_error(sandbox: Sandbox, secret: SealedTable) -> None:
    with pytest.raises(ValueError, match="secret rows"):
        sandbox.run(group(TELLS), secret, explain=True)


def test_words_are_bounded_and_printable(sandbox: Sandbox, public: SealedTable) -> None:
    source = "def group(X): raise ValueError('\\x1b[2J\\u202e' + 'x' * 10**6)"
    words = sandbox.run(group(source), public, explain=True).explanation
    assert len(words) <= 8192 and words.isascii() and words.replace("\n", "").isprintable()


def test_a_forged_explanation_is_bounded_too(sandbox: Sandbox, public: SealedTable) -> None:
    source = "import os\nos.pwrite(7, b'\\xff' * 8192, 0)\nos._exit(3)"
    result = sandbox.run(group(source), public, explain=True)
    assert result.status == "no_result" and len(result.explanation) <= 8192


def test_a_part_that_is_too_large_is_not_run(sandbox: Sandbox, public: SealedTable) -> None:
    job = Job("python", b"#" * (Policy().max_part_bytes + 1), "group", OutputSpec("mask"))
    assert sandbox.run(job, public).status == "too_large"
