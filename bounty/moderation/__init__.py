"""Moderation: the queue and its sections, decisions, appeals, conflicts of interest, and triage of findings."""
