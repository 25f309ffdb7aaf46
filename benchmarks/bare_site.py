"""Addresses of the site and of the bare page, the least that a page of it can be, to hold the others against."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import path

from bounty.models import Competition
from bounty.urls import urlpatterns as site

PAGE = Template(
    "<!doctype html><html><head><title>{{ c.title }}</title></head><body>{{ c.summary }}</body></html>"
)


def bare(request: HttpRequest, slug: str) -> HttpResponse:
    """One query, one small template, under the site's own middleware."""
    return HttpResponse(PAGE.render(Context({"c": Competition.objects.get(slug=slug)})))


urlpatterns = [path("bare/<slug:slug>/", bare, name="bare"), *site]
