"""The runtime of submitted parts: loading one and checking its answer. Imports nothing of the rest of the platform.

This package alone (with `evaluator/sandbox/jail`) is bound into the jail, and the shared model reuses it outside:
the same file therefore means the same thing in both places. Loading a Python part executes it: outside the jail
only for parts that somebody decided to trust.
"""

from evaluator.runtime.loading import KINDS, load_part
from evaluator.runtime.outputs import check_output
from evaluator.runtime.pickles import refuse_pickle
from evaluator.runtime.spec import ColumnSpec, OutputSpec, PartError, TableSpec

__all__ = [
    "KINDS",
    "ColumnSpec",
    "OutputSpec",
    "PartError",
    "TableSpec",
    "check_output",
    "load_part",
    "refuse_pickle",
]
