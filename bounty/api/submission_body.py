"""The body of a submission and of a dry run: the fields of one form, as JSON or with files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.errors import ValidationError
from pydantic import ValidationError as SchemaError

from bounty.api import problems
from bounty.api.problems import Problem
from bounty.api.schemas import submissions as schemas
from bounty.models import Competition
from bounty.submissions.forms import SubmitForm, most_request_bytes

if TYPE_CHECKING:
    from bounty.models import Team

FILES = ("group_file", "patch_file")


def most_body_bytes(request: HttpRequest) -> int:
    """The largest body: two files and some text; asked before the body is read."""
    match = request.resolver_match
    competition = Competition.objects.filter(slug=match.kwargs["slug"] if match else "").first()
    return most_request_bytes(competition)


def describe_body(header: dict[str, Any] | None = None) -> dict[str, Any]:
    """`openapi_extra` of an operation that takes a submission. Two ways to send the same; files need the second."""
    schema = schemas.SubmissionIn.model_json_schema()
    binary = {"type": "string", "format": "binary"}
    with_files = {**schema, "properties": {**schema["properties"], **dict.fromkeys(FILES, binary)}}
    content = {
        "application/json": {"schema": schema},
        "application/x-www-form-urlencoded": {"schema": schema},
        "multipart/form-data": {"schema": with_files},
    }
    extra: dict[str, Any] = {"requestBody": {"required": True, "content": content}}
    if header is not None:
        extra["parameters"] = [header]
    return {"openapi_extra": extra}


def read_fields(request: HttpRequest) -> dict[str, Any]:
    """The fields, from JSON or from a form. Raises Problem for an unknown name: a slip is told and not lost."""
    if request.content_type == "application/json":
        try:
            sent = json.loads(request.body)
        except ValueError as error:
            raise Problem("malformed", _("The body is no JSON: %(error)s.") % {"error": error}) from None
    elif request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        sent = {name: request.POST[name] for name in request.POST if name != "csrfmiddlewaretoken"}
        sent = {name: value for name, value in sent.items() if value or name != "supersedes"}
        if unknown := [name for name in request.FILES if name not in FILES]:
            raise Problem(
                "invalid",
                _("There is no such file here."),
                tuple(problems.field_problem(name, _("There is no such file here.")) for name in unknown),
            )
    else:
        raise Problem("malformed", _("Send application/json, or multipart/form-data where there are files."))
    try:
        # A form's values are text, so they may be read as what they mean; JSON says what it means.
        strict = request.content_type == "application/json"
        found = (
            schemas.SubmissionIn.model_validate_json(request.body)
            if strict
            else schemas.SubmissionIn.model_validate(sent)
        )
    except SchemaError as error:
        errors = [
            {"type": found["type"], "loc": ("body", "body", *found["loc"]), "msg": found["msg"]}
            for found in error.errors()
        ]
        raise ValidationError(errors) from None
    return found.model_dump(mode="json")


def uploaded_files(request: HttpRequest) -> list[tuple[str, UploadedFile]]:
    """(name, file) of the uploaded files."""
    return [(name, file) for name, file in request.FILES.items() if isinstance(file, UploadedFile)]


def bind_form(request: HttpRequest, team: Team, sent: dict[str, Any]) -> SubmitForm:
    """The page's form, filled with what was sent."""
    given = {name: value for name, value in sent.items() if value not in (None, False)}
    return SubmitForm(team, given, request.FILES)
