"""Wording of a submission's group: its place in a sentence, and its name."""

from __future__ import annotations

from bounty.models import Submission
from evaluator.expressions import parse_expression
from evaluator.expressions.words import EVERYONE


def describe_place(submission: Submission) -> str:
    """Returns where the group is, for sentences: "on children under six", "where age is below 2 years"."""
    if submission.expression:
        competition = submission.competition
        text = parse_expression(submission.expression, competition.schema).text
        if declared := competition.declared_groups.filter(expression=text).first():
            return f"on {declared.name}"
    if submission.words == EVERYONE:
        return "on everyone"
    return (
        f"where {submission.words}" if submission.words else f"in the group of submission {submission.number}"
    )


def describe_group(submission: Submission) -> str:
    """Returns the group in words, as a name."""
    return submission.words or submission.description or f"the group of submission {submission.number}"
