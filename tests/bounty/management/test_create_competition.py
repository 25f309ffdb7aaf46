"""manage.py create_competition: a draft from a table, or one line that says what is wrong."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from bounty.models import Competition
from tests.people_table import nothing_is_left, people, tree_upload


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "who_is_ill.csv"
    people().to_csv(path, index=False)
    return path


@pytest.fixture
def run(alice, table):
    def command(*arguments: str) -> str:
        output = StringIO()
        call_command(
            "create_competition",
            str(table),
            "--organiser",
            "alice",
            "--base-learner",
            "tree",
            *arguments,
            stdout=output,
        )
        return output.getvalue()

    return command


def refused(run, *arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(*arguments)
    message = str(caught.value)
    assert "\n" not in message and nothing_is_left()
    assert caught.value.returncode == 1
    return message


def test_it_prints_splits_what_they_can_certify_and_the_address(run):
    output = run("--label", "ill", "--unit", "person")
    assert "certification-1" in output and "smallest gain" in output
    assert output.splitlines()[-1].endswith("/c/who-is-ill/")
    assert Competition.objects.get().status == Competition.Status.DRAFT


def test_it_flags_what_the_organiser_should_look_at(run):
    assert "`person` looks like a unit" in run("--label", "ill")


def test_every_option_arrives(run, tmp_path):
    meanings, rules = tmp_path / "meanings.json", tmp_path / "rules.md"
    meanings.write_text(json.dumps({"age": {"meaning": "age", "measure": "years"}}))
    rules.write_text("Be kind.")
    run(
        *(
            "--label",
            "ill",
            "--unit",
            "person",
            "--title",
            "Ill or not",
            "--slug",
            "ill",
            "--rules",
            str(rules),
        ),
        *(
            "--declare",
            "children=age < 18",
            "--declare",
            "women=sex == 'female'",
            "--meanings",
            str(meanings),
        ),
        *("--base-where", "age >= 18", "--exclude", "income", "--blocks", "2", "--delta", "0.1", "--open"),
        *(
            "--splits",
            "train=200,explore=80,practice=120,certification=160,final=40",
            "--acceptance",
            "alpha",
        ),
        *("--visibility", "invitation", "--smallest-group", "5"),
    )
    competition = Competition.objects.get(slug="ill")
    assert competition.is_open and competition.rules == "Be kind." and competition.delta == 0.1
    assert [group.name for group in competition.declared_groups.all()] == ["children", "women"]
    assert competition.schema.column("age").measure == "years"
    assert [column.name for column in competition.schema.features] == ["age", "sex"]
    assert (competition.blocks.count(), competition.acceptance, competition.smallest_group) == (2, "alpha", 5)


def test_m_and_an_open_number_of_blocks_are_options(run):
    run("--label", "ill", "--unit", "person", "--unit-rows", "2", "--more-blocks")
    competition = Competition.objects.get()
    assert (competition.unit_rows, competition.fixed_blocks) == (2, None)


def test_m_above_the_largest_units_rows_is_refused_by_the_options_name(run):
    with pytest.raises(CommandError, match="--unit-rows: The table's largest unit has"):
        run("--label", "ill", "--unit", "person", "--unit-rows", "500")


def test_a_cost_matrix_comes_from_a_file(run, tmp_path):
    path = tmp_path / "costs.txt"
    path.write_text("0 1\n5 0\n")
    run("--label", "ill", "--unit", "person", "--loss", f"cost:{path}")
    assert Competition.objects.get().loss.name == "cost"


def test_without_an_organiser_the_first_superuser_is_it(table, db):
    User.objects.create_superuser("root")
    call_command(
        "create_competition", str(table), "--label", "ill", "--base-learner", "tree", stdout=StringIO()
    )
    assert Competition.objects.get().organiser.username == "root"


def test_without_any_superuser_it_says_how_to_get_one(table, db):
    with pytest.raises(CommandError, match="createsuperuser"):
        call_command("create_competition", str(table), "--label", "ill", stdout=StringIO())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--label", "il"), "did you mean `ill`"),
        (("--label", "ill", "--declare", "old=agee > 60"), "--declare: Declared group “old”"),
        (("--label", "ill", "--declare", "children"), "not of the form name = expression"),
        (("--label", "ill", "--splits", "train=0.5"), "--splits: Say how much goes to explore"),
        (("--label", "ill", "--splits", "train=much"), "--splits"),
        (("--label", "ill", "--loss", "hinge"), "There is no loss `hinge`"),
        (("--label", "ill", "--meanings", "nowhere.json"), "--meanings: nowhere.json cannot be read"),
        (("--label", "ill", "--base", "nowhere.onnx"), "--base: nowhere.onnx cannot be read"),
        (("--label", "ill", "--delta", "3"), "--delta: This must lie between 0 and 1"),
    ],
)
def test_what_is_wrong_is_one_line(run, arguments, message):
    assert message in refused(run, *arguments)


def test_what_is_no_table_is_refused(run, table):
    table.write_bytes(b"\x00\x01\x02 no table")
    assert "no table" in refused(run, "--label", "ill")


def test_a_pickle_is_refused_with_the_way_to_convert(run, tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x80\x04.")
    assert "skops.io.dump" in refused(run, "--label", "ill", "--base", str(path))


@pytest.mark.sandbox
def test_an_uploaded_base_model_is_run_at_once(run, tmp_path):
    path = tmp_path / "tree.skops"
    path.write_bytes(tree_upload().content)
    run("--label", "ill", "--unit", "person", "--exclude", "sex", "--base", str(path))
    assert Competition.objects.get().head().number == 0
