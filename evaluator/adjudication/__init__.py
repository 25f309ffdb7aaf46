"""Adjudication: a patch, a finding, the practice gate, the ledger, harm and bounds."""
