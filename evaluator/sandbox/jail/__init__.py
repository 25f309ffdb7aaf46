"""What runs inside the jail: the zygote and its children. Bound read-only, beside `evaluator/runtime` only."""
