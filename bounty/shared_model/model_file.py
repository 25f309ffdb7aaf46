"""Download of the shared model: a version as one file that runs anywhere (evaluator.decision_list)."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _

from bounty.core import artifacts
from bounty.models import Competition, ModelVersion, Submission
from bounty.models.memberships import Membership
from bounty.models.stored_files import StoredFile
from bounty.permissions import rules
from bounty.shared_model import arrays
from evaluator import artifacts as paths
from evaluator.decision_list import PointerDecisionList
from evaluator.decision_list.parts import GroupAndPatch, Kind, Part
from evaluator.errors import PlatformFault

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

log = logging.getLogger(__name__)


def build_model_file(version: ModelVersion) -> Path:
    """Returns the path of the version's file, written at its first download; a version never changes.

    Nothing of it is run: parts are copied as they were stored, each checked against its digest.
    Raises PlatformFault where one is missing.
    """
    competition = version.competition
    target = artifacts.artifact_store().local_path(
        paths.model_file(str(competition.key), version.generation, version.number)
    )
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        build_decision_list(version).save(target)
        log.info("%s was written", target.name)
    return target


def model_file_response(
    competition: Competition, user: Person, membership: Membership | None = None
) -> FileResponse:
    """Returns the present version's file. Raises PermissionDenied, PlatformFault; Http404 before a model."""
    if not rules.can_download_model(user, competition, membership):
        raise PermissionDenied(_("The model is the organiser's until the competition closes."))
    versions = competition.versions.current()
    head = versions.select_related("competition").order_by("-number").first()
    if head is None:
        raise Http404("there is no model yet")
    return FileResponse(
        build_model_file(head).open("rb"),
        as_attachment=True,
        filename=f"{competition.slug}-version-{head.number}.zip",
    )


def build_decision_list(version: ModelVersion) -> PointerDecisionList:
    """Returns the version's decision list with every part that its nodes name. Raises PlatformFault."""
    competition = version.competition
    needed = {node.key for node in version.nodes}
    return PointerDecisionList(
        competition.schema,
        competition.loss,
        _read(competition.base.file, "predict"),
        version.nodes,
        {key: part for key, part in _parts(competition, version).items() if key in needed},
    )


def _parts(competition: Competition, version: ModelVersion) -> dict[str, GroupAndPatch]:
    parts = {
        group.key: GroupAndPatch(Part.expression(group.expression))
        for group in competition.declared_groups.all()
    }
    earlier = competition.versions.filter(generation=version.generation, number__lte=version.number)
    accepted = Submission.objects.filter(versions__in=earlier)
    return parts | {submission.key: _submitted(submission) for submission in accepted}


def _submitted(submission: Submission) -> GroupAndPatch:
    kinds = Submission.GroupKind
    if submission.group_kind in (kinds.EXPRESSION, kinds.FIND):
        group = Part.expression(submission.expression)
    else:
        group = _read(submission.stored_files["group"], "group")
    if submission.patch_kind == Submission.PatchKind.SAME:
        return GroupAndPatch(group, _read(submission.stored_files["group"], "predict"))
    if submission.patch_kind == Submission.PatchKind.FIT:
        return GroupAndPatch(group, _read(arrays.newest_outcome(submission).stored_files["patch"], "predict"))
    return GroupAndPatch(group, _read(submission.stored_files["patch"], "predict"))


def _read(stored: StoredFile, function: Any) -> Part:
    try:
        return Part(cast(Kind, stored.kind), artifacts.artifact_store().read_bytes(*stored.address), function)
    except (KeyError, ValueError) as error:
        raise PlatformFault(f"a part of the model is not described as it should be: {error}") from error
