"""Speed of the explore page: `python -m benchmarks.explore [--json] [--rows N] [--looks N]`.

Makes a competition with N public rows (four fifths of them explore rows) in a temporary folder, and asks for the answer
as the page does while somebody types. Milliseconds are the server's, from the request to the rendered answer; the first
look of a process reads the rows and is told apart, as is the search for starting points, once a version.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.figures import report
from benchmarks.latency import use_own_site

GOAL_MEDIAN_MS, GOAL_P95_MS, GOAL_SEARCH_S = 100, 250, 15
SLUG = "explore"


def main() -> None:
    """Run the benchmark of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line a figure")
    parser.add_argument("--rows", type=int, default=100_000, help="public rows")
    parser.add_argument("--looks", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="explore-") as home:
        use_own_site(Path(home))
        make(options.rows)
        first, times, search = measure_looks(options.looks)
    median = statistics.median(times)
    slow = statistics.quantiles(times, n=20, method="inclusive")[-1]
    told = (
        ("a look, median", median, "ms", GOAL_MEDIAN_MS),
        ("a look, 95th percentile", slow, "ms", GOAL_P95_MS),
        ("the first look of a process", first, "ms", 5000),
        ("the search for starting points", search, "s", GOAL_SEARCH_S),
    )
    for name, value, unit, goal in told:
        shown = round(value, 1)
        report(
            f"{name}, {options.rows:,} public rows",
            shown,
            unit,
            f"<= {goal}",
            shown <= goal,
            as_json=options.json,
        )


def make(public: int) -> None:
    """An open competition of twice as many rows as are public, twelve columns and a unit."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from bounty.competitions.base_models import FittedBase
    from bounty.competitions.create import create_competition

    call_command("migrate", verbosity=0)
    made = create_competition(
        draw_table(2 * public),
        organiser=User.objects.create_user("olivia"),
        slug=SLUG,
        title="Explore",
        label="label",
        unit="person",
        base=FittedBase("tree", "age >= 18 and region != 'north'"),
        sizes={"train": 0.1, "explore": 0.4, "practice": 0.2, "certification": 0.2, "final": 0.1},
    )
    made.status = "open"
    made.save(update_fields=["status"])


def draw_table(rows: int) -> pd.DataFrame:
    """People with some columns of every kind; the young and the north follow a rule of their own."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"score_{i}": rng.normal(size=rows).round(3) for i in range(6)})
    frame["age"] = rng.integers(0, 90, rows)
    frame["region"] = rng.choice(["north", "south", "east", "west"], rows)
    frame["sex"] = rng.choice(["female", "male"], rows)
    frame["race"] = rng.integers(1, 8, rows)
    frame["visits"] = rng.poisson(3, rows)
    frame["insured"] = rng.random(rows) < 0.7
    frame["person"] = rng.integers(0, rows * 3 // 4, rows)
    odd = (frame["age"] < 18) | (frame["region"] == "north")
    frame["label"] = ((frame["score_0"] > 0) ^ odd) ^ (rng.random(rows) < 0.1)
    return frame


def measure_looks(looks: int) -> tuple[float, list[float], float]:
    """Milliseconds of the first look, of each further one, and seconds of the search."""
    from django.conf import settings
    from django.test import Client

    from bounty.exploration import preview

    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    preview.PREVIEWS = 10**9
    client, rng = Client(), np.random.default_rng(1)

    def look(expression: str) -> float:
        at = time.perf_counter()
        address = f"/c/{SLUG}/explore/"
        answer = client.get(address, {"expression": expression}, headers={"HX-Request": "true"})
        assert answer.status_code == 200 and b"preview-words" in answer.content, answer.content[:300]  # noqa: S101
        return (time.perf_counter() - at) * 1000

    first = look("age < 18")
    times = [look(expression(rng)) for _ in range(looks)]
    at = time.perf_counter()
    client.get(f"/c/{SLUG}/explore/suggestions/", headers={"HX-Request": "true"})
    return first, times, time.perf_counter() - at


def expression(rng: np.random.Generator) -> str:
    """A group of one to three conditions, from a few rows to most."""
    pieces = [
        f"age < {rng.integers(5, 90)}",
        f"age >= {rng.integers(1, 60)}",
        f"region == '{rng.choice(['north', 'south', 'east', 'west'])}'",
        f"sex == '{rng.choice(['female', 'male'])}'",
        f"score_{rng.integers(0, 6)} > {rng.normal():.2f}",
        f"race in ({rng.integers(1, 4)}, {rng.integers(4, 8)})",
        "insured == True",
    ]
    chosen = rng.choice(pieces, rng.integers(1, 4), replace=False)
    return " and ".join(str(piece) for piece in chosen)


if __name__ == "__main__":
    main()
