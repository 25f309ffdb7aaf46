"""Views that change a competition: its texts, dates and quotas, and what its columns mean."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bounty.competitions import create
from bounty.core import audit
from bounty.core.form_fields import describe_fields
from bounty.models import Competition
from bounty.organisers.forms.column_meanings import ColumnForm, ColumnFormSet, apply_meanings
from bounty.organisers.forms.edit import EditForm
from bounty.permissions.lookup import organised_or_404
from bounty.web.requests import PersonRequest

Status = Competition.Status
# What the holdout can certify depends on these.
REPLANNED = {"delta", "target_gain", "tolerance", "harm_mode", "smallest_group"}


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def edit_texts(request: PersonRequest, slug: str) -> HttpResponse:
    """The form of texts, dates, quotas; every change is in the audit log with who made it."""
    competition = organised_or_404(request, slug)
    # A form writes into its row while it checks: what the page around it shows stays as it is.
    form = EditForm(
        request.POST if request.method == "POST" else None,
        instance=Competition.objects.get(pk=competition.pk),
    )
    reads = request.method == "POST" and request.POST.get("do") == "try"
    if request.method == "POST" and not reads and form.is_valid():
        changed = form.instance
        fields = list(form.changed_data)
        if REPLANNED & set(fields) and changed.layout_json:
            create.replan_holdout(changed)
            fields.append("plan_json")
        if fields:
            # Only what was changed here: phases move the same row at the same time.
            changed.save(update_fields=fields)
            messages.success(request, _("Your changes are saved."))
        else:
            messages.info(request, _("Nothing was changed."))
        return redirect("organise-competition", changed.slug)
    describe_fields(form)
    context = {"competition": competition, "form": form, "reads": reads or form.errors}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "organisers/edit.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def edit_column_meanings(request: PersonRequest, slug: str) -> HttpResponse:
    """The form of column meanings: until it was opened, since groups and verdicts are put into these words."""
    competition = organised_or_404(request, slug)
    schema = competition.schema if competition.schema_json else None
    editable = schema is not None and competition.status in (Status.PREPARING, Status.DRAFT)
    columns = schema.columns if schema else ()
    forms = ColumnFormSet(
        request.POST if editable and request.method == "POST" else None,
        initial=[ColumnForm.initial_of(column) for column in columns],
    )
    if request.method == "POST" and schema is not None and editable and forms.is_valid():
        competition.schema_json = apply_meanings(schema, forms.cleaned_data).to_json()
        competition.save(update_fields=["schema_json"])
        audit.record_change(competition, request.user, {"meanings": ["", "edited"]})
        messages.success(request, _("The words are saved."))
        return redirect("organise-competition", slug)
    context = {
        "competition": competition,
        "schema": schema,
        "formset": forms,
        "rows": list(zip(columns, forms.forms, strict=False)),
        "editable": editable,
    }
    status = 422 if forms.is_bound and not forms.is_valid() else 200
    return render(request, "organisers/words.html", context, status=status)
