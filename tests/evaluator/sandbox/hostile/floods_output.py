# ruff: noqa
# Prints without measure, into nothing.
# expect: ok
def group(X):
    for _ in range(1000):
        print("x" * 10000)
    return X["age"] > 0
