"""Citations of a patch or a finding: a line of text, and BibTeX in which nothing that people wrote is a command."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from bounty.models import Submission

_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "&%$#_"},
}


@dataclass(frozen=True)
class Citation:
    """A citation as text and as BibTeX."""

    text: str
    bibtex: str


def cite_submission(submission: Submission, address: str, *, taken_out: bool = False) -> Citation:
    """Citation of a submission at its permanent address. What was taken out is cited without its group."""
    competition = submission.competition
    at = timezone.localtime(submission.decided_at or submission.created_at)
    what = (
        _("Finding %(number)d of “%(title)s”")
        if submission.is_finding
        else _("Patch %(number)d of “%(title)s”")
    ) % {"number": submission.number, "title": competition.title}
    group = "" if taken_out or not submission.words else f": {submission.words}"
    text = f"{submission.team.name} ({at:%Y}). {what}{group}. Bias Bounty. {address}"
    word = "finding" if submission.is_finding else "patch"
    fields = {
        "author": f"{{{escape_bibtex(submission.team.name)}}}",
        "title": f"{{{escape_bibtex(what + group)}}}",
        "year": f"{at:%Y}",
        "month": f"{at:%m}".lstrip("0"),
        "howpublished": "Bias Bounty",
        "url": address,
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return Citation(text, f"@misc{{{competition.slug}-{word}-{submission.number},\n{lines}\n}}")


def escape_bibtex(text: str) -> str:
    """The text with BibTeX's special characters escaped."""
    return "".join(_ESCAPED.get(mark, mark) for mark in " ".join(text.split()))
