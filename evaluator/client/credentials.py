"""Stored credentials: the site and the token of `bounty login`, in the user's own folder, readable by nobody else."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click

VARIABLES = ("BOUNTY_URL", "BOUNTY_TOKEN")


@dataclass(frozen=True)
class Credentials:
    """The address of a site, and a token for it."""

    url: str
    token: str = field(default="", repr=False)


def file_path() -> Path:
    """The path of the credentials' file."""
    return Path(click.get_app_dir("bounty")) / "login.json"


def read() -> Credentials | None:
    """The credentials from the environment (BOUNTY_URL and BOUNTY_TOKEN), else from the file; None where there is
    neither.

    An address alone is enough for what is public; the file's token goes with it where it is the file's site.
    """
    url, token = (os.environ.get(name, "") for name in VARIABLES)
    if url and token:
        return Credentials(url, token)
    try:
        kept = Credentials(**json.loads(file_path().read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        kept = None
    if url and (kept is None or kept.url != url.rstrip("/")):
        return Credentials(url)
    return kept


def write(kept: Credentials) -> Path:
    """Write the credentials, whole or not at all; the file is never readable by others, not even for a moment."""
    target = file_path()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent)  # made with mode 0600
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(kept), file)
    Path(name).replace(target)
    return target


def delete() -> bool:
    """Delete the credentials; False where there were none."""
    found = file_path().exists()
    file_path().unlink(missing_ok=True)
    return found
