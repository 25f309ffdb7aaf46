"""A competition's own organiser's pages: phases, texts, people, dashboards, copies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.utils import timezone

from bounty.adjudication import judge
from bounty.competitions import create, phases
from bounty.models import Ban, Competition, CompetitionDraft, Invitation, Notice, Role
from bounty.organisers import create_from_draft, draft_tables, drafts
from bounty.organisers.ledger_report import ledger_budget
from bounty.organisers.participation import measure_participation
from tests.bounty.organisers.organiser import Organiser, address_of, texts_of
from tests.world import new_team

PAGES = ("", "texts/", "words/", "people/", "participation/", "budget/", "close/", "rollback/")


@pytest.fixture
def alices(alice, sent) -> Organiser:
    return Organiser(alice)


# --- who -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", PAGES)
def test_alice_sees_every_page(competition, alices, page):
    assert alices.client.get(address_of(competition, page)).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_mallory_and_bob_see_none(competition, bobs, bob, mallory, page):
    for person in (bob, mallory):
        assert Organiser(person).client.get(address_of(competition, page)).status_code == 403


def test_a_moderator_does_not_organise(competition, charlie):
    Role.objects.create(competition=competition, user=charlie, kind="moderator")
    assert Organiser(charlie).client.get(address_of(competition)).status_code == 403


def test_a_competition_that_mallory_may_not_see_does_not_exist_for_her(make, mallory):
    draft = make(status="draft").competition
    assert Organiser(mallory).client.get(address_of(draft)).status_code == 404


@pytest.mark.parametrize(
    "page", ["phase/", "close/", "again/", "copy/", "table/", "rehearsal/", "texts/", "people/", "rollback/"]
)
def test_mallory_can_press_nothing(competition, mallory, page):
    data = {"do": "pause", "title": "Mine", "user": "mallory", "kind": "organiser"}
    assert Organiser(mallory).client.post(address_of(competition, page), data).status_code == 403
    competition.refresh_from_db()
    assert (competition.status, competition.title) == ("open", "Who sees a doctor")
    assert not Role.objects.exists() and not CompetitionDraft.objects.exists()


def test_the_way_there_is_shown_to_organisers_alone(competition, alices, bobs, bob):
    assert address_of(competition) in alices.client.get(competition.get_absolute_url()).content.decode()
    assert (
        address_of(competition)
        not in Organiser(bob).client.get(competition.get_absolute_url()).content.decode()
    )


# --- phases --------------------------------------------------------------------------------------------------------
def test_alice_opens_pauses_and_resumes_it_and_who_entered_is_told(make, alices, bob):
    draft = make(status="draft", opens_at=None).competition
    new_team(draft, bob, "Bob's Builders")
    for do, status in (("open", "open"), ("pause", "paused"), ("resume", "open")):
        alices.press(address_of(draft, "phase/"), do=do)
        draft.refresh_from_db()
        assert draft.status == status
    assert (
        list(Notice.objects.filter(user=bob).order_by("pk").values_list("kind", flat=True)) == ["phase"] * 3
    )


def test_closing_asks_first_and_is_told(competition, alices, bobs, bob):
    assert "cannot be undone" in alices.client.get(address_of(competition, "close/")).content.decode()
    competition.refresh_from_db()
    assert competition.status == "open"
    alices.press(address_of(competition, "close/"))
    competition.refresh_from_db()
    assert competition.is_closed
    assert "is closed" in Notice.objects.get(user=bob).subject


def test_closing_twice_closes_once(competition, alices):
    alices.press(address_of(competition, "close/"))
    page = alices.client.post(address_of(competition, "close/"), follow=True).content.decode()
    assert "only an open or paused one can be closed" in page


def test_the_clock_opens_it_tells_and_logs(make, bob):
    draft = make(status="draft", opens_at=timezone.now() - timedelta(minutes=1)).competition
    new_team(draft, bob, "Bob's Builders")
    phases.apply_schedule(timezone.now())
    phases.apply_schedule(timezone.now())
    draft.refresh_from_db()
    assert draft.is_open
    assert Notice.objects.filter(user=bob).count() == 1
    assert LogEntry.objects.get_for_object(draft).filter(changes__has_key="status").exists()


# --- texts, words, people ------------------------------------------------------------------------------------------


def test_texts_change_at_any_time_and_the_change_is_logged(competition, alices):
    data = {**texts_of(alices.client, competition), "title": "Who is seen", "submissions_per_day": "7"}
    assert alices.client.post(address_of(competition, "texts/"), data).status_code == 302
    competition.refresh_from_db()
    assert (competition.title, competition.submissions_per_day) == ("Who is seen", 7)
    entry = LogEntry.objects.get_for_object(competition).filter(changes__has_key="title").first()
    assert entry.actor.username == "alice"


def test_what_was_promised_is_fixed_and_says_why(competition, alices):
    assert "was promised it" in alices.client.get(address_of(competition, "texts/")).content.decode()
    data = {
        **texts_of(alices.client, competition),
        "delta": "0.5",
        "terms": "Give me your soul.",
        "slug": "else",
    }
    alices.client.post(address_of(competition, "texts/"), data)
    before = competition.slug
    competition.refresh_from_db()
    assert (competition.delta, competition.terms, competition.slug) == (0.05, "", before)


def test_a_changed_chance_of_a_false_certificate_is_planned_anew(make, alices):
    draft = make(status="draft", opens_at=None).competition
    create.replan_holdout(draft)
    before = draft.plan.lines[0].gain
    data = texts_of(alices.client, draft) | {"delta": "0.0001", "tolerance": "0"}
    answer = alices.client.post(address_of(draft, "texts/"), data)
    assert answer.status_code == 302, answer.context["form"].errors
    draft.refresh_from_db()
    assert draft.plan.lines[0].gain > before


def test_a_wrong_date_keeps_what_was_typed_and_changes_nothing(competition, alices):
    data = {**texts_of(alices.client, competition), "summary": "At length", "closes_at": "2020-01-01T00:00"}
    answer = alices.client.post(address_of(competition, "texts/"), data)
    assert answer.status_code == 422 and "At length" in answer.content.decode()
    competition.refresh_from_db()
    assert competition.closes_at is None and competition.summary != "At length"


def test_looking_how_it_reads_changes_nothing(competition, alices):
    data = {**texts_of(alices.client, competition), "rules": "**Loud** <script>", "do": "try"}
    page = alices.client.post(address_of(competition, "texts/"), data).content.decode()
    assert "<strong>Loud</strong>" in page and "<script>" not in page.split("</head>")[1]
    competition.refresh_from_db()
    assert competition.rules == ""


def test_words_are_edited_before_it_is_opened_and_not_after(make, alices):
    draft = make(status="draft").competition
    form = {"form-TOTAL_FORMS": "4", "form-INITIAL_FORMS": "4"}
    for i, column in enumerate(draft.schema.columns):
        form |= {f"form-{i}-name": column.name, f"form-{i}-meaning": f"said of {column.name}"}
    alices.client.post(address_of(draft, "words/"), form)
    draft.refresh_from_db()
    assert draft.schema.columns[0].meaning == "said of AGE"
    alices.press(address_of(draft, "phase/"), do="open")
    alices.client.post(address_of(draft, "words/"), {**form, "form-0-meaning": "other"})
    draft.refresh_from_db()
    assert draft.schema.columns[0].meaning == "said of AGE"


def test_alice_invites_and_names_a_moderator_and_takes_both_back(competition, alices, charlie):
    alices.client.post(
        address_of(competition, "people/"), {"do": "invite", "note": "school", "uses_left": "30"}
    )
    alices.client.post(
        address_of(competition, "people/"), {"do": "give", "user": "charlie", "kind": "moderator"}
    )
    invitation, role = Invitation.objects.get(), Role.objects.get()
    page = alices.client.get(address_of(competition, "people/")).content.decode()
    assert invitation.token in page and "charlie" in page
    alices.client.post(address_of(competition, "people/"), {"do": "end", "which": invitation.pk})
    alices.client.post(address_of(competition, "people/"), {"do": "take", "which": role.pk})
    assert not Invitation.objects.exists() and not Role.objects.exists()


@pytest.mark.parametrize(
    ("user", "said"),
    [("nobody", "Nobody here"), ("bob", "on a team here"), ("alice", "made this competition")],
)
def test_a_role_that_cannot_be_given_says_why(competition, alices, bobs, user, said):
    data = {"do": "give", "user": user, "kind": "moderator"}
    answer = alices.client.post(address_of(competition, "people/"), data)
    assert answer.status_code == 422 and said in answer.content.decode()
    assert not Role.objects.exists()


def test_an_invitation_of_another_competition_cannot_be_ended_here(competition, make, alices):
    other = Invitation.objects.create(competition=make().competition)
    alices.client.post(address_of(competition, "people/"), {"do": "end", "which": other.pk})
    assert Invitation.objects.filter(pk=other.pk).exists()


# --- dashboards ----------------------------------------------------------------------------------------------------
def test_participation_counts_people_days_and_states(world, bobs, charlies):
    world.evaluated(bobs, "AGE < 6")
    world.evaluated(bobs, "AGE < 7", state="accepted")
    found = measure_participation(world.competition, timezone.now())
    assert (found.entered, found.teams, found.teams_that_sent, found.sent, found.active_people) == (
        2,
        2,
        1,
        2,
        1,
    )
    assert dict(found.states) == {"being judged": 1, "accepted": 1}
    assert [count for _day, count in found.days] == [2]
    assert (found.busiest[0].name, found.busiest[0].accepted) == ("Bob's Builders", 1)


def test_participation_asks_as_often_for_many_as_for_few(
    world, bobs, charlies, django_assert_max_num_queries
):
    for number in range(30):
        world.evaluated(bobs, f"AGE < {number + 1}")
    with django_assert_max_num_queries(9):
        measure_participation(world.competition, timezone.now())


def test_the_budget_follows_the_ledger(world, bobs):
    before = ledger_budget(world.competition)
    mask = world.mask("AGE < 6")
    submission = world.evaluated(bobs, mask, world.patch(mask))
    judge.judge_submission(submission.pk)
    after = ledger_budget(world.competition)
    assert (before.queries, after.queries, len(after.blocks[0].asked)) == (0, 1, 2)
    assert after.blocks[0].asked[-1].gain > before.blocks[0].asked[-1].gain
    assert after.left <= before.left


def test_pages_of_a_busy_competition_show_their_pictures(world, bobs, alices):
    mask = world.mask("AGE < 6")
    judge.judge_submission(world.evaluated(bobs, mask, world.patch(mask)).pk)
    assert "<svg" in alices.client.get(address_of(world.competition, "budget/")).content.decode()
    assert "<svg" in alices.client.get(address_of(world.competition, "participation/")).content.decode()


# --- copies --------------------------------------------------------------------------------------------------------
def test_a_copy_has_the_same_choices_and_other_rows(organiser, made, draft):
    organiser.press(address_of(made, "phase/"), do="open")
    answer = organiser.client.post(address_of(made, "copy/"))
    copied = CompetitionDraft.objects.get(source=made)
    assert answer.url == f"/organise/{copied.key}/rules/"
    assert copied.seed != draft.seed
    assert draft_tables.read_content(copied.table.file) == draft_tables.read_content(draft.table.file)
    assert drafts.find_missing(copied) == []
    other = organiser.make(copied)
    assert other.slug != made.slug
    assert other.schema_json["columns"] == made.schema_json["columns"]
    assert other.plan.asked == made.plan.asked
    assert other.unit_rows == made.unit_rows
    public = [c.tables_json["public"]["sha256"] for c in (made, other)]
    assert public[0] != public[1]


def test_a_copy_keeps_out_who_saw_the_labels(organiser, made, bob, charlie):
    Role.objects.create(competition=made, user=charlie, kind="moderator")
    organiser.press(address_of(made, "phase/"), do="open")
    new_team(made, bob, "Bob's Builders")
    organiser.client.post(address_of(made, "copy/"))
    other = organiser.make(CompetitionDraft.objects.get(source=made))
    assert {(ban.user, ban.competition) for ban in Ban.objects.all()} == {(bob, other), (charlie, other)}


def test_without_the_table_a_copy_asks_for_it(competition, organiser):
    answer = organiser.client.post(address_of(competition, "copy/"), follow=True)
    assert "send it again" in answer.content.decode().lower()
    copied = CompetitionDraft.objects.get()
    assert [missing.step for missing in drafts.find_missing(copied)] == ["table"]
    assert copied.answers["target"]["label"] == "SEEN"


def test_the_kept_table_can_be_deleted_at_once(organiser, made, draft):
    organiser.client.post(address_of(made, "table/"))
    draft.refresh_from_db()
    assert not draft_tables.has_table(draft)
    assert "asks for it" in organiser.client.get(address_of(made)).content.decode()


def test_a_draft_goes_back_to_its_choices_and_is_made_anew(organiser, made, draft):
    organiser.press(address_of(made, "again/"))
    assert not Competition.objects.exists()
    draft.refresh_from_db()
    assert draft.state == "editing"
    assert organiser.make(draft).slug == made.slug


def test_what_was_opened_does_not_go_back(organiser, made):
    organiser.press(address_of(made, "phase/"), do="open")
    page = organiser.client.post(address_of(made, "again/"), follow=True).content.decode()
    assert "Copy it instead" in page
    assert Competition.objects.filter(pk=made.pk).exists()


def test_a_late_message_for_something_made_does_nothing(made, draft):
    assert create_from_draft.make_competition(str(draft.key)) is None
    assert create_from_draft.make_competition("no key at all") is None
    assert Competition.objects.count() == 1
