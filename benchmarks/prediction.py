"""Answering with a long decision list: `python -m benchmarks.prediction [--json] [--rows N] [--nodes N]`."""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import pandas as pd

from benchmarks.figures import progress, report
from evaluator.decision_list import Node, PointerDecisionList, Repair, Update
from evaluator.losses import Loss
from evaluator.parts import GroupAndPatch, Part, load
from evaluator.schema import Column, Label, Schema

GROUPS = 100
CHECKED_ROWS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=3_000)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    model, frame = build(rng, options.nodes), people(rng, options.rows)

    progress(f"{options.rows:,} rows through {options.nodes:,} nodes")
    seconds = statistics.median(_seconds(model, frame) for _ in range(5))
    report("prediction", seconds, "s", "<= 2", seconds <= 2, as_json=options.json)

    progress(f"{CHECKED_ROWS} rows, one by one, by the definition")
    some = frame.sample(CHECKED_ROWS, random_state=1)
    agreed = float(np.mean(by_definition(model, some) == model.predict(some)))
    report("agreement with the definition", agreed, "share", "= 1", agreed == 1, as_json=options.json)


def build(rng: np.random.Generator, length: int) -> PointerDecisionList:
    """A random list over 100 groups of 1% to 30% of the rows; a third of its nodes are repairs."""
    columns = (
        Column("AGE", "number"),
        Column("HOURS", "number"),
        Column("JOB", "category", values=(1, 2, 3)),
    )
    schema = Schema(columns, Label("INCOME", "binary", (0, 1)))
    parts = {f"submission:{i}": GroupAndPatch(_group(rng), Part.constant(i % 2)) for i in range(GROUPS)}
    nodes: list[Node] = []
    for position in range(length):
        key = f"submission:{rng.integers(GROUPS)}"
        nodes.append(Repair(key, int(rng.integers(position + 1))) if rng.random() < 1 / 3 else Update(key))
    return PointerDecisionList(schema, Loss("zero_one"), Part.constant(0), nodes, parts)


def people(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "AGE": rng.integers(0, 100, rows),
            "HOURS": rng.integers(0, 80, rows),
            "JOB": rng.integers(1, 4, rows),
        }
    )


def by_definition(model: PointerDecisionList, frame: pd.DataFrame) -> np.ndarray:
    """Row by row from the newest node to the oldest, one question after the other."""
    X = model.schema.conform(frame)
    inside = {key: load(pair.group, model.schema, model.loss)(X) for key, pair in model.parts.items()}
    answers = np.zeros(len(X), dtype=int)
    for row in range(len(X)):
        position = len(model.nodes)
        while position:
            node = model.nodes[position - 1]
            if not inside[node.key][row]:
                position -= 1
            elif isinstance(node, Repair):
                position = node.target
            else:
                answers[row] = int(node.key.split(":")[1]) % 2
                break
    return answers


def _group(rng: np.random.Generator) -> Part:
    age, hours, width = rng.integers(0, 80), rng.integers(0, 60), rng.integers(5, 20)
    return Part.expression(
        f"{age} <= AGE < {age + width} and HOURS >= {hours} or JOB == {rng.integers(1, 4)} and AGE == {age}"
    )


def _seconds(model: PointerDecisionList, frame: pd.DataFrame) -> float:
    started = time.perf_counter()
    model.predict(frame)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
