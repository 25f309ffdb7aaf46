"""A column that is not in the table: the dry run shows the whole traceback and costs no query."""


def group(X):
    return X["wealth"] > 10_000
