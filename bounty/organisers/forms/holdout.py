"""The form of the holdout: how rows are shared out, whom to protect, when a patch is accepted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.competitions.input import SPLITS, read_declared
from bounty.competitions.spec import ACCEPTANCE, DEFAULT_SIZES
from bounty.core.errors import Refusal
from bounty.models import Competition
from bounty.organisers.forms.step import AcceptanceForm


class HoldoutForm(AcceptanceForm):
    """The form of the holdout: how rows are shared out, whom to protect, and when a patch is accepted."""

    FIELD_OF = {"sizes": "certification", "splits": "certification"}

    train = forms.FloatField(label=gettext_lazy("Train"), help_text=gettext_lazy("public; models learn here"))
    explore = forms.FloatField(
        label=gettext_lazy("Explore"), help_text=gettext_lazy("public; people look here for groups")
    )
    practice = forms.FloatField(
        label=gettext_lazy("Practice"), help_text=gettext_lazy("secret; rich feedback, boards, repairs")
    )
    certification = forms.FloatField(
        label=gettext_lazy("Certification"), help_text=gettext_lazy("secret; one answer a question")
    )
    final = forms.FloatField(
        label=gettext_lazy("Final"), help_text=gettext_lazy("secret; opened once, at the close")
    )
    blocks = forms.IntegerField(
        label=gettext_lazy("Certification blocks"),
        initial=1,
        min_value=1,
        max_value=50,
        help_text=gettext_lazy("Equal parts; the next opens when one is spent."),
    )
    more_blocks = forms.BooleanField(
        label=gettext_lazy("More certification blocks may be added later"),
        required=False,
        help_text=gettext_lazy(
            "Each block then has less of the chance to err: half of it is the first one’s, a sixth the second’s."
        ),
    )
    unit_rows = forms.IntegerField(
        label=gettext_lazy("Rows of a unit that count in full (M)"),
        required=False,
        min_value=1,
        help_text=gettext_lazy(
            "Empty for the table’s largest unit: all rows count alike. With fewer, rows of larger units count for "
            "less, and smaller gains can be shown where a few units are very large."
        ),
    )
    declared = forms.CharField(
        label=gettext_lazy("Declared groups"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "expression-input"}),
        help_text=gettext_lazy(
            "One a line, name = expression: “women = sex == 'female'”. They are protected from the start."
        ),
    )
    oversample = forms.BooleanField(
        label=gettext_lazy("Draw small declared groups into the secret rows more often"),
        initial=True,
        required=False,
    )

    class Meta:
        model = Competition
        fields = ACCEPTANCE
        labels = {
            "acceptance": gettext_lazy("When a patch is accepted"),
            "alpha": gettext_lazy("Smallest gain under the plain rule"),
            "delta": gettext_lazy("Chance that anything false is ever certified"),
            "gate_level": gettext_lazy("Level of the test on practice rows"),
            "gate_chance": gettext_lazy("Predicted chance below which no question is asked"),
            "target_gain": gettext_lazy("Smallest gain worth certifying"),
            "tolerance": gettext_lazy("How much worse a protected group may become"),
            "harm_mode": gettext_lazy("How harm is judged"),
            "smallest_group": gettext_lazy("Fewest practice rows of a group"),
        }
        help_texts = {
            "alpha": gettext_lazy("Only for the plain rule."),
            "delta": gettext_lazy("0.05 is usual."),
            "target_gain": gettext_lazy(
                "Over all rows, from 0 to 1; 0.01 is one point. A block is retired once no smaller gain could pass. "
                "Where you leave 0.01 and the block cannot show it for 20 questions, it becomes what it can show then."
            ),
            "tolerance": gettext_lazy(
                "In units of the loss, from 0 to 1. Above 0 where harm is to be certified."
            ),
            "harm_mode": gettext_lazy("Certified harm needs a tolerance, and large protected groups."),
            "smallest_group": gettext_lazy("An accepted group is protected from this size on."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SPLITS:
            field = self.fields[name]
            field.initial = DEFAULT_SIZES[name] * 100
            field.widget.attrs |= {"step": "any", "min": "0", "max": "100", "inputmode": "decimal"}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        given = {name: data[name] for name in SPLITS if data.get(name) is not None}
        for name, value in given.items():
            if not 0 < value < 100:
                self.add_error(name, _("Between 0 and 100%; every part needs some."))
        if sum(given.values()) > 100 + 1e-6:
            self.add_error(
                "certification",
                _("The parts add up to %(sum)g%%, more than the table.") % {"sum": sum(given.values())},
            )
        if "declared" in data:
            try:
                read_declared(data["declared"].splitlines())
            except Refusal as error:
                self.add_error("declared", str(error))
        return data

    @property
    def entries(self) -> dict[str, Any]:
        """Entries for bounty.competitions.input.read_wishes; only of a valid form."""
        data = self.cleaned_data
        splits = ", ".join(f"{name}={data[name] / 100:.10f}" for name in SPLITS)
        named = ("blocks", "more_blocks", "unit_rows", "declared", "oversample")
        return {"splits": splits, **{name: data[name] for name in named}}

    @property
    def settings(self) -> dict[str, Any]:
        """Fields of the competition's acceptance rule; only of a valid form."""
        return {name: self.cleaned_data[name] for name in ACCEPTANCE}

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Values of the form before anybody typed into it."""
        fresh = cls()
        found = {name: fresh.get_initial_for_field(field, name) for name, field in fresh.fields.items()}
        return {name: value for name, value in found.items() if value is not None and value is not False}
