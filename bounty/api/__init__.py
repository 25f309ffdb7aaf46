"""The site for scripts, under /api/v1/: what its people may do, by the same rules, as JSON.

Every endpoint asks bounty.permissions.rules, intake, teams and moderation, as the pages do: nothing is decided here.
"""
