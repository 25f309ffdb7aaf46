"""Pages of the shared model and its charts."""
