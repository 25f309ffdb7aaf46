"""Suggested groups to start from, found by two slice searches on the explore rows, once a version.

Two searches: a shallow tree on the present model's losses (evaluator.slice_search.trees) and SliceLine
(evaluator.slice_search.sliceline). The same rows chose and measured these groups, so they look worse than they are: the
page says so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.cache import cache
from numpy.typing import NDArray

from bounty.exploration.data import ExploreData, load_explore_data
from bounty.exploration.preview import mean_interval
from evaluator.expressions import parse_expression
from evaluator.slice_search import sliceline
from evaluator.slice_search.trees import MOST_OVERLAP, worst_slices

if TYPE_CHECKING:
    from bounty.models import Competition, ModelVersion

TREE, SLICELINE = "tree", "sliceline"
EACH = 4
# So many rows are searched; groups are measured on all of them.
ROWS = 50_000
LEAST_SHARE = 0.005
KEPT_SECONDS = 30 * 24 * 3600
SEARCH_SECONDS = 60
# One search a process: while the cache is away it keeps no marks, and strangers may press the button.
_searching = threading.Lock()


@dataclass(frozen=True)
class Suggestion:
    """A group that was found, and the head's loss there (mean and 95% interval, in loss units)."""

    by: str
    text: str
    words: str
    rows: int
    share: float
    mean: float
    low: float
    high: float


def cached_suggestions(competition: Competition, head: ModelVersion) -> list[Suggestion] | None:
    """Suggestions for this version from the cache; None where nobody has searched yet."""
    found: list[dict[str, Any]] | None = cache.get(_key(competition, head))
    return None if found is None else [Suggestion(**one) for one in found]


def find_suggestions(competition: Competition, head: ModelVersion) -> list[Suggestion] | None:
    """Suggestions for this version, searched or from the cache; None while another request searches."""
    if (found := cached_suggestions(competition, head)) is not None:
        return found
    key = _key(competition, head)
    if not _searching.acquire(blocking=False):
        return None
    try:
        return _search_once(competition, head, key)
    finally:
        _searching.release()


def _search_once(competition: Competition, head: ModelVersion, key: str) -> list[Suggestion] | None:
    if not cache.add(f"{key}:searching", 1, SEARCH_SECONDS):
        return None
    try:
        suggestions = search_slices(load_explore_data(competition, head), competition.smallest_group)
        cache.set(key, [asdict(one) for one in suggestions], KEPT_SECONDS)
    finally:
        cache.delete(f"{key}:searching")
    return suggestions


def search_slices(ground: ExploreData, smallest: int) -> list[Suggestion]:
    """The worst slices by both searches, no two nearly the same."""
    chosen = np.arange(len(ground.y))
    if len(chosen) > ROWS:
        chosen = np.sort(np.random.default_rng(0).choice(len(chosen), ROWS, replace=False))
    kept: list[tuple[Suggestion, NDArray[np.bool_]]] = []
    for by, texts in ((TREE, _by_tree(ground, chosen)), (SLICELINE, _by_sliceline(ground, chosen, smallest))):
        count = 0
        for text in texts:
            mask = parse_expression(text, ground.schema).mask(ground.X)
            if count == EACH:
                break
            worse = mask.sum() >= smallest and ground.head_loss[mask].mean() > ground.head_loss.mean()
            if worse and not any(_overlap_too_much(mask, other) for _, other in kept):
                kept.append((_suggestion(ground, by, text, mask), mask))
                count += 1
    return [one for one, _ in kept]


def _by_tree(ground: ExploreData, chosen: NDArray[np.intp]) -> list[str]:
    X = ground.X.iloc[chosen].reset_index(drop=True)
    return worst_slices(X, ground.head_loss[chosen], ground.schema, EACH)


def _by_sliceline(ground: ExploreData, chosen: NDArray[np.intp], smallest: int) -> Iterator[str]:
    columns = ground.all_binned()
    if not columns:
        return
    codes = np.column_stack([binned.codes[chosen] for binned in columns])
    least = max(smallest, int(LEAST_SHARE * len(chosen)), 1)
    for found in sliceline.find_worst_slices(codes, ground.head_loss[chosen], k=4 * EACH, least=least):
        yield " and ".join(columns[c].bins[value].condition for c, value in found.conditions)


def _overlap_too_much(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> bool:
    return bool((first & second).sum() > MOST_OVERLAP * (first | second).sum())


def _suggestion(ground: ExploreData, by: str, text: str, mask: NDArray[np.bool_]) -> Suggestion:
    expression = parse_expression(text, ground.schema)
    interval = mean_interval(float(ground.head_loss[mask].mean()), ground.independent(mask))
    rows = int(mask.sum())
    return Suggestion(by, expression.text, expression.words(), rows, rows / len(mask), *interval)


def _key(competition: Competition, head: ModelVersion) -> str:
    digests = (competition.tables.public.sha256[:16], head.stored_predictions.sha256[:16])
    return ":".join(("slices", str(competition.key), str(head.generation), str(head.number), *digests))
