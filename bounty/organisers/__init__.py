"""Putting a competition together page by page, and running it; the rules are those of bounty.competitions.create."""
