# ruff: noqa
# A name that is no function.
# expect: no_function
group = 1
