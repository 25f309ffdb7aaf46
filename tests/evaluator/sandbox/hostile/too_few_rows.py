# ruff: noqa
# Fewer answers than rows.
# expect: bad_output
def group(X):
    return (X["age"] > 1)[:-1]
