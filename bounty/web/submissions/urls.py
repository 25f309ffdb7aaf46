"""Addresses of submissions: submitting, following, withdrawing, asking again."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.submissions import submissions, submit

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/submit/", submit.submit, name="submit"),
    path("c/<slug:slug>/preview/", submit.preview, name="preview"),
    path("c/<slug:slug>/submissions/", submissions.mine, name="my-submissions"),
    path("c/<slug:slug>/submissions/<uuid:key>/", submissions.show, name="submission"),
    path("c/<slug:slug>/submissions/<uuid:key>/state/", submissions.state, name="submission-state"),
    path("c/<slug:slug>/submissions/<uuid:key>/withdraw/", submissions.withdraw, name="submission-withdraw"),
    path("c/<slug:slug>/submissions/<uuid:key>/again/", submissions.again, name="submission-again"),
    path("c/<slug:slug>/submissions/<uuid:key>/files/<str:part>", submissions.file, name="submission-file"),
]
