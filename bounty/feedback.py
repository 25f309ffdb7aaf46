"""A verdict as its page shows it: arithmetic on practice rows, groups, repairs, and what to try next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bounty.advice import ROLLED_BACK, after_finding, after_patch
from bounty.figures import Scale, scale_of
from bounty.models import Competition, DeclaredGroup, Submission, Verdict
from bounty.standing import measure, practice_sample


@dataclass(frozen=True)
class Line:
    """One line of arithmetic: what, how much, and what that means."""

    what: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class GroupRow:
    """A protected group on practice rows, before and after."""

    name: str
    rows: int
    before: str
    after: str
    change: str
    direction: str  # better, worse or same


@dataclass(frozen=True)
class Feedback:
    """What a team reads about one verdict."""

    lines: tuple[Line, ...]
    groups: tuple[GroupRow, ...]
    repairs: tuple[str, ...]
    advice: tuple[str, ...]

    @classmethod
    def of(cls, submission: Submission, verdict: Verdict) -> Feedback | None:
        """None where nothing was measured."""
        data = verdict.practice
        if not data:
            return None
        competition = submission.competition
        if data.get("kind") == "finding":
            return cls(_finding_lines(competition, data), (), (), after_finding(submission, data))
        names = group_names(
            competition, [*(g["key"] for g in data["groups"]), *(r["key"] for r in data["repairs"])]
        )
        return cls(
            _patch_lines(competition, data),
            tuple(_group_row(scale_of(competition.loss), names, line) for line in data["groups"]),
            _repairs(competition, verdict, names, data["repairs"]),
            _advice(submission, data, names),
        )


def _advice(submission: Submission, data: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, ...]:
    if data["reason"] == "accepted" and submission.state == Submission.State.NOT_SHOWN:
        return (ROLLED_BACK,)
    return after_patch(data, names, submission.key)


def group_names(competition: Competition, keys: Iterable[str]) -> dict[str, str]:
    """Protected groups' keys in words: declared ones by their name, accepted ones by the group in words."""
    wanted = set(keys)
    declared = DeclaredGroup.objects.filter(competition=competition)
    names = {group.key: group.name for group in declared if group.key in wanted}
    ids = [key.removeprefix("submission:") for key in wanted if key.startswith("submission:")]
    for other in Submission.objects.filter(competition=competition, pk__in=ids):
        names[other.key] = other.words or f"the group of #{other.number}"
    return names


def _measured(competition: Competition, loss: float, rows: int) -> str:
    """A mean loss with its 95% interval; rows of one person count once together."""
    measured = measure(loss, rows, scale_of(competition.loss), practice_sample(competition))
    # Joined, so that a narrow column breaks before the bracket, never inside it.
    interval = measured.interval.replace("–", "\u2060–\u2060")
    return f"{measured.text} ({interval})"


def _patch_lines(competition: Competition, data: Mapping[str, Any]) -> tuple[Line, ...]:
    scale = scale_of(competition.loss)
    everyone = competition.layout.rows_of("practice")
    total = everyone.stop - everyone.start
    lines = [
        Line("Group", f"{data['rows']:,} rows", f"{data['weight']:.1%} of the {total:,} practice rows"),
    ]
    if data["rows"]:
        lines += [
            Line(
                f"{scale.word.capitalize()} in the group before",
                _measured(competition, data["loss_before"], data["rows"]),
            ),
            *_alone_line(competition, data),
            Line(
                f"{scale.word.capitalize()} in the group, with this patch",
                _measured(competition, data["loss_after"], data["rows"]),
                scale.change(data["loss_before"], data["loss_after"])
                + (", repairs included" if data["repairs"] else ""),
            ),
            Line(
                f"{scale.word.capitalize()} overall",
                f"{scale.text(data['overall_before'])} → {scale.text(data['overall_after'])}",
                scale.change(data["overall_before"], data["overall_after"])
                + (", repairs included" if data["repairs"] else ""),
            ),
        ]
    lines += _gate_lines(competition, data)
    return tuple(lines)


