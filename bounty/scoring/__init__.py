"""Credits, leaderboards, prizes, Shapley values, and their CSV files."""
