"""Exploration of groups on the explore rows, which are public: nothing here reads a secret row."""
