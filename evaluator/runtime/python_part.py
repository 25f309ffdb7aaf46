"""Python files and zips of them as parts. Loading one runs it."""

from __future__ import annotations

import contextlib
import importlib
import linecache
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from evaluator.runtime.pickles import refuse_pickle
from evaluator.runtime.spec import Function, PartError
from evaluator.runtime.zips import unpack_zip

FILE_NAME = "submission.py"
UNREAD = "this is not a Python file that can be read"
# Of a line that is quoted to its author; some files are one line of a megabyte.
LONGEST_LINE = 200
SIGNATURES = {"group": "group(X)", "predict": "predict(X)", "find_group": "find_group(X, y, loss)"}
# A zip's own modules and relative paths are seen while its code runs, and by no other part.
_inside_lock = threading.RLock()


def load_python(content: bytes, function: Function) -> Callable[..., Any]:
    """The named function of one Python file. Raises PartError; whatever the file itself raises passes."""
    refuse_pickle(FILE_NAME, content)
    return _function_of(_execute(content, FILE_NAME), function)


def load_zip(content: bytes, function: Function, workdir: Path | None, largest: int) -> Callable[..., Any]:
    """The named function of a zip's Python file; its other files lie beside it (`Path(__file__).parent`)."""
    if workdir is None:
        raise PartError("load_error", "a zip needs a folder to be unpacked in")
    refuse_pickle("the file", content)
    unpack_zip(content, workdir, largest)
    main = _main_file(workdir, function)
    with _inside(workdir):
        inner = _function_of(_execute(main.read_bytes(), str(main)), function)

    def call(*arguments: Any) -> Any:
        with _inside(workdir):
            return inner(*arguments)

    return call


def _execute(source: bytes, name: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "submission", "__file__": name}
    try:
        # As text: a coding cookie would let a file mean something else than what its reader sees.
        text = source.decode("utf-8-sig")
        code = compile(text, name, "exec")
    except UnicodeDecodeError as error:
        raise PartError("load_error", f"the file is no UTF-8 text: {error}. Save it as UTF-8") from error
    except SyntaxError as error:
        raise PartError("load_error", _why_unread(error)) from error
    # Zero bytes, and expressions nested deeper than the compiler goes.
    except (ValueError, RecursionError, MemoryError) as error:
        raise PartError("load_error", f"{UNREAD}: {error}") from error
    _quote(name, text)
    exec(code, namespace)  # noqa: S102 - running the part is this module's purpose; untrusted ones only in the jail
    return namespace


def _quote(name: str, text: str) -> None:
    """Let tracebacks quote the lines: a single file is on no disk, so Python itself finds none."""
    lines = [f"{line[:LONGEST_LINE]}\n" for line in text.splitlines()]
    linecache.cache[name] = (len(text), None, lines, name)


def _why_unread(error: SyntaxError) -> str:
    """The line with a mark under the place, as Python shows it, then a sentence: its readers begin at the end."""
    line, column = error.lineno, error.offset
    if not line:
        return f"{UNREAD}: {error.msg}"
    place = f"line {line}, column {column}" if column and column > 0 else f"line {line}"
    quoted = (error.text or "").rstrip("\r\n").replace("\t", " ")
    mark = ""
    if quoted and column and 0 < column <= LONGEST_LINE:
        mark = f"    {' ' * (column - 1)}^\n"
    where = f'File "{error.filename}", line {line}'
    shown = f"{where}\n    {quoted[:LONGEST_LINE]}\n{mark}" if quoted.strip() else ""
    return f"{shown}{UNREAD}: {place}: {error.msg}"


def _function_of(namespace: dict[str, Any], function: Function) -> Callable[..., Any]:
    found = namespace.get(function)
    if callable(found):
        return found
    others = [SIGNATURES[name] for name in SIGNATURES if callable(namespace.get(name))]
    hint = f"; it defines {' and '.join(others)}" if others else ""
    raise PartError("no_function", f"the file defines no {SIGNATURES[function]}{hint}")


def _main_file(folder: Path, function: str) -> Path:
    files = sorted(folder.glob("*.py"))
    for name in (FILE_NAME, f"{function}.py", "main.py"):
        if folder / name in files:
            return folder / name
    if len(files) == 1:
        return files[0]
    found = ", ".join(file.name for file in files[:5]) or "none"
    raise PartError(
        "no_function", f"the zip needs one Python file named {FILE_NAME}; at its top it has {found}"
    )


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Imports and relative paths resolve in `folder`; its modules are forgotten afterwards (names may clash)."""
    with _inside_lock, contextlib.chdir(folder):
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(str(folder))
            for name, module in list(sys.modules.items()):
                if (getattr(module, "__file__", None) or "").startswith(f"{folder}/"):
                    del sys.modules[name]
