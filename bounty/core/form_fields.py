"""Form fields that several forms share, and the tie of a field to its help and its error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import get_user_model

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class UsernameField(forms.CharField):
    """A form field that cleans a user name to the user; a ValidationError where there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, **kwargs)

    def clean(self, value: Any) -> User | None:
        name = super().clean(value)
        if not name:
            return None
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise forms.ValidationError(f"Nobody here is called “{name}”.")
        return user

    def prepare_value(self, value: Any) -> Any:
        """The user name to show: a saved row holds a key."""
        if isinstance(value, int):
            return get_user_model().objects.filter(pk=value).values_list("username", flat=True).first()
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def describe_fields(form: forms.BaseForm) -> None:
    """Write into each input which help and error belong to it, for those who listen to the page."""
    for name, field in form.fields.items():
        bound = form[name]
        ids = [f"{bound.auto_id}_helptext"] if field.help_text else []
        if form.is_bound and name in form.errors:
            ids.append(f"{bound.auto_id}_error")
            field.widget.attrs["aria-invalid"] = "true"
        if ids:
            field.widget.attrs["aria-describedby"] = " ".join(ids)
