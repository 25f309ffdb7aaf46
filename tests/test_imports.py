"""Imports go one way: bounty -> evaluator, and inside bounty from views down to models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) for every import in a file, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def offences(files: str, *forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sorted(ROOT.glob(files))
        for line, module in imported(path)
        if any(module == name or module.startswith(name + ".") for name in forbidden)
    ]


def test_the_evaluator_knows_neither_django_nor_the_site() -> None:
    assert offences("evaluator/**/*.py", "django", "bounty", "allauth", "rules", "auditlog") == []


def test_what_runs_in_the_jail_imports_nothing_else_of_ours() -> None:
    """Only these two folders are bound into the jail; anything else would not be found there."""
    found = offences("evaluator/runtime/**/*.py", "evaluator") + offences(
        "evaluator/sandbox/jail/**/*.py", "evaluator"
    )
    bound = ("evaluator.runtime", "evaluator.sandbox.jail")
    assert [line for line in found if not line.split(" imports ")[1].startswith(bound)] == []


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (
            "bounty/models/*.py",
            (
                "bounty.web",
                "bounty.submissions.submit",
                "bounty.workers.tasks",
                "bounty.adjudication.judge",
                "bounty.forms",
            ),
        ),
        (
            "bounty/adjudication/judge.py",
            ("bounty.web", "bounty.submissions.submit", "bounty.workers.tasks", "bounty.forms"),
        ),
        ("bounty/workers/tasks.py", ("bounty.web", "bounty.forms")),
        ("bounty/submissions/submit.py", ("bounty.web", "bounty.forms", "bounty.workers.tasks")),
        ("bounty/forms/*.py", ("bounty.web",)),
    ],
)
def test_lower_layers_do_not_import_higher_ones(lower: str, higher: tuple[str, ...]) -> None:
    assert offences(lower, *higher) == []


def test_nothing_unpickles_or_evaluates_text_outside_the_jail() -> None:
    """Submitted bytes are hostile; the alternative is skops, ONNX or safetensors, in the sandbox."""
    modules = offences(
        "bounty/**/*.py", "pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve", "yaml"
    )
    modules += offences(
        "evaluator/**/*.py", "pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve", "yaml"
    )
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls {node.func.id}"
        for folder in ("bounty", "evaluator")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "runtime" not in path.parts and "jail" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}
    ]
    assert modules + calls == []
