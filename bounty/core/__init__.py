"""Services that every domain package uses: artifacts, audit trail, cache, localisation, Markdown, queue and more."""
