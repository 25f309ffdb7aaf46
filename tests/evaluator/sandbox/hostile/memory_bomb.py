# ruff: noqa
# Memory without end.
# expect: memory
def group(X):
    kept = []
    while True:
        kept.append(bytearray(1 << 20))
