"""Forms of posts, threads, write-ups, reports of abuse, and moderators' reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bounty.discussion.write import MOST_CHARACTERS, MOST_CHARACTERS_WRITE_UP
from bounty.models import AbuseReport, Thread

_MARKDOWN = _("Markdown: **bold**, lists, `code`, links and tables; no pictures and no HTML.")


def _area(rows: int, most: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": most})


class TextForm(forms.Form):
    """The form of a post."""

    text = forms.CharField(
        label=_("Your text"),
        max_length=MOST_CHARACTERS,
        widget=_area(8, MOST_CHARACTERS),
        help_text=_MARKDOWN,
        error_messages={"required": _("Write something first.")},
    )


class StartThreadForm(TextForm):
    """The form of a new thread; announcements are for organisers only."""

    kind = forms.ChoiceField(label=_("What is it?"), widget=forms.RadioSelect)
    title = forms.CharField(
        label=_("Title"), max_length=120, error_messages={"required": _("Give it a title.")}
    )
    field_order = ("kind", "title", "text")

    def __init__(self, *args: Any, may_announce: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [
            (Thread.Kind.QUESTION, _("A question: one answer can be marked as the one that helped")),
            (Thread.Kind.DISCUSSION, _("A discussion")),
        ]
        if may_announce:
            field.choices.append(
                (Thread.Kind.ANNOUNCEMENT, _("An announcement: everybody who takes part is told"))
            )
            field.choices = list(field.choices)


class WriteUpForm(forms.Form):
    """The form of a write-up."""

    title = forms.CharField(
        label=_("Title"), max_length=120, error_messages={"required": _("Give it a title.")}
    )
    text = forms.CharField(
        label=_("How you found what you found"),
        max_length=MOST_CHARACTERS_WRITE_UP,
        widget=_area(20, MOST_CHARACTERS_WRITE_UP),
        help_text=_MARKDOWN,
        error_messages={"required": _("Write something first.")},
    )


class ReportForm(forms.Form):
    """The form of a report of abuse."""

    category = forms.ChoiceField(
        label=_("What is wrong with it?"),
        choices=AbuseReport.Category.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is wrong with it.")},
    )
    text = forms.CharField(
        label=_("Anything the moderators should know"),
        max_length=2000,
        required=False,
        widget=_area(4, 2000),
        help_text=_("Only moderators read this, and that it was you who reported it."),
    )


class ReasonForm(forms.Form):
    """The form of a moderator's reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=_area(3, 500),
        help_text=_("Whom it concerns reads it."),
        error_messages={"required": _("Say why: whom it concerns reads it.")},
    )
