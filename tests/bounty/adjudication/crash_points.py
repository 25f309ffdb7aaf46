"""Crashes put before or after a function, for tests of what a dead process leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def die_at(monkeypatch: Any, owner: Any, function: str, when: str, die: Any) -> None:
    real = getattr(owner, function)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        real(*args, **kwargs)
        die()

    monkeypatch.setattr(owner, function, dying)
