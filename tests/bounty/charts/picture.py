"""A drawing read back from its SVG: its texts and its marks, not its pixels."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


class Picture:
    """One drawing. A label's outline is the same text twice and is left out."""

    def __init__(self, svg: str) -> None:
        self.root = ElementTree.fromstring(svg)

    def _elements(self, name: str) -> Iterator[ElementTree.Element]:
        return (element for element in self.root.iter() if element.tag.removeprefix(SVG) == name)

    @property
    def texts(self) -> list[str]:
        """Every text in the order of drawing: axes and their titles, labels, numbers."""
        shown = (text for text in self._elements("text") if text.get("stroke") is None)
        return ["".join(text.itertext()) for text in shown]

    def marks(self, kind: str) -> list[ElementTree.Element]:
        """The marks of a kind that is drawn from data ("rect", "symbol", "line", "rule"), axes left out."""
        groups = (
            group for group in self._elements("g") if f"mark-{kind} role-mark" in group.get("class", "")
        )
        return [mark for group in groups for mark in group]

    def fills(self, kind: str) -> list[str | None]:
        return [mark.get("fill") for mark in self.marks(kind)]

    def elements(self, name: str, **attributes: str) -> list[ElementTree.Element]:
        """Elements of a drawing without marks that have these attributes."""
        return [
            element
            for element in self._elements(name)
            if all(element.get(key.replace("_", "-")) == value for key, value in attributes.items())
        ]
