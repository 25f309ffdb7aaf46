"""The pages of the moderator's panel. Each asks bounty.permissions.rules; the services that they call ask again."""
