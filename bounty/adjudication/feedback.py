"""The feedback on a verdict as its page shows it: practice arithmetic, groups, repairs and advice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from bounty.adjudication.advice import (
    ROLLED_BACK,
    advise_after_finding,
    advise_after_noised,
    advise_after_patch,
)
from bounty.adjudication.feedback_parts import (
    FeedbackGroupRow,
    FeedbackLine,
    chance_percent,
    count_rows,
    group_row,
    loss_with_interval,
    p_value_text,
    repair_sentences,
)
from bounty.adjudication.noised_lines import noised_patch_lines
from bounty.core.measures import scale_of
from bounty.models import Competition, DeclaredGroup, Submission, Verdict
from evaluator.adjudication.feedback import FindingFeedback, PracticeFeedback
from evaluator.adjudication.noised_feedback import NoisedFeedback
from evaluator.adjudication.nominations import LARGEST_OVERLAP


@dataclass(frozen=True)
class VerdictFeedback:
    """The feedback on one verdict, in words for its team."""

    lines: tuple[FeedbackLine, ...]
    groups: tuple[FeedbackGroupRow, ...]
    repairs: tuple[str, ...]
    advice: tuple[str, ...]

    @classmethod
    def for_verdict(cls, submission: Submission, verdict: Verdict) -> VerdictFeedback | None:
        """The feedback on a verdict; None where nothing was measured."""
        data = verdict.feedback
        if data is None:
            return None
        competition = submission.competition
        if isinstance(data, FindingFeedback):
            return cls(_finding_lines(competition, data), (), (), advise_after_finding(submission, data))
        if isinstance(data, NoisedFeedback):
            return cls._of_noised(submission, verdict, data)
        names = group_names(competition, [*(g.key for g in data.groups), *(r.key for r in data.repairs)])
        return cls(
            _patch_lines(competition, data),
            tuple(group_row(scale_of(competition.loss), names, line) for line in data.groups),
            repair_sentences(competition, verdict, names, data.repairs),
            _advice(submission, data, names),
        )

    @classmethod
    def _of_noised(cls, submission: Submission, verdict: Verdict, data: NoisedFeedback) -> VerdictFeedback:
        """By the present rule; groups and repairs are there once the candidate has passed its query."""
        competition, whole = submission.competition, data.whole
        groups, repairs = ((), ()) if whole is None else (whole.groups, whole.repairs)
        names = group_names(competition, [*(line.key for line in groups), *(each.key for each in repairs)])
        withdrawn = data.reason == "accepted" and submission.state == Submission.State.NOT_SHOWN
        return cls(
            noised_patch_lines(competition, data),
            tuple(group_row(scale_of(competition.loss), names, line) for line in groups),
            repair_sentences(competition, verdict, names, repairs),
            (str(ROLLED_BACK),) if withdrawn else advise_after_noised(data),
        )


def _advice(submission: Submission, data: PracticeFeedback, names: Mapping[str, str]) -> tuple[str, ...]:
    if data.reason == "accepted" and submission.state == Submission.State.NOT_SHOWN:
        return (str(ROLLED_BACK),)
    return advise_after_patch(data, names, submission.key)


def group_names(competition: Competition, keys: Iterable[str]) -> dict[str, str]:
    """The names of protected groups by key: a declared group's name, an accepted group in words."""
    wanted = set(keys)
    declared = DeclaredGroup.objects.filter(competition=competition)
    names = {group.key: group.name for group in declared if group.key in wanted}
    ids = [key.removeprefix("submission:") for key in wanted if key.startswith("submission:")]
    for other in Submission.objects.filter(competition=competition, pk__in=ids):
        names[other.key] = other.words or _("the group of #%(number)s") % {"number": other.number}
    return names


def _patch_lines(competition: Competition, data: PracticeFeedback) -> tuple[FeedbackLine, ...]:
    scale = scale_of(competition.loss)
    everyone = competition.layout.rows_of("practice")
    total = everyone.stop - everyone.start
    lines = [_group_line(data, total)]
    if data.rows:
        word = scale.word.capitalize()
        included = _("%(change)s, repairs included") if data.repairs else "%(change)s"
        lines += [
            FeedbackLine(
                _("%(loss)s in the group before") % {"loss": word},
                loss_with_interval(competition, data.loss_before, data.rows),
            ),
            *_alone_line(competition, data),
            FeedbackLine(
                _("%(loss)s in the group, with this patch") % {"loss": word},
                loss_with_interval(competition, data.loss_after, data.rows),
                included % {"change": scale.describe_change(data.loss_before, data.loss_after)},
            ),
            FeedbackLine(
                _("%(loss)s overall") % {"loss": word},
                f"{scale.format(data.overall_before)} → {scale.format(data.overall_after)}",
                included % {"change": scale.describe_change(data.overall_before, data.overall_after)},
            ),
        ]
    lines += _gate_lines(competition, data)
    return tuple(lines)


