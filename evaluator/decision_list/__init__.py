"""The shared model: an immutable pointer decision list over a base model (SCIENCE.md 2)."""

from evaluator.decision_list.nodes import Node, Repair, Update, nodes_from_json, nodes_to_json

__all__ = ["Node", "Repair", "Update", "nodes_from_json", "nodes_to_json"]
