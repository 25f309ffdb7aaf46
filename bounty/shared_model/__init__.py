"""The shared model of a competition: its versions, their arrays and files, its summary, and losses by group."""
