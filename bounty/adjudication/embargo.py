"""The first embargo of a confirmed finding, which hides it from the public where the organiser asked for it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bounty.core import audit
from bounty.models import PanelRules, Submission


def set_first_embargo(submission: Submission, now: datetime) -> None:
    """Set the embargo date by the competition's rule, once: a date that a moderator chose stays."""
    rules = PanelRules.objects.filter(competition=submission.competition).first()
    if rules is None or not rules.embargo_days or submission.embargo_until is not None:
        return
    submission.embargo_until = now + timedelta(days=rules.embargo_days)
    Submission.objects.filter(pk=submission.pk).update(embargo_until=submission.embargo_until)
    hidden = f"{submission.embargo_until:%Y-%m-%d}"
    audit.record_change(
        submission, None, {"embargo_until": ["", hidden]}, "Every new finding is hidden at first here."
    )
