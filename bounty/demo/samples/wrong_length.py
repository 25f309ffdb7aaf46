"""One answer for everybody instead of one a row."""


def group(X):
    return [True]
