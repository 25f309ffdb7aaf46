"""Random lists over tiny tables, and the row-by-row definition that they are held against."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from evaluator.decision_list import Head, Node, Practice, Protected, Repair, Step, Update
from evaluator.losses import Loss, to_units


def answer_of_row(nodes, base, masks, patches, row):
    """The definition: from newest to oldest; a repair continues at an older head."""
    if not nodes:
        return base[row]
    *older, node = nodes
    if not masks[node.key][row]:
        return answer_of_row(older, base, masks, patches, row)
    if isinstance(node, Update):
        return patches[node.key][row]
    return answer_of_row(nodes[: node.target], base, masks, patches, row)


def answers(nodes, base, masks, patches):
    rows = [answer_of_row(list(nodes), base, masks, patches, row) for row in range(len(base))]
    return np.array(rows, dtype=base.dtype)


def naive_replay(base, steps, declared, practice):
    """Recompute every head row by row after every node; choose repairs by the text of the rule."""
    masks = {p.key: p.mask for p in declared} | {s.key: s.mask for s in steps}
    patches = {s.key: s.predictions for s in steps}
    rows = practice.rows
    nodes, published, protected = [], [0], [p.key for p in declared]

    def units(position):
        predictions = answers(nodes[:position], base, masks, patches)
        return to_units(practice.loss.rows(practice.y, predictions[rows]))

    for step in steps:
        nodes.append(Update(step.key))
        protected.append(step.key)
        while True:
            now, worst = units(len(nodes)), None
            for key in protected:
                inside = masks[key][rows]
                size = int(inside.sum())
                if size == 0 or (key.startswith("submission") and size < practice.smallest_group):
                    continue
                sums = [int(units(position)[inside].sum()) for position in published]
                excess = int(now[inside].sum()) - min(sums)
                if excess > round(practice.tolerance * 2**30) * size and (
                    worst is None or excess * worst[1] > worst[0] * size
                ):
                    worst = (excess, size, Repair(key, published[int(np.argmin(sums))]))
            if worst is None:
                break
            nodes.append(worst[2])
        published.append(len(nodes))
    return nodes, answers(nodes, base, masks, patches)


@st.composite
def node_lists(draw, keys=5, most=12) -> tuple[Node, ...]:
    nodes: list[Node] = []
    for position in range(draw(st.integers(0, most))):
        key = f"submission:{draw(st.integers(0, keys - 1))}"
        if draw(st.booleans()):
            nodes.append(Update(key))
        else:
            nodes.append(Repair(key, draw(st.integers(0, position))))
    return tuple(nodes)


LOSSES = {
    "zero_one": Loss("zero_one"),
    "cost": Loss("cost", costs=((0.0, 0.3, 1.0), (0.25, 0.0, 0.5), (0.8, 0.1, 0.0))),
    "squared": Loss("squared"),
    "absolute": Loss("absolute"),
    "log": Loss("log"),
}


def draw_truth(rng, loss, n):
    return rng.random(n) if loss.prediction_kind == "values" else rng.integers(0, 3, n).astype(np.int16)


def draw_predictions(rng, loss, y):
    """Right in a random share of the rows; coarse, so that ties are frequent."""
    n, right = len(y), rng.random(len(y)) < rng.random()
    if loss.prediction_kind == "probabilities":
        sure = np.where(right, y, rng.integers(0, 3, n))
        return np.eye(3)[sure] * 0.5 + 0.5 / 3
    wrong = rng.integers(0, 5, n) / 4 if loss.prediction_kind == "values" else rng.integers(0, 3, n)
    return np.where(right, y, wrong).astype(y.dtype)


@st.composite
def histories(draw):
    """A base model, steps that were accepted one after the other, declared groups and practice rows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = int(rng.integers(2, 40))
    first = int(rng.integers(0, n))
    rows = slice(first, int(rng.integers(first + 1, n + 1)))
    loss = LOSSES[draw(st.sampled_from(sorted(LOSSES)))]
    y = draw_truth(rng, loss, n)

    def mask():
        return rng.random(n) < rng.choice([0.0, 0.1, 0.3, 0.7, 1.0])

    tolerance, smallest = draw(st.sampled_from([0.0, 0.0, 0.05])), draw(st.sampled_from([1, 3]))
    practice = Practice(rows, y[rows], loss, tolerance, smallest)
    steps = []
    for i in range(draw(st.integers(1, 7))):
        step = Step(f"submission:{i}", mask(), draw_predictions(rng, loss, y))
        if steps and rng.random() < 0.15:  # the same again, by somebody else
            again = steps[rng.integers(len(steps))]
            step = Step(step.key, again.mask, again.predictions)
        steps.append(step)
    declared = [Protected(f"declared:{i}", mask(), declared=True) for i in range(draw(st.integers(0, 3)))]
    return Head(0, draw_predictions(rng, loss, y)), steps, declared, practice