def _alone_line(competition: Competition, data: Mapping[str, Any]) -> list[Line]:
    """The patch itself, before repairs; verdicts written before this was measured have none."""
    if not data["repairs"] or "loss_alone" not in data:
        return []
    scale = scale_of(competition.loss)
    return [
        Line(
            f"{scale.word.capitalize()} in the group, the patch alone",
            _measured(competition, data["loss_alone"], data["rows"]),
            f"{scale.change(data['loss_before'], data['loss_alone'])} before repairs; "
            f"won {data['wins_alone']:,}, lost {data['losses_alone']:,}",
        )
    ]


def _gate_lines(competition: Competition, data: Mapping[str, Any]) -> list[Line]:
    changed = data["changed"]
    if not changed:
        return [Line("Changed answers", "0 rows", "where nothing changes, nothing can be gained")]
    lines = [
        Line("Changed answers", f"{changed:,} rows", f"won {data['wins']:,}, lost {data['losses']:,}"),
        Line(
            "Could that be luck?",
            _chance(data["p_value"]),
            f"one-sided, on practice rows; at most {competition.gate_level:g} is asked for",
        ),
    ]
    if data["chance"] is not None:
        lines.append(
            Line(
                "Chance of passing certification",
                _percent(data["chance"]),
                f"predicted; a query is asked from {competition.gate_chance:.0%}",
            )
        )
    needed = data["changed_needed"]
    if needed is not None and needed > changed:
        lines.append(Line("What would pass", f"about {needed:,} changed rows", "at the same share of wins"))
    wins = data["wins_needed"]
    if wins is not None and wins > data["wins"]:
        lines.append(
            Line(
                "Or, of the same rows",
                f"about {wins:,} wins",
                f"of {changed:,} changed; now {data['wins']:,}",
            )
        )
    return lines


def _finding_lines(competition: Competition, data: Mapping[str, Any]) -> tuple[Line, ...]:
    scale = scale_of(competition.loss)
    everyone = competition.layout.rows_of("practice")
    total = everyone.stop - everyone.start
    lines = [Line("Group", f"{data['rows']:,} rows", f"{data['weight']:.1%} of the {total:,} practice rows")]
    if data["rows"]:
        inside = _measured(competition, data["loss_inside"], data["rows"])
        outside = _measured(competition, data["loss_outside"], total - data["rows"])
        word = scale.word.capitalize()
        lines += [
            Line(
                f"{word} in the group",
                inside,
                scale.change(data["loss_outside"], data["loss_inside"]) + " than elsewhere",
            ),
            Line(f"{word} of everyone else", outside),
            Line(
                "Could that be luck?",
                _chance(data["p_value"]),
                f"{_chance(data['p_adjusted'])} counting all your team's findings (Holm); at most 0.05 confirms",
            ),
        ]
    if data["largest_overlap"]:
        lines.append(
            Line(
                "Found before",
                f"{data['largest_overlap']:.0%}",
                "of it, in the most similar confirmed finding",
            )
        )
    return tuple(lines)


def _group_row(scale: Scale, names: Mapping[str, str], line: Mapping[str, Any]) -> GroupRow:
    before, after = line["before"], line["after"]
    change = scale.change(before, after)
    direction = "same" if change == "unchanged" else ("better" if after < before else "worse")
    name = names.get(line["key"], "a protected group")
    return GroupRow(name, line["rows"], scale.text(before), scale.text(after), change, direction)


def _repairs(
    competition: Competition, verdict: Verdict, names: Mapping[str, str], repairs: Iterable[Mapping[str, Any]]
) -> tuple[str, ...]:
    """Each repair as a sentence. A target is a number of nodes; readers know versions."""
    found = list(repairs)
    if not found:
        return ()
    versions = competition.versions.filter(generation=verdict.generation).order_by("number")
    number_at = {len(version.nodes_json): version.number for version in versions}
    sentences = []
    for repair in found:
        number = number_at.get(repair["target"])
        back_to = (
            "the base model"
            if number == 0
            else "an earlier version"
            if number is None
            else f"version {number}"
        )
        sentences.append(
            f"{names.get(repair['key'], 'A protected group')}: answered as {back_to} did, which served it better."
        )
    return tuple(sentences)


def _percent(share: float) -> str:
    """A predicted chance is never certain."""
    if share < 0.01:
        return "under 1%"
    return "over 99%" if share > 0.99 else f"{share:.0%}"


def _chance(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"
