"""Arrays of a dry run, stored as evaluation stores them."""

from __future__ import annotations

from bounty.core import artifacts
from bounty.models import DryRun
from evaluator import artifacts as paths


def stored(run: DryRun, **arrays) -> dict:
    store = artifacts.artifact_store()
    return {
        name: store.write_array(paths.outcome(str(run.pk), run.attempt, f"{name}.npy"), array).to_json()
        for name, array in arrays.items()
    }
