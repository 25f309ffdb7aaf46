# ruff: noqa
# Raises before it defines anything.
# expect: crashed
raise ValueError("secret")
