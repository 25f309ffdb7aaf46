"""Stories of accepted patches and confirmed findings: permalinks, citations, and the timeline of a competition."""
