"""Addresses of reports of wrong labels."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.label_reports import label_reports

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/labels/", label_reports.index, name="labels"),
    path("c/<slug:slug>/labels/new/", label_reports.report_label, name="label-report"),
    path("c/<slug:slug>/organise/labels/", label_reports.answer_reports, name="organise-labels"),
]
