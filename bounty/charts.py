"""Pictures drawn on the server as inline SVG: no script, no inline style, colours from the style sheet."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Chart:
    """One picture in two widths, and what it says in a sentence."""

    wide: SafeString
    narrow: SafeString
    label: str

    @property
    def html(self) -> SafeString:
        return format_html(
            '<div class="drawing wide" role="img" aria-label="{}">{}</div>'
            '<div class="drawing narrow" role="img" aria-label="{}">{}</div>',
            self.label,
            self.wide,
            self.label,
            self.narrow,
        )
