"""Benchmarks, each a module that is run as `python -m benchmarks.NAME`."""
