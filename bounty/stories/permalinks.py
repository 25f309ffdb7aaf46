"""Permanent pages of accepted patches and confirmed findings, told in plain sentences.

The number is the submission's, which never changes. What was taken out again keeps its address: the page then says so,
and no longer what the group was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bounty.core.measures import MeasuredLoss, scale_of
from bounty.models import ChainEntry, Competition, LedgerQuery, ModelVersion, Submission
from bounty.models.stored_files import StoredFile
from bounty.permissions import visibility
from bounty.shared_model.group_losses import split_loss, stored_masks
from bounty.shared_model.open_findings import FindingHarm, measure_harms
from bounty.shared_model.summary import GroupStanding, measure_loss, practice_sample

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

State = Submission.State
PATCH, FINDING = "patch", "finding"
_TAKEN_OUT = ("disqualified", "rolled back", "corrected")


@dataclass(frozen=True)
class Removal:
    """The removal of what had counted: disqualified, rolled back, corrected, or "" where unknown, and when."""

    how: str
    at: datetime | None


@dataclass(frozen=True)
class Story:
    """A submission's story in sentences, and the group's bars in the form of the model's page."""

    sentences: Sequence[str]
    certified: Sequence[str]
    strip: Sequence[GroupStanding]


def find_story_submission(
    reader: Person, competition: Competition, number: int, kind: str
) -> Submission | None:
    """The submission of a story that once counted and that this reader may read about, whatever became of it since;
    else None.
    """
    rows = competition.submissions.select_related("team", "author", "verdict", "triage")
    found = rows.filter(number=number).first()
    if found is None or found.is_finding != (kind == FINDING) or not has_counted(found):
        return None
    found.competition = found.team.competition = competition
    if visibility.is_embargoed(found) and not visibility.may_see_submission(
        reader, "bounty.see_submission", found
    ):
        return None
    return found


def has_counted(submission: Submission) -> bool:
    """Whether it was accepted, or shown as a finding, though it may have been taken out since."""
    if submission.state in visibility.PUBLIC_STATES:
        return True
    if not submission.is_finding:
        return submission.versions.exists()
    key = str(submission.pk)
    decided = ChainEntry.objects.filter(competition=submission.competition_id, kind="verdict")
    found = (entry.data for entry in decided.filter(payload__contains=key))
    return any(data["submission"] == key and data["state"] in Submission.SHOWN_FINDINGS for data in found)


def find_removal(submission: Submission) -> Removal | None:
    """The removal of a submission; None where it still counts."""
    if submission.state in visibility.PUBLIC_STATES:
        return None
    entries = ChainEntry.objects.filter(competition=submission.competition_id, kind__in=_TAKEN_OUT)
    key = str(submission.pk)
    for entry in entries.filter(payload__contains=key).order_by("-number"):
        data = entry.data
        named = (data.get("submission"), *data.get("withdrawn", {}), *data.get("dropped", {}))
        if key in named or (submission.is_finding and entry.kind == "corrected"):
            return Removal(entry.kind, entry.created_at)
    return Removal("disqualified" if submission.state == State.DISQUALIFIED else "", None)


def story_url_name(submission: Submission) -> str:
    """URL name of the story, whose arguments are the competition's slug and the number."""
    return "finding-story" if submission.is_finding else "patch-story"


def build_story(submission: Submission, head: ModelVersion) -> Story:
    """The story of a submission that still counts. Raises PlatformFault where the store lost an array."""
    if submission.is_finding:
        return _finding_story(submission, head)
    return _patch_story(submission, head)


# --- patches -----------------------------------------------------------------------------------------------------
def _patch_story(submission: Submission, head: ModelVersion) -> Story:
    competition = submission.competition
    versions = competition.versions.current()
    own = versions.get(submission=submission)
    before = versions.get(number=own.number - 1)
    mask = stored_masks([submission]).get(submission.pk)
    sentences: list[str] = []
    strip: list[GroupStanding] = []
    if mask is not None:
        then, after, now = (_measure_inside(submission, version, mask) for version in (before, own, head))
        if then is not None and after is not None and now is not None:
            sentences += _group_sentences(competition, submission, then, after, now)
            strip = _group_bars(submission, then, now)
    sentences += _overall_sentences(competition, own, before)
    return Story(sentences, _certificate_sentences(submission, own), strip)


def _measure_inside(submission: Submission, version: ModelVersion, mask: StoredFile) -> MeasuredLoss | None:
    competition = submission.competition
    sides = split_loss(competition, version, mask, submission.pk)
    if not sides.rows:
        return None
    return measure_loss(sides.inside, sides.rows, scale_of(competition.loss), practice_sample(competition))


def _group_sentences(
    competition: Competition,
    submission: Submission,
    then: MeasuredLoss,
    after: MeasuredLoss,
    now: MeasuredLoss,
) -> list[str]:
    rows = competition.layout.rows_of("practice")
    named = {
        "loss": then.scale.word,
        "share": f"{then.rows / (rows.stop - rows.start):.1%}",
        "rows": f"{then.rows:,}",
        "then": f"{then.text} ({then.interval})",
        "after": f"{after.text} ({after.interval})",
        "now": f"{now.text} ({now.interval})",
        "change": then.scale.describe_change(then.loss, after.loss),
    }
    said = [
        _("%(share)s of the practice rows belong to the group (%(rows)s rows).") % named,
        _(
            "Before the patch the model’s %(loss)s there was %(then)s. With the patch, and the repairs that it needed, "
            "it became %(after)s: %(change)s."
        )
        % named,
    ]
    if now.text != after.text:
        said.append(_("The present model, to which others have added since, has %(now)s there.") % named)
    return said


