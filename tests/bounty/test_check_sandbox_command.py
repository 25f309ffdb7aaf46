"""`manage.py check_sandbox` says what separates submitted code from this machine."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from bounty.management.commands import check_sandbox as command
from evaluator.sandbox import Check


def test_it_names_what_is_not_separate_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Check("network", True, True, "no socket"), Check("own user", False, False, "runs as root")]
    monkeypatch.setattr(command, "check_sandbox", lambda: found)
    call_command("check_sandbox")
    printed = capsys.readouterr().out
    assert "not separate" in printed and "runs as root" in printed and "can be run" in printed


def test_it_ends_with_1_when_code_would_be_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "check_sandbox", lambda: [Check("network", False, True, "open")])
    with pytest.raises(SystemExit, match="1"):
        call_command("check_sandbox")
    assert "refused on this machine" in capsys.readouterr().out
