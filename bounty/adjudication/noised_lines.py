"""The feedback on a patch by the present rule as its page shows it: figures from noised cells, labelled "about"."""

from __future__ import annotations

from django.utils.translation import gettext as _

from bounty.adjudication.feedback_parts import (
    FeedbackLine,
    chance_percent,
    count_rows,
    loss_with_interval,
    p_value_text,
)
from bounty.core.measures import scale_of
from bounty.models import Competition
from evaluator.adjudication.noised_feedback import CandidateFeedback, NoisedFeedback


def about(data: NoisedFeedback, text: str) -> str:
    """A figure, called "about" where it has noise."""
    return _("about %(figure)s") % {"figure": text} if data.scale else text


def noised_patch_lines(competition: Competition, data: NoisedFeedback) -> tuple[FeedbackLine, ...]:
    """The lines of a patch's verdict: the patch alone, its gate, and the whole candidate once it has passed."""
    rows = competition.layout.rows_of("practice")
    share = _("%(share)s of the %(total)s practice rows") % {
        "share": f"{data.weight:.1%}",
        "total": f"{rows.stop - rows.start:,}",
    }
    if data.reason == "too_few":
        few = _("fewer than %(least)s: too few to say") % {"least": competition.smallest_group}
        return (FeedbackLine(_("Group"), about(data, few)),)
    if data.few_changes:
        return (
            FeedbackLine(_("Group"), about(data, count_rows(data.rows)), share),
            _loss_lines(competition, data)[0],
            FeedbackLine(
                _("Changed answers"),
                _("fewer than about %(least)s, too few to say") % {"least": data.few_changes},
            ),
        )
    lines = [
        FeedbackLine(_("Group"), about(data, count_rows(data.rows)), share),
        *_loss_lines(competition, data),
        *_gate_lines(competition, data),
    ]
    if data.whole is not None:
        lines += _whole_lines(competition, data, data.whole)
    return tuple(lines)


def _loss_lines(competition: Competition, data: NoisedFeedback) -> list[FeedbackLine]:
    scale = scale_of(competition.loss)
    word = scale.word.capitalize()
    before, alone = (
        about(data, loss_with_interval(competition, loss, data.rows))
        for loss in (data.loss_before, data.loss_alone)
    )
    return [
        FeedbackLine(_("%(loss)s in the group before") % {"loss": word}, before),
        FeedbackLine(
            _("%(loss)s in the group, the patch alone") % {"loss": word},
            alone,
            scale.describe_change(data.loss_before, data.loss_alone),
        ),
    ]


def _gate_lines(competition: Competition, data: NoisedFeedback) -> list[FeedbackLine]:
    lines = []
    if data.changed is not None:
        won = _("won %(won)s, lost %(lost)s") % {"won": f"{data.wins:,}", "lost": f"{data.losses:,}"}
        lines.append(FeedbackLine(_("Changed answers"), about(data, count_rows(data.changed)), won))
    lines.append(
        FeedbackLine(
            _("Could that be luck?"),
            about(data, p_value_text(data.p_value)),
            _("one-sided, on practice rows; at most %(level)s is asked for")
            % {"level": f"{competition.gate_level:g}"},
        )
    )
    if data.chance is not None and data.needed_gate is not None:
        lines.append(
            FeedbackLine(
                _("Chance of passing certification"),
                about(data, chance_percent(data.chance)),
                _("predicted of the patch alone; a query of yours is asked from %(share)s")
                % {"share": f"{data.needed_gate:.0%}"},
            )
        )
    return [*lines, *_needed_lines(competition, data)]


def _needed_lines(competition: Competition, data: NoisedFeedback) -> list[FeedbackLine]:
    """What would let it through the gate, where it was stopped there."""
    lines = []
    if data.changed_needed is not None and data.changed is not None and data.changed_needed > data.changed:
        rows = _("about %(count)s changed rows") % {"count": f"{data.changed_needed:,}"}
        lines.append(FeedbackLine(_("What would pass"), rows, _("at the same share of wins")))
    if data.wins_needed is not None and data.wins is not None and data.wins_needed > data.wins:
        wins = _("about %(count)s wins") % {"count": f"{data.wins_needed:,}"}
        of = _("of %(changed)s changed; now %(wins)s") % {
            "changed": f"{data.changed:,}",
            "wins": f"{data.wins:,}",
        }
        lines.append(FeedbackLine(_("Or, of the same rows"), wins, of))
    if data.gain_needed is not None:
        scale = scale_of(competition.loss)
        gain = _("about %(gain)s less over all practice rows") % {
            "gain": scale.format_difference(data.gain_needed)
        }
        now = _("changed alike; now %(gain)s") % {"gain": scale.format_difference(data.gain)}
        lines.append(FeedbackLine(_("What would pass"), gain, now))
    return lines


def _whole_lines(
    competition: Competition, data: NoisedFeedback, whole: CandidateFeedback
) -> list[FeedbackLine]:
    """The candidate as it was published: everybody's loss is exact, as the version's is."""
    scale = scale_of(competition.loss)
    word = scale.word.capitalize()
    lines = [
        FeedbackLine(
            _("%(loss)s overall") % {"loss": word},
            f"{scale.format(whole.overall_before)} → {scale.format(whole.overall_after)}",
            _("%(change)s, repairs included")
            % {"change": scale.describe_change(whole.overall_before, whole.overall_after)}
            if whole.repairs
            else scale.describe_change(whole.overall_before, whole.overall_after),
        )
    ]
    if whole.repairs:
        after = about(data, loss_with_interval(competition, whole.loss_after, data.rows))
        lines.insert(0, FeedbackLine(_("%(loss)s in the group, repairs included") % {"loss": word}, after))
    return lines
