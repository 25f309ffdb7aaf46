"""What import-linter cannot say of imports: what the jail binds, what is never loaded, what hides in functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Each has its reason in a comment where it stands. Raise it only where loading costs seconds that most runs do without.
MOST_LOCAL_IMPORTS = 3
# Whatever registers needs models, and Django loads this module before them.
ALLOWED_BESIDE = "bounty/apps.py"
UNSAFE = ("pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve", "yaml")


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, module) for every import under a node, also those inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def is_of(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def offences(files: str, *forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in sorted(ROOT.glob(files))
        for line, module in imported(ast.parse(path.read_text()))
        if is_of(module, forbidden)
    ]


def local_imports(source: str) -> list[tuple[int, str]]:
    """(line, module) for every import of ours inside a function; a relative import is one of ours."""
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    found = {place for function in functions for place in imported(function)}
    return sorted(
        (line, module)
        for line, module in found
        if module.startswith(".") or is_of(module, ("bounty", "evaluator"))
    )


def test_what_runs_in_the_jail_imports_nothing_else_of_ours() -> None:
    """Only these two folders are bound into the jail; anything else would not be found there."""
    found = offences("evaluator/runtime/**/*.py", "evaluator") + offences(
        "evaluator/sandbox/jail/**/*.py", "evaluator"
    )
    bound = ("evaluator.runtime", "evaluator.sandbox.jail")
    assert [line for line in found if not line.split(" imports ")[1].startswith(bound)] == []


def test_no_more_than_three_imports_of_ours_hide_in_functions() -> None:
    """An import inside a function hides a circle from the linter: move what both need to a lower module."""
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for folder in ("bounty", "evaluator")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != ROOT / ALLOWED_BESIDE
        for line, module in local_imports(path.read_text())
    ]
    assert found[MOST_LOCAL_IMPORTS:] == [], found


def test_an_import_inside_a_function_is_found() -> None:
    inner = "    def f(self):\n        def g():\n            from bounty.core import audit\n"
    assert local_imports(f"import bounty\nclass A:\n{inner}") == [(5, "bounty.core")]
    assert local_imports("def f():\n    import numpy\n    from . import audit\n") == [(3, ".")]


def test_nothing_unpickles_or_evaluates_text_outside_the_jail() -> None:
    """Submitted bytes are hostile; the alternative is skops, ONNX or safetensors, in the sandbox."""
    modules = offences("bounty/**/*.py", *UNSAFE) + offences("evaluator/**/*.py", *UNSAFE)
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls {node.func.id}"
        for folder in ("bounty", "evaluator")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "runtime" not in path.parts and "jail" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}
    ]
    assert modules + calls == []
