"""`bounty`: a competition from the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from evaluator.client import credentials
from evaluator.client.client import Client
from evaluator.client.display import (
    complaints,
    format_interval,
    format_loss,
    progress_bar,
    screen,
    show_json,
    show_submission,
    show_table,
    show_verdict,
    wait_with_progress,
)
from evaluator.client.dry_run_command import dry_run
from evaluator.client.options import FILE, NO_SANDBOX, as_json, report_problems, slug
from evaluator.errors import SandboxUnavailable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Find the groups that a model fails, and send what serves them better."""


main.add_command(dry_run)


@main.command()
@click.argument("url")
@click.option(
    "--token-file",
    type=click.File(),
    help="Read the token from here instead of asking; - for standard input.",
)
@report_problems
def login(url: str, token_file: Any) -> None:
    """Keep a site and a token of yours (from its page Account, Tokens)."""
    if token_file is None:
        screen.print(
            f"Make a token at {escape(url.rstrip('/'))}/account/tokens/ and paste it here.", highlight=False
        )
    text = token_file.read() if token_file else click.prompt("Token", hide_input=True)
    token = text.strip()
    me = Client(url, token).me()
    where = credentials.write(credentials.Credentials(url.rstrip("/"), token))
    screen.print(
        f"You are {escape(me['username'])}; the token may {', '.join(me['scopes'])}. Kept in {escape(str(where))}."
    )


@main.command()
@report_problems
def logout() -> None:
    """Forget the token that is kept here. It stays good until you revoke it at the site."""
    screen.print("Forgotten." if credentials.delete() else "Nothing was kept.")


@main.command()
@as_json
@report_problems
def competitions(as_json: bool) -> None:
    """What there is."""
    rows = Client().competitions()
    if as_json:
        return show_json([dict(row.raw) for row in rows])
    show_table(
        ("competition", "title", "status", "loss at the start", "now"),
        [
            (row.slug, row.title, row.status, format_loss(row.raw["start"]), format_loss(row.raw["now"]))
            for row in rows
        ],
    )
    return None


@main.command()
@slug
@click.option("--team", default="", help="Make a new team of this name; else you take part alone.")
@click.option("--accept-terms", is_flag=True, help="That you read and accept them.")
@report_problems
def enter(slug: str, team: str, accept_terms: bool) -> None:
    """Take part."""
    client = Client()
    if not accept_terms:
        screen.print(escape(client.rules(slug)["terms"] or "See the page of the competition for its terms."))
        accept_terms = click.confirm("Do you accept these terms?")
    screen.print(f"You are in the team {escape(client.enter(slug, accept_terms=accept_terms, team=team))}.")


@main.command()
@slug
@click.argument("names", nargs=-1, metavar="[FILE]...")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="A folder; one of the competition's name else."
)
@report_problems
def data(slug: str, names: tuple[str, ...], folder: Path | None) -> None:
    """Download the public rows: all files, or those that you name."""
    client = Client()
    known = [file["name"] for file in client.files(slug)]
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"There is no {unknown[0]}; there are {', '.join(known)}.")
    folder = folder or Path(slug)
    for name in names or known:
        with progress_bar(name) as progress:
            client.data(slug, name, folder, progress)
    screen.print(f"In {escape(str(folder))}.")


@main.command()
@slug
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE]...")
@click.option("--expression", default="", help="A group in words of the table.")
@click.option("--as-group", is_flag=True, help="A model file is a group; else a patch.")
@as_json
@report_problems
def check(slug: str, files: tuple[Path, ...], expression: str, as_group: bool, as_json: bool) -> None:
    """Try files here on the explore rows, in the sandbox and with the limits of the site. No quota is used."""
    try:
        with screen.status("Running in the sandbox ..."):
            verdicts = Client().check(slug, *files, expression=expression, as_group=as_group)
    except SandboxUnavailable as error:
        complaints.print(
            f"bounty: submitted code cannot be run safely here: {escape(str(error))}\n"
            "An expression needs no sandbox: the site looks at it with `bounty preview`.",
            highlight=False,
        )
        sys.exit(NO_SANDBOX)
    if as_json:
        return show_json([verdict.to_json() for verdict in verdicts])
    for verdict in verdicts:
        show_verdict(verdict)
    return None


