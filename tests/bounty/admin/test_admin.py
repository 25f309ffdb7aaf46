"""The organisers' and moderators' pages: what is shown to whom, and what a press of a button does."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from bounty.models import Ban, Competition, Role, Submission
from tests.pages import log_in, staff
from tests.people_table import nothing_is_left, people, tree_upload
from tests.world import new_team, new_user

State, Hold, Status = Submission.State, Submission.Hold, Competition.Status
CHILDREN = "AGE < 6"


@pytest.fixture
def organiser(alice):
    return log_in(staff(alice))


@pytest.fixture
def mona(competition):
    user = staff(new_user("mona"))
    Role.objects.create(competition=competition, user=user, kind=Role.Kind.MODERATOR)
    return user


@pytest.fixture
def moderator(mona):
    return log_in(mona)


@pytest.fixture
def stranger(make, mallory):
    """Staff, and organiser of a competition of her own."""
    make().competition.roles.create(user=staff(mallory), kind=Role.Kind.ORGANISER)
    return log_in(mallory)


@pytest.fixture
def waiting(world, bobs):
    mask = world.mask(CHILDREN)
    return world.evaluated(
        bobs,
        mask,
        world.patch(mask),
        expression=CHILDREN,
        words="age below 6 years",
        state=State.HELD,
        held_at=timezone.now(),
        hold=Hold.HELD,
        hold_reason="A moderator looks at every submission here.",
    )


def page(name, *args):
    return reverse(f"admin:bounty_{name}", args=args)


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


# --- the queue --------------------------------------------------------------------------------------------------
def test_the_queue_shows_what_waits_and_the_numbers(moderator, waiting, world, bobs):
    world.submission(bobs, expression="AGE > 80", words="age above 80 years")
    text = text_of(moderator.get(page("submission_changelist")))
    assert "age below 6 years" in text and "age above 80 years" not in text
    assert "the oldest wait" in text


def test_the_queue_can_show_everything_and_be_searched(moderator, waiting, world, bobs):
    world.submission(bobs, expression="AGE > 80", words="age above 80 years")
    text = text_of(moderator.get(page("submission_changelist"), {"queue": "all", "q": "above 80"}))
    assert "age above 80 years" in text and "age below 6 years" not in text


def test_a_moderator_of_another_competition_sees_an_empty_queue(stranger, waiting):
    assert "age below 6 years" not in text_of(stranger.get(page("submission_changelist"), {"queue": "all"}))
    assert stranger.get(page("submission_change", waiting.pk)).status_code == 404


def test_staff_without_a_role_may_not_even_look(client, waiting, charlie):
    assert log_in(staff(charlie)).get(page("submission_changelist")).status_code == 403


def test_a_participant_is_sent_to_the_log_in(bob, waiting):
    assert log_in(bob).get(page("submission_changelist")).status_code == 302


# --- the panel --------------------------------------------------------------------------------------------------
def test_the_panel_says_what_whom_and_why(moderator, waiting):
    text = text_of(moderator.get(page("submission_change", waiting.pk)))
    for part in (
        "age below 6 years",
        "AGE &lt; 6",
        "public rows",
        "A moderator looks at every submission here.",
        "asks one certification query",
        'value="Release"',
        waiting.get_absolute_url(),
        'value="Refuse"',
    ):
        assert part in text
    assert "<script>" not in text and "style=" not in text.split('id="content-main"')[1]


def test_a_press_of_release_sends_it_to_judging(moderator, waiting, mona):
    moderator.post(page("submission_release", waiting.pk))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.hold) == (State.JUDGING, Hold.RELEASED)
    assert LogEntry.objects.get_for_object(waiting).filter(actor=mona).count() == 1


def test_a_refusal_needs_its_reason(moderator, waiting):
    moderator.post(page("submission_refuse", waiting.pk), {"reason": " "})
    waiting.refresh_from_db()
    assert waiting.state == State.HELD
    moderator.post(page("submission_refuse", waiting.pk), {"reason": "It points at one family."})
    waiting.refresh_from_db()
    assert (waiting.state, waiting.moderator_reason) == (State.REFUSED, "It points at one family.")


def test_looking_at_a_decision_takes_none(moderator, waiting):
    moderator.get(page("submission_release", waiting.pk))
    waiting.refresh_from_db()
    assert waiting.hold == Hold.HELD


@pytest.mark.parametrize("decision", ["release", "refuse", "disqualify", "ban"])
def test_a_stranger_presses_in_vain(stranger, waiting, decision):
    assert stranger.post(page(f"submission_{decision}", waiting.pk), {"reason": "x"}).status_code == 404
    waiting.refresh_from_db()
    assert (waiting.state, waiting.hold) == (State.HELD, Hold.HELD)
    assert not Ban.objects.exists()


def test_a_moderator_who_competes_reads_why_they_cannot_decide(world, waiting, mona, moderator):
    new_team(world.competition, mona, "Mona's")
    refused = moderator.get(page("submission_change", waiting.pk))
    assert refused.status_code == 403
    assert "you cannot moderate it" in refused.content.decode()
    assert moderator.post(page("submission_release", waiting.pk)).status_code == 403


def test_several_are_released_at_once(moderator, waiting):
    moderator.post(
        page("submission_changelist"), {"action": "release_them", "_selected_action": [str(waiting.pk)]}
    )
    waiting.refresh_from_db()
    assert waiting.hold == Hold.RELEASED


def test_a_disqualification_asks_first_and_says_what_it_does(moderator, waiting):
    text = text_of(moderator.get(page("submission_disqualify", waiting.pk)))
    assert "rebuilt without it" in text
    waiting.refresh_from_db()
    assert waiting.state == State.HELD


def test_an_author_is_banned_from_the_panel(moderator, waiting, bob):
    assert "can no longer submit here" in text_of(moderator.get(page("submission_ban", waiting.pk)))
    moderator.post(page("submission_ban", waiting.pk), {"reason": "Two accounts."})
    assert Ban.objects.get().user == bob


# --- competitions -----------------------------------------------------------------------------------------------
@pytest.fixture
def maker(alice):
    alice.user_permissions.add(Permission.objects.get(codename="add_competition"))
    return log_in(staff(alice))


def wishes(**changes):
    table = SimpleUploadedFile("people.csv", people().to_csv(index=False).encode())
    given = {
        "title": "Who is ill",
        "slug": "ill",
        "summary": "A model fails somebody.",
        "visibility": "public",
        "table": table,
        "label": "ill",
        "unit": "person",
        "declared": "children = age < 18\nwomen = sex == 'female'",
        "base_learner": "tree",
        "splits": "train=200, explore=80, practice=120, certification=160, final=40",
        "blocks": 1,
        "seed": 0,
        "acceptance": "ledger",
        "alpha": 0.001,
        "delta": 0.05,
        "gate_level": 0.05,
        "gate_chance": 0.5,
        "target_gain": 0.01,
        "tolerance": 0,
        "harm_mode": "no_evidence",
        "smallest_group": 20,
        "submissions_per_day": 50,
        "queries_per_team": 20,
        "max_upload_bytes": 1_000_000,
        "moderation": "flagged",
    }
    return given | changes


def test_a_competition_is_made_from_an_uploaded_table(maker):
    response = maker.post(page("competition_add"), wishes())
    competition = Competition.objects.get(slug="ill")
    assert response.url == page("competition_change", competition.pk)
    assert competition.status == Status.DRAFT and competition.declared_groups.count() == 2
    text = text_of(maker.get(response.url))
    assert "smallest gain" in text and "What the 3 columns mean" in text


def test_the_empty_form_can_be_looked_at(maker):
    assert "Make the competition" in text_of(maker.get(page("competition_add")))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": "il"}, "did you mean `ill`"),
        ({"declared": "children = agee < 18"}, "Declared group “children”"),
        ({"declared": "children"}, "not of the form name = expression"),
        ({"splits": "train=0.5"}, "Say how much goes to"),
        ({"base_learner": "upload"}, "Choose the base model"),
        ({"delta": 2}, "between 0 and 1"),
        ({"table": SimpleUploadedFile("people.csv", b"\x00\x01")}, "no table"),
        ({"title": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_stands_in_the_form_and_leaves_nothing_behind(maker, changes, message):
    text = text_of(maker.post(page("competition_add"), wishes(**changes)))
    assert message.replace("`", "`") in text and "Nothing was made" in text
    assert nothing_is_left()


def test_an_uploaded_base_model_is_left_to_a_worker(maker, sent, django_capture_on_commit_callbacks):
    upload = SimpleUploadedFile("tree.skops", tree_upload().content)
    with django_capture_on_commit_callbacks(execute=True):
        maker.post(page("competition_add"), wishes(base_learner="upload", base_file=upload))
    assert Competition.objects.get(slug="ill").status == Status.PREPARING
    assert [task for task, _, _ in sent] == ["evaluator.evaluate"]


def test_staff_without_the_permission_make_none(organiser, competition):
    assert organiser.get(page("competition_add")).status_code == 403


def test_organisers_see_their_competitions_only(organiser, competition, stranger):
    own = text_of(organiser.get(page("competition_changelist")))
    assert page("competition_change", competition.pk) in own
    assert page("competition_change", competition.pk) not in text_of(
        stranger.get(page("competition_changelist"))
    )
    assert (
        stranger.get(page("competition_change", competition.pk)).status_code == 302
    )  # not there, says Django's admin


def test_a_moderator_changes_no_competition(moderator, competition):
    text_of(moderator.get(page("competition_change", competition.pk)))
    assert moderator.post(page("competition_change", competition.pk), {"title": "Mine"}).status_code == 403
    assert moderator.get(page("competition_meanings", competition.pk)).status_code == 403
    assert moderator.post(page("competition_close", competition.pk)).status_code == 403


def act(client, competition, action):
    return client.post(
        page("competition_changelist"), {"action": action, "_selected_action": [competition.pk]}
    )


def test_an_organiser_opens_pauses_and_resumes(organiser, competition, alice):
    for action, status in (("pause_them", Status.PAUSED), ("resume_them", Status.OPEN)):
        act(organiser, competition, action)
        competition.refresh_from_db()
        assert competition.status == status
    logged = LogEntry.objects.get_for_object(competition).filter(actor=alice, changes__has_key="status")
    assert logged.count() == 2


def test_what_is_open_cannot_be_opened_again(organiser, competition):
    response = organiser.post(
        page("competition_changelist"),
        {"action": "open_them", "_selected_action": [competition.pk]},
        follow=True,
    )
    assert "only one that is draft can be open" in text_of(response)


def test_closing_asks_first(organiser, competition):
    assert act(organiser, competition, "close_them").url == page("competition_close", competition.pk)
    assert "cannot be undone" in text_of(organiser.get(page("competition_close", competition.pk)))
    competition.refresh_from_db()
    assert competition.is_open
    organiser.post(page("competition_close", competition.pk))
    competition.refresh_from_db()
    assert competition.is_closed


def test_a_stranger_cannot_move_a_competition(stranger, competition):
    act(stranger, competition, "pause_them")
    competition.refresh_from_db()
    assert competition.is_open


def test_what_was_promised_is_fixed_once_it_is_open(organiser, competition):
    text = text_of(organiser.get(page("competition_change", competition.pk)))
    assert 'name="title"' in text and 'name="delta"' not in text and 'name="terms"' not in text


def test_a_changed_delta_is_planned_anew(maker):
    maker.post(page("competition_add"), wishes())
    competition = Competition.objects.get(slug="ill")
    before = competition.plan_json["lines"][0]["gain"]
    fields = (
        "slug",
        "acceptance",
        "alpha",
        "gate_level",
        "gate_chance",
        "target_gain",
        "tolerance",
        "harm_mode",
        "smallest_group",
    )
    data = {name: getattr(competition, name) for name in fields} | role_data(competition.organiser)
    response = changed(maker, competition, **data | {"roles-TOTAL_FORMS": 0, "delta": 0.0001})
    assert response.status_code == 302
    competition.refresh_from_db()
    assert competition.plan_json["lines"][0]["gain"] > before


def meanings(client, competition, **changes):
    rows = competition.schema.columns
    data = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows)}
    for i, column in enumerate(rows):
        data |= {f"form-{i}-name": column.name, f"form-{i}-meaning": column.meaning, f"form-{i}-codes": ""}
    return client.post(page("competition_meanings", competition.pk), data | changes)


def test_meanings_are_edited_before_opening(organiser, competition):
    Competition.objects.filter(pk=competition.pk).update(status=Status.DRAFT)
    text_of(organiser.get(page("competition_meanings", competition.pk)))
    meanings(organiser, competition, **{"form-0-meaning": "age in years", "form-1-codes": "female = women"})
    competition.refresh_from_db()
    assert competition.schema.column("AGE").meaning == "age in years"
    assert competition.schema.column("SEX").codes == {"female": "women"}


def test_meanings_are_fixed_once_it_is_open(organiser, competition):
    meanings(organiser, competition, **{"form-0-meaning": "something else"})
    competition.refresh_from_db()
    assert competition.schema.column("AGE").meaning == "age"


def test_a_draft_can_be_deleted_and_an_open_one_cannot(organiser, competition):
    assert organiser.post(page("competition_delete", competition.pk), {"post": "yes"}).status_code == 403
    Competition.objects.filter(pk=competition.pk).update(status=Status.DRAFT)
    organiser.post(page("competition_delete", competition.pk), {"post": "yes"})
    assert not Competition.objects.filter(pk=competition.pk).exists()


def role_data(user, kind="moderator"):
    names = ("roles", "declared_groups", "blocks", "prize")
    data = {f"{name}-{part}_FORMS": 0 for name in names for part in ("TOTAL", "INITIAL")}
    return data | {"roles-TOTAL_FORMS": 1, "roles-0-user": user.username, "roles-0-kind": kind}


def changed(client, competition, **data):
    fields = ("title", "summary", "visibility", "submissions_per_day", "queries_per_team", "max_upload_bytes")
    given = {name: getattr(competition, name) for name in (*fields, "moderation")}
    return client.post(page("competition_change", competition.pk), given | data)


def test_an_organiser_names_a_moderator(organiser, competition, charlie, alice):
    assert changed(organiser, competition, **role_data(charlie)).status_code == 302
    assert Role.objects.get(user=charlie).kind == "moderator"
    assert LogEntry.objects.get_for_object(Role.objects.get(user=charlie)).get().actor == alice


def test_the_organiser_sees_who_moderates_and_what_the_blocks_have_spent(organiser, competition, mona):
    competition.blocks.filter(number=1).update(queries=37)
    text = text_of(organiser.get(page("competition_change", competition.pk)))
    assert f'value="{mona.username}"' in text
    assert ">37<" in text


def test_a_competitor_cannot_be_made_a_moderator(organiser, competition, bobs, bob):
    assert "who competes cannot judge" in text_of(changed(organiser, competition, **role_data(bob)))
    assert not Role.objects.filter(user=bob).exists()


# --- people -----------------------------------------------------------------------------------------------------
def test_a_ban_is_made_and_lifted_in_the_admin(moderator, competition, bob, mona):
    data = {"competition": competition.pk, "user": "bob", "reason": "Two accounts."}
    moderator.post(page("ban_add"), data)
    ban = Ban.objects.get()
    assert (ban.user, ban.created_by) == (bob, mona)
    assert "banned already" in text_of(moderator.post(page("ban_add"), data))
    moderator.post(page("ban_delete", ban.pk), {"post": "yes"})
    assert not Ban.objects.exists()


def test_nobody_is_banned_from_a_competition_of_others(stranger, competition, bob):
    response = stranger.post(page("ban_add"), {"competition": competition.pk, "user": "bob", "reason": "x"})
    assert "Select a valid choice" in text_of(response)
    assert not Ban.objects.exists()


@pytest.mark.parametrize("name", ["team", "participation", "invitation", "ban", "competition", "submission"])
def test_every_list_opens_for_a_moderator(moderator, competition, bobs, name):
    text_of(moderator.get(page(f"{name}_changelist")))


def test_a_teams_page_does_not_show_its_invitation_link(moderator, bobs):
    text = text_of(moderator.get(page("team_change", bobs.pk)))
    assert bobs.token not in text and "bob" in text


def test_an_invitation_shows_its_link_to_the_organiser(organiser, competition):
    organiser.post(
        page("invitation_add"), {"competition": competition.pk, "note": "the class", "uses_left": 30}
    )
    invitation = competition.invitations.get()
    assert invitation.uses_left == 30
    listed = organiser.get(page("invitation_changelist")).content.decode()
    assert f"http://testserver{invitation.get_absolute_url()}" in listed
    assert not LogEntry.objects.filter(changes__icontains=invitation.token).exists()
