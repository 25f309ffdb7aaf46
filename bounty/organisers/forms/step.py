"""The base class of the forms of all steps."""

from __future__ import annotations

from django import forms

from bounty.competitions.spec import check_acceptance
from bounty.core.errors import Refusal


class StepForm(forms.Form):
    """A form of a step; `refuse` puts a service's refusal beside the field that it is about."""

    # A service's name for a field, where the form has another.
    FIELD_OF: dict[str, str] = {}

    def refuse(self, field: str, message: str) -> None:
        """Put a service's refusal beside the field that it names, else at the top of the form."""
        name = self.FIELD_OF.get(field, field)
        self.add_error(name if name in self.fields else None, message)


class AcceptanceForm(forms.ModelForm, StepForm):
    """A form of a competition that checks the fields of acceptance together once each is valid by itself."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                check_acceptance(self.instance)
            except Refusal as error:
                self.refuse(error.field, str(error))
