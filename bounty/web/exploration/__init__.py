"""Pages of exploration."""
