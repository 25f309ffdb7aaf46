"""Pages of shared model."""
