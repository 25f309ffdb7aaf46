"""The migrated database of a test run, copied from the file that an earlier run left."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import django
from django.apps import apps

FOLDER = Path(__file__).resolve().parents[1] / ".pytest_cache"


def template() -> Path:
    """The file that holds what today's migrations make. Its name changes with any of them."""
    told = hashlib.sha256(django.__version__.encode())
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            told.update(f"{app.label}/{path.name}".encode() + path.read_bytes())
    return FOLDER / f"migrated-{told.hexdigest()[:20]}.sqlite3"


def keep(migrated: Path) -> None:
    """Write the template from a database that has no row of a test yet. Other runs see all of it or nothing."""
    FOLDER.mkdir(exist_ok=True)
    unfinished = FOLDER / f"{migrated.parent.name}-{hashlib.sha256(bytes(migrated)).hexdigest()[:8]}.part"
    with closing(sqlite3.connect(migrated)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    for old in FOLDER.glob("migrated-*.sqlite3"):
        old.unlink(missing_ok=True)
    unfinished.rename(template())
