"""Pages of discussion."""