@main.command()
@slug
@click.argument("expression")
@report_problems
def preview(slug: str, expression: str) -> None:
    """Look at a group on the explore rows."""
    found = Client().preview(slug, expression)
    screen.print(
        f"{escape(found.words)}: {found.rows:,} rows, {found.share:.1%}: {found.verdict}", highlight=False
    )
    for name, words in (("inside", "loss there"), ("outside", "loss elsewhere"), ("gap", "difference")):
        if measured := found.raw.get(name):
            screen.print(f"  {words}: {format_interval(measured, signed=name == 'gap')}", highlight=False)
    screen.print(
        "  In percent of the largest possible loss, with 95% intervals; lower is better.", highlight=False
    )


@main.command()
@slug
@click.argument("file", required=False, type=FILE)
@click.option("--expression", default="", help="The group, as an expression.")
@click.option(
    "--group", "group_file", type=FILE, help="Or in a file; the same as naming it without a word before."
)
@click.option("--patch", default="fit", type=click.Choice(["none", "fit", "same", "file"]), show_default=True)
@click.option("--learner", default="", help="For fit.")
@click.option("--patch-file", type=FILE, help="For file.")
@click.option("--description", default="", help="Whom does the model fail, and why?")
@click.option("--wait/--no-wait", default=True, help="For the verdict.", show_default=True)
@as_json
@report_problems
def submit(slug: str, file: Path | None, wait: bool, as_json: bool, **fields: Any) -> None:
    """Send a group (an expression, or a FILE) and a patch, and wait for the verdict."""
    if file is not None and fields["group_file"] is not None:
        raise ValueError("The group is in one file: name it once.")
    fields["group_file"] = fields["group_file"] or file
    client = Client()
    sent = client.submit(slug, **fields)
    if wait:
        sent = wait_with_progress(client, sent)
    show_submission(sent, as_json=as_json)


@main.command()
@slug
@click.argument("key", required=False, metavar="[NUMBER]")
@click.option("--wait", is_flag=True, help="For its verdict.")
@as_json
@report_problems
def status(slug: str, key: str | None, wait: bool, as_json: bool) -> None:
    """Your team's submissions, or one of them by its number or its id."""
    client = Client()
    if key is None:
        rows = client.submissions(slug)
        if as_json:
            return show_json([dict(row.raw) for row in rows])
        cells = [(f"#{row.number}", row.raw["state_words"], row.raw["words"], row.sentence) for row in rows]
        return show_table(("number", "state", "group", "verdict"), cells)
    if key.lstrip("#").isdigit():
        number = int(key.lstrip("#"))
        key = next((row.id for row in client.submissions(slug) if row.number == number), key)
    found = client.status(key, slug)
    return show_submission(wait_with_progress(client, found) if wait else found, as_json=as_json)


@main.command()
@slug
@as_json
@report_problems
def board(slug: str, as_json: bool) -> None:
    """Who stands where."""
    rows = Client().board(slug)
    if as_json:
        return show_json([dict(row.raw) for row in rows])
    cells = [
        (
            "-" if row.rank is None else str(row.rank),
            row.team,
            "-" if row.points is None else f"{row.points:.1f}",
            str(row.accepted),
            str(row.findings),
        )
        for row in rows
    ]
    return show_table(("rank", "team", "points", "accepted", "findings"), cells)


@main.command()
@slug
@click.option("--download", is_flag=True, help="The file too, where the competition lets you have it.")
@click.option("--to", "folder", type=click.Path(path_type=Path), default=Path(), help="A folder.")
@as_json
@report_problems
def model(slug: str, download: bool, folder: Path, as_json: bool) -> None:
    """How the shared model stands."""
    client = Client()
    found = client.model(slug)
    if as_json:
        show_json(dict(found.raw))
    elif found.version is None:
        screen.print("There is no model yet.")
    else:
        start, now = format_loss(found.raw["start"]), format_loss(found.raw["now"])
        screen.print(f"version {found.version}: {start} at the start, {now} now")
    if download:
        with progress_bar("model") as progress:
            path = client.download_model(slug, folder, progress)
        complaints.print(f"In {escape(str(path))}.", highlight=False)
