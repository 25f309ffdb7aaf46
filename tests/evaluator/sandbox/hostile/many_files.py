# ruff: noqa
# So are its names.
# expect: crashed
def group(X):
    for number in range(100000):
        open(f"/tmp/{number}", "w").close()
