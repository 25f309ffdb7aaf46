"""Screening of submissions: the rules that hold one for a moderator before it is judged.

Never because a group names a protected attribute: finding such groups is what a competition is for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from bounty.core import artifacts
from bounty.models import Competition

if TYPE_CHECKING:
    from bounty.models import Team
    from evaluator.expressions import Expression

# Columns about people that, together and in a small group, could point at somebody one knows.
IDENTIFYING_COLUMNS = 3
# "Small" for such combinations, in multiples of the smallest group.
IDENTIFYING_SIZE = 3

# Contempt and threats, never the names of groups. Whole words, in any case.
_ABUSE = re.compile(
    r"\b(?:idiots?|morons?|imbeciles?|retard(?:s|ed)?|scum|vermin|subhumans?|parasites|cockroaches|degenerates?"
    r"|bitch(?:es)?|whores?|sluts?|bastards?|assholes?|fuck\w*|cunts?|kill yourself|should die|deserve to die"
    r"|go back to (?:where|your))\b",
    re.IGNORECASE,
)


def is_abusive(text: str) -> bool:
    """Whether a text contains words of contempt or threats."""
    return _ABUSE.search(text) is not None


def hold_reason(competition: Competition, team: Team, description: str, expression: Expression | None) -> str:
    """The reason to hold a submission for a moderator, in words for the team; "" where there is none."""
    policy = competition.moderation
    if policy == Competition.Moderation.NONE:
        return ""
    if policy == Competition.Moderation.ALL:
        return _("A moderator looks at every submission here.")
    if policy == Competition.Moderation.FIRST and not team.submissions.exists():
        return _("A moderator looks at every team's first submission.")
    return flag_reason(competition, description, expression)


def flag_reason(competition: Competition, description: str, expression: Expression | None) -> str:
    """The reason that the checks find in the description or the group; "" where there is none."""
    if is_abusive(description):
        return _("The description has words that a moderator has to look at.")
    if expression is None:
        return ""
    public = expression.mask(artifacts.read_public_features(competition))
    k = competition.smallest_group
    expected = expected_practice_rows(competition, int(np.count_nonzero(public)))
    if expected < k:
        if expected < 1:
            return _(
                "The group selects hardly any practice row; a moderator looks at groups below %(least)d."
            ) % {"least": k}
        return _(
            "The group selects about %(rows).0f practice rows; a moderator looks at groups below %(least)d."
        ) % {"rows": expected, "least": k}
    people = {c.name for c in competition.schema.features if c.describes_people}
    named = people & set(expression.columns)
    if len(named) >= IDENTIFYING_COLUMNS and expected < IDENTIFYING_SIZE * k:
        return _("The combination of %(columns)s is so narrow that it could point at somebody.") % {
            "columns": ", ".join(sorted(named))
        }
    return ""


def expected_practice_rows(competition: Competition, public_rows: int) -> float:
    """The expected number of practice rows in a group, from its public rows; practice is not read."""
    layout = competition.layout
    start, stop = layout.ranges["practice"]
    return public_rows * (stop - start) / max(1, layout.public)
