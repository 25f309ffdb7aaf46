"""Stories of accepted submissions: timeline, permalinks, citation."""
