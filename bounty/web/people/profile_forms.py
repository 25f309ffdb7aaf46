"""The form of one's own profile."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from bounty.models import Profile
from bounty.people.profiles import MOST_CHARACTERS


class ProfileForm(forms.Form):
    """Biography and visibility of one's profile."""

    bio = forms.CharField(
        label=_("About you"),
        required=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6, "maxlength": MOST_CHARACTERS}),
        help_text=_("Markdown: **bold**, lists, `code`, links and tables; no pictures and no HTML."),
    )
    visibility = forms.ChoiceField(
        label=_("Who may see your page?"),
        choices=Profile.Visibility.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who may see the page.")},
    )
