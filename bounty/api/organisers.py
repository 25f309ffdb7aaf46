"""API of organisers: make a competition, open, pause, resume and close it, roll its model back, invite."""

from __future__ import annotations

from typing import Any, Literal

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import Field

from bounty.adjudication import rollback
from bounty.api import problems
from bounty.api.auth import ApiRequest
from bounty.api.competitions import router as listing
from bounty.api.operations import write_options
from bounty.api.problems import Problem
from bounty.api.schemas import competitions as schemas
from bounty.api.schemas.common import Strict
from bounty.competitions import create, phases
from bounty.competitions.forms import MOST_TABLE_BYTES, NewCompetitionForm
from bounty.core.errors import Refusal
from bounty.ledger.plan import plan_flags
from bounty.models import Competition, Invitation
from bounty.organisers import table_limits
from bounty.organisers.draft_tables import upload_on_disk
from bounty.people.api_tokens import Scope
from bounty.permissions import rules
from bounty.permissions.lookup import organised_or_404
from bounty.shared_model import queries
from evaluator.errors import BountyError

router = Router(tags=["Organising"])

# A table, a base model and what the columns mean.
MOST_BYTES = MOST_TABLE_BYTES + 64 * 1024 * 1024


class MadeOut(Schema):
    slug: str
    title: str
    status: str
    url: str
    flags: list[str] = Field(description="What to look at before it opens.")
    plan: schemas.PlanOut


class PhaseIn(Strict):
    do: Literal["open", "pause", "resume", "close"]


class PhaseOut(Schema):
    slug: str
    status: str


class RollbackIn(Strict):
    version: int = Field(ge=0, le=10**9, description="The version that the model shall end at.")
    reason: str = Field(
        pattern=r"\S", max_length=2000, description="The teams and the model's history name it."
    )


class VersionNumberOut(Schema):
    version: int


class InvitationIn(Strict):
    note: str = Field("", max_length=120)
    uses: int = Field(1, ge=1, le=100_000)


class InvitationOut(Schema):
    url: str
    uses_left: int
    note: str


def _usual(form: NewCompetitionForm) -> dict[str, Any]:
    """The initial values of the empty page; of a list without a choice a browser sends the first."""
    usual = {}
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        if value in (None, "") and field.required and isinstance(field, forms.ChoiceField):
            value = _values(field)[0]
        if value not in (None, ""):
            usual[name] = value
    return usual


def _values(field: forms.ChoiceField) -> list[str]:
    choices: Any = field.choices
    return [str(value) for value, _words in choices]


def _body() -> dict[str, Any]:
    """The fields of the form that makes a competition, from the form itself."""
    form = NewCompetitionForm()
    schema = {
        "type": "object",
        "properties": {name: _property(field) for name, field in form.fields.items()},
        "required": [
            name for name, field in form.fields.items() if field.required and name not in _usual(form)
        ],
        "additionalProperties": False,
    }
    return {
        "openapi_extra": {
            "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
        }
    }


def _property(field: forms.Field) -> dict[str, Any]:
    words = {"description": str(field.help_text)} if field.help_text else {}
    match field:
        case forms.FileField():
            return {"type": "string", "format": "binary", **words}
        case forms.BooleanField():
            return {"type": "boolean", **words}
        case forms.IntegerField() if not isinstance(field, forms.FloatField):
            return {"type": "integer", **words}
        case forms.FloatField():
            return {"type": "number", **words}
        case forms.ChoiceField():
            return {"type": "string", "enum": _values(field), **words}
    return {"type": "string", **words}


# One address, one router: Ninja looks for the method only there.
@listing.post(
    "",
    operation_id="createCompetition",
    tags=["Organising"],
    **write_options(MadeOut, scope=Scope.ORGANISE, status=201, limit=lambda _request: MOST_BYTES, **_body()),
)
def create_competition(request: ApiRequest) -> Status[MadeOut]:
    """A draft competition from a table: columns guessed, rows drawn into splits, the base model fitted or taken.

    What is left out is as on the page that makes one.
    """
    if not rules.can_make_competition(request.user):
        raise Problem("not-allowed", _("Ask an administrator of this site to let you make competitions."))
    form = NewCompetitionForm(_with_defaults(request), request.FILES)
    unknown = {*request.POST, *request.FILES} - {*form.fields, "csrfmiddlewaretoken"}
    if unknown:
        words = _("There is no such entry here.")
        raise Problem(
            "invalid", words, tuple(problems.field_problem(name, words) for name in sorted(unknown))
        )
    made = _create(request, form) if form.is_valid() else None
    if made is None:
        raise problems.form_problem(form)
    return Status(
        201,
        MadeOut(
            slug=made.slug,
            title=made.title,
            status=made.status,
            url=made.get_absolute_url(),
            flags=plan_flags(made),
            plan=schemas.plan_out(made),
        ),
    )


def _with_defaults(request: HttpRequest) -> dict[str, Any]:
    """The sent fields, with the page's initial values where the sender left them out."""
    return {**_usual(NewCompetitionForm()), **{name: request.POST[name] for name in request.POST}}


def _create(request: ApiRequest, form: NewCompetitionForm) -> Competition | None:
    """The competition; None with what was refused beside the form's fields."""
    try:
        with upload_on_disk(form.cleaned_data["table"]) as table:
            frame = table_limits.read_within_limits(table)
        return create.create_competition(
            frame, organiser=request.user, **form.cleaned_data["competition_fields"]
        )
    except Refusal as error:
        form.refuse(error.field or "table", error.message)
    except BountyError as error:
        form.refuse("table", str(error))
    return None


@router.post(
    "/competitions/{slug:slug}/phase",
    operation_id="changePhase",
    **write_options(PhaseOut, 404, 409, 503, scope=Scope.ORGANISE),
)
def change_phase(request: ApiRequest, slug: str, body: PhaseIn) -> PhaseOut:
    """Open, pause, resume or close. Closing opens the final rows: it cannot be taken back."""
    competition = organised_or_404(request, slug)
    if body.do == "close":
        phases.close_competition(competition, request.user)
    else:
        phases.change_phase(competition, body.do, request.user)
    return PhaseOut(slug=competition.slug, status=competition.status)


@router.post(
    "/competitions/{slug:slug}/rollback",
    operation_id="rollback",
    **write_options(VersionNumberOut, 404, 409, 503, scope=Scope.ORGANISE),
)
def roll_back(request: ApiRequest, slug: str, body: RollbackIn) -> VersionNumberOut:
    """End the shared model at an earlier version. Later patches are not shown any more; their teams may ask again."""
    competition = organised_or_404(request, slug)
    versions = queries.present_versions(competition)
    if body.version not in {version.number for version in versions}:
        words = _("The model has no version %(number)d.") % {"number": body.version}
        raise Problem("invalid", words, (problems.field_problem("version", words),))
    return VersionNumberOut(
        version=rollback.roll_back_model(competition, body.version, body.reason, request.user).number
    )


@router.post(
    "/competitions/{slug:slug}/invitations",
    operation_id="invite",
    **write_options(InvitationOut, 404, scope=Scope.ORGANISE, status=201),
)
def invite(request: ApiRequest, slug: str, body: InvitationIn) -> Status[InvitationOut]:
    """A link by which so many people come in."""
    competition = organised_or_404(request, slug)
    made = Invitation.objects.create(competition=competition, note=body.note, uses_left=body.uses)
    address = request.build_absolute_uri(made.get_absolute_url())
    return Status(201, InvitationOut(url=address, uses_left=made.uses_left, note=made.note))
