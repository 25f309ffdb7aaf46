"""What the tests of all packages with a sandbox share."""

from __future__ import annotations

import pytest

from evaluator.sandbox import supervisor


@pytest.fixture
def lasting_jail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed job does not end its jail, whose start takes seconds of imports.

    So what one hostile job might have left there, the next ones would meet. That a killed job does end its jail,
    sandbox/test_supervision.py asserts.
    """
    monkeypatch.setattr(supervisor, "ended_by_signal", lambda report: False)
