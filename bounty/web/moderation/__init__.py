"""Pages of the moderators' panel and of teams' appeals. Each asks bounty.permissions.rules; the services that they call
ask again.
"""
