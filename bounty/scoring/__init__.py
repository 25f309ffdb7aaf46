"""Scores of a competition: credits, leaderboards, prizes, Shapley values, and their CSV files."""
