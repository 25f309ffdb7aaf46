"""Terminal output of `bounty`: tables, bars, a verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn
from rich.table import Table

from evaluator.client.client import Client
from evaluator.client.results import DryRun, Submission

if TYPE_CHECKING:
    from evaluator.commands.check_files import FileVerdict

screen, complaints = Console(), Console(stderr=True)


def show_verdict(verdict: FileVerdict) -> None:
    """Print the verdict of `check` on one file."""
    group, patch = verdict.group, verdict.patch
    share = "" if group.weight is None else f", {group.weight:.1%} of the explore rows"
    screen.print(f"[bold]{escape(verdict.file)}[/bold]\n  group: {group.status}{share}", highlight=False)
    if patch is not None and patch.loss_base is not None:
        screen.print(
            f"  patch: {patch.status}, loss in the group {patch.loss_base:.4f} -> {patch.loss_patch:.4f}, "
            f"gain over all {patch.gain:+.5f}",
            highlight=False,
        )
    elif patch is not None:
        screen.print(f"  patch: {patch.status}", highlight=False)
    for text in filter(None, (verdict.words, verdict.detail, verdict.traceback)):
        screen.print(f"  {escape(text)}", highlight=False)


def wait_with_progress(client: Client, sent: Submission) -> Submission:
    """Wait for a submission's verdict, with a progress line on standard error."""
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), console=complaints, transient=True
    ) as progress:
        task = progress.add_task(f"#{sent.number} {sent.state}", total=None)

        def show(found: Submission) -> None:
            ahead = f", {found.queue_position} ahead" if found.queue_position else ""
            stage = found.raw.get("stage") or found.raw.get("state_words", found.state)
            progress.update(task, description=escape(f"#{found.number} {stage}{ahead}"))

        return client.wait(sent, told=show)


def show_submission(found: Submission, *, as_json: bool) -> None:
    """Print a submission with its verdict or its failure."""
    if as_json:
        return show_json(dict(found.raw))
    screen.print(
        f"#{found.number} [bold]{escape(found.raw['state_words'])}[/bold]  {found.id}", highlight=False
    )
    if found.sentence:
        screen.print(escape(found.sentence), highlight=False)
    for line in (found.verdict or {}).get("lines", ()):
        screen.print(escape(f"  {line['what']}: {line['value']}  {line['note']}".rstrip()), highlight=False)
    for line in (found.verdict or {}).get("advice", ()):
        screen.print(escape(f"  > {line}"), highlight=False)
    if failure := found.failure:
        for word in ("cause", "advice", "detail"):
            if failure[word]:
                screen.print(escape(f"  {word}: {failure[word]}"), highlight=False)
    return None


def show_dry_run(tried: DryRun) -> None:
    """Print a dry run with its result or its failure."""
    screen.print(f"[bold]{escape(tried.raw['state_words'])}[/bold]  {tried.id}", highlight=False)
    if tried.result is not None:
        share = tried.result["rows"] / max(tried.result["of_rows"], 1)
        screen.print(f"  {tried.result['rows']:,} of the explore rows, {share:.1%}", highlight=False)
        for name, words in (
            ("before", "loss there"),
            ("after", "with your patch"),
            ("outside", "loss elsewhere"),
        ):
            if measured := tried.result[name]:
                screen.print(f"  {words}: {format_interval(measured, signed=False)}", highlight=False)
        if tried.result["after"]:
            screen.print(f"  gains there: {tried.result['gains']}", highlight=False)
    for word in ("cause", "advice", "detail"):
        if tried.failure and tried.failure[word]:
            screen.print(escape(f"  {word}: {tried.failure[word]}"), highlight=False)


def format_loss(measured: dict[str, Any] | None) -> str:
    """A loss in the site's own words; "-" for none."""
    return "-" if measured is None else str(measured["text"])


def format_interval(measured: dict[str, float], *, signed: bool) -> str:
    """A mean and its interval in percent or points; losses are between 0 and 1."""
    mean, low, high = (100 * measured[name] for name in ("mean", "low", "high"))
    if signed:
        return f"{mean:+.1f} points ({low:+.1f} to {high:+.1f})"
    return f"{mean:.1f}% ({low:.1f} to {high:.1f})"


def show_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table."""
    table = Table()
    for name in head:
        # What is typed into the next command stays whole.
        table.add_column(name, no_wrap=name in ("competition", "number"), overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    screen.print(table)


def show_json(value: Any) -> None:
    """Print JSON on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


@contextmanager
def progress_bar(name: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar of a download, as a callback of bytes done and in all."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=complaints) as progress:
        task = progress.add_task(escape(name), total=None)
        yield lambda done, whole: progress.update(task, completed=done, total=whole)
