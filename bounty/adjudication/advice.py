"""Advice to a team after a verdict, from its practice feedback."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bounty.models import Submission
from evaluator.adjudication.feedback import FindingFeedback, PracticeFeedback
from evaluator.adjudication.noised_feedback import NoisedFeedback

ROLLED_BACK = gettext_lazy(
    "It was accepted once. Ask again from this page: it is judged as the model is now, and costs a query."
)


_GO_ON = gettext_lazy("The model page shows the new version. Look where it is still worst, and go on.")
_NO_CHANGE = gettext_lazy("Choose a group where the model errs more, or another kind of model for the patch.")
_NO_BETTER = gettext_lazy(
    "Inside the group the patch answers no better than the model. Try another learner, or fit your own."
)
_SMALLER = gettext_lazy("A smaller, more uniform group is often easier to serve.")
_MORE_ROWS = gettext_lazy(
    "It points the right way, but on too few rows. A wider group of the same kind changes more answers."
)
_MORE_WINS = gettext_lazy(
    "A better patch wins a larger share of what it changes: try another learner, or a model of your own."
)
_SMALL_GROUPS = gettext_lazy(
    "Leave groups that are too small out of yours, with `and not (...)`: a group needs fewest rows where none of its "
    "answers changes."
)
_NO_BLOCK = gettext_lazy("When the organiser opens another block, ask again from this page.")
_ASKED_AGAIN = gettext_lazy(
    "When a new block opens it is asked again by itself, if your team has queries left. Once the model has moved on "
    "you may ask sooner: this page will offer it."
)
# From this share of the practice rows on there is no wider group worth looking for.
_NEARLY_EVERYBODY = 0.9


def advise_after_patch(data: PracticeFeedback, names: Mapping[str, str], own: str) -> tuple[str, ...]:
    """The advice after a patch's verdict.

    `names`: protected groups in words; `own`: the submission's own key among them.
    """
    worse = [names.get(g.key, _("a protected group")) for g in data.groups if g.after > g.before]
    match data.reason:
        case "accepted":
            return (str(_GO_ON),)
        case "empty_group":
            return (_("Loosen a condition until the live view shows rows."),)
        case "no_change" if own in [repair.key for repair in data.repairs]:
            return (
                _(
                    "In the group itself the patch answered worse than the model did, so a repair "
                    "took it back at once. "
                    "Try another kind of model, or one of your own."
                ),
            )
        case "no_change":
            return (str(_NO_CHANGE),)
        case "practice" if data.loss_after >= data.loss_before:
            return (str(_NO_BETTER), str(_SMALLER))
        case "practice":
            return (str(_MORE_ROWS), str(_MORE_WINS))
        case "allowance":
            return (_("Your team's own model took it all the same; it counts on the board."),)
        case "unsure_harm":
            return (str(_SMALL_GROUPS),)
        case "no_block":
            return (str(_NO_BLOCK),)
        case "refused":
            return (str(_ASKED_AGAIN),)
        case "harm":
            named = (
                (_(" On practice rows worse off: %(join)s.") % {"join": ", ".join(worse)}) if worse else ""
            )
            return (
                (
                    _("Leave those whom it harms out of the group, with `and not (...)`.%(named)s")
                    % {"named": named}
                ),
            )
    return ()


def advise_after_noised(data: NoisedFeedback) -> tuple[str, ...]:
    """The advice after a patch's verdict by the present rule: from noised figures of the patch alone."""
    match data.reason:
        case "accepted":
            return (str(_GO_ON),)
        case "too_few":
            return (_("Loosen a condition until the group holds more rows."),)
        case "no_change":
            return (str(_NO_CHANGE),)
        case "practice" if data.few_changes:
            return (str(_NO_CHANGE),)
        case "practice" if not data.is_better:
            return (str(_NO_BETTER), str(_SMALLER))
        case "practice" if data.weight >= _NEARLY_EVERYBODY:
            return (str(_MORE_WINS),)
        case "practice":
            return (str(_MORE_ROWS), str(_MORE_WINS))
        case "allowance":
            return (_("Your team's own model may have taken it all the same."),)
        case "unsure_harm":
            return (str(_SMALL_GROUPS),)
        case "no_block":
            return (str(_NO_BLOCK),)
        case "waiting":
            return (
                _("Questions are asked in the order of their chance, within a day; nothing is to be done."),
            )
        case "refused":
            return (str(_ASKED_AGAIN),)
        case "harm":
            return (_("Leave those whom it harms out of the group, with `and not (...)`."),)


def advise_after_finding(submission: Submission, data: FindingFeedback) -> tuple[str, ...]:
    """The advice after a finding's verdict."""
    if submission.state in Submission.SHOWN_FINDINGS:
        return (_("Now mend it: submit a patch for the same group."),)
    if not data.rows:
        return (_("Loosen a condition until the live view shows rows."),)
    if data.loss_inside <= data.loss_outside:
        return (
            _("The model does no worse there than elsewhere. Look for another group on the explore rows."),
        )
    if data.weight >= _NEARLY_EVERYBODY:
        return (_("The direction is right. A sharper group, where the model errs more, would show it."),)
    return (
        _(
            "The direction is right. A wider group, or a sharper one where the model errs more, would "
            "show it."
        ),
    )
