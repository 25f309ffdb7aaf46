# ruff: noqa
# The file itself never ends.
# expect: time
while True:
    pass
