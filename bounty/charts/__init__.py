"""Charts as inline SVG, drawn on the server: no script, no inline style.

One module a picture. Each is a pure function of numbers and names, so it is drawn once and kept under what it shows
(`drawing.drawn`); a page puts a table of the same numbers beside it.
"""

from bounty.charts.drawing import Chart, draw_sparkline

__all__ = ["Chart", "draw_sparkline"]
