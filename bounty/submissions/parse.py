"""Parsing of what somebody submits, before it is a row: the kinds of its parts, and whether they can be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from bounty.core.errors import Refusal
from bounty.models import Submission
from bounty.submissions import uploads
from bounty.submissions.uploads import Upload
from evaluator.errors import ParticipantError
from evaluator.expressions import Expression, example_expression, parse_expression
from evaluator.fitting import LEARNERS

if TYPE_CHECKING:
    from django.core.files import File

    from bounty.models import Competition

GroupKind, PatchKind = Submission.GroupKind, Submission.PatchKind


@dataclass(frozen=True)
class NewSubmission:
    """The fields of a new submission, as sent.

    Kinds are Submission.GroupKind and PatchKind; "file" stands for any uploaded kind.
    """

    group_kind: str = GroupKind.EXPRESSION
    expression: str = ""
    group_file: File | None = None
    patch_kind: str = PatchKind.NONE
    learner: str = ""
    patch_file: File | None = None
    description: str = ""
    wants_gpu: bool = False
    supersedes: Submission | None = None


@dataclass(frozen=True)
class SubmissionParts:
    """A submission's recognised parts: kinds, the parsed expression, and the files."""

    group_kind: str
    patch_kind: str
    expression: Expression | None = None
    group: Upload | None = None
    patch: Upload | None = None


def recognise_parts(competition: Competition, data: NewSubmission) -> SubmissionParts:
    """The parsed parts of a new submission; raises Refusal with the form's field and how to mend it."""
    if len(data.description) > 500:
        raise Refusal(
            _("The description has %(description)s characters; 500 are the most.")
            % {"description": len(data.description)},
            "description",
        )
    limit = competition.max_upload_bytes
    group_kind, expression, group = _recognise_group(competition, data, limit)
    if data.patch_kind == PatchKind.NONE:
        return SubmissionParts(group_kind, PatchKind.NONE, expression, group)
    if data.patch_kind == PatchKind.FIT:
        if data.learner not in LEARNERS:
            raise Refusal(_("Choose one of: %(join)s.") % {"join": ", ".join(LEARNERS)}, "learner")
        return SubmissionParts(group_kind, PatchKind.FIT, expression, group)
    if data.patch_kind == PatchKind.SAME:
        if group is None or group.kind not in (uploads.PYTHON, uploads.ZIP):
            raise Refusal(
                _("Only a Python file or a zip can hold both the group and the patch."), "patch_kind"
            )
        if group.kind == uploads.PYTHON and not group.defines("predict"):
            raise Refusal(
                _("%(filename)s defines no predict(X) for the patch.") % {"filename": group.filename},
                "group_file",
            )
        return SubmissionParts(group_kind, PatchKind.SAME, expression, group)
    patch = _file(
        data.patch_file, "patch_file", _("Choose the patch's file, or have the patch fitted."), limit
    )
    if patch.kind == uploads.PYTHON and not patch.defines("predict") and b"predict" not in patch.content:
        raise Refusal(_("%(filename)s defines no predict(X).") % {"filename": patch.filename}, "patch_file")
    return SubmissionParts(group_kind, patch.kind, expression, group, patch)


def _recognise_group(
    competition: Competition, data: NewSubmission, limit: int
) -> tuple[str, Expression | None, Upload | None]:
    if data.group_kind == GroupKind.EXPRESSION:
        if not data.expression.strip():
            raise Refusal(
                _("Say which rows the group holds, for example: %(example)s")
                % {"example": example_expression(competition.schema)},
                "expression",
            )
        try:
            return GroupKind.EXPRESSION, parse_expression(data.expression, competition.schema), None
        except ParticipantError as error:
            raise Refusal(error.detail, "expression") from error
    group = _file(data.group_file, "group_file", _("Choose the group's file, or write an expression."), limit)
    if group.kind != uploads.PYTHON:
        return group.kind, None, group
    finds = group.defines("find_group")
    if data.group_kind == GroupKind.FIND and not finds:
        raise Refusal(
            _("%(filename)s defines no find_group(X, y, loss).") % {"filename": group.filename}, "group_file"
        )
    if finds and (data.group_kind == GroupKind.FIND or not group.defines("group")):
        return GroupKind.FIND, None, group
    if b"group" not in group.content:
        raise Refusal(
            _("%(filename)s defines neither group(X) nor find_group(X, y, loss).")
            % {"filename": group.filename},
            "group_file",
        )
    return GroupKind.PYTHON, None, group


def _file(file: File | None, field: str, missing: str, limit: int) -> Upload:
    if file is None:
        raise Refusal(missing, field)
    return uploads.read_upload(file, field, limit)
