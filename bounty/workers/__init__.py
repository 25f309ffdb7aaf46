"""Celery tasks of the site and the sweep that beat runs."""
