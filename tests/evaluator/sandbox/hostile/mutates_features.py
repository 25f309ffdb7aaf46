# ruff: noqa
# Changes its own view of X; nobody else sees it.
# expect: ok
def group(X):
    X["age"] = -1.0
    X.loc[:, "income"] = 0.0
    del X["sex"]
    return X["age"] > 0
