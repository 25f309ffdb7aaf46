"""Speed of predictions with long decision lists: `python -m benchmarks.prediction [--json] [--quick] [--rows N]
[--nodes N]`.

What a list costs is held against calling each leaf once on the rows that reach it, gathered in advance: no list
could do with less. Groups are expressions, patches are trees that were fitted on their groups.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.figures import progress, report
from evaluator.decision_list import Node, PointerDecisionList, Repair, Update
from evaluator.decision_list.parts import GroupAndPatch, Part, load_answer
from evaluator.fitting import fit_patch
from evaluator.losses import Loss
from evaluator.schema import Column, Label, Schema

# (rows, nodes)
DEFAULT = ((100_000, 40), (100_000, 2_000), (100_000, 3_000), (1_000_000, 40), (1_000_000, 3_000))
QUICK = ((20_000, 40), (20_000, 3_000))
NODES_A_PATCH = 6  # a repair or more for every patch, as long lists have
FITTED = 6  # different patches; they are used in turns
MOST_TIMES = 3
CHECKED_ROWS = 300


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="small tables only")
    parser.add_argument("--rows", type=int, help="one size only")
    parser.add_argument("--nodes", type=int, help="one length only")
    options = parser.parse_args()
    sizes: tuple[tuple[int, int], ...] = QUICK if options.quick else DEFAULT
    if options.rows or options.nodes:
        sizes = ((options.rows or 100_000, options.nodes or 3_000),)
    rng = np.random.default_rng(0)
    fitted = fit(rng)
    for rows, nodes in sizes:
        measure_predictions(build_list(rng, nodes, fitted), draw_people(rng, rows), as_json=options.json)


def measure_predictions(model: PointerDecisionList, frame: pd.DataFrame, *, as_json: bool) -> None:
    """Print the times of a list's predictions on a table."""
    place = f"{len(frame)} rows, {len(model.nodes)} nodes"
    progress(place)
    again = 9 if len(frame) <= 100_000 else 3
    X = model.schema.conform(frame)
    leaves = model.leaves(frame)
    tables = [
        (int(leaf), X.iloc[np.flatnonzero(leaves == leaf)].reset_index(drop=True))
        for leaf in np.unique(leaves)
    ]
    asked = {
        part: load_answer(part, model.schema, model.loss) for part in (model.base, *_patches(model).values())
    }

    def call_leaves() -> None:
        for leaf, table in tables:
            asked[model.base if leaf == 0 else _patches_of[leaf]](table)

    _patches_of = _patches(model)
    model.predict(frame)
    # In turns, so that whatever else the machine does meets all of them.
    whole, least, alone = _in_turns(
        [lambda: model.predict(frame), call_leaves, lambda: asked[model.base](X)], again
    )
    figures = [
        ("prediction", statistics.median(whole), "s", None),
        ("leaves that were reached", len(tables), "", None),
        ("each of these called once", statistics.median(least), "s", None),
        (
            "times the leaves",
            statistics.median(w / x for w, x in zip(whole, least, strict=True)),
            "",
            MOST_TIMES,
        ),
        (
            "times the base model alone",
            statistics.median(w / a for w, a in zip(whole, alone, strict=True)),
            "",
            None,
        ),
    ]
    for name, value, unit, most in figures:
        goal = None if most is None else f"<= {most}"
        report(f"{place}: {name}", value, unit, goal, most is None or value <= most, as_json=as_json)
    some = frame.sample(CHECKED_ROWS, random_state=1)
    agreed = float(np.mean(predict_by_definition(model, some) == model.predict(some)))
    report(f"{place}: agreement row by row", agreed, "share", "= 1", agreed == 1, as_json=as_json)


def fit(rng: np.random.Generator) -> list[Part]:
    """Trees for random thirds of a table."""
    progress(f"fitting {FITTED} patches")
    frame, parts = draw_people(rng, 3_000), []
    X = SCHEMA.conform(frame)
    for number in range(FITTED):
        wave = frame["AGE"] * (1 + number % 5) + frame["HOURS"] * (number % 7) + rng.normal(0, 20, len(frame))
        y = (wave > wave.median()).to_numpy().astype(np.int16)
        some = rng.random(len(frame)) < 1 / 3
        kept = X[some].reset_index(drop=True)
        parts.append(Part("skops", fit_patch("tree", kept, y[some], SCHEMA, ZERO_ONE).content, "predict"))
    return parts


