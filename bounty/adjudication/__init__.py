"""Verdicts on submissions: judging, retry, replay, disqualification, rollback, closing, and their feedback."""
