"""A loop that never ends."""


def group(X):
    while True:
        pass
