"""The science and the sandbox of Bias Bounty: a library and a command, with no Django in it."""
