"""Slice discovery: searches for groups of rows with a high loss, by SliceLine and by trees."""
