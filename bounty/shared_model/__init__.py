"""The shared model of a competition: its versions, their arrays, publishing, losses a group."""
