"""The form of the base model."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from bounty.organisers.forms.step import StepForm
from evaluator.fitting import LEARNERS


class BaseForm(StepForm):
    """The form of the base model, which the competition opens to the public."""

    UPLOAD = "upload"
    FIELD_OF = {"base": "base_file", "base_learner": "learner", "base_where": "where"}

    learner = forms.ChoiceField(
        label=gettext_lazy("Where does the model come from?"),
        choices=[
            (gettext_lazy("Fit one here"), list(LEARNERS.items())),
            (UPLOAD, gettext_lazy("upload one, below")),
        ],
        widget=forms.RadioSelect,
        initial=next(iter(LEARNERS)),
    )
    where = forms.CharField(
        label=gettext_lazy("Fit it only where"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "class": "expression-input"}),
        help_text=gettext_lazy(
            "An expression such as “age >= 18”: it then learns on those train rows alone. Empty for all of them."
        ),
    )
    base_file = forms.FileField(
        label=gettext_lazy("The model’s file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".onnx,.skops"}),
        help_text=gettext_lazy(
            "An ONNX model or a skops file. It runs in the sandbox, like a stranger’s file."
        ),
    )
