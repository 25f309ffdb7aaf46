"""Pages of organisers: the wizard that makes a competition, and running it."""
