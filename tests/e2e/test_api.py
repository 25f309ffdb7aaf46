"""The ten lines of the guide to the API, in earnest: a site with its own Redis, workers and sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evaluator.sandbox import is_available
from tests.e2e.seed import UNTAUGHT
from tests.e2e.site import PATIENCE_S, ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(4 * PATIENCE_S),
    pytest.mark.sandbox,
    pytest.mark.redis,
    pytest.mark.skipif(not is_available(), reason="no sandbox on this machine: untrusted code is refused"),
]

LINES = re.search(r"<!-- ten lines -->\n```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), re.S)


@pytest.fixture
def login(shared_site):
    """What `bounty login` would keep, for somebody who never saw the platform."""
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    url = f"http://127.0.0.1:{shared_site.port}"
    return {**kept, "BOUNTY_URL": url, "BOUNTY_TOKEN": shared_site.token, "PYTHONPATH": str(ROOT)}


def run(words: list[str], login: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=login, capture_output=True, text=True, timeout=PATIENCE_S
    )


def test_ten_lines_of_a_notebook_go_from_the_competition_to_a_verdict(login, tmp_path):
    assert LINES is not None and len([line for line in LINES[1].splitlines() if line.strip()]) <= 10
    done = run(["-c", LINES[1]], login, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Accepted: the shared model now errs")


def test_the_command_goes_the_same_way(login, tmp_path):
    (tmp_path / "east.py").write_text(
        "def group(X):\n    return X['region'] == 'east'\n\n"
        "def predict(X):\n    return (X['noise'] > 0) ^ (X['age'] > 48)\n"
    )
    bounty = ["-m", "evaluator.client"]
    run([*bounty, "enter", UNTAUGHT, "--accept-terms"], login, tmp_path)
    tried = run([*bounty, "check", UNTAUGHT, "east.py"], login, tmp_path)
    assert tried.returncode == 0, tried.stderr
    assert "patch: ok" in tried.stdout
    sent = run([*bounty, "submit", UNTAUGHT, "--group", "east.py", "--patch", "same"], login, tmp_path)
    assert sent.returncode == 0, sent.stderr
    assert re.search(r"#\d+ (accepted|not shown yet)", sent.stdout), sent.stdout
    assert "nora" in run([*bounty, "board", UNTAUGHT], login, tmp_path).stdout
    assert login["BOUNTY_TOKEN"] not in tried.stdout + sent.stdout + sent.stderr
