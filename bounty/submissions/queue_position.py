"""A submission's queue position, status line and failure texts, and how often its page polls."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from bounty.models import Submission
from bounty.submissions import dispatch
from evaluator.errors import ErrorClass

State = Submission.State


@dataclass(frozen=True)
class Failure:
    """An error class in words: what happened, the likely cause, what to do."""

    title: str
    cause: str
    advice: str


FAILURES: dict[str, Failure] = {
    ErrorClass.BAD_EXPRESSION: Failure(
        _("the expression could not be read"),
        _("A column, a value or the grammar is not what this competition's table has."),
        _(
            "Compare it with the columns on the data page; the builder on the submit page writes only valid ones."
        ),
    ),
    ErrorClass.LOAD_ERROR: Failure(
        _("the file could not be loaded"),
        _(
            "An import that is not there, a syntax error, a file missing from the zip, or a model of another version."
        ),
        _(
            "Only the libraries on the rules page are there, and there is no network. Put model files into the zip."
        ),
    ),
    ErrorClass.NO_FUNCTION: Failure(
        _("the file has none of the functions that are looked for"),
        _("A group needs group(X) or find_group(X, y, loss); a patch needs predict(X)."),
        _("Check the names: they are case-sensitive and must stand at the top level of the file."),
    ),
    ErrorClass.CRASHED: Failure(
        _("it stopped with an error of its own"),
        _("The code raised an exception or the process ended early."),
        _(
            "Mind missing values and rare categories. There is no network, and only your own files can be opened."
        ),
    ),
    ErrorClass.MEMORY: Failure(
        _("it asked for more memory than there is"),
        _("The limit is for the whole process, libraries included."),
        _("Work in blocks of rows, use smaller models, and avoid one-hot tables of wide columns."),
    ),
    ErrorClass.TIME: Failure(
        _("it took longer than allowed"),
        _("An endless loop, a loop over rows in plain Python, or a model too large for the time."),
        _("Use whole columns at once (numpy, pandas) instead of apply over rows."),
    ),
    ErrorClass.BAD_OUTPUT: Failure(
        _("what it returned is not an answer for every row"),
        _("A wrong length or shape, missing values, or classes that this competition does not have."),
        _("A group returns one True or False a row; a patch one prediction a row, in the order of X."),
    ),
    ErrorClass.NOT_ROWWISE: Failure(
        _("its answer for a row changed with the other rows"),
        _("Means, ranks, quantiles or random numbers computed from the table that it was given."),
        _(
            "Fix such numbers at home from the training rows and write them into the file; "
            "seed what is random by the row."
        ),
    ),
    ErrorClass.UNTRUSTED_TYPES: Failure(
        _("the model file holds types that are not trusted"),
        _("A skops file may hold scikit-learn, numpy and scipy types only."),
        _("Replace custom transformers by scikit-learn's own, or send a Python file or ONNX."),
    ),
    ErrorClass.NO_RESULT: Failure(
        _("it ended without a result"),
        _("The process ended by itself before it had answered."),
        _("Return the answer from the function; do not end the process."),
    ),
    ErrorClass.TOO_LARGE: Failure(
        _("it is larger than allowed"),
        _("The file, or what it unpacks to, is over the limit."),
        _("Leave out what predicting does not need, or store weights in half precision."),
    ),
}
# By the rule of 2026-11.
FAILED_ON_SECRET = Failure(
    _("it ran on public rows, but gave no result on secret ones"),
    _("Something that only the secret rows hold: a rare category, a missing value, an extreme number."),
    _(
        "Nothing more can be said, because more would tell about secret rows. Make it robust: handle missing "
        "values and categories it never saw."
    ),
)
ON_PRACTICE_CAUSE = _(
    "It ran on the public rows and failed on the practice rows: a rare category, a missing value, an extreme number, "
    "or more time or memory than the public run foretold. Only the class of such a failure is told, because practice "
    "rows are secret; it costs quota, and whoever has too many waits for a moderator."
)
UNNAMED_FAILURE = Failure(
    _("the cause has no name here"),
    _("Something that has no class of its own."),
    _("Run it at home with the same limits first."),
)


def explain_failure(submission: Submission) -> Failure | None:
    """The Failure of a failed submission in the reader's language; None for all others."""
    if submission.state != State.FAILED:
        return None
    found = FAILURES.get(submission.error_class, UNNAMED_FAILURE)
    if submission.failed_on_secret_rows:
        found = FAILED_ON_SECRET
    cause = ON_PRACTICE_CAUSE if submission.failed_on_practice_rows else found.cause
    return Failure(gettext(found.title), gettext(cause), gettext(found.advice))


def status_line(submission: Submission) -> str:
    """A line for lists: the verdict's sentence, or why it failed or is held or refused; "" while it runs."""
    verdict = getattr(submission, "verdict", None)
    if found := explain_failure(submission):
        return gettext("Could not be run: %(why)s.") % {"why": found.title}
    if submission.state == State.HELD:
        return submission.hold_reason
    if submission.state in (State.REFUSED, State.DISQUALIFIED):
        return submission.moderator_reason
    return verdict.sentence if verdict is not None and not submission.is_running else ""


def submissions_in_queue(submission: Submission) -> QuerySet[Submission]:
    """All submissions of the same evaluation queue, of any competition."""
    return dispatch.submissions_of_queue(dispatch.queue_of(submission))


def queue_position(submission: Submission) -> int | None:
    """The number of submissions ahead in the queue; None where the submission does not wait in one."""
    if submission.state != State.QUEUED or submission.queued_at is None:
        return None
    return (
        submissions_in_queue(submission)
        .filter(state=State.QUEUED, queued_at__lt=submission.queued_at)
        .count()
    )


def status_fingerprint(submission: Submission, mark: object) -> str:
    """A string that changes whenever the status page would read differently.

    `mark` is what it says beside the row (`status.Progress.mark`).
    """
    return f"{submission.state}.{submission.hold}.{submission.stage}.{mark}".replace(" ", "-")


def poll_delay(polls: int) -> str:
    """The delay before the next poll, in htmx's notation: short at first, as most verdicts take no second."""
    if polls < 4:
        return "300ms"
    if polls < 20:
        return "1s"
    if polls < 60:
        return "2s"
    return "5s" if polls < 120 else "15s"
