# ruff: noqa
# Numbers that are neither 0 nor 1.
# expect: bad_output
def group(X):
    return X["age"]
