"""The shared model: an immutable pointer decision list over a base model (docs/science.md, The shared model)."""

from evaluator.decision_list.arrays import ArrayError
from evaluator.decision_list.engine import Engine, Proposal
from evaluator.decision_list.model import NodeError, PointerDecisionList
from evaluator.decision_list.nodes import Node, Repair, Update, nodes_from_json, nodes_to_json
from evaluator.decision_list.repairs import (
    Candidate,
    Head,
    Practice,
    Protected,
    Step,
    extend_head,
    merge_patch,
    repair_groups,
    replay_steps,
)
from evaluator.decision_list.storage import ModelFileError

__all__ = [
    "ArrayError",
    "Candidate",
    "Engine",
    "Head",
    "ModelFileError",
    "Node",
    "NodeError",
    "PointerDecisionList",
    "Practice",
    "Proposal",
    "Protected",
    "Repair",
    "Step",
    "Update",
    "extend_head",
    "merge_patch",
    "nodes_from_json",
    "nodes_to_json",
    "repair_groups",
    "replay_steps",
]
