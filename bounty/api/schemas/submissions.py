"""Shapes of a submission: all of it for those it belongs to, a summary for everybody once it is public."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from bounty.adjudication.feedback import VerdictFeedback
from bounty.api.schemas.common import Strict, TranslatedOut
from bounty.models import Submission
from bounty.submissions import queue_position as submissions_queue_position
from bounty.submissions import submit


class SubmissionIn(Strict):
    """What is sent: the fields of the submit page. Files come with multipart/form-data."""

    expression: str = Field("", description="The group, as an expression; empty where a file holds it.")
    patch: Literal["none", "fit", "same", "file"] = Field(
        "fit",
        description="none: a finding; fit: fitted by the platform; same: in the group's file; file: of its own.",
    )
    learner: str = Field("", description="For `fit`; the first one where it is left out.")
    description: str = Field("", description="Whom does the model fail, and why? At most 500 characters.")
    wants_gpu: bool = False
    supersedes: UUID | None = Field(None, description="An earlier one of your team that this replaces.")


class LineOut(TranslatedOut):
    what: str
    value: str
    note: str


class GroupRowOut(TranslatedOut):
    name: str
    rows: int
    before: str
    after: str
    change: str
    direction: str


class VerdictOut(Schema):
    sentence: str
    decided_at: datetime
    passed_gate: bool
    queried: bool
    lines: list[LineOut]
    groups: list[GroupRowOut]
    repairs: list[str]
    advice: list[str]


class FailureOut(Schema):
    """Why it could not be run. `detail` is of public rows only."""

    error_class: str
    title: str
    cause: str
    advice: str
    detail: str


class FileOut(Schema):
    part: str
    kind: str
    filename: str
    size: int


class StateOut(Schema):
    """Where it is on its way; small, to be asked often."""

    state: str
    state_words: str
    running: bool
    stage: str
    queue_position: int | None = Field(
        None, description="How many are ahead of it; null where it does not wait."
    )
    in_short: str


class ListedOut(Schema):
    id: UUID
    number: int
    state: str
    state_words: str
    running: bool
    team: str
    author: str
    created_at: datetime
    decided_at: datetime | None
    description: str
    group_kind: str
    expression: str
    words: str
    patch_kind: str
    in_short: str
    url: str


class SubmissionOut(ListedOut):
    """All of it, for its team and for those who judge."""

    learner: str
    files: list[FileOut]
    stage: str
    queue_position: int | None
    hold_reason: str
    moderator_reason: str
    notices: list[str]
    verdict: VerdictOut | None
    failure: FailureOut | None
    supersedes: UUID | None
    again_refusal: str = Field(description="Why it cannot be judged again; empty where it can.")


class SummaryOut(Schema):
    """What everybody may read of one that was accepted or confirmed; the source only where it is shown."""

    id: UUID
    number: int
    state: str
    state_words: str
    team: str
    decided_at: datetime | None
    description: str
    words: str
    expression: str | None
    url: str


def submission_fields(submission: Submission) -> dict[str, Any]:
    """Fields of ListedOut."""
    return {
        "id": submission.pk,
        "number": submission.number,
        "state": submission.state,
        "state_words": str(submission.get_state_display()),
        "running": submission.is_running,
        "team": submission.team.slug,
        "author": submission.author.get_username(),
        "created_at": submission.created_at,
        "decided_at": submission.decided_at,
        "description": submission.description,
        "group_kind": submission.group_kind,
        "expression": submission.expression,
        "words": submission.words,
        "patch_kind": submission.patch_kind,
        "in_short": submissions_queue_position.status_line(submission),
        "url": submission.get_absolute_url(),
    }


def submission_out(submission: Submission) -> SubmissionOut:
    """The whole answer for a submission.

    `submission.competition`, team, author and verdict are expected to be at hand.
    """
    return SubmissionOut(
        **submission_fields(submission),
        learner=submission.learner,
        files=[
            FileOut(part=part, kind=file.kind, filename=file.filename or part, size=file.size)
            for part, file in submission.stored_files.items()
        ],
        stage=submission.stage,
        queue_position=submissions_queue_position.queue_position(submission),
        hold_reason=submission.hold_reason,
        moderator_reason=submission.moderator_reason,
        notices=[str(notice) for notice in submission.notices],
        verdict=_verdict(submission),
        failure=_failure(submission),
        supersedes=submission.supersedes_id,
        again_refusal=submit.rejudging_refusal(submission),
    )


def summary_out(submission: Submission, *, sees_source: bool) -> SummaryOut:
    """The answer for everybody; the expression only for who sees the source."""
    return SummaryOut(
        id=submission.pk,
        number=submission.number,
        state=submission.state,
        state_words=str(submission.get_state_display()),
        team=submission.team.slug,
        decided_at=submission.decided_at,
        description=submission.description,
        words=submission.words,
        expression=submission.expression if sees_source else None,
        url=submission.get_absolute_url(),
    )


def state_out(submission: Submission) -> StateOut:
    """The answer for where a submission is."""
    return StateOut(
        state=submission.state,
        state_words=str(submission.get_state_display()),
        running=submission.is_running,
        stage=submission.stage,
        queue_position=submissions_queue_position.queue_position(submission),
        in_short=submissions_queue_position.status_line(submission),
    )


def _verdict(submission: Submission) -> VerdictOut | None:
    verdict = getattr(submission, "verdict", None)
    if verdict is None:
        return None
    feedback = VerdictFeedback.for_verdict(submission, verdict)
    return VerdictOut(
        sentence=verdict.sentence,
        decided_at=verdict.decided_at,
        passed_gate=verdict.passed_gate,
        queried=verdict.queried,
        lines=[LineOut.from_orm(line) for line in feedback.lines] if feedback else [],
        groups=[GroupRowOut.from_orm(row) for row in feedback.groups] if feedback else [],
        repairs=list(feedback.repairs) if feedback else [],
        advice=[str(word) for word in feedback.advice] if feedback else [],
    )


def _failure(submission: Submission) -> FailureOut | None:
    found = submissions_queue_position.explain_failure(submission)
    if found is None:
        return None
    return FailureOut(
        error_class=submission.error_class,
        title=str(found.title),
        cause=str(found.cause),
        advice=str(found.advice),
        detail=submission.error_detail,
    )