def _alone_line(competition: Competition, data: PracticeFeedback) -> list[FeedbackLine]:
    """The line of the patch itself, before repairs; verdicts written before this was measured have none."""
    if not data.repairs or data.loss_alone is None:
        return []
    scale = scale_of(competition.loss)
    return [
        FeedbackLine(
            _("%(loss)s in the group, the patch alone") % {"loss": scale.word.capitalize()},
            loss_with_interval(competition, data.loss_alone, data.rows),
            _("%(change)s before repairs; won %(won)s, lost %(lost)s")
            % {
                "change": scale.describe_change(data.loss_before, data.loss_alone),
                "won": f"{data.wins_alone:,}",
                "lost": f"{data.losses_alone:,}",
            },
        )
    ]


def _gate_lines(competition: Competition, data: PracticeFeedback) -> list[FeedbackLine]:
    changed = data.changed
    if not changed:
        nothing = _("where nothing changes, nothing can be gained")
        return [FeedbackLine(_("Changed answers"), count_rows(0), nothing)]
    lines = [
        FeedbackLine(
            _("Changed answers"),
            count_rows(changed),
            _("won %(won)s, lost %(lost)s") % {"won": f"{data.wins:,}", "lost": f"{data.losses:,}"},
        ),
        FeedbackLine(
            _("Could that be luck?"),
            p_value_text(data.p_value),
            _("one-sided, on practice rows; at most %(level)s is asked for")
            % {"level": f"{competition.gate_level:g}"},
        ),
    ]
    if data.chance is not None:
        lines.append(
            FeedbackLine(
                _("Chance of passing certification"),
                chance_percent(data.chance),
                _("predicted; a query is asked from %(share)s") % {"share": f"{competition.gate_chance:.0%}"},
            )
        )
    needed = data.changed_needed
    if needed is not None and needed > changed:
        about = _("about %(count)s changed rows") % {"count": f"{needed:,}"}
        lines.append(FeedbackLine(_("What would pass"), about, _("at the same share of wins")))
    wins = data.wins_needed
    if wins is not None and wins > data.wins:
        lines.append(
            FeedbackLine(
                _("Or, of the same rows"),
                _("about %(count)s wins") % {"count": f"{wins:,}"},
                _("of %(changed)s changed; now %(wins)s")
                % {"changed": f"{changed:,}", "wins": f"{data.wins:,}"},
            )
        )
    return lines


def _finding_lines(competition: Competition, data: FindingFeedback) -> tuple[FeedbackLine, ...]:
    scale = scale_of(competition.loss)
    everyone = competition.layout.rows_of("practice")
    total = everyone.stop - everyone.start
    lines = [_group_line(data, total)]
    if data.number is not None and data.rows < competition.smallest_group:
        few = _("too few to say: %(least)s are needed") % {"least": f"{competition.smallest_group:,}"}
        return (*lines, FeedbackLine(_("Its loss"), "–", few))
    if data.rows:
        inside = loss_with_interval(competition, data.loss_inside, data.rows)
        outside = loss_with_interval(competition, data.loss_outside, total - data.rows)
        word = scale.word.capitalize()
        lines += [
            FeedbackLine(
                _("%(loss)s in the group") % {"loss": word},
                inside,
                _("%(change)s than elsewhere")
                % {"change": scale.describe_change(data.loss_outside, data.loss_inside)},
            ),
            FeedbackLine(_("%(loss)s of everyone else") % {"loss": word}, outside),
            FeedbackLine(
                _("Could that be luck?"),
                p_value_text(data.p_value),
                _counted_chance(data),
            ),
        ]
    if data.largest_overlap:
        lines.append(
            FeedbackLine(
                _("Found before"), overlap_text(data), _("of it, in the most similar earlier finding")
            )
        )
    return tuple(lines)


def _counted_chance(data: FindingFeedback) -> str:
    if data.number is None:
        return _("%(chance)s counted with all your team's findings; at most 0.05 confirms") % {
            "chance": p_value_text(data.p_adjusted)
        }
    return _("%(chance)s counted as your team’s finding number %(number)s; at most 0.05 is asked for") % {
        "chance": p_value_text(data.p_adjusted),
        "number": data.number,
    }


def overlap_text(data: FindingFeedback) -> str:
    """The largest overlap with earlier findings, exact only where it was the reason.

    The most similar one may be another team's under an embargo: exact numbers of many findings would locate it.
    """
    share = data.largest_overlap
    return (
        f"{share:.0%}"
        if share >= LARGEST_OVERLAP
        else _("less than %(most)s") % {"most": f"{LARGEST_OVERLAP:.0%}"}
    )


def _group_line(data: PracticeFeedback | FindingFeedback, total: int) -> FeedbackLine:
    share = _("%(share)s of the %(total)s practice rows") % {
        "share": f"{data.weight:.1%}",
        "total": f"{total:,}",
    }
    return FeedbackLine(_("Group"), count_rows(data.rows), share)
