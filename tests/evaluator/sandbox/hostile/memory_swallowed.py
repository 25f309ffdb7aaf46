# ruff: noqa
# Memory without end, and the error ignored.
# expect: time
def group(X):
    kept = []
    while True:
        try:
            kept.append(bytearray(1 << 24))
        except MemoryError:
            pass
