"""What to try next, from what practice rows said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bounty.models import Submission

ROLLED_BACK = (
    "It was accepted once. Ask again from this page: it is judged as the model is now, and costs a query."
)


def after_patch(data: Mapping[str, Any], names: Mapping[str, str], own: str) -> tuple[str, ...]:
    """Of a patch: `names` says protected groups in words, `own` is the submission's own key among them."""
    worse = [names.get(g["key"], "a protected group") for g in data["groups"] if g["after"] > g["before"]]
    match data["reason"]:
        case "accepted":
            return ("The model page shows the new version. Look where it is still worst, and go on.",)
        case "empty_group":
            return ("Loosen a condition until the live view shows rows.",)
        case "no_change" if own in [repair["key"] for repair in data["repairs"]]:
            return (
                "In the group itself the patch answered worse than the model did, so a repair took it back at once. "
                "Try another kind of model, or one of your own.",
            )
        case "no_change":
            return ("Choose a group where the model errs more, or another kind of model for the patch.",)
        case "practice" if data["loss_after"] >= data["loss_before"]:
            return (
                "Inside the group the patch answers no better than the model. Try another learner, or fit your own.",
                "A smaller, more uniform group is often easier to serve.",
            )
        case "practice":
            return (
                "It points the right way, but on too few rows. A wider group of the same kind changes more answers.",
                "A better patch wins a larger share of what it changes: try another learner, or a model of your own.",
            )
        case "allowance":
            return ("Your team's own model took it all the same; it counts on the board.",)
        case "unsure_harm":
            return (
                "Leave groups that are too small out of yours, with `and not (...)`: a group needs fewest rows where "
                "none of its answers changes.",
            )
        case "no_block":
            return ("When the organiser opens another block, ask again from this page.",)
        case "refused":
            return (
                "When a new block opens it is asked again by itself, if your team has queries left. Once the model has "
                "moved on you may ask sooner: this page will offer it.",
            )
        case "harm":
            named = f" On practice rows worse off: {', '.join(worse)}." if worse else ""
            return (f"Leave those whom it harms out of the group, with `and not (...)`.{named}",)
    return ()


def after_finding(submission: Submission, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Of a finding."""
    if submission.state == Submission.State.CONFIRMED:
        return ("Now mend it: submit a patch for the same group.",)
    if not data["rows"]:
        return ("Loosen a condition until the live view shows rows.",)
    if data["loss_inside"] <= data["loss_outside"]:
        return ("The model does no worse there than elsewhere. Look for another group on the explore rows.",)
    return (
        "The direction is right. A wider group, or a sharper one where the model errs more, would show it.",
    )
