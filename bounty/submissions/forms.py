"""The form of the submit page: a group, a patch and a description."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core.errors import Refusal
from bounty.core.form_fields import describe_fields
from bounty.models import Competition, Submission, Team
from bounty.submissions.resubmit import PARTS, PriorEntry
from bounty.submissions.submit import NewSubmission
from evaluator.fitting import LEARNERS

GROUP_FILES = ".py,.zip,.onnx,.skops"
EXPRESSION_LENGTH = 2000
# Of a request, beside its two files.
ROOM_FOR_TEXT = 256 * 1024


def most_request_bytes(competition: Competition | None) -> int:
    """The largest allowed size of a submit request: two files and text, or text where no competition is."""
    return ROOM_FOR_TEXT + (2 * competition.max_upload_bytes if competition else 0)


class SupersedeField(forms.ModelChoiceField):
    """A choice among the team's earlier submissions, labelled with number, state and group."""

    def label_from_instance(self, submission: Submission) -> str:
        words = submission.description or submission.words or submission.expression or _("a group in a file")
        return f"#{submission.number}, {submission.get_state_display()}: {words[:60]}"


class SubmitForm(forms.Form):
    """The submit form; what was typed stays when something is wrong, files have to be chosen again.

    `prior`: the entry that is being changed; its files stand in for those that are not chosen anew.
    """

    NONE, FIT, SAME, FILE = "none", "fit", "same", "file"

    expression = forms.CharField(
        label=gettext_lazy("The group, as an expression"),
        required=False,
        max_length=EXPRESSION_LENGTH,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocapitalize": "off"}),
        error_messages={
            "max_length": gettext_lazy(
                "An expression has at most %(limit_value)d characters; this one has %(show_value)d."
            )
        },
    )
    group_file = forms.FileField(
        label=gettext_lazy("Or the group in a file"),
        required=False,
        allow_empty_file=True,  # so that the refusal names the file, in our words
        widget=forms.FileInput(attrs={"accept": GROUP_FILES}),
    )
    patch = forms.ChoiceField(
        label=gettext_lazy("What should answer there instead?"),
        choices=[
            (FIT, gettext_lazy("Let the platform fit a model on the group's training rows")),
            (NONE, gettext_lazy("Nothing yet: report it as a finding")),
            (SAME, gettext_lazy("The file above has it too")),
            (FILE, gettext_lazy("A file of its own")),
        ],
        widget=forms.RadioSelect,
        initial=FIT,
    )
    learner = forms.ChoiceField(label=gettext_lazy("Which kind of model"), required=False, choices=())
    patch_file = forms.FileField(
        label=gettext_lazy("The patch's file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": GROUP_FILES}),
    )
    description = forms.CharField(
        label=gettext_lazy("In your words"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Whom does the model fail, and why do you think so? Shown to everyone if it is accepted."
        ),
    )
    wants_gpu = forms.BooleanField(label=gettext_lazy("Run it on a GPU where there is one"), required=False)
    supersedes = SupersedeField(
        label=gettext_lazy("Does it replace an earlier one?"),
        required=False,
        queryset=Submission.objects.none(),
        empty_label=gettext_lazy("No"),
        help_text=gettext_lazy("An earlier one that still runs is withdrawn."),
        error_messages={
            "invalid_choice": gettext_lazy("That submission has ended meanwhile, so it cannot be replaced.")
        },
    )

    def __init__(self, team: Team, *args: Any, prior: PriorEntry | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prior = prior
        learner = self.fields["learner"]
        assert isinstance(learner, forms.ChoiceField)  # noqa: S101 - for the type checker
        learner.choices = list(LEARNERS.items())
        earlier = self.fields["supersedes"]
        assert isinstance(earlier, SupersedeField)  # noqa: S101 - for the type checker
        earlier.queryset = replaceable_submissions(team)
        describe_fields(self)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._fill_in_prior_files(cleaned)
        expression, group_file = cleaned.get("expression"), cleaned.get("group_file")
        if "expression" not in self.errors and "group_file" not in self.errors:
            if not expression and not group_file:
                self.add_error(
                    "expression", _("Say which group: build or type an expression, or choose a file below.")
                )
            if expression and group_file:
                self.add_error(
                    "group_file",
                    _("There is an expression above as well. Empty the one that you do not mean."),
                )
        patch = cleaned.get("patch")
        if patch == self.SAME and not group_file:
            self.add_error(
                "patch",
                _("There is no file above that could hold the patch. Choose it again, or another way."),
            )
        if patch == self.FILE and not cleaned.get("patch_file") and "patch_file" not in self.errors:
            self.add_error("patch_file", _("Choose the patch's file."))
        if patch == self.FIT and not cleaned.get("learner"):
            cleaned["learner"] = next(iter(LEARNERS))
        return cleaned

    def _fill_in_prior_files(self, cleaned: dict[str, Any]) -> None:
        """Fill in the prior entry's files where none was chosen and no expression was typed instead."""
        if self.prior is None:
            return
        if (
            not cleaned.get("group_file")
            and not cleaned.get("expression")
            and "expression" not in self.errors
        ):
            cleaned["group_file"] = self.prior.file("group")
        if not cleaned.get("patch_file") and cleaned.get("patch") == self.FILE:
            cleaned["patch_file"] = self.prior.file("patch")

    @property
    def prior_files(self) -> dict[str, str]:
        """The names of the prior entry's files, by the field that they stand in for."""
        if self.prior is None:
            return {}
        return {f"{part}_file": self.prior.filename(part) for part in PARTS if self.prior.filename(part)}

    def to_new_submission(self) -> NewSubmission:
        """The cleaned data as a NewSubmission; only of a valid form."""
        cleaned = self.cleaned_data
        return NewSubmission(
            group_kind="file" if cleaned.get("group_file") else Submission.GroupKind.EXPRESSION,
            expression=cleaned["expression"],
            group_file=cleaned.get("group_file"),
            patch_kind=cleaned["patch"],
            learner=cleaned["learner"] if cleaned["patch"] == self.FIT else "",
            patch_file=cleaned.get("patch_file") if cleaned["patch"] == self.FILE else None,
            description=cleaned["description"],
            wants_gpu=cleaned["wants_gpu"],
            supersedes=cleaned["supersedes"],
        )

    def refuse(self, refused: Refusal) -> None:
        """Add a Refusal to the errors of the field that it is about."""
        name = {"patch_kind": "patch", "group_kind": "group_file"}.get(refused.field, refused.field)
        self.add_error(name if name in self.fields else None, refused.message)
        describe_fields(self)


def replaceable_submissions(team: Team) -> Any:
    """The team's submissions that a newer one may supersede, newest first."""
    states = (*Submission.RUNNING, Submission.State.NOT_SHOWN)
    return team.submissions.filter(state__in=states).order_by("-number")
