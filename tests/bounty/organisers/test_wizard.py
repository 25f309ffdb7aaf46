"""Putting a competition together on the site's own pages, without JavaScript."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, TestCase
from django.utils import timezone

from bounty.models import Competition, CompetitionDraft, Notice
from bounty.organisers import create_from_draft, draft_tables, drafts, table_limits
from tests.bounty.organisers.organiser import BASE, HOLDOUT, RULES, TARGET, Organiser, csv
from tests.people_table import files, people, tree_upload


# --- the whole way -------------------------------------------------------------------------------------------------
def test_from_a_table_to_a_draft_competition(organiser, draft, sent):
    organiser.fill(draft)
    page = organiser.page(draft, "preview")
    assert "Make the competition" in page and "Who is ill" in page
    answer = organiser.press(f"/organise/{draft.key}/make/")
    assert answer.url == f"/organise/{draft.key}/making/"
    assert [(name, queue) for name, _, queue in sent] == [("bounty.make_competition", "making")]
    assert "waiting for a worker" in organiser.client.get(answer.url).content.decode()
    competition = create_from_draft.make_competition(str(draft.key))
    assert competition.status == Competition.Status.DRAFT
    assert [group.name for group in competition.declared_groups.all()] == ["women", "children"]
    assert (competition.terms, competition.target_gain) == ("Be kind.", 0.05)
    assert organiser.client.get(answer.url).url == f"/c/{competition.slug}/organise/"


def test_the_example_walks_through_every_step(organiser, draft):
    answer = organiser.post(draft, "table", do="example")
    assert answer.status_code == 302
    for step in ("table", "target", "columns", "holdout", "base", "rules", "preview"):
        assert organiser.client.get(organiser.address(draft, step)).status_code == 200, step
    assert "Make the competition" in organiser.page(draft, "preview")


def test_the_rows_are_drawn_by_a_number_that_nobody_can_guess(organiser):
    first, second = organiser.start(), organiser.start()
    assert first.seed != second.seed


def test_the_table_lies_where_labels_lie(organiser, draft):
    organiser.post(draft, "table", {"table": csv()}, "upload")
    draft.refresh_from_db()
    assert draft.table.file.path.startswith("labels/")


# --- what is typed stays -------------------------------------------------------------------------------------------
def test_back_keeps_what_was_typed_even_where_it_is_wrong(organiser, draft):
    organiser.fill(draft)
    answer = organiser.post(draft, "holdout", {**HOLDOUT, "declared": "women = sx == 'female'"}, "back")
    assert answer.url.endswith("/columns/")
    assert "women = sx ==" in organiser.page(draft, "holdout")


def test_a_wrong_entry_is_shown_beside_its_field_with_what_was_typed(organiser, draft):
    organiser.fill(draft)
    answer = organiser.post(draft, "rules", {**RULES, "title": "", "summary": "Typed at length"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Typed at length" in page and 'id="id_title_error"' in page


def test_alice_comes_back_to_where_she_was(organiser, draft):
    organiser.post(draft, "table", {"table": csv()}, "upload")
    organiser.post(draft, "target", TARGET)
    assert organiser.client.get(f"/organise/{draft.key}/").url.endswith("/holdout/")


def test_what_was_said_about_columns_follows_them_into_another_table(organiser, draft):
    organiser.fill(draft)
    page = organiser.page(draft, "columns")
    assert "c1-meaning" in page
    typed = {f"c{i}-kind": kind for i, kind in ((1, "number"), (2, "category"), (3, "number"))}
    organiser.post(draft, "columns", {**typed, "c1-meaning": "age in years"})
    frame = people()[["age", "person", "sex", "income", "ill"]]
    organiser.post(draft, "table", {"table": csv(frame)}, "upload")
    draft.refresh_from_db()
    assert draft.answers["columns"]["c0-meaning"] == "age in years"


# --- tables that cannot be used ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"a,b\n1,2,3\n", "Row 1"),
        (b"a,b\n1,2\n", "at least 100"),
        (b"\x80\x04\x95" + b"x" * 200, "no UTF-8"),
        (b"PAR1 but no more", "no readable Parquet"),
        (b"a,a\n1,2\n", "more than once"),
    ],
)
def test_a_bad_table_is_refused_and_not_kept(organiser, draft, content, said):
    answer = organiser.post(draft, "table", {"table": SimpleUploadedFile("bad.csv", content)}, "upload")
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert files() == []


def test_no_file_at_all_says_so(organiser, draft):
    answer = organiser.post(draft, "table", do="upload")
    assert answer.status_code == 422
    assert "Choose a file first" in answer.content.decode()


def test_a_table_that_is_too_large_is_refused_before_it_is_read(organiser, draft, settings):
    settings.MOST_TABLE_BYTES = 1000
    answer = organiser.post(draft, "table", {"table": csv()}, "upload")
    assert "is larger than" in answer.content.decode()
    assert files() == []


def test_a_table_of_too_many_columns_is_refused(organiser, draft):
    wide = pd.DataFrame(np.zeros((120, 601)), columns=[f"c{i}" for i in range(601)])
    answer = organiser.post(draft, "table", {"table": csv(wide)}, "upload")
    assert "601 columns" in answer.content.decode()


def test_a_parquet_file_that_would_fill_the_memory_is_refused_unread(organiser, draft, tmp_path, monkeypatch):
    monkeypatch.setattr(table_limits, "MOST_CELLS", 1000)
    people().to_parquet(tmp_path / "bomb.parquet")
    upload = SimpleUploadedFile("bomb.parquet", (tmp_path / "bomb.parquet").read_bytes())
    assert "million cells" in organiser.post(draft, "table", {"table": upload}, "upload").content.decode()


def test_parquet_is_taken_as_well(organiser, draft, tmp_path):
    people().to_parquet(tmp_path / "people.parquet")
    upload = SimpleUploadedFile("people.parquet", (tmp_path / "people.parquet").read_bytes())
    assert organiser.post(draft, "table", {"table": upload}, "upload").status_code == 302


def test_an_uploaded_model_is_run_by_a_worker(organiser, draft, sent):
    organiser.fill(draft)
    upload = SimpleUploadedFile("tree.skops", tree_upload().content)
    data = {"learner": "upload", "where": "", "base_file": upload}
    assert organiser.post(draft, "base", data).status_code == 302
    draft.refresh_from_db()
    assert draft.base_file.path.startswith("labels/")
    with TestCase.captureOnCommitCallbacks(execute=True):
        competition = organiser.make(draft)
    assert competition.status == Competition.Status.PREPARING
    orders = [arguments["order"] for name, arguments, _ in sent if name == "evaluator.evaluate"]
    assert [order["purpose"] for order in orders] == ["base"]
    page = organiser.client.get(f"/c/{competition.slug}/organise/").content.decode()
    assert "being prepared" in page


def test_a_cell_is_never_markup(organiser, draft):
    frame = people()
    frame["sex"] = "<script>alert(1)</script>"
    organiser.post(draft, "table", {"table": csv(frame)}, "upload")
    assert "<script>alert(1)" not in organiser.page(draft, "table")


def test_a_missing_label_names_its_row(organiser, draft):
    frame = people().astype({"ill": object})
    frame.loc[6, "ill"] = None
    organiser.post(draft, "table", {"table": csv(frame)}, "upload")
    answer = organiser.post(draft, "target", TARGET)
    assert answer.status_code == 422
    assert "missing in row 7" in answer.content.decode()


def test_a_mixed_column_is_refused_at_its_own_fields_and_can_be_left_out(organiser, draft):
    frame = people().astype({"income": object})
    frame.loc[3, "income"] = "a lot"
    organiser.post(draft, "table", {"table": csv(frame)}, "upload")
    assert organiser.post(draft, "target", TARGET).status_code == 302
    typed = {f"c{i}-kind": kind for i, kind in ((1, "number"), (2, "category"), (3, "text"))}
    answer = organiser.post(draft, "columns", typed)
    assert answer.status_code == 422
    assert "row 4 holds" in answer.content.decode()
    assert organiser.post(draft, "columns", {**typed, "c3-excluded": "on"}).status_code == 302


# --- steps that refuse ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("step", "change", "said"),
    [
        ("target", {"label": "unheard of"}, "Select a valid choice"),
        ("target", {"unit": "ill"}, "label and the unit at once"),
        ("target", {"loss": "squared"}, "a number as its label"),
        ("target", {"loss": "cost", "costs": "1 2 3"}, "cost"),
        ("holdout", {"declared": "women sex == 'female'"}, "name = expression"),
        ("holdout", {"declared": "women = sx == 'female'"}, "sx"),
        ("holdout", {"declared": "nobody = age > 900"}, "no row"),
        ("holdout", {"certification": "90"}, "add up to"),
        ("holdout", {"train": "0"}, "Between 0 and 100"),
        ("holdout", {"blocks": "50", "certification": "1"}, "needs at least 10"),
        ("holdout", {"delta": "2"}, "between 0 and 1"),
        ("holdout", {"harm_mode": "certified"}, "tolerance above 0"),
        ("base", {"where": "age >"}, "age"),
        ("base", {"where": "age > 88"}, "train rows are such"),
        ("base", {"learner": "upload"}, "Choose the model"),
        ("rules", {"summary": ""}, "required"),
        ("rules", {"closes_at": "2020-01-01T00:00", "opens_at": "2021-01-01T00:00"}, "before it opens"),
    ],
)
def test_a_step_says_what_to_mend_and_stays(organiser, draft, step, change, said):
    organiser.fill(draft)
    data = {"target": TARGET, "holdout": HOLDOUT, "base": BASE, "rules": RULES}[step]
    answer = organiser.post(draft, step, {**data, **change})
    assert answer.status_code == 422, answer
    assert said in answer.content.decode()


def test_a_taken_address_is_refused(organiser, draft, competition):
    organiser.fill(draft)
    answer = organiser.post(draft, "rules", {**RULES, "slug": competition.slug})
    assert answer.status_code == 422


def test_a_pickle_is_no_base_model(organiser, draft):
    organiser.fill(draft)
    upload = SimpleUploadedFile("model.skops", b"\x80\x04\x95 evil")
    answer = organiser.post(draft, "base", {"learner": "upload", "where": "", "base_file": upload})
    assert "pickle" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.base_file is None


def test_steps_lead_back_to_what_is_missing(organiser, draft):
    assert organiser.client.get(organiser.address(draft, "columns")).url.endswith(("/table/", "/target/"))
    organiser.post(draft, "table", {"table": csv()}, "upload")
    assert organiser.client.get(organiser.address(draft, "holdout")).url.endswith("/target/")


def test_the_live_plan_answers_without_keeping_anything(organiser, draft):
    organiser.fill(draft)
    answer = organiser.client.post(f"/organise/{draft.key}/plan/", {**HOLDOUT, "certification": "5"})
    page = answer.content.decode()
    assert "children" in page and "smallest gain" in page.lower()
    draft.refresh_from_db()
    assert draft.answers["holdout"]["certification"] == "25"


def test_the_live_plan_explains_a_group_it_cannot_read(organiser, draft):
    organiser.fill(draft)
    answer = organiser.client.post(f"/organise/{draft.key}/plan/", {**HOLDOUT, "declared": "x = nothing > 3"})
    assert "nothing" in answer.content.decode()


# --- pressing twice, failing, being lost ---------------------------------------------------------------------------
def test_pressing_twice_makes_one_competition(organiser, draft, sent):
    organiser.fill(draft)
    for _ in range(2):
        organiser.press(f"/organise/{draft.key}/make/")
    assert len(sent) == 1
    assert create_from_draft.make_competition(str(draft.key)) is not None
    assert create_from_draft.make_competition(str(draft.key)) is None
    assert Competition.objects.count() == 1


def test_alice_is_told_when_it_is_made_or_could_not_be(organiser, draft, competition, sent):
    organiser.fill(draft)
    organiser.make(draft)
    second = organiser.fill(organiser.start())
    organiser.press(f"/organise/{second.key}/make/")
    answers = {**second.answers, "rules": {**second.answers["rules"], "slug": competition.slug}}
    CompetitionDraft.objects.filter(pk=second.pk).update(answers=answers)
    create_from_draft.make_competition(str(second.key))
    told = Notice.objects.filter(user=organiser.user).order_by("pk").values_list("subject", flat=True)
    assert list(told) == ["“Who is ill” is made", "“Who is ill” could not be made"]


def test_nothing_can_be_changed_while_it_is_made(organiser, draft):
    organiser.fill(draft)
    organiser.press(f"/organise/{draft.key}/make/")
    organiser.post(draft, "rules", {**RULES, "title": "Another title"})
    draft.refresh_from_db()
    assert draft.answers["rules"]["title"] == "Who is ill"


def test_a_making_that_fails_leaves_nothing_and_says_where_to_mend_it(organiser, draft, competition):
    organiser.fill(draft)
    organiser.press(f"/organise/{draft.key}/make/")
    answers = {**draft.answers, "rules": {**draft.answers["rules"], "slug": competition.slug}}
    CompetitionDraft.objects.update(answers=answers)
    before = set(files())
    assert create_from_draft.make_competition(str(draft.key)) is None
    assert set(files()) == before and Competition.objects.count() == 1
    answer = organiser.client.get(f"/organise/{draft.key}/making/")
    assert answer.url.endswith(("/rules/", "/preview/"))


def test_a_worker_that_died_after_making_it_leaves_one_competition(organiser, draft, monkeypatch):
    organiser.fill(draft)
    organiser.press(f"/organise/{draft.key}/make/")
    with monkeypatch.context() as patch:
        patch.setattr(create_from_draft, "_finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            create_from_draft.make_competition(str(draft.key))
    CompetitionDraft.objects.update(lease_until="2020-01-01T00:00Z")
    assert create_from_draft.make_competition(str(draft.key)).pk == Competition.objects.get().pk


def test_a_lost_message_is_sent_again(organiser, draft, sent, django_capture_on_commit_callbacks):
    organiser.fill(draft)
    organiser.press(f"/organise/{draft.key}/make/")
    with django_capture_on_commit_callbacks(execute=True):
        create_from_draft.resend_lost(timezone.now() + timedelta(minutes=1))
    assert len(sent) == 2


def test_a_forgotten_draft_is_deleted_with_its_table(organiser, draft, django_capture_on_commit_callbacks):
    organiser.fill(draft)
    assert files()
    with django_capture_on_commit_callbacks(execute=True):
        drafts.discard_forgotten(timezone.now() + timedelta(days=31))
    assert not CompetitionDraft.objects.exists() and files() == []


# --- who -----------------------------------------------------------------------------------------------------------
def test_mallory_may_not_start_one(mallory):
    client = Organiser(mallory).client
    assert client.post("/organise/new/").status_code == 403
    assert "Put a new one together" not in client.get("/organise/").content.decode()
    assert not CompetitionDraft.objects.exists()


def test_a_site_can_be_open_to_everybody(mallory, settings):
    settings.OPEN_ORGANISING = True
    assert Organiser(mallory).start() is not None


def test_a_visitor_is_asked_to_log_in(db):
    assert Client().post("/organise/new/").url.startswith("/accounts/login/")


@pytest.mark.parametrize("step", ["", "table/", "preview/", "making/"])
def test_mallory_cannot_look_at_alices_draft(organiser, draft, mallory, step):
    organiser.fill(draft)
    assert Organiser(mallory).client.get(f"/organise/{draft.key}/{step}").status_code == 404


@pytest.mark.parametrize("step", ["table/", "rules/", "make/", "plan/", "delete/"])
def test_mallory_cannot_change_alices_draft(organiser, draft, mallory, step):
    organiser.fill(draft)
    before = CompetitionDraft.objects.values().get()
    assert (
        Organiser(mallory).client.post(f"/organise/{draft.key}/{step}", {"title": "Mine"}).status_code == 404
    )
    assert CompetitionDraft.objects.values().get() == before


def test_alice_deletes_her_draft(organiser, draft, django_capture_on_commit_callbacks):
    organiser.fill(draft)
    with django_capture_on_commit_callbacks(execute=True):
        organiser.client.post(f"/organise/{draft.key}/delete/")
    assert not CompetitionDraft.objects.exists() and files() == []
    assert draft_tables.has_table(draft) is False
