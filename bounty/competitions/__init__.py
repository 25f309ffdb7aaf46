"""Competitions: their making, tables, base models, phases and downloads."""
