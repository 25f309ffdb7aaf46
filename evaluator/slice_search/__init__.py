"""Searches for slices with a high loss: SliceLine and trees."""
