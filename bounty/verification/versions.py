"""Versions in a replay: their records in the chain, and their recomputation from stored arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bounty.core import artifacts
from bounty.hash_chain.encoding import digest
from bounty.models import Competition
from bounty.models.stored_files import StoredFile
from bounty.scoring.credits import row_weights
from bounty.shared_model import arrays as version_arrays
from bounty.shared_model.practice_noise import noise_groups
from bounty.verification.differences import Difference, require_close, require_equal
from evaluator.adjudication.nominations import own_part
from evaluator.decision_list import Node, nodes_to_json
from evaluator.decision_list.repairs import Head, Practice, Protected, Step
from evaluator.errors import PlatformFault
from evaluator.scoring import points


@dataclass(frozen=True, eq=False)
class ReplayedVersion:
    """A version: its record in the chain (`data`, written in `entry`), its nodes and its predictions."""

    entry: int
    generation: int
    data: Mapping[str, Any]
    nodes: tuple[Node, ...]
    predictions: NDArray[Any]

    @property
    def head(self) -> Head:
        return Head(len(self.nodes), self.predictions)

    @property
    def submission(self) -> str:
        return str(self.data["submission"] or "")


@dataclass(frozen=True, eq=False)
class CountedFinding:
    """A finding that counts for points: its team, when it was decided, and its rows (bool over all rows).

    Only a confirmed one is paid.
    """

    submission: str
    team: int
    decided: str
    number: int
    mask: NDArray[np.bool_]
    confirmed: bool
    confirmed_at: str  # by the rule of 2026-11 when it was decided


def own_parts(
    competition: Competition, counting: Iterable[CountedFinding]
) -> list[tuple[CountedFinding, NDArray[np.bool_]]]:
    """Returns the findings that count, earliest first, each with the rows that it is judged and paid on."""
    found: list[tuple[CountedFinding, NDArray[np.bool_]]] = []
    for finding in sorted(counting, key=lambda each: (each.decided, each.number)):
        earlier = [each.mask for each, _ in found] if competition.rule_version > 1 else []
        found.append((finding, own_part(finding.mask, earlier)))
    return found


@dataclass
class Recomputation:
    """The arrays of a competition and one entry's rule, which versions are checked against."""

    competition: Competition
    rule: Mapping[str, Any]
    entry: int
    findings: Sequence[CountedFinding] = field(default_factory=tuple)
    # What was read of this table: the declared groups, and each accepted one. Kept from entry to entry.
    known: dict[str, list[Protected]] = field(default_factory=dict)

    def practice(self) -> Practice:
        competition = self.competition
        return Practice(
            competition.layout.rows_of("practice"),
            artifacts.read_labels(competition, "practice"),
            competition.loss,
            self.rule["tolerance"],
            self.rule["smallest_group"],
            len(competition.schema.label.classes) or None,
        )

    def array(self, stored: Mapping[str, Any], submission: str = "") -> NDArray[Any]:
        """Returns a stored array over the present rows. Raises Difference where the store lost it."""
        try:
            return artifacts.read_over_present_rows(self.competition, StoredFile.from_json(stored))
        except PlatformFault as error:
            raise Difference("file", str(error), entry=self.entry, submission=submission) from error

    def declared(self) -> list[Protected]:
        """Returns the declared groups. They are of the competition, not of an entry: read once a table."""
        if "declared" not in self.known:
            self.known["declared"] = version_arrays.load_declared_groups(self.competition)
        return self.known["declared"]

    def load_step(self, data: Mapping[str, Any]) -> Step:
        arrays, submission = data["arrays"], data["submission"]
        mask = self.array(arrays["mask"], submission).astype(bool, copy=False)
        return Step(f"submission:{submission}", mask, self.array(arrays["predictions"], submission))

    def protected(self, versions: Sequence[ReplayedVersion]) -> list[Protected]:
        return [*self.declared(), *(self._group(each) for each in versions if each.data["submission"])]

    def _group(self, version: ReplayedVersion) -> Protected:
        stored, submission = version.data["arrays"]["mask"], version.submission
        if stored["sha256"] not in self.known:
            mask = self.array(stored, submission).astype(bool, copy=False)
            self.known[stored["sha256"]] = [Protected(f"submission:{submission}", mask)]
        found = self.known[stored["sha256"]][0]
        # Two submissions may have the same group.
        return found if found.key.endswith(submission) else Protected(f"submission:{submission}", found.mask)

    def listed(
        self,
        generation: int,
        data: Mapping[str, Any],
        nodes: Sequence[Node],
        predictions: NDArray[Any],
        told: float | None = None,
    ) -> ReplayedVersion:
        """Returns the version. Raises Difference unless its nodes, predictions and practice loss are these. `told`: the
        loss that is told of a team's own model, where that has noise.
        """
        found = self.array(data["predictions"], data["submission"] or "")
        if found.dtype != predictions.dtype or not np.array_equal(found, predictions):
            rows = (
                ""
                if found.shape != predictions.shape
                else f" in row {_first_difference(found, predictions) + 1}"
            )
            raise Difference(
                f"predictions of version {data['number']}",
                f"they differ{rows}",
                entry=self.entry,
                submission=data["submission"] or "",
            )
        self.require_equal(
            f"nodes of version {data['number']}", data["nodes"], digest(nodes_to_json(nodes)), data
        )
        loss = version_arrays.mean_loss(self.competition, predictions, "practice") if told is None else told
        self.require_equal(f"practice loss of version {data['number']}", data["practice_loss"], loss, data)
        return ReplayedVersion(self.entry, generation, data, tuple(nodes), predictions)

    def groups(self, steps: Sequence[Step], predictions: Sequence[NDArray[Any]]) -> list[dict[str, Any]]:
        """Returns the losses of the groups that each version of a list protects, the base model first."""
        declared = self.declared()
        everything = [*declared, *(Protected(step.key, step.mask) for step in steps)]
        found = version_arrays.group_losses_of_heads(everything, self.practice(), predictions)
        names = [group.key for group in everything]
        return [
            {key: value for key, value in known.items() if key in set(names[: len(declared) + number])}
            for number, known in enumerate(found)
        ]

    def check_shared(
        self,
        version: ReplayedVersion,
        before: Sequence[ReplayedVersion],
        groups: Mapping[str, Sequence[float]],
        carried: Mapping[str, Any] | None = None,
    ) -> None:
        """Raises Difference unless the version's other losses, groups and credits follow; `carried` is the version of
        the list before, whose practice figures and points a rebuilt one keeps where rows are people.
        """
        data, number = version.data, version.data["number"]
        if carried is not None:
            told = carried["groups"]
        else:
            told = digest(noise_groups(self.competition, groups, version.generation, number))
        self.require_equal(f"groups of version {number}", data["groups"], told, data)
        explore = version_arrays.mean_loss(self.competition, version.predictions, "explore")
        self.require_equal(f"explore loss of version {number}", data["explore_loss"], explore, data)
        if carried is not None:
            self.require_equal(f"credits of version {number}", data["credits"], carried["credits"], data)
        elif before:
            self._same_credits(f"credits of version {number}", [*before, version], final=False)
        if data["final_loss"] is not None and self.competition.is_closed:
            final = version_arrays.mean_loss(self.competition, version.predictions, "final")
            self.require_equal(f"final loss of version {number}", data["final_loss"], final, data)
            if before:
                self._same_credits(f"final credits of version {number}", [*before, version], final=True)

    def _same_credits(self, name: str, versions: Sequence[ReplayedVersion], *, final: bool) -> None:
        data = versions[-1].data
        given = data["final_credits" if final else "credits"]
        expected = self.credits(versions, final=final)
        self.require_equal(f"{name}: teams", sorted(given), sorted(expected), data)
        for team, gained in expected.items():
            require_close(name, given[team], gained, entry=self.entry, submission=data["submission"])

    def credits(self, versions: Sequence[ReplayedVersion], *, final: bool) -> dict[str, float]:
        """Returns each team's points for the last of these versions."""
        competition, split = self.competition, "final" if final else "practice"
        rows, y = competition.layout.rows_of(split), artifacts.read_labels(competition, split)
        base, before, after = (
            competition.loss.rows(y, version.predictions[rows])
            for version in (versions[0], versions[-2], versions[-1])
        )
        data = versions[-1].data
        earned = points.version_credits(
            int(data["team"]),
            before,
            after,
            base_loss=base,
            weights=row_weights(competition, final=final),
            findings=[
                points.CreditedFinding(finding.team, own[rows])
                for finding, own in own_parts(competition, self.findings)
                if finding.confirmed
                and max(finding.decided, "" if final else finding.confirmed_at) < data["sent"]
            ],
        )
        return {str(team): gained for team, gained in earned.items()}

    def require_equal(self, name: str, found: Any, expected: Any, data: Mapping[str, Any]) -> None:
        """Raises Difference, with the entry and the submission, unless the two are equal."""
        require_equal(name, found, expected, entry=self.entry, submission=data["submission"])


def _first_difference(found: NDArray[Any], predictions: NDArray[Any]) -> int:
    differ = found != predictions
    return int((differ if differ.ndim == 1 else differ.any(axis=1)).argmax())
