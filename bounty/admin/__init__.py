"""Django's admin for organisers, moderators and administrators; no script or style of ours inside a page (CSP)."""

from django.contrib import admin

from bounty.admin import competitions, moderation, people

__all__ = ["competitions", "moderation", "people"]

admin.site.site_header = "Bias Bounty: organisers and moderators"
admin.site.site_title = "Bias Bounty"
admin.site.index_title = "What you look after"
