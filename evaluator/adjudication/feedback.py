"""Feedback on a patch or a finding as a verdict stores it: practice arithmetic in full, and one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, cast

from evaluator.decision_list import Repair

Reason = Literal[
    "accepted",
    "empty_group",  # no practice row is in the group
    "no_change",  # it answers practice rows as the head does
    "practice",  # the practice gate
    "allowance",  # the team has no queries left
    "no_block",  # no certification rows are left
    "unsure_harm",  # a protected group has too few rows for its harm to be certified
    "refused",  # the certification query
    "harm",  # the certification query, for harm
]


@dataclass(frozen=True)
class GroupLine:
    """A protected group on practice rows: mean loss at the head, at the candidate, and at its best ever."""

    key: str
    rows: int
    before: float
    after: float
    best: float

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GroupLine:
        return cls(*(data[name] for name in ("key", "rows", "before", "after", "best")))


@dataclass(frozen=True)
class PracticeFeedback:
    """Measurements of a candidate on practice rows. Losses are means in [0, 1]; counts are rows; nothing here is
    secret.
    """

    reason: Reason
    rows: int  # practice rows in the group
    weight: float  # their share of all practice rows
    loss_before: float  # at the head, inside the group
    loss_after: float  # as it would be published: with the repairs
    loss_alone: (
        float | None
    )  # the patch itself, before any repair; None where it was stored before it was measured
    wins_alone: int  # rows that the patch itself answers better, before any repair
    losses_alone: int
    overall_before: float  # at the head, everywhere
    overall_after: float
    wins: int  # of the rows whose loss changed, everywhere and with the repairs
    losses: int
    p_value: float
    chance: float | None  # None under the plain rule, which predicts nothing
    changed_needed: int | None
    wins_needed: int | None
    repairs: tuple[Repair, ...] = ()  # oldest first
    groups: tuple[GroupLine, ...] = ()
    unsure: tuple[str, ...] = ()  # keys of the groups that the block could not certify

    @property
    def gain(self) -> float:
        """The fall of the overall mean loss."""
        return self.overall_before - self.overall_after

    @property
    def changed(self) -> int:
        """Practice rows whose loss changed."""
        return self.wins + self.losses

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PracticeFeedback:
        """The feedback that `to_json` wrote, now or before the patch alone and unsure groups were in it."""
        return cls(
            reason=cast(Reason, data["reason"]),
            rows=data["rows"],
            weight=data["weight"],
            loss_before=data["loss_before"],
            loss_after=data["loss_after"],
            loss_alone=data.get("loss_alone"),
            wins_alone=data.get("wins_alone", 0),
            losses_alone=data.get("losses_alone", 0),
            overall_before=data["overall_before"],
            overall_after=data["overall_after"],
            wins=data["wins"],
            losses=data["losses"],
            p_value=data["p_value"],
            chance=data["chance"],
            changed_needed=data["changed_needed"],
            wins_needed=data["wins_needed"],
            repairs=tuple(Repair(line["key"], line["target"]) for line in data["repairs"]),
            groups=tuple(map(GroupLine.from_json, data["groups"])),
            unsure=tuple(data.get("unsure", ())),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON that is stored with the verdict."""
        return {
            "kind": "patch",
            **vars(self),
            "gain": self.gain,
            "changed": self.changed,
            "needed": self.changed_needed,
            "repairs": [dict(vars(repair)) for repair in self.repairs],
            "groups": [dict(vars(line)) for line in self.groups],
            "unsure": list(self.unsure),
        }


@dataclass(frozen=True)
class FindingFeedback:
    """Measurements of a finding on practice rows. `counts` says whether it can earn points, `why_not` otherwise in
    words.
    """

    rows: int
    weight: float
    loss_inside: float
    loss_outside: float
    p_value: float
    p_adjusted: float  # j (j+1) p of the team's j-th finding; by the rule of 2026-11 Holm's over all of them
    largest_overlap: float  # Jaccard, with any earlier finding that counts
    counts: bool
    why_not: str = ""
    # None by the rule of 2026-11, whose stored JSON has none of these.
    number: int | None = None  # the team's j-th finding with a p-value
    own_share: float | None = None  # of the group's public rows in no earlier finding that counts
    noise_scale: float | None = None  # of the Laplace noise in rows and losses

    @property
    def is_about(self) -> bool:
        """Whether its figures hold noise, and are told with "about"."""
        return bool(self.noise_scale)

    @property
    def gap(self) -> float:
        """Mean loss inside the group less the mean loss outside."""
        return self.loss_inside - self.loss_outside

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FindingFeedback:
        return cls(**{each.name: data[each.name] for each in fields(cls) if each.name in data})

    def to_json(self) -> dict[str, Any]:
        """The JSON that is stored with the verdict."""
        known = {name: value for name, value in asdict(self).items() if value is not None}
        return {"kind": "finding", **known, "gap": self.gap}


@dataclass(frozen=True)
class Wording:
    """The words of a competition's pages that the sentence needs."""

    place: str  # "on small children", "where age is below 6 years"
    names: Mapping[str, str]  # protected group's key -> words
    is_zero_one: bool
    certified: bool  # False under the plain rule
    alpha: float = 0.0
    tolerance: float | None = None  # where harm is certified


