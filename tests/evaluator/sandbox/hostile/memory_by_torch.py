# ruff: noqa
# torch reports a failed allocation as an error of its own.
# expect: memory
import torch


def group(X):
    return torch.ones(1 << 34)[: len(X)] > 0
