"""People and teams: profiles, certificates, API tokens, the dashboard."""
