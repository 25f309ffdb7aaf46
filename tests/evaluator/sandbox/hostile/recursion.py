# ruff: noqa
# Recursion without end.
# expect: crashed
def group(X):
    return group(X)
