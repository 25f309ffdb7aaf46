"""Pages of reports of wrong labels."""
