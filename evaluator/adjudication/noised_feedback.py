"""Feedback on a patch by the present rule, as a verdict stores it: derived from noised cells, with its sentence.

Figures are the patch's alone, on its own group. What the whole candidate does, its repairs among it, is told once it
has passed its query (docs/science.md, What a verdict tells of a person).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

from evaluator.adjudication.feedback import (
    GroupLine,
    Wording,
    format_chance,
    format_points,
    past_gate_sentence,
    unsure_words,
)
from evaluator.decision_list import Repair

Reason = Literal[
    "accepted",
    "too_few",  # fewer than k practice rows are in the group, by the noised count
    "no_change",  # it answers practice rows as the head does
    "practice",  # the practice gate
    "allowance",  # the team has no queries left
    "no_block",  # no certification rows are left
    "unsure_harm",  # a protected group has too few rows for its harm to be certified
    "waiting",  # it passed the gate and waits for its query
    "refused",  # the certification query
    "harm",  # the certification query, for harm
]


@dataclass(frozen=True)
class CandidateFeedback:
    """The whole candidate, a patch with its repairs, on all practice rows. Told once it has passed its query.

    `groups` are the declared ones, exact as the new version publishes them.
    """

    overall_before: float
    overall_after: float
    loss_after: float  # in the patch's group
    wins: int | None
    losses: int | None
    p_value: float
    chance: float | None
    repairs: tuple[Repair, ...] = ()  # oldest first
    groups: tuple[GroupLine, ...] = ()

    @property
    def gain(self) -> float:
        """The fall of the overall mean loss."""
        return self.overall_before - self.overall_after

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CandidateFeedback:
        """The figures that `to_json` of the whole feedback wrote."""
        return cls(
            **{
                **data,
                "repairs": tuple(Repair(line["key"], line["target"]) for line in data["repairs"]),
                "groups": tuple(map(GroupLine.from_json, data["groups"])),
            }
        )


@dataclass(frozen=True)
class NoisedFeedback:
    """Figures of a patch alone in its group, from noised cells of practice rows: they add up, and are about right.

    Losses are means in [0, 1]; counts are rows. Where the group is too small to say anything only `rows` is filled in.
    """

    reason: Reason
    scale: float  # of the noise; 0 where the figures are exact
    rows: int
    weight: float = 0.0  # their share of all practice rows
    loss_before: float = 0.0  # at the head, inside the group
    loss_alone: float = 0.0  # the patch itself, before any repair
    gain: float = 0.0  # by which it alone would lower the overall mean loss
    wins: int | None = None  # rows that it puts right; None for other losses than 0-1
    losses: int | None = None
    p_value: float = 1.0  # one-sided, of the patch alone
    chance: float | None = None  # of the patch alone; None under the plain rule, which predicts nothing
    needed_gate: float | None = None  # the least chance that was asked of this author
    changed_needed: int | None = None  # changed rows, won as often, that would pass the gate
    wins_needed: int | None = None  # wins of the same changed rows that would
    gain_needed: float | None = (
        None  # where rows are not counted: the gain that would be enough, changed as much
    )
    few_changes: int = 0  # k, where fewer answers change than that: of these nothing is told then
    whole: CandidateFeedback | None = None
    unsure: tuple[str, ...] = ()  # keys of the groups that the block could not certify

    @property
    def changed(self) -> int | None:
        """Practice rows put right or made wrong; None for other losses than 0-1."""
        return None if self.wins is None or self.losses is None else self.wins + self.losses

    @property
    def is_better(self) -> bool:
        """Whether the patch alone does better than the head in its own group."""
        return self.loss_alone < self.loss_before

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NoisedFeedback:
        """The feedback that `to_json` wrote."""
        known = {name: value for name, value in data.items() if name not in ("kind", "rule")}
        whole = known.pop("whole")
        return cls(
            **{
                **known,
                "reason": cast(Reason, data["reason"]),
                "whole": None if whole is None else CandidateFeedback.from_json(whole),
                "unsure": tuple(known["unsure"]),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON that is stored with the verdict."""
        data = {"kind": "patch", "rule": 2, **asdict(self), "unsure": list(self.unsure)}
        if self.whole is not None:
            repairs = [dict(vars(repair)) for repair in self.whole.repairs]
            groups = [dict(vars(line)) for line in self.whole.groups]
            data["whole"] = {**asdict(self.whole), "repairs": repairs, "groups": groups}
        return data


