"""The form of the kinds of notices that a person wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from bounty.models import NoticeKind, NoticePreference
from bounty.notifications import kinds

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class NoticePreferencesForm(forms.Form):
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
        """(label, field of the site, field of mail) of each kind."""
        return [
            (str(label), self[f"{kind}-site"], self[f"{kind}-mail"]) for kind, label in NoticeKind.choices
        ]

    def save(self) -> None:
        """Write one preference a kind."""
        for kind in NoticeKind.values:
            NoticePreference.objects.update_or_create(
                user=self.user,
                kind=kind,
                defaults={
                    "on_site": self.cleaned_data[f"{kind}-site"],
                    "mail": self.cleaned_data[f"{kind}-mail"],
                },
            )
