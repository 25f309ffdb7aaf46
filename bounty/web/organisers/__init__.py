"""The organiser's pages: putting a competition together, and running it."""
