"""`manage.py check_sandbox` says what separates submitted code from this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from bounty.management.commands import check_sandbox as command
from evaluator.sandbox import Check, checks


def test_it_names_what_is_not_separate_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [Check("network", True, True, "no socket"), Check("own user", False, False, "runs as root")]
    monkeypatch.setattr(command, "check_sandbox", lambda _: found)
    call_command("check_sandbox")
    printed = capsys.readouterr().out
    assert "not separate" in printed and "runs as root" in printed and "can be run" in printed


def test_it_ends_with_1_when_code_would_be_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "check_sandbox", lambda _: [Check("network", False, True, "open")])
    with pytest.raises(SystemExit, match="1"):
        call_command("check_sandbox")
    assert "refused on this machine" in capsys.readouterr().out


def test_on_one_user_s_machine_it_names_what_that_user_can_read(tmp_path: Path, settings: Any) -> None:
    settings.HOME, settings.ARTIFACTS = tmp_path, tmp_path / "artifacts"
    (tmp_path / "artifacts" / "labels").mkdir(parents=True)
    found = checks._own_user(command._private())
    assert not found.ok and str(tmp_path / "artifacts" / "labels") in found.detail


def test_a_user_who_can_read_none_of_it_is_separate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.os, "geteuid", lambda: 4321)
    monkeypatch.setattr(checks.os, "access", lambda *_: False)
    (tmp_path / "labels").mkdir()
    assert checks._own_user([tmp_path / "labels"]).ok
    assert not checks._own_user([]).ok
