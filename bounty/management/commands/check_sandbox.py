"""`manage.py check_sandbox`: prints what isolates submitted code on this machine, and what does not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from evaluator.sandbox import check_sandbox, is_refused


class Command(BaseCommand):
    help = "Print what separates submitted code from this machine. Exit 1 when it would be refused."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        checks = check_sandbox(_private())
        width = max(len(check.name) for check in checks)
        for check in checks:
            if check.ok:
                mark = self.style.SUCCESS("holds       ")
            elif check.required:
                mark = self.style.ERROR("FAILS       ")
            else:
                mark = self.style.WARNING("not separate")
            self.stdout.write(f"{mark}  {check.name:<{width}}  {check.detail}")
        if is_refused(checks):
            self.stdout.write(self.style.ERROR("Submitted code is refused on this machine."))
            sys.exit(1)
        self.stdout.write("Submitted code can be run: all that is required holds.")


def _private() -> list[Path]:
    """The paths that an evaluating worker must not read: the key, a database file, labels and models' losses."""
    database = settings.DATABASES["default"]
    files = [settings.HOME / "secret_key", settings.ARTIFACTS / "labels", settings.ARTIFACTS / "heads"]
    if database["ENGINE"].endswith("sqlite3"):
        files.insert(1, Path(database["NAME"]))
    return files
