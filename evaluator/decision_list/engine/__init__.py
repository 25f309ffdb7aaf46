"""Incremental adjudication: the cost of a step depends on what it changes, not on how long the list is.

`repair_groups`, `extend_head` and `replay_steps` run on it, so there is one rule. Group masks are packed,
losses are integers, every published head can be had back from a log of changes, and only changed rows are touched.
"""

from evaluator.decision_list.engine.snapshot import restore_engine, take_snapshot
from evaluator.decision_list.engine.state import Engine, Proposal

__all__ = ["Engine", "Proposal", "restore_engine", "take_snapshot"]
