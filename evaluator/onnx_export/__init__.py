"""ONNX export: a decision list as a single graph, for wherever there is no Python."""

from evaluator.onnx_export.export import ExportError, export_onnx

__all__ = ["ExportError", "export_onnx"]
