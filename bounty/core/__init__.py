"""What every domain package uses: artifacts, audit trail, cache, form fields, localisation, Markdown, measures."""
