"""A team's own model by the present rule: which patches it takes, and the practice loss that is told of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from evaluator.adjudication.noise import Noise
from evaluator.decision_list.engine import Engine
from evaluator.decision_list.repairs import Candidate, Head, Practice, Protected, Step, extend_head

# A team's own model is told as one more cell: with twice the noise, as it says little that the others do not.
_OWN_SCALE = 2.0
_SAME = 1e-12


def extend_own_model(
    head: Head,
    published: Sequence[Head],
    step: Step,
    protected: Sequence[Protected],
    practice: Practice,
    own_noise: Noise,
    loss_now: float,
) -> tuple[Candidate, float] | None:
    """The candidate for a team's own model with the practice loss that is told of it; None where that is no lower than
    what is told of the model now.
    """
    candidate = extend_head(head, published, step, protected, practice)
    return own_loss_below(candidate, head.predictions, practice, own_noise, loss_now)


def own_loss_below(
    candidate: Candidate,
    present: npt.NDArray[np.generic],
    practice: Practice,
    own_noise: Noise,
    loss_now: float,
) -> tuple[Candidate, float] | None:
    """A candidate for a team's own model with its noised practice loss, where this is below `loss_now`; else None.

    `present`: the model's predictions now. Where fewer than k answers change by a noised count nothing is taken, as
    what is told of it would speak of single people.
    """
    if own_noise.scale:
        unlike = candidate.predictions[practice.rows] != present[practice.rows]
        changed = int(np.count_nonzero(unlike if unlike.ndim == 1 else unlike.any(axis=1)))
        if own_noise.count("own:changed", changed) < practice.smallest_group:
            return None
    loss = noised_mean_loss(practice, candidate.predictions, own_noise)
    return (candidate, loss) if loss < loss_now - _SAME else None


def replay_own_model(
    base: npt.NDArray[np.generic],
    steps: Sequence[Step],
    declared: Sequence[Protected],
    practice: Practice,
    noises: Sequence[Noise],
    base_loss: float,
    *,
    gaining: bool,
) -> list[tuple[Candidate, float] | None]:
    """The candidates of a team's own model replayed over the base's predictions, each with the practice loss that is
    told of it; with `gaining` None for a step that the model would not take now.
    """
    engine, present, loss_now = Engine(base, practice, declared), base, base_loss
    found: list[tuple[Candidate, float] | None] = []
    for step, own_noise in zip(steps, noises, strict=True):
        proposal = engine.propose(step)
        candidate = proposal.candidate
        taken = (
            own_loss_below(candidate, present, practice, own_noise, loss_now)
            if gaining
            else (candidate, noised_mean_loss(practice, candidate.predictions, own_noise))
        )
        if taken is not None:
            engine.accept(proposal)
            present, loss_now = candidate.predictions, taken[1]
        found.append(taken)
    return found


def noised_mean_loss(practice: Practice, predictions: npt.NDArray[np.generic], own_noise: Noise) -> float:
    """The mean practice loss of a team's own model as it is told, from predictions over all rows."""
    losses = practice.loss.rows(practice.y, predictions[practice.rows])
    noised = replace(own_noise, scale=_OWN_SCALE * own_noise.scale)
    if practice.loss.is_zero_one:
        total: float = noised.count("own:wrong", int(np.count_nonzero(losses)))
    else:
        total = noised.total("own:loss", math.fsum(losses.tolist()))
    return min(1.0, total / max(1, len(losses)))
