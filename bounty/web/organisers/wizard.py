"""Views of the wizard's steps. Whatever was typed is kept, whichever button was pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from bounty.core.errors import Refusal
from bounty.core.form_fields import describe_fields
from bounty.models import CompetitionDraft
from bounty.organisers import charts, draft_tables, drafts, planning, steps
from bounty.organisers.forms import BaseForm, ColumnsForm, HoldoutForm, StepForm, TargetForm
from bounty.organisers.forms.columns import read_meanings_file, typed_answers
from bounty.submissions import uploads
from bounty.web.organisers.lookup import own_draft_or_404
from bounty.web.requests import PersonRequest
from evaluator.errors import TableError

State = CompetitionDraft.State
MOST_MODEL_BYTES = 200 * 1024 * 1024


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def edit_step(request: PersonRequest, key: UUID, step: str) -> HttpResponse:
    """One step: shown as it was left, or what was typed is kept and checked."""
    draft = own_draft_or_404(request, key)
    if step not in steps.STEPS:
        raise Http404("no such step")
    if draft.state != State.EDITING:
        return redirect("organise-draft", key)
    try:
        if step == steps.TABLE:
            return _table(request, draft)
        if step == steps.PREVIEW:
            return _preview(request, draft)
        if request.method == "POST":
            return _posted(request, draft, step)
        return _shown(request, draft, step, steps.bind_form(draft, step))
    except Refusal as error:
        messages.warning(request, str(error))
        there = steps.COLUMNS if error.field == "meanings" and step != steps.COLUMNS else steps.TARGET
        return redirect("organise-step", key, there)
    except TableError as error:
        messages.warning(request, str(error))
        there = steps.COLUMNS if error.column and step not in (steps.TARGET, steps.COLUMNS) else steps.TABLE
        return redirect("organise-step", key, there)


@login_required
@require_POST
def preview_plan(request: PersonRequest, key: UUID) -> HttpResponse:
    """The plan of the holdout with what stands in the form now; nothing is kept."""
    draft = own_draft_or_404(request, key)
    form = HoldoutForm(request.POST)
    try:
        found = planning.check_holdout(draft, form) if form.is_valid() else None
    except (Refusal, TableError) as error:
        form.add_error(None, str(error))
        found = None
    return render(request, "organisers/_plan.html", _plan_context(form, found))


# --- the table ----------------------------------------------------------------------------------------------------
def _table(request: PersonRequest, draft: CompetitionDraft) -> HttpResponse:
    problem = ""
    if request.method == "POST":
        try:
            if done := _take_table(request, draft):
                return done
            problem = _("Choose a file first, or take the example.")
        except TableError as error:
            problem = str(error)
    there = draft_tables.has_table(draft)
    context = {
        **_frame(draft, steps.TABLE),
        "problem": problem,
        "preview": draft_tables.first_rows(draft) if there else None,
        "is_gone": draft.table is not None and not there,
    }
    return render(request, "organisers/table.html", context, status=422 if problem else 200)


def _take_table(request: PersonRequest, draft: CompetitionDraft) -> HttpResponse | None:
    """The response after keeping what was sent; None where nothing was sent."""
    before = draft.columns
    if request.POST.get("do") == "example":
        drafts.fill_with_example(draft)
    elif upload := request.FILES.get("table"):
        draft_tables.store_upload(draft, upload)
        draft.answers = _for_other_columns(draft, before)
    elif draft_tables.has_table(draft) and request.POST.get("do") == "next":
        return redirect("organise-step", draft.key, steps.TARGET)
    else:
        return None
    fields = ("table_json", "answers")
    if not drafts.update_draft(draft, **{name: getattr(draft, name) for name in fields}):
        return redirect("organise-draft", draft.key)
    messages.success(request, _("The table is here. Look at its first rows."))
    return redirect("organise-step", draft.key, steps.TABLE)


def _for_other_columns(draft: CompetitionDraft, before: list[str]) -> dict[str, Any]:
    """The draft's answers with what was said about columns moved to their places in another table."""
    answers: dict[str, Any] = dict(draft.answers)
    typed, now = answers.get(steps.COLUMNS), draft.columns
    if typed and before != now:
        moved = {}
        for name, value in typed.items():
            place, _dash, rest = name.partition("-")
            old = int(place[1:]) if place[1:].isdecimal() else None
            if old is None:
                moved[name] = value
            elif old < len(before) and before[old] in now:
                moved[f"c{now.index(before[old])}-{rest}"] = value
        # A column that nothing was said about has no kind yet: the page then asks for all of them.
        answers[steps.COLUMNS] = moved if set(now) <= set(before) else {}
    return answers


