"""The site: a Django project and its one application."""
