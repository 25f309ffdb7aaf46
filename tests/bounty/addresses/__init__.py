"""Every address of the site, for everybody."""
