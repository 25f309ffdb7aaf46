"""The group of a zip whose patch reads a file that lies beside it."""

import json
from pathlib import Path

import numpy as np

MODEL = json.loads((Path(__file__).parent / "weights.json").read_text())


def group(X):
    return (X["age"] >= 6) & (X["age"] < 13)


def predict(X):
    columns = np.column_stack([X[name].fillna(MODEL["fill"][name]).to_numpy() for name in MODEL["columns"]])
    return (columns @ np.array(MODEL["weights"]) + MODEL["bias"] > 0).astype(int)
