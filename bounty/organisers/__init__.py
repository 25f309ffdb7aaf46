"""Drafts of competitions, their making, and reports for organisers; bounty.competitions.create holds the rules."""
