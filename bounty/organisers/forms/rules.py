"""The form of a new competition's texts, dates and quotas."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.models import Competition
from bounty.organisers.forms.datetimes import MomentsForm
from bounty.organisers.forms.step import StepForm

TEXTS = ("title", "slug", "summary", "description", "rules", "terms")
MEGABYTE = 1024 * 1024
NOISE_OF_PEOPLE = 2.0
MOMENT = "%Y-%m-%dT%H:%M"


class RulesForm(MomentsForm, forms.ModelForm, StepForm):
    """The form of texts, dates, quotas, visibility, and what is held for a moderator."""

    max_upload = forms.IntegerField(
        label=gettext_lazy("Largest file, in MB"), initial=20, min_value=1, max_value=1000
    )
    rehearsal = forms.BooleanField(
        label=gettext_lazy("Rehearse first"),
        required=False,
        help_text=gettext_lazy(
            "Only those who serve and whom you invite see it, you may submit as well, and everything is really run. "
            "Afterwards the real one starts with freshly drawn rows."
        ),
    )
    keep_out = forms.BooleanField(
        label=gettext_lazy("Keep out who took part in the one that this copies"),
        initial=True,
        required=False,
        help_text=gettext_lazy(
            "They saw labels of rows that are secret here. With them in it, what is certified would not hold."
        ),
    )

    people = forms.BooleanField(
        label=gettext_lazy("Rows are people"),
        initial=True,
        required=False,
        help_text=gettext_lazy(
            "What verdicts tell of practice rows then has noise that hides each person: figures are about right. Leave "
            "it out only where a row is nobody, such as a measurement of a machine. Fixed once it is made."
        ),
    )

    class Meta:
        model = Competition
        fields = (
            *TEXTS,
            "visibility",
            "opens_at",
            "closes_at",
            "submissions_per_day",
            "queries_per_team",
            "moderation",
            "show_sources",
            "open_model",
        )
        labels = {
            "title": gettext_lazy("Title"),
            "slug": gettext_lazy("Address"),
            "summary": gettext_lazy("In one sentence"),
            "description": gettext_lazy("Description"),
            "rules": gettext_lazy("Rules"),
            "terms": gettext_lazy("Terms"),
            "visibility": gettext_lazy("Who may see it"),
            "submissions_per_day": gettext_lazy("Submissions a team in 24 hours"),
            "queries_per_team": gettext_lazy("Certification questions a team"),
            "moderation": gettext_lazy("What waits for a moderator"),
            "show_sources": gettext_lazy("Show accepted sources after the close"),
            "open_model": gettext_lazy("Everybody may download the model at any time"),
        }
        help_texts = {
            "slug": gettext_lazy("Made from the title where empty. Fixed once it was opened."),
            "summary": gettext_lazy("What is at stake, for whom."),
            "description": gettext_lazy("Markdown."),
            "rules": gettext_lazy("Markdown. How submissions are judged is said beside them by itself."),
            "terms": gettext_lazy(
                "Markdown. Accepted before the first submission; fixed once it was opened."
            ),
            "opens_at": gettext_lazy("Empty: you open it by hand."),
            "closes_at": gettext_lazy("Empty: you close it by hand."),
            "show_sources": "",
            "open_model": "",
            "submissions_per_day": "",
            "queries_per_team": "",
        }
        widgets = {
            **{name: forms.Textarea(attrs={"rows": 8}) for name in ("description", "rules", "terms")},
            "summary": forms.Textarea(attrs={"rows": 2}),
            **dict.fromkeys(
                ("opens_at", "closes_at"),
                forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT),
            ),
        }

    def __init__(self, *args: Any, copies: bool = False, rehearsed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        self.fields["summary"].required = True
        if not copies:
            del self.fields["keep_out"]
        elif rehearsed:
            self.fields["keep_out"].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        opens, closes = data.get("opens_at"), data.get("closes_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It would close before it opens."))
        return data

    @property
    def entries(self) -> dict[str, Any]:
        """Texts for bounty.competitions.input.read_wishes; only of a valid form."""
        return {name: self.cleaned_data[name] for name in TEXTS}

    @property
    def settings(self) -> dict[str, Any]:
        """Further fields of the competition; only of a valid form."""
        own = [name for name in self.Meta.fields if name not in TEXTS]
        found = {name: self.cleaned_data[name] for name in own}
        return {
            **found,
            "max_upload_bytes": self.cleaned_data["max_upload"] * MEGABYTE,
            "noise_scale": NOISE_OF_PEOPLE if self.cleaned_data["people"] else 0.0,
        }
