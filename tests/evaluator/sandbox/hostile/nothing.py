# ruff: noqa
# No answer.
# expect: bad_output
def group(X):
    pass
