"""Competitions: creation from a table, base models, stored tables, phases, and downloads of public rows."""
