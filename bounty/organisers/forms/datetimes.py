"""Form fields of dates in a person's own zone, which the form names and carries with what was typed."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.core import localization

# A competition's dates and their labels.
MOMENTS = ("opens_at", "closes_at")


class ZoneField(forms.CharField):
    """The zone in which the other fields were typed; never a change of its own."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class MomentsForm(forms.Form):
    """A form of dates, read in the zone that it was shown in: a journey in between moves nothing."""

    zone = ZoneField(required=False, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = localization.find_zone(self.data.get("zone")) if self.is_bound else None
        self.typed_in: Any = known or timezone.get_current_timezone()
        name = (
            self.typed_in.key if isinstance(self.typed_in, ZoneInfo) else timezone.get_current_timezone_name()
        )
        self.fields["zone"].initial = name
        labels = {"opens_at": _("Opens (%(zone)s)"), "closes_at": _("Closes (%(zone)s)")}
        for field in MOMENTS:
            self.fields[field].label = labels[field] % {"zone": name.replace("_", " ")}

    def full_clean(self) -> None:
        with timezone.override(self.typed_in):
            super().full_clean()
