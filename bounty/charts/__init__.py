"""Pictures for people who would rather look than read: drawn on the server as inline SVG, no script, no inline style.

One module a picture. Each is a pure function of numbers and names, so it is drawn once and kept under what it shows
(`drawing.drawn`); a page puts a table of the same numbers beside it.
"""

from bounty.charts.drawing import Chart, sparkline

__all__ = ["Chart", "sparkline"]
