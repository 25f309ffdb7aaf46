"""Registers the permissions of bounty.permissions.rules under the names that `user.has_perm` is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rules

from bounty.models import Competition, Submission, Team
from bounty.permissions import visibility
from bounty.permissions.rules import (
    can_download_model,
    can_make_competition,
    can_view,
    entry_refusal,
    is_in_team_of,
    is_organiser,
    moderation_refusal,
    submit_refusal,
)

if TYPE_CHECKING:
    from bounty.permissions.rules import Person


# rules calls a predicate with None where a permission is asked without an object (Django's admin does, for
# the model permissions of the same names): nobody holds any of these in general.
@rules.predicate
def makes_competition(user: Person) -> bool:
    return can_make_competition(user)


@rules.predicate
def views_competition(user: Person, competition: Competition | None) -> bool:
    return competition is not None and can_view(user, competition)


@rules.predicate
def enters_competition(user: Person, competition: Competition | None) -> bool:
    return competition is not None and not entry_refusal(user, competition)


@rules.predicate
def submits_to_competition(user: Person, competition: Competition | None) -> bool:
    return competition is not None and not submit_refusal(user, competition)


@rules.predicate
def sees_submission(user: Person, submission: Submission | None) -> bool:
    return submission is not None and visibility.sees_submission(user, submission)


@rules.predicate
def sees_summary(user: Person, submission: Submission | None) -> bool:
    return submission is not None and visibility.sees_summary(user, submission)


@rules.predicate
def sees_source(user: Person, submission: Submission | None) -> bool:
    return submission is not None and visibility.sees_source(user, submission)


@rules.predicate
def withdraws_submission(user: Person, submission: Submission | None) -> bool:
    return submission is not None and submission.is_running and is_in_team_of(user, submission)


@rules.predicate
def downloads_model(user: Person, competition: Competition | None) -> bool:
    return competition is not None and can_download_model(user, competition)


@rules.predicate
def organises_competition(user: Person, competition: Competition | None) -> bool:
    return competition is not None and is_organiser(user, competition)


@rules.predicate
def moderates_competition(user: Person, competition: Competition | None) -> bool:
    return competition is not None and not moderation_refusal(user, competition)


@rules.predicate
def sees_team(user: Person, team: Team | None) -> bool:
    return team is not None and can_view(user, team.competition)


rules.set_perm("bounty.make_competition", makes_competition)
rules.set_perm("bounty.view_competition", views_competition)
rules.set_perm("bounty.enter_competition", enters_competition)
rules.set_perm("bounty.submit", submits_to_competition)
rules.set_perm("bounty.see_submission", sees_submission)
rules.set_perm("bounty.see_summary", sees_summary)
rules.set_perm("bounty.see_source", sees_source)
rules.set_perm("bounty.withdraw_submission", withdraws_submission)
rules.set_perm("bounty.download_model", downloads_model)
rules.set_perm("bounty.organise", organises_competition)
rules.set_perm("bounty.moderate", moderates_competition)
rules.set_perm("bounty.see_team", sees_team)
