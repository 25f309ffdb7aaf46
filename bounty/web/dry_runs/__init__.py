"""Pages of dry runs."""
