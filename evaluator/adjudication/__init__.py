"""Adjudication as pure functions: verdicts on patches and findings, the practice gate, the ledger, harm and bounds."""