def verdict_sentence(feedback: PracticeFeedback, wording: Wording) -> str:
    """The verdict in one sentence, beginning with one of the platform's fixed words."""
    won = "it won" if wording.is_zero_one else "it improved"
    tally = f"{won} {feedback.wins:,} of the {feedback.changed:,} answers it changed on practice rows"
    match feedback.reason:
        case "accepted":
            return _accepted(feedback, wording)
        case "empty_group":
            return "Not shown yet: none of the practice rows is in this group, so nothing could be measured."
        case "no_change":
            return f"Not shown yet: {_no_change(feedback, wording)}."
        case "practice":
            return f"Not shown yet: {_practice(feedback, wording, tally)}."
        case "allowance" | "no_block" | "refused":
            return past_gate_sentence(feedback.reason, tally, wording.tolerance)
        case "unsure_harm":
            return f"Not shown yet: {tally}, but {unsure_words(feedback.unsure, wording)}."
        case "harm":
            return f"Harm seen: {_harm(feedback, wording)}."


def past_gate_sentence(
    reason: Literal["allowance", "no_block", "refused"], tally: str, tolerance: float | None
) -> str:
    """The sentence of a candidate that passed the gate and was not shown, by every rule.

    `tally` is what it did on practice rows; `tolerance` that of certified harm, None where none is certified.
    """
    match reason:
        case "allowance":
            why = "your team has used up its certification queries"
        case "no_block":
            why = "no certification rows are left to confirm it on"
        case "refused":
            harm = (
                ""
                if tolerance is None
                else (f", or not that every protected group is harmed by at most {format_points(tolerance)}")
            )
            why = f"the certification rows did not confirm it{harm}. It is asked again should a later block open"
    return f"Not shown yet: {tally}, but {why}."


def format_points(difference: float) -> str:
    """A difference of mean losses in points: 0.013 -> "1.3 points"."""
    value = abs(difference) * 100
    shown = f"{value:.1f}" if value >= 0.1 else f"{value:.2g}"
    return f"{shown} point" if shown == "1.0" else f"{shown} points"


def _accepted(feedback: PracticeFeedback, wording: Wording) -> str:
    opening = "Accepted" if wording.certified else "Accepted by the plain rule, not certified"
    difference = feedback.loss_before - feedback.loss_after
    if wording.is_zero_one:
        change = f"errs {format_points(difference)} {'less' if difference >= 0 else 'more'}"
    else:
        change = f"has a loss {format_points(difference)} {'lower' if difference >= 0 else 'higher'}"
    return f"{opening}: the shared model now {change} {wording.place}."


def _no_change(feedback: PracticeFeedback, wording: Wording) -> str:
    """It says what the head says, or it was worse in its own group: a repair only ever lowers the loss, so a
    patch with a gain of its own cannot end here."""
    if feedback.loss_alone is None or (not feedback.wins_alone and not feedback.losses_alone):
        return "it answers every practice row as well as the shared model already does"
    if wording.is_zero_one:
        compared = f"it errs on {feedback.loss_alone:.1%}, the shared model on {feedback.loss_before:.1%}"
    else:
        higher = format_points(feedback.loss_alone - feedback.loss_before)
        compared = f"its loss is {higher} higher than the shared model's"
    return f"in the group {compared}, so a repair took it back"


def _practice(feedback: PracticeFeedback, wording: Wording, tally: str) -> str:
    if not wording.certified:
        gained = format_points(feedback.gain) + (" less loss" if feedback.gain >= 0 else " more loss")
        return (
            f"on practice rows it means {gained} overall; {format_points(wording.alpha)} less are asked for"
        )
    if feedback.gain <= 0:
        return f"{tally}, which makes the shared model no better"
    chance = "" if feedback.chance is None else f" (chance of passing now {format_chance(feedback.chance)})"
    if feedback.changed_needed is None:
        return f"{tally}, too few to be sure{chance}"
    enough = max(feedback.changed_needed, feedback.changed + 1)
    return f"{tally}; about {enough:,}, won as often, would be enough to be sure{chance}"


def format_chance(share: float) -> str:
    """A predicted chance in percent, which is never called certain."""
    if share < 0.01:
        return "under 1%"
    return "over 99%" if share > 0.99 else f"{share:.0%}"


def unsure_words(unsure: Sequence[str], wording: Wording) -> str:
    """Words on the groups, by their keys, whose harm the block could not certify."""
    names = [wording.names.get(key, "a protected group") for key in unsure]
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return (
        f"of {names[0] if names else 'a protected group'}{others} there would be too few certification rows to show "
        f"that harm is at most {format_points(wording.tolerance or 0.0)}"
    )


def _harm(feedback: PracticeFeedback, wording: Wording) -> str:
    """Names a group only where practice rows themselves point to one: the alarm's group stays secret."""
    worse = [line for line in feedback.groups if line.after > line.before]
    if not worse:
        return "the certification rows show that it makes a protected group worse"
    line = max(worse, key=lambda line: line.after - line.before)
    name = wording.names.get(line.key, "a protected group")
    return (
        "the certification rows show that it makes a protected group worse; on practice rows "
        f"{name} are {format_points(line.after - line.before)} worse off"
    )
