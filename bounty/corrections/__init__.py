"""Corrections of a competition's table after it opened: labels mended, rows withdrawn, a person's rows deleted.

`preview_correction` says what a correction would touch, `correct_table` makes it: the table, every list, finding,
point and bound that follows, and an entry of the chain (docs/science.md, Corrections).
"""

from bounty.corrections.apply import CorrectionPreview, correct_table, preview_correction
from bounty.corrections.request import Correction, read_correction_csv
from bounty.corrections.tables import delete_replaced_files

__all__ = [
    "Correction",
    "CorrectionPreview",
    "correct_table",
    "delete_replaced_files",
    "preview_correction",
    "read_correction_csv",
]
