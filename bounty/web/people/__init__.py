"""Pages of accounts, preferences, API tokens, teams, profiles and certificates."""
