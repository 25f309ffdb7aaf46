"""The view of the starter kit's download."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_GET

from bounty.permissions import rules
from bounty.permissions.lookup import visible_or_404
from bounty.permissions.memberships import membership_of_reader
from bounty.starter_kit.build import kit_file


@require_GET
def download_starter_kit(request: HttpRequest, slug: str) -> FileResponse:
    """The kit of the present version: with the model for whom the policy lets have it, else without."""
    competition = visible_or_404(request, slug)
    versions = competition.versions.current()
    head = versions.select_related("competition").order_by("-number").first()
    if head is None or not head.head_loss or not competition.tables:
        raise Http404("there is no model yet")
    with_model = rules.can_download_model(
        request.user, competition, membership_of_reader(request, competition)
    ) and bool(competition.base_json)
    return FileResponse(
        kit_file(competition, head, with_model=with_model).open("rb"),
        as_attachment=True,
        filename=f"{competition.slug}-starter-kit-v{head.number}.zip",
        content_type="application/zip",
    )
