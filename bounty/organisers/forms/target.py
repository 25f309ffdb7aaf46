"""The form of the target: the label, the unit, and what an error costs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.organisers.forms.step import StepForm
from evaluator.losses import LOSS_WORDS


class TargetForm(StepForm):
    """The form of what is predicted, and of what counts as independent."""

    label = forms.ChoiceField(
        label=gettext_lazy("The column to predict"),
        help_text=gettext_lazy("The label: what the model answers, and what is true of each row."),
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("What is independent of each other?"),
        required=False,
        help_text=gettext_lazy(
            "Where several rows belong to one person, household or speaker, choose the column that names them: "
            "all rows of one stay together. Otherwise certificates are worth nothing."
        ),
    )
    task = forms.ChoiceField(
        label=gettext_lazy("Kind of answer"),
        required=False,
        choices=[
            ("", gettext_lazy("as the label tells")),
            ("binary", gettext_lazy("one of two classes")),
            ("multiclass", gettext_lazy("one of several classes")),
            ("regression", gettext_lazy("a number")),
        ],
    )
    loss = forms.ChoiceField(
        label=gettext_lazy("What an error costs"),
        required=False,
        choices=[("", gettext_lazy("as the label tells")), *LOSS_WORDS.items()],
        help_text=gettext_lazy(
            "The share of wrong answers has an exact test; other losses are tested by betting, and the holdout’s page "
            "says what that can show."
        ),
    )
    costs = forms.CharField(
        label=gettext_lazy("Cost matrix"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "For costs of wrong answers: one row a class, what each answer costs where that class is the truth."
        ),
    )

    def __init__(self, columns: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, name) for name in columns]
        self.fields["label"].choices = [("", _("choose a column")), *names]  # type: ignore[attr-defined]
        self.fields["unit"].choices = [("", _("each row by itself")), *names]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("loss") == "cost" and not data.get("costs"):
            self.add_error("costs", _("Say what each wrong answer costs, one row a class."))
        return data
