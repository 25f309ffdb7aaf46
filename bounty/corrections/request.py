"""A requested correction, and its CSV format."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from bounty.core.errors import Refusal

ACTIONS = ("mend", "withdraw", "delete")
COLUMNS = ("row", "unit", "action", "label")
MOST_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class Correction:
    """The rows to correct, by their number in the organiser's table, from 1 (the header is not counted).

    A mended row gets another label. A withdrawn one counts no more, and leaves the public files. A deleted one, and
    every row of a unit in `units`, is gone from every stored table and label file.
    """

    mended: Mapping[int, Any] = field(default_factory=dict)
    withdrawn: Collection[int] = ()
    deleted: Collection[int] = ()
    units: Collection[str] = ()

    @property
    def erases(self) -> bool:
        """Whether rows are deleted."""
        return bool(self.deleted or self.units)


def read_correction_csv(content: bytes) -> Correction:
    """The correction in a CSV file with the columns `action`, `row` or `unit`, and `label` to mend by.

    Raises Refusal with the line of the file that cannot be read.
    """
    if len(content) > MOST_BYTES:
        raise Refusal(_("The file is larger than 20 MB."), status=422)
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        lines = list(enumerate(reader, start=2))
    except UnicodeDecodeError as error:
        raise Refusal(_("The file is not text in UTF-8."), status=422) from error
    except csv.Error as error:
        raise Refusal(_("The file is not CSV: %(problem)s.") % {"problem": error}, status=422) from error
    _check_header(reader.fieldnames or ())
    mended: dict[int, str] = {}
    taken: dict[str, dict[int, int]] = {"withdraw": {}, "delete": {}}
    units: dict[str, int] = {}
    for line, cells in lines:
        action = (cells.get("action") or "").strip().lower()
        if action not in ACTIONS:
            raise _line_refusal(
                line, _("the action is “%(said)s”; it is mend, withdraw or delete") % {"said": action[:40]}
            )
        unit = (cells.get("unit") or "").strip()
        if unit:
            _unit_line(line, action, cells)
            units[unit] = line
            continue
        row = _row(line, cells)
        if row in mended or any(row in rows for rows in taken.values()):
            raise _line_refusal(line, _("row %(row)s was named before") % {"row": row})
        if action != "mend":
            taken[action][row] = line
        elif not (label := (cells.get("label") or "").strip()):
            raise _line_refusal(line, _("the label to mend row %(row)s by is missing") % {"row": row})
        else:
            mended[row] = label
    return Correction(mended, tuple(taken["withdraw"]), tuple(taken["delete"]), tuple(units))


def _check_header(names: Collection[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if "action" not in names or not {"row", "unit"} & set(names) or unknown:
        raise Refusal(
            _(
                "The columns are %(names)s; expected are row or unit, action, and label where labels are mended."
            )
            % {"names": ", ".join(str(name)[:40] for name in names) or "—"},
            status=422,
        )


def _unit_line(line: int, action: str, cells: Mapping[str, str | None]) -> None:
    if action != "delete" or (cells.get("row") or "").strip():
        raise _line_refusal(
            line, _("a unit is deleted with all of its rows: the action is delete, and row stays empty")
        )


def _row(line: int, cells: Mapping[str, str | None]) -> int:
    text = (cells.get("row") or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) < 1:
        raise _line_refusal(
            line, _("the row is “%(said)s”; it is a whole number from 1") % {"said": text[:40]}
        )
    return int(text)


def _line_refusal(line: int, problem: str) -> Refusal:
    return Refusal(_("Line %(line)s: %(problem)s.") % {"line": line, "problem": problem}, status=422)
