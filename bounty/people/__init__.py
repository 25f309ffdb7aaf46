"""People and teams: profiles, teams, certificates, API tokens, and the dashboard."""
