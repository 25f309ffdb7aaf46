"""`make test`: style, layers, types and tests in one run, one summary at the end.

The tests that need no browser run in parallel; whatever cannot run on this machine is named, loudly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEPS = {
    "style": [sys.executable, "-m", "ruff", "check", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
    # Its script, for it is no module to be run; our Python, for a moved venv's shebangs name another.
    "layers": [sys.executable, str(Path(sys.executable).with_name("lint-imports"))],
    "types": [sys.executable, "-m", "mypy"],
    "tests": [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        str(max(2, os.cpu_count() or 2)),
        # What a file's tests share is started once; the order stays that of tests/conftest.py.
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
        "-ra",
        "--durations=15",
    ],
}


def main() -> int:
    results: list[tuple[str, bool, float]] = []
    for name, command in STEPS.items():
        print(f"== {name}", flush=True)
        started = time.monotonic()
        passed = subprocess.run(command, cwd=ROOT).returncode == 0
        results.append((name, passed, time.monotonic() - started))
    print("\n== summary")
    for name, passed, seconds in results:
        print(f"   {'ok    ' if passed else 'FAILED'} {name:8} {seconds:6.1f} s")
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        print("   SKIPPED: browser tests (no Chromium on this machine)")
    return 0 if all(passed for _, passed, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
