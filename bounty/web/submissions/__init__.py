"""Pages of submissions: submitting, following, withdrawing."""
