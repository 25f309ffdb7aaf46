"""The demo: a real competition, a few dozen submissions through the real form, everything else as in earnest."""
