"""The hash chain of decisions: its entries and their encoding."""
