# ruff: noqa
# Replaces the checks that run beside it: the ones outside remain.
# expect: bad_output
import numpy as np

import evaluator.runtime.loading as loading

loading.check_output = lambda raw, n, spec: np.full(n, 7, "u1")


def group(X):
    return X["age"] > 0
