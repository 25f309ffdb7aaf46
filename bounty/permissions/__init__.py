"""Who may see and do what: rules, their registry, memberships, conflicts, visibility."""
