"""The jailed side of the sandbox: the zygote and its children. Bound read-only, beside `evaluator/runtime` only."""
