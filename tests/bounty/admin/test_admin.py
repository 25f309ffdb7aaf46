"""The organisers' and moderators' pages: what is shown to whom, and what a press of a button does."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from bounty.models import Ban, Competition, Role, Submission
from tests.pages import log_in, staff
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


def test_nobody_makes_a_competition_in_the_admin(competition, admin_user):
    superuser = log_in(admin_user)
    assert superuser.get(page("competition_add")).status_code == 403
    assert page("competition_add") not in text_of(superuser.get(page("competition_changelist")))


def test_a_competition_is_shown_and_leads_to_its_organisers_pages(organiser, competition):
    text = text_of(organiser.get(page("competition_change", competition.pk)))
    assert "smallest gain" in text
    assert f'href="{reverse("organise-competition", args=[competition.slug])}"' in text
    assert 'name="title"' not in text and 'name="delta"' not in text


def test_what_is_typed_for_a_competition_itself_changes_nothing(organiser, competition):
    before = Competition.objects.filter(pk=competition.pk).values().get()
    changed(organiser, competition, title="Mine", status="closed", delta=0.5, **no_roles())
    assert Competition.objects.filter(pk=competition.pk).values().get() == before


@pytest.mark.parametrize("action", ["open_them", "pause_them", "close_them"])
def test_no_action_of_the_list_moves_a_competition(organiser, competition, action):
    organiser.post(page("competition_changelist"), {"action": action, "_selected_action": [competition.pk]})
    competition.refresh_from_db()
    assert competition.is_open


def test_a_draft_can_be_deleted_and_an_open_one_cannot(organiser, competition):
    assert organiser.post(page("competition_delete", competition.pk), {"post": "yes"}).status_code == 403
    Competition.objects.filter(pk=competition.pk).update(status=Status.DRAFT)
    organiser.post(page("competition_delete", competition.pk), {"post": "yes"})
    assert not Competition.objects.filter(pk=competition.pk).exists()


def no_roles():
    names = ("roles", "declared_groups", "blocks", "prize")
    return {f"{name}-{part}_FORMS": 0 for name in names for part in ("TOTAL", "INITIAL")}


def role_data(user, kind="moderator"):
    return no_roles() | {"roles-TOTAL_FORMS": 1, "roles-0-user": user.username, "roles-0-kind": kind}


def changed(client, competition, **data):
    return client.post(page("competition_change", competition.pk), data)


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
