"""The progress of a running submission: queue position, expected wait and steps.

A page never says "running" of something that nobody works on: a step is only called so while its lease is renewed.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.models import Submission
from bounty.submissions.queue_position import queue_position, submissions_in_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

State = Submission.State
# What is expected is learnt from the newest evaluations of the same queue, and of this long ago at most.
RECENT, RECENT_FOR = 30, timedelta(hours=6)
# Waiting so many times as long as expected, and at least so long, means that something stands still.
LATE_TIMES, LATE_AFTER = 4, timedelta(minutes=2)


@dataclass(frozen=True)
class Step:
    """One step of the progress; `state` is done, now or ahead."""

    words: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Progress:
    """The progress of a running submission; `sentence` says it, `late` that no worker seems to take it."""

    place: int | None  # ahead of it in its queue
    expected: timedelta | None  # from now on, until it is evaluated
    sentence: str
    detail: str = ""
    lost: bool = False
    late: bool = False
    ended: bool = False  # our fault, and tried often enough: a person has to look
    steps: tuple[Step, ...] = ()

    @property
    def mark(self) -> str:
        """The part of the status fingerprint that is not in the row's own fields."""
        about = "" if self.expected is None else approximate_duration(self.expected)
        return f"{self.place}.{self.lost:d}{self.late:d}{self.ended:d}.{about}".replace(" ", "-")


def progress_of(submission: Submission, now: datetime) -> Progress | None:
    """The progress of a running submission; None once it has ended."""
    if not submission.is_running:
        return None
    match submission.state:
        case State.QUEUED:
            return _queued(submission, now)
        case State.EVALUATING | State.JUDGING:
            return _worked_on(submission, now)
        case State.ERROR:
            return _faulty(submission)
    return Progress(None, None, "", steps=progress_steps(submission))


def expected_wait(submission: Submission, ahead: int, now: datetime) -> timedelta | None:
    """The expected time until evaluation ends: the recent median, times those ahead, by workers at work.

    None where nothing of its queue was evaluated lately: then nothing is known.
    """
    recent = submissions_in_queue(submission).filter(
        started_at__isnull=False, evaluated_at__gte=now - RECENT_FOR
    )
    newest = recent.order_by("-evaluated_at").values_list("started_at", "evaluated_at")[:RECENT]
    spans = [ended - began for began, ended in newest if began is not None and ended is not None]
    if not spans:
        return None
    at_work = submissions_in_queue(submission).filter(state=State.EVALUATING, lease_until__gte=now).count()
    one = statistics.median(span.total_seconds() for span in spans)
    return timedelta(seconds=one * (ahead / max(at_work, 1) + 1))


def approximate_duration(span: timedelta) -> str:
    """A duration in words that change rarely, so that a page that is looked at does not flicker."""
    seconds = span.total_seconds()
    if seconds < 45:
        return _("less than a minute")
    if seconds < 3600:
        minutes = round(seconds / 60) if seconds < 600 else 5 * round(seconds / 300)
        return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}
    hours = round(seconds / 3600)
    return ngettext("about %(n)d hour", "about %(n)d hours", hours) % {"n": hours}


def _queued(submission: Submission, now: datetime) -> Progress:
    if submission.awaits_order:
        return _without_order(submission)
    ahead = queue_position(submission)
    wait = expected_wait(submission, ahead or 0, now)
    waited = now - (submission.queued_at or submission.created_at)
    late = waited > max(LATE_AFTER, LATE_TIMES * (wait or timedelta()))
    if not ahead:
        sentence = _("Waiting for a worker; it is next.")
    else:
        sentence = _("Waiting for a worker; %(ahead)d ahead of it.") % {"ahead": ahead}
    if late:
        detail = _(
            "Nothing has taken it for longer than usual. It keeps its place and nothing is lost; if that "
            "lasts, the organiser can see whether workers are running."
        )
    elif wait is not None:
        detail = _("Recent ones suggest %(wait)s until it has run.") % {"wait": approximate_duration(wait)}
    else:
        detail = _("Nothing ran lately, so how long it takes is not known; most take seconds.")
    return Progress(ahead, wait, sentence, detail, late=late, steps=progress_steps(submission))


def _without_order(submission: Submission) -> Progress:
    if submission.hold == Submission.Hold.HELD:
        sentence, detail = _("It has not run; it waits for a moderator."), submission.hold_reason
    else:
        sentence = _("It runs when other submissions of the same person have run.")
        detail = _(
            "Each could fail on practice rows, which says something about secret people, so only a few run at once."
        )
    return Progress(None, None, sentence, detail, steps=progress_steps(submission))


def _worked_on(submission: Submission, now: datetime) -> Progress:
    if submission.lease_until is not None and submission.lease_until < now:
        return _lost(submission)
    if submission.state == State.JUDGING and submission.query_waits_since is not None:
        sentence = _(
            "It passed the practice gate and waits for its certification query: the best chance asks first, of equal "
            "ones what was sent first, and none waits longer than a day."
        )
    elif submission.state == State.JUDGING:
        sentence = _("It ran. The arithmetic is being done.")
    else:
        stage = submission.stage or _("it runs in the sandbox")
        sentence = f"{stage[:1].upper()}{stage[1:]}."
    wait = expected_wait(submission, 0, now) if submission.state == State.EVALUATING else None
    detail = "" if wait is None else _("Recent ones took %(wait)s.") % {"wait": approximate_duration(wait)}
    return Progress(None, wait, sentence, detail, steps=progress_steps(submission))


def _lost(submission: Submission) -> Progress:
    """The progress of a submission with an expired lease, which the sweep gives to another worker."""
    if submission.attempt >= settings.MAX_ATTEMPTS:
        return _gave_up(submission)
    return _tried_again(submission, lost=True)


def _faulty(submission: Submission) -> Progress:
    if submission.attempt >= settings.MAX_ATTEMPTS or submission.lease_until is None:
        return _gave_up(submission)
    return _tried_again(submission)


def _tried_again(submission: Submission, *, lost: bool = False) -> Progress:
    """Without a number of attempts: a worker may have been lost to what code did on secret rows."""
    return Progress(
        None,
        None,
        _("Something on our side went wrong. It is tried again by itself."),
        _("This costs you nothing, and needs nothing from you."),
        lost=lost,
        steps=progress_steps(submission),
    )


def _gave_up(submission: Submission) -> Progress:
    return Progress(
        None,
        None,
        _("Something on our side went wrong, time and again. A person has to look at it now."),
        _("Your quota was given back. Send it again if you do not want to wait."),
        ended=True,
        steps=progress_steps(submission),
    )


def progress_steps(submission: Submission) -> tuple[Step, ...]:
    """The steps sent, waits, runs, is judged, each with its state and most with their time."""
    at_work = {State.QUEUED: 1, State.ERROR: 1, State.EVALUATING: 2, State.HELD: 3, State.JUDGING: 3}
    now = at_work.get(State(submission.state), 4)
    stations: Sequence[tuple[str, datetime | None]] = (
        (_("sent"), submission.created_at),
        # Without its time: it is set anew where a worker was lost.
        (_("waits for a worker"), None),
        (_("runs in the sandbox"), submission.started_at),
        (
            _("waits for a moderator") if submission.state == State.HELD else _("is judged"),
            submission.evaluated_at,
        ),
    )
    return tuple(
        Step(words, "done" if n < now else "now" if n == now else "ahead", at if n <= now else None)
        for n, (words, at) in enumerate(stations)
    )
