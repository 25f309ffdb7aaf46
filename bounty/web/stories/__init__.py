"""Pages of stories of accepted patches and confirmed findings, and of open harms."""