# --- steps with a form --------------------------------------------------------------------------------------------
def _posted(request: PersonRequest, draft: CompetitionDraft, step: str) -> HttpResponse:
    form = steps.bind_form(draft, step, request.POST, request.FILES)
    typed = steps.read_typed(form, request.POST)
    fields: dict[str, Any] = {"answers": {**draft.answers, step: typed}}
    if step == steps.RULES:
        fields["rehearsal"] = bool(request.POST.get("rehearsal"))
    if not drafts.update_draft(draft, **fields):
        return redirect("organise-draft", draft.key)
    do = request.POST.get("do", "next")
    words = request.FILES.get("words_file")
    if isinstance(form, ColumnsForm) and words is not None:
        return _words_from_file(request, draft, form, words.read())
    valid = form.is_valid()
    if isinstance(form, BaseForm):
        valid = _keep_base(request, draft, form) and valid
    if do == "back":
        return redirect("organise-step", draft.key, _beside(step, -1))
    if do in ("try", "save"):
        return _shown(request, draft, step, form, status=200 if valid else 422)
    if valid:
        CHECKS[step](draft, form)
    if not form.is_valid():
        return _shown(request, draft, step, form, status=422)
    return redirect("organise-step", draft.key, _beside(step, 1))


def _shown(
    request: PersonRequest, draft: CompetitionDraft, step: str, form: StepForm, status: int = 200
) -> HttpResponse:
    describe_fields(form)
    context = {**_frame(draft, step), "form": form}
    if isinstance(form, ColumnsForm):
        flags = steps.flags_of(draft, form.guessed)
        context |= {"groups": form.groups(flags), "flags": flags, "label": form.guessed.label}
        context["label_fields"] = [
            form[name] for name in ("label-meaning", "label-codes") if name in form.fields
        ]
    if isinstance(form, HoldoutForm):
        context |= _plan_context(form, _plan_of(draft, form))
    if isinstance(form, BaseForm):
        context["stored"] = draft.base_file
    return render(request, f"organisers/{step}.html", context, status=status)


def _plan_of(draft: CompetitionDraft, form: HoldoutForm) -> planning.HoldoutPlan | None:
    shown = form if form.is_bound else HoldoutForm(HoldoutForm.defaults())
    return planning.check_holdout(draft, shown) if shown.is_valid() else None


def _plan_context(form: HoldoutForm, found: planning.HoldoutPlan | None) -> dict[str, Any]:
    return {"form": form, "plan": found, "picture": charts.draw_certifiable_gain(found) if found else None}


def _words_from_file(
    request: PersonRequest, draft: CompetitionDraft, form: ColumnsForm, content: bytes
) -> HttpResponse:
    """Put a JSON file's words about columns into the fields, to be looked at."""
    try:
        said = read_meanings_file(content)
    except Refusal as error:
        form.is_valid()
        form.add_error("words_file", str(error))
        return _shown(request, draft, steps.COLUMNS, form, status=422)
    columns, label = draft.columns, form.guessed.label.name
    if unknown := [name for name in said if name not in columns]:
        form.is_valid()
        form.add_error("words_file", _("The table has no column “%(name)s”.") % {"name": unknown[0]})
        return _shown(request, draft, steps.COLUMNS, form, status=422)
    typed = {**draft.answers[steps.COLUMNS], **typed_answers(said, columns, label)}
    drafts.update_draft(draft, answers={**draft.answers, steps.COLUMNS: typed})
    messages.success(request, _("The words were taken from the file. Look them over."))
    return redirect("organise-step", draft.key, steps.COLUMNS)


