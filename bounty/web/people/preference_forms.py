"""The form of a person's language and time zone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.core import localization
from bounty.models import Preferences


def _languages() -> list[tuple[str, str]]:
    return [("", _("the browser's")), *settings.LANGUAGES]


def _zones() -> Iterator[tuple[str, Any]]:
    yield "", _("the browser's")
    for area, names in groupby(localization.zone_names(), key=lambda name: name.partition("/")[0]):
        places = [(name, name.partition("/")[2].replace("_", " ")) for name in names]
        yield (area, places) if area != "UTC" else ("UTC", "UTC")


class LanguageForm(forms.ModelForm):
    """Language and time zone; both follow the browser until somebody chooses."""

    language = forms.ChoiceField(
        choices=_languages,
        required=False,
        label=gettext_lazy("Language"),
        help_text=gettext_lazy("Of pages and of mails to you. What people wrote stays as they wrote it."),
    )
    zone = forms.ChoiceField(
        choices=lambda: list(_zones()),
        required=False,
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("In which times are shown, here and in mails to you."),
    )

    class Meta:
        model = Preferences
        fields = ("language", "zone")
