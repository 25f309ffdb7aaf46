"""The hash chain of a competition: entries, each with a digest over the one before, and their JSON."""
