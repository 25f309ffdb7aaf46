"""Each file in hostile/ tries one thing and says in its third line what must come of it.

`closed`: the way out was refused, and the file could say so by answering False for every row. Otherwise the
status, `ok` included, where the harm stays inside.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evaluator.sandbox import Sandbox, SealedTable
from tests.evaluator.sandbox.jobs import SLEEPS_AT_MOST_S, TIGHT, group, ran

pytestmark = [pytest.mark.sandbox, pytest.mark.usefixtures("lasting_jail")]
CASES = sorted((Path(__file__).parent / "hostile").glob("*.py"))


def expectation(source: str) -> str:
    return source.splitlines()[2].removeprefix("# expect: ")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_hostile_file_harms_only_itself(
    case: Path, sandbox: Sandbox, public: SealedTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = case.read_text()
    if expectation(source) == "time":
        monkeypatch.setattr(sandbox, "policy", replace(TIGHT, cpu_s=1, wall_s=SLEEPS_AT_MOST_S))
    result = sandbox.run(group(source), public, explain=True)
    wanted = expectation(source)
    if wanted == "closed":
        assert not ran(result).values.any(), "a way out is open"
    else:
        assert result.status == wanted, result.explanation


QUICK = [case for case in CASES if expectation(case.read_text()) != "time"]


@pytest.mark.parametrize("case", QUICK, ids=lambda path: path.stem)
def test_no_word_comes_back_from_secret_rows(case: Path, sandbox: Sandbox, secret: SealedTable) -> None:
    assert sandbox.run(group(case.read_text()), secret).explanation == ""
