"""The pages of the moderator's panel. Each asks bounty.access; the services that they call ask again."""
