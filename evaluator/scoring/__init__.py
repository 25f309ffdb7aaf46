"""Points and Shapley values of teams, as pure functions of losses."""