def noised_sentence(feedback: NoisedFeedback, wording: Wording, smallest_group: int) -> str:
    """The verdict in one sentence, beginning with one of the platform's fixed words."""
    tally = _tally(feedback)
    match feedback.reason:
        case "accepted":
            return _accepted(feedback, wording)
        case "too_few":
            about = "about " if feedback.scale else ""
            return (
                f"Not shown yet: fewer than {about}{smallest_group} practice rows are in this group, too few to say "
                "anything."
            )
        case "no_change" if feedback.few_changes:
            return f"Not shown yet: {tally}."
        case "no_change":
            return "Not shown yet: it answers practice rows as the shared model already does."
        case "practice":
            return f"Not shown yet: {_practice(feedback, wording, tally)}."
        case "allowance" | "no_block" | "refused":
            return past_gate_sentence(feedback.reason, tally, wording.tolerance)
        case "unsure_harm":
            return f"Not shown yet: {tally}, but {unsure_words(feedback.unsure, wording)}."
        case "waiting":
            return f"Not shown yet: {tally}; it passed the gate and waits for its certification query."
        case "harm":
            return "Harm seen: the certification rows show that it makes a protected group worse."


def _about(feedback: NoisedFeedback) -> str:
    return "about " if feedback.scale else ""


def _tally(feedback: NoisedFeedback) -> str:
    about = _about(feedback)
    if feedback.few_changes:
        return (
            f"it changed fewer than about {feedback.few_changes} answers on practice rows, or by very little"
        )
    if feedback.wins is None or feedback.changed is None:
        change = feedback.loss_before - feedback.loss_alone
        less = "less" if change >= 0 else "more"
        return f"in its group it had {about}{format_points(change)} {less} loss on practice rows"
    return f"it won {about}{feedback.wins:,} of the {feedback.changed:,} answers it changed on practice rows"


def _accepted(feedback: NoisedFeedback, wording: Wording) -> str:
    opening = "Accepted" if wording.certified else "Accepted by the plain rule, not certified"
    after = feedback.whole.loss_after if feedback.whole is not None else feedback.loss_alone
    difference = feedback.loss_before - after
    shown = f"{_about(feedback)}{format_points(difference)}"
    if wording.is_zero_one:
        change = f"errs {shown} {'less' if difference >= 0 else 'more'}"
    else:
        change = f"has a loss {shown} {'lower' if difference >= 0 else 'higher'}"
    return f"{opening}: the shared model now {change} {wording.place}."


def _practice(feedback: NoisedFeedback, wording: Wording, tally: str) -> str:
    if not wording.certified:
        gained = format_points(feedback.gain) + (" less loss" if feedback.gain >= 0 else " more loss")
        return (
            f"on practice rows it alone means {_about(feedback)}{gained} overall; {format_points(wording.alpha)} less "
            "are asked for"
        )
    if feedback.few_changes:
        return f"{tally}, too little to say anything, or to be sure"
    if not feedback.is_better:
        return f"{tally}, no better there than the shared model"
    chance, gate = feedback.chance, feedback.needed_gate
    if chance is not None and gate is not None and chance >= gate and feedback.p_value <= 0.05:
        return f"{tally}, but with all that it would change for protected groups it does not pass the practice gate"
    said = "" if chance is None else f" (chance of passing now {format_chance(chance)})"
    if feedback.changed is None and feedback.gain_needed is not None:
        least = format_points(feedback.gain_needed)
        return f"{tally}; about {least} less overall loss, changed alike, would be enough to be sure{said}"
    if feedback.changed is None or feedback.changed_needed is None:
        return f"{tally}, too little to be sure{said}"
    enough = max(feedback.changed_needed, feedback.changed + 1)
    return f"{tally}; about {enough:,}, won as often, would be enough to be sure{said}"
