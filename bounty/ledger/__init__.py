"""The certification ledger: blocks, what each published bit costs, the acceptance rule, and certified bounds."""
