# ruff: noqa
# Objects that pretend to be answers.
# expect: bad_output
class Chameleon:
    def __bool__(self):
        raise SystemExit

    def __array__(self, *a, **k):
        return [self]


def group(X):
    return [object() for _ in range(len(X))]
