"""`make coverage`: every test measured, then lines and branches by package; fails under pyproject's fail_under."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COVERAGE = [sys.executable, "-m", "coverage"]
COUNTS = ("covered_lines", "num_statements", "covered_branches", "num_branches")


def package(path: str) -> str:
    """`bounty/scoring` of `bounty/scoring/boards/overall.py`; `bounty` of what lies directly in it."""
    parts = Path(path).parent.parts
    return "/".join(parts[:3] if parts[:2] == ("bounty", "web") else parts[:2])


def by_package(files: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """(package, sums of COUNTS), from the files of coverage's JSON report."""
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for path, found in files.items():
        for count in COUNTS:
            sums[package(path)][count] += found["summary"][count]
    return dict(sums)


def table(sums: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """One line a package: the share of its lines, the share of its branches."""
    yield f"{'package':36} {'lines':>14} {'branches':>14}"
    for name, counts in sorted(sums.items()):
        lines, branches = (
            f"{100 * counts[covered] / counts[of]:5.1f}% of {counts[of]:5}" if counts[of] else "-"
            for covered, of in (COUNTS[:2], COUNTS[2:])
        )
        yield f"{name:36} {lines:>14} {branches:>14}"


def main() -> int:
    workers = str(max(2, os.cpu_count() or 2))
    tests = [sys.executable, "-m", "pytest", "-n", workers, "--dist", "loadfile", "--cov", "--cov-report="]
    failed = subprocess.run(tests, cwd=ROOT).returncode
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        subprocess.run([*COVERAGE, "json", "-q", "--fail-under=0", "-o", str(report)], cwd=ROOT, check=True)
        print("\n".join(table(by_package(json.loads(report.read_text())["files"]))))
    under = subprocess.run([*COVERAGE, "report", "--format=total"], cwd=ROOT).returncode
    return failed or under


if __name__ == "__main__":
    sys.exit(main())
