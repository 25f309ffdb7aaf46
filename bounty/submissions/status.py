"""Where a submission is on its way: its place in the queue, how long that should take, its steps and attempts.

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
from bounty.submissions.queue_position import place, same_queue

if TYPE_CHECKING:
    from collections.abc import Sequence

State = Submission.State
# What is expected is learnt from the newest evaluations of the same queue, and of this long ago at most.
RECENT, RECENT_FOR = 30, timedelta(hours=6)
# Waiting so many times as long as expected, and at least so long, means that something stands still.
LATE_TIMES, LATE_AFTER = 4, timedelta(minutes=2)


@dataclass(frozen=True)
class Step:
    """One station of the way. `state` is done, now or ahead."""

    words: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """Where a running submission is. `sentence` says it; `late` that nobody seems to take it."""

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
        """What a poll compares, besides the row's own fields."""
        about = "" if self.expected is None else roughly(self.expected)
        return f"{self.place}.{self.lost:d}{self.late:d}{self.ended:d}.{about}".replace(" ", "-")


def of(submission: Submission, now: datetime) -> Waiting | None:
    """None once it has ended."""
    if not submission.is_running:
        return None
    match submission.state:
        case State.QUEUED:
            return _queued(submission, now)
        case State.EVALUATING | State.JUDGING:
            return _worked_on(submission, now)
        case State.ERROR:
            return _faulty(submission, now)
    return Waiting(None, None, "", steps=steps(submission))


def expected_wait(submission: Submission, ahead: int, now: datetime) -> timedelta | None:
    """Until it is evaluated: how long recent ones took, times those ahead, by the workers seen at work.

    None where nothing of its queue was evaluated lately: then nothing is known.
    """
    recent = same_queue(submission).filter(started_at__isnull=False, evaluated_at__gte=now - RECENT_FOR)
    newest = recent.order_by("-evaluated_at").values_list("started_at", "evaluated_at")[:RECENT]
    spans = [ended - began for began, ended in newest if began is not None and ended is not None]
    if not spans:
        return None
    at_work = same_queue(submission).filter(state=State.EVALUATING, lease_until__gte=now).count()
    one = statistics.median(span.total_seconds() for span in spans)
    return timedelta(seconds=one * (ahead / max(at_work, 1) + 1))


def roughly(span: timedelta) -> str:
    """A span in words that change rarely, so that a page that is looked at does not flicker."""
    seconds = span.total_seconds()
    if seconds < 45:
        return _("less than a minute")
    if seconds < 3600:
        minutes = round(seconds / 60) if seconds < 600 else 5 * round(seconds / 300)
        return ngettext("about %(n)d minute", "about %(n)d minutes", minutes) % {"n": minutes}
    hours = round(seconds / 3600)
    return ngettext("about %(n)d hour", "about %(n)d hours", hours) % {"n": hours}


def _queued(submission: Submission, now: datetime) -> Waiting:
    ahead = place(submission)
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
        detail = _("Recent ones suggest %(wait)s until it has run.") % {"wait": roughly(wait)}
    else:
        detail = _("Nothing ran lately, so how long it takes is not known; most take seconds.")
    return Waiting(ahead, wait, sentence, _again(submission, detail), late=late, steps=steps(submission))


def _worked_on(submission: Submission, now: datetime) -> Waiting:
    if submission.lease_until is not None and submission.lease_until < now:
        return _lost(submission)
    if submission.state == State.JUDGING:
        sentence = _("It ran. The arithmetic is being done.")
    else:
        stage = submission.stage or _("it runs in the sandbox")
        sentence = f"{stage[:1].upper()}{stage[1:]}."
    wait = expected_wait(submission, 0, now) if submission.state == State.EVALUATING else None
    detail = "" if wait is None else _("Recent ones took %(wait)s.") % {"wait": roughly(wait)}
    return Waiting(None, wait, sentence, _again(submission, detail), steps=steps(submission))


def _lost(submission: Submission) -> Waiting:
    """Its worker has not been heard of: the sweep gives it to another one."""
    if submission.attempt >= settings.MAX_ATTEMPTS:
        return _gave_up(submission)
    following = submission.attempt + 1
    return Waiting(
        None,
        None,
        _("The worker that had it fell silent. It is tried again: attempt %(attempt)d.")
        % {"attempt": following},
        _("This costs you nothing, and needs nothing from you."),
        lost=True,
        steps=steps(submission),
    )


def _faulty(submission: Submission, now: datetime) -> Waiting:
    if submission.attempt >= settings.MAX_ATTEMPTS or submission.lease_until is None:
        return _gave_up(submission)
    sentence = _("Something on our side went wrong. It is tried again by itself: attempt %(attempt)d.")
    return Waiting(
        None,
        None,
        sentence % {"attempt": submission.attempt + 1},
        _("This costs you nothing, and needs nothing from you."),
        steps=steps(submission),
    )


def _gave_up(submission: Submission) -> Waiting:
    return Waiting(
        None,
        None,
        ngettext(
            "Something on our side went wrong, in %(attempts)d attempt. A person has to look at it now.",
            "Something on our side went wrong, in %(attempts)d attempts. A person has to look at it now.",
            submission.attempt,
        )
        % {"attempts": submission.attempt},
        _("Your quota was given back. Send it again if you do not want to wait."),
        ended=True,
        steps=steps(submission),
    )


def _again(submission: Submission, detail: str) -> str:
    if submission.attempt < 2:
        return detail
    said = _("This is attempt %(attempt)d: an earlier one was lost on our side.") % {
        "attempt": submission.attempt
    }
    return f"{said} {detail}".strip()


def steps(submission: Submission) -> tuple[Step, ...]:
    """Sent, waits, runs, is judged: which of them are over, and since when."""
    at_work = {State.QUEUED: 1, State.ERROR: 1, State.EVALUATING: 2, State.HELD: 3, State.JUDGING: 3}
    now = at_work.get(State(submission.state), 4)
    stations: Sequence[tuple[str, datetime | None]] = (
        (_("sent"), submission.created_at),
        (_("waits for a worker"), submission.queued_at),
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
