"""Pages of notices, their settings, web hooks and feeds."""
