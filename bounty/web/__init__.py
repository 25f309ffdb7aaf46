"""Views of the site's pages, with the forms and addresses of each area."""
