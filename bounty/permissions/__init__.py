"""Permissions: rules, their registry, memberships, conflicts of interest, visibility, lookups of a request's rows."""
