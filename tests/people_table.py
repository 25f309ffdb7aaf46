"""A table of people who are ill or not, a model of theirs, and what making a competition left on disk and in rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import skops.io
from django.core.files.base import ContentFile
from sklearn.tree import DecisionTreeClassifier

from bounty.core import artifacts
from bounty.models import CertificationBlock, Competition, DeclaredGroup, ModelVersion
from bounty.submissions import uploads


def people(rows: int = 900, units: int = 600, seed: int = 0) -> pd.DataFrame:
    """Rows of units: everybody at least once. Old people are ill, the others by chance."""
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 90, rows)
    return pd.DataFrame(
        {
            "person": [
                f"p{i}" for i in np.concatenate([np.arange(units), rng.integers(0, units, rows - units)])
            ],
            "age": age,
            "sex": rng.choice(["female", "male"], rows),
            "income": rng.normal(100, 20, rows).round(2),
            "ill": np.where(age > 60, rng.random(rows) < 0.9, rng.random(rows) < 0.2),
        }
    )


def files() -> list[Path]:
    return [path for path in artifacts.artifact_store().root.rglob("*") if path.is_file()]


def nothing_is_left() -> bool:
    rows = (Competition, ModelVersion, CertificationBlock, DeclaredGroup)
    return not files() and not any(model.objects.exists() for model in rows)


def tree_upload() -> uploads.Upload:
    frame = people()
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(
        frame[["age", "income"]].to_numpy(), frame["ill"]
    )
    return uploads.read_upload(ContentFile(skops.io.dumps(model), name="tree.skops"), "base", 10_000_000)
