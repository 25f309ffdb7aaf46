# ruff: noqa
# Not Python.
# expect: load_error
return
