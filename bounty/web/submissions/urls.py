"""Addresses of submissions: submitting, following, withdrawing, asking again."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from bounty.web.submissions import submissions, submit

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:slug>/submit/", submit.submit_entry, name="submit"),
    path("c/<slug:slug>/preview/", submit.preview_group, name="preview"),
    path("c/<slug:slug>/submissions/", submissions.own_submissions, name="my-submissions"),
    path("c/<slug:slug>/submissions/<uuid:key>/", submissions.submission_detail, name="submission"),
    path("c/<slug:slug>/submissions/<uuid:key>/state/", submissions.poll_submission, name="submission-state"),
    path(
        "c/<slug:slug>/submissions/<uuid:key>/withdraw/",
        submissions.withdraw_submission,
        name="submission-withdraw",
    ),
    path("c/<slug:slug>/submissions/<uuid:key>/again/", submissions.resubmit, name="submission-again"),
    path(
        "c/<slug:slug>/submissions/<uuid:key>/certify/",
        submissions.certify_finding,
        name="finding-certify",
    ),
    path(
        "c/<slug:slug>/submissions/<uuid:key>/files/<str:part>",
        submissions.download_file,
        name="submission-file",
    ),
]
