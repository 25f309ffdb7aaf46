"""The site's Celery tasks, and the periodic sweep."""
