"""Correcting a competition's table after it opened: labels mended, rows withdrawn, a person's rows deleted.

`preview` says what a correction would touch, `correct` makes it: the table, every list, finding, point and bound that
follows, and an entry of the chain (docs/science.md, Corrections).
"""

from bounty.corrections.apply import Preview, correct, preview
from bounty.corrections.request import Correction, read_csv
from bounty.corrections.tables import remove_replaced

__all__ = ["Correction", "Preview", "correct", "preview", "read_csv", "remove_replaced"]
