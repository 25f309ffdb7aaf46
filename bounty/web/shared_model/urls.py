"""Addresses of the shared model: its page, its download, its charts."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.shared_model import charts, model

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/pictures/", charts.show_charts, name="pictures"),
    path("c/<slug:slug>/model/", model.model_detail, name="model"),
    path("c/<slug:slug>/model/download/", model.download_model, name="model-download"),
]
