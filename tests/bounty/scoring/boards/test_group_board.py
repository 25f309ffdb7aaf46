"""Who helped whom: credit on one group of people, and what may be asked about."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from bounty.adjudication import judge as adjudication_judge
from bounty.core.errors import Refusal
from bounty.models import BoardRow, Competition, Triage
from bounty.scoring.boards import group_board, group_choice, group_points
from bounty.shared_model import practice_noise
from tests.competition_history import DECLARED
from tests.world import CHILDREN, OLD_WOMEN, World, new_team


@pytest.fixture
def helped(make, bob, charlie) -> World:
    """Charlie found old women; Bob mended them, and small children."""
    world = make(declared=DECLARED)
    bobs = new_team(world.competition, bob, "Bob's Builders")
    charlies = new_team(world.competition, charlie, "Charlie's Angels")
    finding = world.evaluated(charlies, "SEX == 'female' and AGE >= 60")
    judge(finding)
    world.confirm(finding)
    for expression in ("AGE < 6", "SEX == 'female' and AGE >= 60"):
        judge(world.evaluated(bobs, expression, world.patch(world.mask(expression), 0.95)))
    return world


def judge(submission) -> None:
    adjudication_judge.judge_submission(submission.pk)
    submission.refresh_from_db()
    assert submission.state in ("accepted", "worse")


def key_of(world: World, name: str) -> str:
    return world.competition.declared_groups.get(name=name).key


def get(competition, **query):
    return Client().get(f"/c/{competition.slug}/board/for/", query)


def on(world: World, mask) -> dict[str, float]:
    found = group_points.load_credited_rows(world.competition)
    names = dict(world.competition.teams.values_list("pk", "name"))
    practice = world.layout.rows_of("practice")
    return {names[line.team_id]: line.points for line in group_points.team_points_on(found, mask[practice])}


def test_on_everybody_it_is_the_board(helped):
    everybody = np.ones(len(helped.y), dtype=bool)
    told = dict(BoardRow.objects.values_list("team__name", "points"))
    assert on(helped, everybody) == pytest.approx(told)


def test_a_group_and_its_rest_share_the_whole(helped):
    """Weighted by what was at stake in each, the two boards add up to the whole one."""
    young = helped.mask("AGE < 30")
    practice = helped.layout.rows_of("practice")
    wrong = (helped.base != helped.y)[practice]
    share = wrong[young[practice]].sum() / wrong.sum()
    whole, inside, outside = on(helped, young | True), on(helped, young), on(helped, ~young)
    for team, points in whole.items():
        assert share * inside.get(team, 0) + (1 - share) * outside.get(team, 0) == pytest.approx(points)


def test_the_finder_has_three_tenths_where_they_found_and_nothing_elsewhere(helped):
    women = on(helped, helped.mask("SEX == 'female' and AGE >= 60"))
    assert women["Charlie's Angels"] == pytest.approx(0.3 * sum(women.values()))
    assert on(helped, helped.mask("AGE < 6")).get("Charlie's Angels", 0) == 0


def test_the_page_ranks_those_who_helped_a_declared_group(helped):
    text = get(helped.competition, group=key_of(helped, "old women")).content.decode()
    assert text.index("Bob&#x27;s Builders") < text.index("Charlie&#x27;s Angels")
    assert "old women" in text
    assert "lower" in text


def test_a_column_is_shown_value_by_value(helped):
    text = get(helped.competition, group="column:SEX").content.decode()
    assert "sex is female" in text
    assert "sex is male" in text


def test_a_number_is_cut_into_the_quarters_of_public_rows(helped):
    age = next(column for column in helped.competition.schema.features if column.name == "AGE")
    parts = group_choice.column_parts(helped.competition, age)
    public = helped.X["AGE"].iloc[: helped.layout.public]
    assert len(parts) == 4
    assert parts[0][2] == f"`AGE` < {float(np.quantile(public, 0.25, method='higher'))!r}"


@pytest.fixture
def people(make, bob, charlie) -> World:
    """Rows are people; Bob mended small children, and Charlie found and mended old women."""
    world = make(rule_version=2, noise_scale=2.0)
    bobs = new_team(world.competition, bob, "Bob's Builders")
    charlies = new_team(world.competition, charlie, "Charlie's Angels")
    judge(world.good_patch(bobs, CHILDREN))
    judge(world.evaluated(charlies, OLD_WOMEN))
    judge(world.good_patch(charlies, OLD_WOMEN))
    return world


def test_where_rows_are_people_a_later_version_tells_nothing_anew_of_what_stayed_the_same(make, bob, charlie):
    world = make(rule_version=2, noise_scale=2.0)
    competition = world.competition
    judge(world.good_patch(new_team(competition, bob, "Bob's Builders"), CHILDREN))

    def told():
        interest = group_choice.find_group(competition, competition.submissions.get(number=1).key)
        standing = group_board.summarize_group(competition, interest)
        lines = group_board.group_board_rows(competition, interest, None)
        points = {line.team.name: line.points for line in lines}
        return standing.share, standing.start.loss, points["Bob's Builders"]

    before = told()
    judge(world.good_patch(new_team(competition, charlie, "Charlie's Angels"), OLD_WOMEN))
    assert told() == before


def test_where_rows_are_people_every_team_is_listed_that_moved_anything(people):
    competition = people.competition
    interest = group_choice.find_group(competition, competition.submissions.get(number=2).key)
    lines = group_board.group_board_rows(competition, interest, None)
    assert {line.team.name for line in lines} == {"Bob's Builders", "Charlie's Angels"}


def test_where_rows_are_people_a_group_is_too_small_by_what_is_told_of_it(people):
    competition, submission = people.competition, people.competition.submissions.get(number=2)
    exact = int(people.mask(OLD_WOMEN)[people.layout.rows_of("practice")].sum())
    told = practice_noise.noise_group(competition, submission.pk, (1, 0), exact, 0.0)[0]
    assert told != exact
    competition.smallest_group = max(told, exact)
    if told > exact:
        assert group_choice.find_group(competition, submission.key).key == submission.key
    else:
        with pytest.raises(Refusal, match="too few to say anything"):
            group_choice.find_group(competition, submission.key)


def test_two_groups_are_joined(helped):
    old = get(helped.competition, group=key_of(helped, "old women"), also="column:AGE:3", join="and")
    assert "old women and age is at least" in old.content.decode()


def test_the_reader_finds_their_own_team_marked(helped, bob):
    client = Client()
    client.force_login(bob)
    text = client.get(f"/c/{helped.competition.slug}/board/for/", {"group": "column:SEX"}).content.decode()
    assert 'class="mine"' in text


def test_the_file_has_the_same_points(helped):
    group = key_of(helped, "small children")
    response = Client().get(f"/c/{helped.competition.slug}/board/for.csv", {"group": group})
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert rows[0]["team"] == "'Bob's Builders" or rows[0]["team"] == "Bob's Builders"
    assert float(rows[0]["points"]) == pytest.approx(on(helped, helped.mask("AGE < 6"))["Bob's Builders"])


def test_before_anything_was_accepted_the_page_says_so(make):
    world = make(declared=DECLARED)
    text = get(world.competition, group=key_of(world, "men")).content.decode()
    assert "Nothing that was accepted has changed an answer in this group yet" in text


# --- what may not be asked ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("group", [
    "declared:999999", "declared:x", "submission:nonsense", "submission:00000000-0000-0000-0000-000000000000",
    "column:SEEN", "column:SEEN:0", "column:AGE:9", "column:AGE:x", "AGE < 6", "\x00", "column:", "'; drop table",
])  # fmt: skip
def test_what_is_not_on_the_list_is_refused_in_words(helped, group):
    response = get(helped.competition, group=group)
    assert response.status_code == 422
    assert "Choose one from the list" in response.content.decode()
    file = Client().get(f"/c/{helped.competition.slug}/board/for.csv", {"group": group})
    assert file.status_code == 422


def test_a_group_of_a_few_rows_is_refused(make):
    world = make(declared={"few": "AGE < 6 and VISITS > 6"}, smallest_group=20)
    response = get(world.competition, group=key_of(world, "few"))
    assert response.status_code == 422
    assert "fewer than 20 practice rows" in response.content.decode()


def test_a_join_that_leaves_a_few_rows_over_is_refused(make):
    world = make(declared={"young": "AGE < 30", "young but few": "AGE < 27"}, smallest_group=40)
    pair = {"group": key_of(world, "young"), "also": key_of(world, "young but few"), "join": "not"}
    assert get(world.competition, **pair).status_code == 422
    assert get(world.competition, **(pair | {"join": "and"})).status_code == 422


def test_what_nobody_may_read_of_is_no_group(helped, bob):
    team = helped.competition.teams.get(name="Bob's Builders")
    refused = helped.evaluated(team, "VISITS > 3", state="not_shown")
    assert get(helped.competition, group=refused.key).status_code == 422


def test_a_finding_under_an_embargo_is_no_group_and_on_no_board(helped):
    finding = helped.competition.submissions.get(state="confirmed")
    finding.embargo_until = timezone.now() + timedelta(days=3)
    finding.save()
    assert get(helped.competition, group=finding.key).status_code == 422
    text = Client().get(f"/c/{helped.competition.slug}/board/findings/").content.decode()
    assert "Nobody has shown a finding yet" in text


@pytest.mark.parametrize("page", [
    "board/", "board.csv", "board/for/", "board/for.csv", "board/findings/", "board/findings.csv",
    "board/columns.csv", "pictures/", "teams/bobs-builders/points.csv",
])  # fmt: skip
def test_mallory_sees_no_board_of_a_competition_by_invitation(helped, mallory, page):
    Competition.objects.update(visibility=Competition.Visibility.INVITATION)
    client = Client()
    client.force_login(mallory)
    assert client.get(f"/c/{helped.competition.slug}/{page}").status_code == 404
    assert Client().get(f"/c/{helped.competition.slug}/{page}").status_code == 404


# --- findings -------------------------------------------------------------------------------------------------------
def test_a_finding_is_told_with_how_it_stands_today(helped):
    text = Client().get(f"/c/{helped.competition.slug}/board/findings/").content.decode()
    assert "no longer clearly worse" in text
    assert "earns points when a patch helps" in text
    assert "Charlie&#x27;s Angels" in text


def test_the_file_of_findings_says_what_is_open(helped):
    text = Client().get(f"/c/{helped.competition.slug}/board/findings.csv").content.decode()
    row = next(csv.DictReader(io.StringIO(text)))
    assert (row["earns_points"], row["open"]) == ("yes", "no")


def test_the_file_of_findings_says_how_bad_they_are_and_what_the_owner_answers(helped):
    address = f"/c/{helped.competition.slug}/board/findings.csv"
    row = next(csv.DictReader(io.StringIO(Client().get(address).content.decode())))
    assert (row["severity"], row["owner_answer"], row["fixed_in_version"]) == ("", "", "")
    finding = helped.competition.submissions.get(state="confirmed")
    triage = Triage.objects.create(submission=finding, severity="high", answer_text="=not said yet")
    row = next(csv.DictReader(io.StringIO(Client().get(address).content.decode())))
    assert (row["severity"], row["owner_answer"], row["owner_words"]) == ("high", "", "")
    Triage.objects.filter(pk=triage.pk).update(answer="fixed", fixed_in=1)
    row = next(csv.DictReader(io.StringIO(Client().get(address).content.decode())))
    said = (row["owner_answer"], row["fixed_in_version"], row["owner_words"])
    assert said == ("fixed", "1", "'=not said yet")


def test_the_file_of_findings_keeps_an_embargo(helped):
    finding = helped.competition.submissions.get(state="confirmed")
    Triage.objects.create(submission=finding, severity="critical")
    finding.embargo_until = timezone.now() + timedelta(days=1)
    finding.save()
    text = Client().get(f"/c/{helped.competition.slug}/board/findings.csv").content.decode()
    assert list(csv.DictReader(io.StringIO(text))) == []


def test_a_team_page_tells_what_paid_it(helped):
    text = Client().get(f"/c/{helped.competition.slug}/teams/charlies-angels/").content.decode()
    assert "finding rows that Bob&#x27;s Builders mended" in text
    points = Client().get(f"/c/{helped.competition.slug}/teams/charlies-angels/points.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(points)))
    told = BoardRow.objects.get(team__slug="charlies-angels").points
    assert float(rows[-1]["total"]) == pytest.approx(told)
