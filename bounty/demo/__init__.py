"""The demo: a real competition, and a few dozen submissions sent through the real form."""
