# ruff: noqa
# Processor time without end.
# expect: time
def group(X):
    while True:
        pass
