"""Discussions of the demo's people, written through the same services as the pages: so that no page is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bounty.demo.people import MODERATOR, ORGANISER, TEAMS
from bounty.discussion import write
from bounty.models import Competition, Submission, Thread, Triage
from bounty.moderation import triage

if TYPE_CHECKING:
    from django.contrib.auth.models import User

ANNOUNCEMENT = (
    "The certification rows are few, and every question to them costs a little trust. So look before you ask: the "
    "explore page shows on public rows how the model does for any group, and a dry run tells you what your file "
    "answers.\n\n"
    "Findings count as well: a group that the model fails is worth reporting before anybody has a patch for it."
)
QUESTION = (
    "`coinsurance` is 0, 16, 24, 25, 27, 46, 48, 95 or 100 in the public rows. Is 95 a plan of its own, or rounding?"
    "\n\n"
    "I would like to write a group for everybody who pays nearly all of it, and `coinsurance >= 95` feels too clever."
)
ANSWER = (
    "It is a plan of its own: people on it paid 95% up to a yearly limit, or up to a limit a person. "
    "`coinsurance >= 95` is fine, and takes in those few who had no insurance at all."
)
THANKS = "Thank you. That explains why the two behave so alike."
IDEAS = """\
Two things that worked for us:

1. Start from who was *left out* of the fitting. The base model saw employed men, so everybody else is a candidate.
2. Report the finding first and send the patch after it: you learn how sure one can be at all.
"""
WRITE_UP = """\
## Where we looked

The base model learned from adult men. Children go to the doctor for other reasons than their fathers, so we began
there.

## What we did

- `age < 6`: a finding first, then a patch that the platform fitted. Small groups need a *simple* model.
- Children of poorer families: nothing to gain beyond the first patch. Overlaps are worth checking on the explore page
  before a question is spent.

## What we would do next

Look at `year`. The first year of the experiment may well be unlike the others.
"""
HELD = "Only idiots would give no points for noise."
FINDING_ANSWER = "Thank you: small children were not in the table that the first model learned from."


def post_conversations(competition: Competition, people: Mapping[str, User]) -> None:
    """Write an announcement, a question with its answer, ideas, a write-up, a triaged finding, a text that is held."""
    organiser, moderator = people[ORGANISER], people[MODERATOR]
    write.start_thread(competition, Thread.Kind.ANNOUNCEMENT, "Look before you ask", ANNOUNCEMENT, organiser)
    asked = write.start_thread(
        competition, Thread.Kind.QUESTION, "What does a coinsurance of 95 mean?", QUESTION, people["bob"]
    )
    answer = write.reply_to_thread(asked, ANSWER, moderator)
    write.reply_to_thread(asked, THANKS, people["bob"])
    write.accept_answer(asked, answer, people["bob"])
    write.start_thread(competition, Thread.Kind.DISCUSSION, "Two ways to begin", IDEAS, people["charlie"])
    write.start_thread(competition, Thread.Kind.DISCUSSION, "Unfair", HELD, people["mallory"])
    team = competition.teams.get(name=TEAMS["alice"])
    write.save_write_up(team, "Begin with who was left out", WRITE_UP, people["alice"])
    finding = (
        competition.submissions.filter(state__in=Submission.SHOWN_FINDINGS)
        .select_related("competition", "team")
        .order_by("number")
        .first()
    )
    if finding is not None:
        triage.triage_finding(finding, moderator, Triage.Severity.HIGH, None)
        triage.answer_finding(finding, organiser, Triage.Answer.ACKNOWLEDGED, FINDING_ANSWER)
