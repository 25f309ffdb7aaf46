"""Words for one cell of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.utils.translation import gettext as _


def cell_in_words(value: Any, codes: Mapping[str, str], *, with_code: bool = False) -> str:
    """The meaning of a code (behind the code, if asked for), else the value without a useless ".0"; "missing"."""
    if value is None or value != value:
        return _("missing")
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    said = codes.get(str(value), "")
    if with_code and said:
        return f"{value} ({said})"
    return said or str(value)
