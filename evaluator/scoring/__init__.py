"""Points and Shapley values as pure functions."""
