"""The download of the starter kit."""
