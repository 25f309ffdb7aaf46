"""Pages of label reports."""