def _group_bars(submission: Submission, then: MeasuredLoss, now: MeasuredLoss) -> list[GroupStanding]:
    name = submission.words or _("the group")
    top = max(then.loss, now.loss, now.bounds[1]) * 1.08 or 1.0
    return [GroupStanding(name, submission.expression, now, then, top)]


def _overall_sentences(competition: Competition, own: ModelVersion, before: ModelVersion) -> list[str]:
    scale = scale_of(competition.loss)
    said = [
        _("Over everybody, the %(loss)s on practice rows went from %(before)s to %(after)s.")
        % {
            "loss": scale.word,
            "before": scale.format(before.practice_loss),
            "after": scale.format(own.practice_loss),
        }
    ]
    if repairs := own.node_count - before.node_count - 1:
        said.append(
            ngettext(
                "%(count)d repair came with it, so that no protected group was served worse than before.",
                "%(count)d repairs came with it, so that no protected group was served worse than before.",
                repairs,
            )
            % {"count": repairs}
        )
    return said


def _certificate_sentences(submission: Submission, version: ModelVersion) -> list[str]:
    """What is certified, how surely, and what it cost the ledger."""
    competition = submission.competition
    query = submission.queries.filter(passed=True).select_related("block").order_by("asked_at").last()
    if query is None:
        return [
            _(
                "It was accepted by this competition’s plain rule: a gain of at least %(alpha)s on practice rows. "
                "Nothing was certified, and no ledger was charged."
            )
            % {"alpha": f"{competition.alpha:g}"},
            *filter(None, [version.note]),
        ]
    return [*_query_sentences(competition, query), *filter(None, [version.note])]


def _query_sentences(competition: Competition, query: LedgerQuery) -> list[str]:
    named = {
        "rows": f"{query.block.rows:,}",
        "delta": f"{competition.delta:.0%}" if competition.delta >= 0.01 else f"{competition.delta:g}",
        "number": query.number,
        "block": query.block.number,
        "yes": query.accepted_before,
    }
    return [
        _(
            "Certified: %(rows)s certification rows, which nobody has seen, answered that the model loses less with "
            "the patch than without it. Over all answers that this competition ever gives, the chance that a single "
            "one is wrong is at most %(delta)s."
        )
        % named,
        _(
            "It was question %(number)d to block %(block)d of the ledger. A question is answered with yes or no and "
            "nothing else; of those before this one, %(yes)d were answered with yes."
        )
        % named,
    ]


# --- findings ----------------------------------------------------------------------------------------------------
def _finding_story(submission: Submission, head: ModelVersion) -> Story:
    competition, feedback = submission.competition, submission.verdict.finding_feedback
    assert feedback is not None  # noqa: S101  # a confirmed finding was measured
    scale, sample = scale_of(competition.loss), practice_sample(competition)
    rows = competition.layout.rows_of("practice")
    then = measure_loss(feedback.loss_inside, feedback.rows, scale, sample)
    sentences = [
        _("%(share)s of the practice rows belong to the group (%(rows)s rows).")
        % {"share": f"{feedback.rows / (rows.stop - rows.start):.1%}", "rows": f"{feedback.rows:,}"},
        _(
            "When it was judged, the model’s %(loss)s there was %(inside)s, against %(outside)s for everybody else."
        )
        % {
            "loss": scale.word,
            "inside": f"{then.text} ({then.interval})",
            "outside": scale.format(feedback.loss_outside),
        },
    ]
    found = next(iter(measure_harms(competition, head, [submission])), None)
    strip: list[GroupStanding] = []
    if found is not None:
        sentences.append(_present_sentence(found))
        strip = _group_bars(submission, then, found.inside)
    return Story(sentences, _confirmation_sentences(competition, submission), strip)


def _confirmation_sentences(competition: Competition, submission: Submission) -> list[str]:
    """How sure a finding is, and what it cost the ledger."""
    if competition.rule_version > 1:
        return _present_confirmation(submission)
    return [
        _(
            "Confirmed on practice rows: so large a difference is luck in at most 5 of 100 cases, counting all "
            "findings of its team. That is less than certified, for practice rows are looked at by everybody."
        ),
        _("It asked no certification question, so it cost the ledger nothing."),
        _(
            "In competitions that opened later this word is kept for what rows show that nobody has seen; here it "
            "keeps the meaning that it was given."
        ),
    ]


def _present_confirmation(submission: Submission) -> list[str]:
    test = submission.verdict.final_test
    if submission.state != State.CONFIRMED:
        said = [
            _(
                "Worse on practice rows, not confirmed: strangers have seen much about practice rows, and a gap there "
                "may have been fitted to them."
            )
        ]
        return [*said, *([submission.verdict.sentence] if test else [])]
    if test is not None:
        return [
            submission.verdict.sentence,
            _(
                "Confirmed on final rows, which were opened once, at the close. Over all findings tested there the "
                "chance that a single one is confirmed wrongly is at most 5%."
            ),
        ]
    return [
        _(
            "Confirmed by a certification query that its team spent: certification rows, which nobody has seen, "
            "answered yes. Over all answers that this competition ever gives, the chance that a single one is wrong "
            "is at most %(delta)s."
        )
        % {"delta": f"{submission.competition.delta:.2g}"}
    ]


def _present_sentence(harm: FindingHarm) -> str:
    named = {
        "inside": f"{harm.inside.text} ({harm.inside.interval})",
        "outside": harm.outside.text,
        "loss": harm.inside.scale.word,
    }
    if harm.is_open:
        return (
            _("It is still open: the present model has %(inside)s there and %(outside)s elsewhere.") % named
        )
    return (
        _("It is no longer clearly worse: the present model has %(inside)s there and %(outside)s elsewhere.")
        % named
    )
