"""The commands of `python -m evaluator`: check, plan, predict, export."""
