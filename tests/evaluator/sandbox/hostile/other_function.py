# ruff: noqa
# Another function than was asked for.
# expect: no_function
def predict(X):
    return X["age"] > 0
