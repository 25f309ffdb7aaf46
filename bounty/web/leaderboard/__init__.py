"""Pages of leaderboard."""
