"""The site for scripts, under /api/v1/: what its people may do, by the same rules, as JSON.

Every operation calls the rules and the services that the pages call (bounty.permissions, bounty.submissions and so
on): nothing is decided here.
"""
