"""Words come back from public rows only, bounded; from secret rows nothing but a class."""

from __future__ import annotations

import pytest

from evaluator.runtime import OutputSpec
from evaluator.sandbox import Job, Policy, Sandbox, SealedTable
from tests.evaluator.sandbox.jobs import group

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("lasting_jail")]
TELLS = "def group(X):\n    raise ValueError('income of row 0: ' + str(X['income'][1]))"


def test_a_traceback_names_the_line_and_no_file_of_ours(sandbox: Sandbox, public: SealedTable) -> None:
    words = sandbox.run(group(TELLS), public, explain=True).explanation
    assert 'File "submission.py", line 2, in group' in words and "income of row 0" in words
    assert "/opt/app" not in words


def test_a_traceback_quotes_the_author_s_own_lines(sandbox: Sandbox, public: SealedTable) -> None:
    source = "def rate(X):\n    return X['wages'] > 1\n\n\ndef group(X):\n    return rate(X)  # mine\n"
    words = sandbox.run(group(source), public, explain=True).explanation
    assert "line 6, in group\n    return rate(X)  # mine" in words
    assert "line 2, in rate\n    return X['wages'] > 1" in words


def test_a_line_is_quoted_in_part_where_it_is_endless(sandbox: Sandbox, public: SealedTable) -> None:
    source = f"def group(X): x = '{'y' * 100_000}'; raise ValueError('here')"
    words = sandbox.run(group(source), public, explain=True).explanation
    assert words.endswith("ValueError: here") and "def group(X)" in words
    assert len(words) < 1_000


@pytest.mark.parametrize(
    ("source", "ends", "marked"),
    [
        (
            "def group(X):\n    return X['income' > 3\n",
            "line 2, column 13: '[' was never closed",
            "    return X['income' > 3",
        ),
        ("def group(X):\n\treturn X[\n", "line 2, column 10: '[' was never closed", " return X["),
        ("x = 1\n  y = 2\n", "line 2, column 2: unexpected indent", "  y = 2"),
        ("def group(X:\n" + "a" * 5000 + "\n", "", ""),
    ],
)
def test_a_file_that_cannot_be_read_says_where(
    sandbox: Sandbox, public: SealedTable, source: str, ends: str, marked: str
) -> None:
    result = sandbox.run(group(source), public, explain=True)
    assert result.status == "load_error"
    assert ends in result.explanation.splitlines()[-1]
    assert marked in result.explanation
    assert len(result.explanation) < 1_000


def test_the_mark_stands_under_the_place(sandbox: Sandbox, public: SealedTable) -> None:
    words = sandbox.run(group("def group(X):\n    return X +* 2\n"), public, explain=True).explanation
    where, line, mark, _sentence = words.splitlines()
    assert where == 'File "submission.py", line 2'
    assert line.strip() == "return X +* 2"
    assert mark.index("^") == line.index("*")


def test_a_file_of_secret_rows_quotes_nothing(sandbox: Sandbox, secret: SealedTable) -> None:
    result = sandbox.run(group("def group(X):\n    return X[\n"), secret)
    assert (result.status, result.explanation) == ("load_error", "")


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
