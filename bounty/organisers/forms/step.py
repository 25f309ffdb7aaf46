"""The base class of the forms of all steps."""

from __future__ import annotations

from django import forms


class StepForm(forms.Form):
    """A form of a step; `refuse` puts a service's refusal beside the field that it is about."""

    # A service's name for a field, where the form has another.
    FIELD_OF: dict[str, str] = {}

    def refuse(self, field: str, message: str) -> None:
        """Put a service's refusal beside the field that it names, else at the top of the form."""
        name = self.FIELD_OF.get(field, field)
        self.add_error(name if name in self.fields else None, message)

    def describe(self) -> None:
        """Tie each input to its help and its error for those who listen to the page."""
        for name, field in self.fields.items():
            bound = self[name]
            ids = [f"{bound.auto_id}_helptext"] if field.help_text else []
            if self.is_bound and name in self.errors:
                ids.append(f"{bound.auto_id}_error")
                field.widget.attrs["aria-invalid"] = "true"
            if ids:
                field.widget.attrs["aria-describedby"] = " ".join(ids)