def build_list(rng: np.random.Generator, length: int, fitted: list[Part]) -> PointerDecisionList:
    """A random list in which every patch is followed by repairs of older groups."""
    parts: dict[str, GroupAndPatch] = {}
    nodes: list[Node] = []
    updates = [0]
    for position in range(length):
        if position % NODES_A_PATCH == 0:
            key = f"submission:{len(parts)}"
            parts[key] = GroupAndPatch(_group(rng), fitted[len(parts) % len(fitted)])
            nodes.append(Update(key))
            updates.append(position)
        else:
            key = f"submission:{rng.integers(len(parts))}"
            nodes.append(Repair(key, int(rng.choice(updates))))
    return PointerDecisionList(SCHEMA, ZERO_ONE, fitted[0], nodes, parts)


def draw_people(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """A random table of people."""
    return pd.DataFrame(
        {
            "AGE": rng.integers(0, 100, rows),
            "HOURS": rng.integers(0, 80, rows),
            "JOB": rng.integers(1, 10, rows),
            "STATE": rng.integers(1, 52, rows),
            "SEX": rng.integers(1, 3, rows),
        }
    )


def predict_by_definition(model: PointerDecisionList, frame: pd.DataFrame) -> NDArray[Any]:
    """Row by row from the newest node to the oldest, one question after the other."""
    X = model.schema.conform(frame)
    inside = {key: load_answer(pair.group, model.schema, model.loss)(X) for key, pair in model.parts.items()}
    reached = np.zeros(len(X), dtype=int)
    for row in range(len(X)):
        position = len(model.nodes)
        while position:
            node = model.nodes[position - 1]
            if not inside[node.key][row]:
                position -= 1
            elif isinstance(node, Repair):
                position = node.target
            else:
                break
        reached[row] = position
    answers = np.zeros(len(X), dtype=int)
    patches = _patches(model)
    for leaf in np.unique(reached):
        answer = load_answer(patches.get(int(leaf), model.base), model.schema, model.loss)
        answers[reached == leaf] = answer(X)[reached == leaf]
    return answers


def _patches(model: PointerDecisionList) -> dict[int, Part]:
    pairs = {number: model.parts[node.key] for number, node in enumerate(model.nodes, start=1)}
    return {number: pair.patch for number, pair in pairs.items() if pair.patch is not None}


def _group(rng: np.random.Generator) -> Part:
    """Conjunctions over few thresholds, which repeat, as people's do."""
    conditions = [
        f"AGE >= {10 * rng.integers(0, 9)}",
        f"AGE < {10 * rng.integers(2, 11)}",
        f"HOURS > {5 * rng.integers(0, 14)}",
        f"JOB == {rng.integers(1, 10)}",
        f"STATE in ({', '.join(str(s) for s in sorted(rng.choice(51, 5, replace=False) + 1))})",
        f"SEX == {rng.integers(1, 3)}",
    ]
    chosen = rng.choice(len(conditions), int(rng.integers(2, 5)), replace=False)
    return Part.expression(" and ".join(conditions[i] for i in sorted(chosen)))


def _in_turns(asks: Sequence[Callable[[], object]], rounds: int) -> list[list[float]]:
    """Seconds of each, round by round."""
    times: list[list[float]] = [[] for _ in asks]
    for _ in range(rounds):
        for ask, seconds in zip(asks, times, strict=True):
            started = time.perf_counter()
            ask()
            seconds.append(time.perf_counter() - started)
    return times


SCHEMA = Schema(
    (
        Column("AGE", "number"),
        Column("HOURS", "number"),
        Column("JOB", "category", values=tuple(range(1, 10))),
        Column("STATE", "category", values=tuple(range(1, 52))),
        Column("SEX", "category", values=(1, 2)),
    ),
    Label("INCOME", "binary", (0, 1)),
)
ZERO_ONE = Loss("zero_one")


if __name__ == "__main__":
    main()
