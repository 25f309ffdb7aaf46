"""Preview of a submission for moderators: the public rows that its group selects, and what releasing does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.core.cell_words import cell_in_words
from bounty.models import Competition, Submission
from evaluator.errors import ParticipantError
from evaluator.expressions import parse_expression

# Public rows shown as examples: enough to picture the group, too few to scroll.
EXAMPLES = 20


@dataclass(frozen=True)
class GroupSelection:
    """The public rows that a group selects. `examples` are public rows in the order of `columns`."""

    rows: int
    of_rows: int
    columns: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]

    @property
    def percent(self) -> float:
        return 100 * self.rows / self.of_rows if self.of_rows else 0.0


def preview_selection(submission: Submission) -> GroupSelection | None:
    """The group's selection on public rows only; None where only code knows the group and it has not been evaluated
    yet.
    """
    mask = public_mask(submission)
    if mask is None:
        return None
    competition = submission.competition
    features = artifacts.read_public_features(competition)
    chosen = np.flatnonzero(mask)[:EXAMPLES]
    columns = _columns(submission, tuple(features.columns))
    shown = features.iloc[chosen][list(columns)]
    return GroupSelection(
        int(mask.sum()), len(mask), columns, tuple(_in_words(row, competition) for row in _rows(shown))
    )


def describe_release(submission: Submission) -> str:
    """What happens when the submission is released, in one sentence for the moderator."""
    if submission.is_finding:
        what = _("it is judged as a finding on practice rows; no certification query is asked")
    else:
        what = _("it is judged, and asks one certification query if practice rows speak for it")
    if submission.state == Submission.State.HELD:
        return _("It was evaluated already. As soon as you release it, %(what)s.") % {"what": what}
    return _("It is still being evaluated. Once that is done and you have released it, %(what)s.") % {
        "what": what
    }


def public_mask(submission: Submission) -> NDArray[np.bool_] | None:
    """The group's mask, bool[public rows]; None where only code knows it and it has not been evaluated yet."""
    competition = submission.competition
    outcome = submission.outcomes.order_by("-attempt").first()
    if outcome is not None and "mask" in outcome.arrays:
        # The array covers secret rows too: cut off at once, nothing of them is counted or shown.
        return artifacts.read_over_present_rows(competition, outcome.stored_arrays["mask"])[
            : competition.layout.public
        ].astype(bool)
    if submission.group_kind != Submission.GroupKind.EXPRESSION:
        return None
    try:
        return parse_expression(submission.expression, competition.schema).mask(
            artifacts.read_public_features(competition)
        )
    except ParticipantError:
        # It was read when it came in; a moderator must see the rest of the page whatever happened since.
        return None


def _columns(submission: Submission, names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that the group looks at first, then others, eight in all."""
    named: tuple[str, ...] = ()
    if submission.expression:
        try:
            named = parse_expression(submission.expression, submission.competition.schema).columns
        except ParticipantError:
            named = ()
    return (*named, *(name for name in names if name not in named))[: max(8, len(named))]


def _rows(frame: Any) -> list[dict[str, Any]]:
    return frame.to_dict(orient="records")


def _in_words(row: dict[str, Any], competition: Competition) -> tuple[str, ...]:
    schema = competition.schema
    return tuple(cell_in_words(value, schema.column(name).codes) for name, value in row.items())
