"""The moderator's panel: one queue, conflicts of interest, appeals, triage of findings."""
