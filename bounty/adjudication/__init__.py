"""Verdicts: judging, retries, replays, disqualification, rollback, the close, and what they say."""
