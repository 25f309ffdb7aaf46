# ruff: noqa
# /tmp is small, and it is memory.
# expect: crashed
def group(X):
    for number in range(1000):
        with open(f"/tmp/{number}", "wb") as file:
            file.write(bytes(1 << 20))
