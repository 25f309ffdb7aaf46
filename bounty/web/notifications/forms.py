"""What people choose to hear of, and web hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.models import NoticeKind, NoticePreference
from bounty.notifications import kinds, safe_http

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class PreferencesForm(forms.Form):
    """One row a kind: on the site or not; by mail at once, once a day, or not."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        chosen = {row.kind: row for row in NoticePreference.objects.filter(user=user)}
        for kind, label in NoticeKind.choices:
            row = chosen.get(kind)
            self.fields[f"{kind}-site"] = forms.BooleanField(
                required=False,
                initial=row.on_site if row else True,
                label=_("%(what)s: on the site") % {"what": label},
            )
            self.fields[f"{kind}-mail"] = forms.ChoiceField(
                choices=NoticePreference.Mail.choices,
                initial=row.mail if row else kinds.DEFAULT_MAIL[kind],
                label=_("%(what)s: by mail") % {"what": label},
            )

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        return [
            (str(label), self[f"{kind}-site"], self[f"{kind}-mail"]) for kind, label in NoticeKind.choices
        ]

    def save(self) -> None:
        for kind in NoticeKind.values:
            NoticePreference.objects.update_or_create(
                user=self.user,
                kind=kind,
                defaults={
                    "on_site": self.cleaned_data[f"{kind}-site"],
                    "mail": self.cleaned_data[f"{kind}-mail"],
                },
            )


class HookForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("Where we POST the message to: an https:// address on the open internet."),
        error_messages={"required": gettext_lazy("Say where the messages go.")},
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url"}),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What it hears of"),
        widget=forms.CheckboxSelectMultiple,
        choices=(),
        error_messages={"required": gettext_lazy("Choose at least one kind of notice.")},
    )

    def __init__(self, *args: Any, offered: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kinds"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(kind, label) for kind, label in NoticeKind.choices if kind in offered]

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            safe_http.target(url)
        except safe_http.Refused as error:
            raise forms.ValidationError(str(error)) from error
        except safe_http.NotSent as error:
            raise forms.ValidationError(_("%(why)s Check the spelling.") % {"why": error.args[0]}) from error
        return url
