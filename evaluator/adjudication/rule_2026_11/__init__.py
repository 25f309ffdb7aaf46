"""The rule of 2026-11, kept for competitions that opened with it: its ledger, gate, tests and verdicts."""
