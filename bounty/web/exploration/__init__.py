"""Pages of exploration: groups on public rows."""
