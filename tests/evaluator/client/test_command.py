"""The command `bounty`, as it is typed."""

from __future__ import annotations

import json
import stat

import pytest
from click.testing import CliRunner

from bounty.models import DryRun, Submission
from evaluator.client import Client, credentials, local_check
from evaluator.client.command import main
from evaluator.errors import SandboxUnavailable


@pytest.fixture
def bounty():
    """`bounty("board", slug)`: what came out, and the exit status."""
    return lambda *words, **options: CliRunner().invoke(main, words, **options)


@pytest.fixture
def logged_in(client_of_bob, bobs_token, bounty):
    done = bounty("login", client_of_bob.url, input=f"{bobs_token}\n")
    assert done.exit_code == 0, done.output
    return done


def test_logging_in_keeps_the_token_for_its_owner_alone_and_never_prints_it(logged_in, bobs_token):
    assert "You are bob" in logged_in.output and bobs_token not in logged_in.output
    assert stat.S_IMODE(credentials.file_path().stat().st_mode) == 0o600
    assert credentials.read().token == bobs_token


def test_a_wrong_token_is_not_kept(bounty, client_of_bob):
    done = bounty("login", client_of_bob.url, input="bb_wrong\n")
    assert done.exit_code == 1 and "account page" in done.output and not credentials.file_path().exists()


def test_logging_out_forgets(logged_in, bounty):
    assert bounty("logout").output == "Forgotten.\n"
    assert credentials.read() is None
    assert "bounty login" in bounty("competitions").output


def test_the_environment_stands_for_a_login(client_of_bob, bobs_token, bounty, monkeypatch):
    monkeypatch.setenv("BOUNTY_URL", client_of_bob.url)
    monkeypatch.setenv("BOUNTY_TOKEN", bobs_token)
    assert bounty("competitions").exit_code == 0 and not credentials.file_path().exists()


def test_an_address_in_the_environment_is_enough_for_what_is_public(
    client_of_bob, bounty, competition, monkeypatch
):
    monkeypatch.setenv("BOUNTY_URL", client_of_bob.url)
    assert bounty("board", competition.slug).exit_code == 0
    done = bounty("status", competition.slug)
    assert done.exit_code == 1 and "bounty login ADDRESS" in done.output


def test_the_kept_token_goes_with_its_own_address_alone(logged_in, client_of_bob, bobs_token, monkeypatch):
    monkeypatch.setenv("BOUNTY_URL", f"{client_of_bob.url}/")
    assert credentials.read().token == bobs_token
    monkeypatch.setenv("BOUNTY_URL", "http://127.0.0.1:9")
    assert credentials.read() == credentials.Credentials("http://127.0.0.1:9", "")


def test_a_wrong_name_says_where_the_right_ones_are(logged_in, bounty):
    done = bounty("board", "nowhere")
    assert done.exit_code == 1 and "`bounty competitions` lists" in done.output


def test_a_group_is_looked_at_in_percent(logged_in, bounty, competition):
    done = bounty("preview", competition.slug, "AGE >= 6")
    assert done.exit_code == 0, done.output
    assert "loss there: " in done.output and "% (" in done.output and "lower is better" in done.output


def test_a_file_is_sent_as_it_is_named(logged_in, bounty, competition, tmp_path):
    path = tmp_path / "toddlers.py"
    path.write_text("def group(X):\n    return X.AGE < 6\n")
    done = bounty("submit", competition.slug, str(path), "--patch", "none", "--no-wait")
    assert done.exit_code == 0, done.output
    assert Submission.objects.get().files["group"]["filename"] == "toddlers.py"
    done = bounty("submit", competition.slug, str(path), "--group", str(path))
    assert done.exit_code == 1 and "name it once" in done.output
    assert Submission.objects.count() == 1


def test_a_token_is_never_sent_to_another_site(logged_in):
    assert Client("http://127.0.0.1:9")._http._token is None


def test_competitions_board_and_model_as_tables_and_as_json(logged_in, bounty, competition):
    assert competition.slug in bounty("competitions").output
    assert json.loads(bounty("competitions", "--json").output)[0]["slug"] == competition.slug
    assert bounty("board", competition.slug).exit_code == 0
    assert json.loads(bounty("model", competition.slug, "--json").output)["version"] == 0


def test_data_come_into_a_folder(logged_in, bounty, competition, tmp_path):
    done = bounty("data", competition.slug, "explore.csv", "schema.json", "--to", str(tmp_path / "rows"))
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "rows").iterdir()) == ["explore.csv", "schema.json"]
    assert "there are train.parquet" in bounty("data", competition.slug, "secret.csv").output


def test_submit_and_status(logged_in, bounty, competition):
    done = bounty("submit", competition.slug, "--expression", "AGE < 6", "--patch", "none", "--no-wait")
    assert done.exit_code == 0 and "#1" in done.output
    key = str(Submission.objects.get().pk)
    assert key in bounty("status", competition.slug, "1").output
    assert json.loads(bounty("status", competition.slug, "--json").output)[0]["id"] == key
    listed = bounty("status", competition.slug).output
    assert "#1" in listed and "number" in listed and key[:8] not in listed


def test_a_dry_run_shows_why_it_could_not_be_run(logged_in, bounty, competition, monkeypatch):
    def fail(_seconds):
        """What a worker's report does, while the command waits."""
        failed = {"error_class": "crashed", "error_detail": "ZeroDivisionError: division by zero"}
        assert DryRun.objects.get().move(1, DryRun.State.FAILED, **failed)

    monkeypatch.setattr("evaluator.client.client.time.sleep", fail)
    done = bounty("dry-run", competition.slug, "--expression", "AGE < 6")
    assert done.exit_code == 1 and "ZeroDivisionError" in done.output and not Submission.objects.exists()


def test_a_slip_is_a_sentence_and_no_traceback(logged_in, bounty, competition):
    done = bounty("submit", competition.slug, "--expression", "AEG < 6")
    assert done.exit_code == 1 and "expression:" in done.output and "Traceback" not in done.output
    assert not Submission.objects.exists()


def test_check_says_where_code_cannot_be_shut_in(logged_in, bounty, competition, tmp_path, monkeypatch):
    def none_here():
        raise SandboxUnavailable("bubblewrap is not installed")

    monkeypatch.setattr(local_check, "Sandbox", none_here)
    (tmp_path / "a.py").write_text("def group(X):\n    return X.AGE < 6\n")
    done = bounty("check", competition.slug, str(tmp_path / "a.py"))
    assert done.exit_code == 3 and "bubblewrap is not installed" in done.output


def test_what_others_wrote_is_shown_as_text_and_not_as_colours(logged_in, bounty, competition):
    competition.title = "[red]Loud[/red]"
    competition.save()
    assert "[red]" in bounty("competitions").output
