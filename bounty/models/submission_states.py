"""The states of a submission and its allowed moves: one table, which `Submission.move` checks and the docs draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from django.db import models
from django.utils.translation import gettext_lazy


class State(models.TextChoices):
    """The states of a submission."""

    QUEUED = "queued", gettext_lazy("queued")
    EVALUATING = "evaluating", gettext_lazy("being evaluated")
    HELD = "held", gettext_lazy("held for a moderator")
    JUDGING = "judging", gettext_lazy("being judged")
    ACCEPTED = "accepted", gettext_lazy("accepted")
    # A finding, judged on practice rows: by the present rule it is confirmed only by rows that nobody has seen.
    WORSE = "worse", gettext_lazy("worse on practice rows")
    CONFIRMED = "confirmed", gettext_lazy("confirmed finding")
    NOT_SHOWN = "not_shown", gettext_lazy("not shown yet")
    HARMFUL = "harmful", gettext_lazy("harm seen")
    FAILED = "failed", gettext_lazy("could not be run")
    ERROR = "error", gettext_lazy("our fault; it will be tried again")
    REFUSED = "refused", gettext_lazy("refused by a moderator")
    WITHDRAWN = "withdrawn", gettext_lazy("withdrawn")
    DISQUALIFIED = "disqualified", gettext_lazy("disqualified")


# A worker holds a lease in these states.
LEASED = (State.EVALUATING, State.JUDGING)
RUNNING = (State.QUEUED, State.EVALUATING, State.HELD, State.JUDGING, State.ERROR)
# A verdict counted, or told its team something: what a moderator can undo.
JUDGED = (State.ACCEPTED, State.WORSE, State.CONFIRMED, State.NOT_SHOWN, State.HARMFUL)
# Findings that a verdict showed, confirmed or not yet.
SHOWN_FINDINGS = (State.WORSE, State.CONFIRMED)
ENDED = (*JUDGED, State.FAILED, State.REFUSED, State.WITHDRAWN, State.DISQUALIFIED)

BEFORE_EVALUATION_ENDS = (State.QUEUED, State.EVALUATING)


class MoveNotAllowed(Exception):
    """Raised by a fault of ours: code asked for a change of state that the table does not have."""


@dataclass(frozen=True)
class Move:
    """A row of the table of moves: one event, from any of the old states to any of the new ones."""

    event: str
    old: tuple[State, ...]
    new: tuple[State, ...]

    def pairs(self) -> set[tuple[State, State]]:
        return set(product(self.old, self.new))


# `started` and `done` of a worker may overtake each other, so a queued row can end its evaluation as well.
MOVES = (
    Move("a worker begins", (State.QUEUED,), (State.EVALUATING,)),
    Move("a worker renews its lease", (State.EVALUATING,), (State.EVALUATING,)),
    Move("evaluation ends", BEFORE_EVALUATION_ENDS, (State.HELD, State.JUDGING)),
    Move("the group or the patch cannot be run", BEFORE_EVALUATION_ENDS, (State.FAILED,)),
    Move("the platform fails, or a lease ends too often", (State.QUEUED, *LEASED), (State.ERROR,)),
    Move("a fault is tried again", (State.ERROR,), (State.QUEUED,)),
    Move("a lease ends while it is evaluated", (State.EVALUATING,), (State.QUEUED,)),
    Move("a lease ends while it is judged", (State.JUDGING,), (State.JUDGING,)),
    Move("the table is corrected before it is evaluated", BEFORE_EVALUATION_ENDS, (State.QUEUED,)),
    Move("a moderator releases it, or nobody decides in time", (State.HELD,), (State.JUDGING,)),
    Move("a moderator refuses it", (*BEFORE_EVALUATION_ENDS, State.HELD, State.ERROR), (State.REFUSED,)),
    Move("its team withdraws it", RUNNING, (State.WITHDRAWN,)),
    Move("the verdict", (State.JUDGING,), JUDGED),
    Move("the competition closes", RUNNING, (State.NOT_SHOWN,)),
    Move("it is asked again", (State.NOT_SHOWN,), (State.JUDGING,)),
    Move("a certification query or the final rows confirm the finding", (State.WORSE,), (State.CONFIRMED,)),
    Move("the model is rolled back to before it", (State.ACCEPTED,), (State.NOT_SHOWN,)),
    Move("a corrected table no longer shows the patch", (State.ACCEPTED,), (State.NOT_SHOWN,)),
    Move("a corrected table no longer shows the finding", SHOWN_FINDINGS, (State.NOT_SHOWN,)),
    Move("a corrected table shows the finding", (State.NOT_SHOWN,), SHOWN_FINDINGS),
    Move("a corrected table no longer confirms the finding", (State.CONFIRMED,), (State.WORSE,)),
    Move("a moderator disqualifies it", JUDGED, (State.DISQUALIFIED,)),
    Move("an appeal succeeds", (State.REFUSED, State.DISQUALIFIED), (State.JUDGING, State.QUEUED)),
)
ALLOWED = frozenset(pair for move in MOVES for pair in move.pairs())


def check_move(olds: Sequence[str], new: str) -> None:
    """Raises MoveNotAllowed unless the table has the move from every one of the old states."""
    refused = [str(State(old)) for old in olds if (State(old), State(new)) not in ALLOWED]
    if refused:
        raise MoveNotAllowed(f"no submission goes from {' or '.join(refused)} to {State(new)}")


def moves_as_markdown() -> str:
    """The table of moves in Markdown, for docs/architecture.md, which tests/test_docs.py compares with it."""
    rows = [("what happens", "from", "to"), ("---", "---", "---")]
    rows += [(move.event, _names(move.old), _names(move.new)) for move in MOVES]
    return "\n".join(f"| {event} | {old} | {new} |" for event, old, new in rows)


def _names(states: Sequence[State]) -> str:
    return ", ".join(f"`{state}`" for state in states)
