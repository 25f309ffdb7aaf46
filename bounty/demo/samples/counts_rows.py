"""Not row-wise: the answer for a person depends on who else is in the table."""


def group(X):
    return X["income"] > X["income"].median()