def _keep_base(request: PersonRequest, draft: CompetitionDraft, form: BaseForm) -> bool:
    """Keep an uploaded base model; False with a refusal beside its field."""
    if file := request.FILES.get("base_file"):
        try:
            upload = uploads.read_upload(file, "base_file", MOST_MODEL_BYTES)
            if upload.suffix not in (".onnx", ".skops"):
                raise Refusal(_("A base model is an ONNX model or a skops file."), "base_file")
        except Refusal as error:
            form.add_error("base_file", error.message)
            return False
        draft_tables.store_base_file(draft, upload.filename, upload.suffix, upload.content)
        drafts.update_draft(draft, base_json=draft.base_json)
    if form.cleaned_data.get("learner") == BaseForm.UPLOAD and draft.base_file is None:
        form.add_error("base_file", _("Choose the model’s file."))
        return False
    return True


# --- what each step checks beyond its fields -----------------------------------------------------------------------
def _check_target(draft: CompetitionDraft, form: StepForm) -> None:
    if isinstance(form, TargetForm):
        steps.check_target(draft, form)


def _check_columns(draft: CompetitionDraft, form: StepForm) -> None:
    if isinstance(form, ColumnsForm):
        steps.check_columns(draft, form)


def _check_holdout(draft: CompetitionDraft, form: StepForm) -> None:
    if isinstance(form, HoldoutForm):
        planning.check_holdout(draft, form)


def _check_base(draft: CompetitionDraft, form: StepForm) -> None:
    where = form.cleaned_data.get("where", "").strip()
    if where and form.cleaned_data["learner"] != BaseForm.UPLOAD:
        planning.check_base(draft, form, where)


def _check_rules(draft: CompetitionDraft, form: StepForm) -> None:
    """Check nothing: its fields and the model's say all there is."""


CHECKS: dict[str, Callable[[CompetitionDraft, StepForm], None]] = {
    steps.TARGET: _check_target,
    steps.COLUMNS: _check_columns,
    steps.HOLDOUT: _check_holdout,
    steps.BASE: _check_base,
    steps.RULES: _check_rules,
}


# --- the last look ------------------------------------------------------------------------------------------------
def _preview(request: PersonRequest, draft: CompetitionDraft) -> HttpResponse:
    lacking = drafts.find_missing(draft)
    context: dict[str, Any] = {**_frame(draft, steps.PREVIEW), "lacking": lacking}
    if not any(missing.step in (steps.TABLE, steps.TARGET, steps.COLUMNS) for missing in lacking):
        schema = steps.schema_of(draft)
        context |= {"schema": schema, "flags": steps.flags_of(draft, schema)}
    if not lacking:
        rules, holdout = (steps.bind_form(draft, name) for name in (steps.RULES, steps.HOLDOUT))
        if isinstance(holdout, HoldoutForm) and holdout.is_valid() and rules.is_valid():
            context |= {"rules": rules.cleaned_data, "plan": planning.check_holdout(draft, holdout)}
            context["base"] = draft.answers[steps.BASE]
    return render(request, "organisers/preview.html", context)


def _frame(draft: CompetitionDraft, step: str) -> dict[str, Any]:
    done = {name for name in steps.STEPS if draft.answers.get(name)}
    if draft.table:
        done.add(steps.TABLE)
    return {
        "draft": draft,
        "step": step,
        "steps": [(name, steps.TITLES[name], name in done) for name in steps.STEPS],
        "title": steps.TITLES[step],
        "number": steps.STEPS.index(step) + 1,
        "count": len(steps.STEPS),
    }


def _beside(step: str, by: int) -> str:
    return steps.STEPS[steps.STEPS.index(step) + by]
