"""Pages of discussions, write-ups, and reports of abuse."""
