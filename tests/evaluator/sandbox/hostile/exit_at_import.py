# ruff: noqa
# The same before any function is called.
# expect: no_result
import os

os._exit(0)
