"""The command `bounty dry-run`: at the site, on public rows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from evaluator.client.client import Client
from evaluator.client.display import complaints, show_dry_run, show_json, show_submission
from evaluator.client.options import FILE, REFUSED, as_json, report_problems, slug


@click.command("dry-run")
@slug
@click.argument("file", required=False, type=FILE)
@click.option("--expression", default="", help="The group, as an expression.")
@click.option("--patch", default="fit", type=click.Choice(["none", "fit", "same", "file"]), show_default=True)
@click.option("--learner", default="", help="For fit.")
@click.option("--patch-file", type=FILE, help="For file.")
@click.option("--submit", "send", is_flag=True, help="Submit it too, where it ran.")
@as_json
@report_problems
def dry_run(slug: str, file: Path | None, send: bool, as_json: bool, **fields: Any) -> None:
    """Try a group (an expression, or a FILE) and a patch at the site, on public rows. No quota is used."""
    client = Client()
    with complaints.status("Waiting for a worker ..."):
        tried = client.dry_run(slug, group_file=file, **fields)
    if as_json and not send:
        return show_json(dict(tried.raw))
    if not as_json:
        show_dry_run(tried)
    if send and tried.state == "done":
        return show_submission(client.submit_dry_run(tried), as_json=as_json)
    if tried.state != "done":
        sys.exit(REFUSED)
    return None
