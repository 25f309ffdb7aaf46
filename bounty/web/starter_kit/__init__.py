"""Pages of starter kit."""
