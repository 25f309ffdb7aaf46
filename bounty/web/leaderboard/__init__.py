"""Pages of the leaderboards."""
