"""Dry runs: a submission run on the site in the same sandbox, on public rows alone, at no cost of quota."""
