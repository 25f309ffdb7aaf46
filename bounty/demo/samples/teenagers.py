"""A group and a patch in one file: teenagers see a doctor more often the better their family is covered."""

import numpy as np


def group(X):
    return X["age"].between(13, 18, inclusive="left")


def predict(X):
    sees = (X["coinsurance"] <= 50) | (X["chronic_diseases"] > 10) | (X["education"] >= 13)
    return np.where(sees, 1, 0)
