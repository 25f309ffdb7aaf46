"""Addresses of the whole site: one file of addresses an area of `bounty.web`, the API's last."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from bounty.web import health

AREAS = (
    "competitions",
    "leaderboard",
    "shared_model",
    "submissions",
    "people",
    "discussion",
    "label_reports",
    "stories",
    "exploration",
    "starter_kit",
    "dry_runs",
    "moderation",
    "organisers",
    "notifications",
)

urlpatterns = [
    path("health/", health.health_check, name="health"),
    *(path("", include(f"bounty.web.{area}.urls")) for area in AREAS),
    path("", include("bounty.api.urls")),
    path("accounts/", include("allauth.urls")),
    # Browsers ask for it on the admin's pages, which name no icon.
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}icon.svg")),
    path("admin/", admin.site.urls),
]
