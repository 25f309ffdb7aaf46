"""The client against the real API over HTTP; only the network's own faults are made up."""

from __future__ import annotations

import pandas as pd
import pytest
import requests

from bounty.adjudication import judge
from bounty.dry_runs import results as dry_results
from bounty.exploration.data import load_explore_data
from bounty.models import DryRun, Submission
from bounty.notifications import notify_users
from evaluator import client as package
from evaluator.client import (
    BadToken,
    Client,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    ServerFault,
    Unreachable,
)
from tests.new_submissions import PYTHON


def test_a_stranger_reads_without_a_token(live_server, world):
    found = Client(live_server.url, "").competitions()
    assert [competition.slug for competition in found] == [world.competition.slug]
    assert found[0].now == found[0].start > 0


def test_bob_downloads_a_table_whole(client_of_bob, competition, tmp_path):
    seen = []
    path = client_of_bob.data(
        competition.slug, "explore.parquet", tmp_path / "data", lambda done, whole: seen.append((done, whole))
    )
    assert len(pd.read_parquet(path)) == 400
    assert seen[-1][0] == path.stat().st_size and [p.name for p in path.parent.iterdir()] == [
        "explore.parquet"
    ]


def test_bob_looks_at_a_group(client_of_bob, competition):
    found = client_of_bob.preview(competition.slug, "AGE < 6")
    assert found.verdict == "worse" and found.gap[1] > 0


def test_bob_sends_an_expression_and_reads_the_verdict(client_of_bob, world, competition):
    sent = client_of_bob.submit(
        competition.slug, expression="AGE < 6", patch="none", description="Small ones"
    )
    assert (sent.state, sent.running, sent.queue_position) == ("queued", True, 0)
    row = Submission.objects.get(pk=sent.id)
    world.store_outcome(row, world.mask("AGE < 6"), None)
    Submission.objects.update(state="judging")
    judge.judge_submission(row.pk)
    done = client_of_bob.wait(sent)
    assert done.state == "worse" and done.sentence == done.verdict["sentence"]


def test_bob_sends_files(client_of_bob, competition, tmp_path):
    (tmp_path / "both.py").write_bytes(PYTHON)
    sent = client_of_bob.submit(competition.slug, group_file=tmp_path / "both.py", patch="same")
    assert Submission.objects.get(pk=sent.id).files["group"]["filename"] == "both.py"


def test_bob_replaces_and_withdraws(client_of_bob, competition):
    first = client_of_bob.submit(competition.slug, expression="AGE < 6")
    second = client_of_bob.submit(competition.slug, expression="AGE < 7", supersedes=first)
    assert client_of_bob.status(first).state == "withdrawn"
    assert client_of_bob.withdraw(second).state == "withdrawn"
    assert [row.number for row in client_of_bob.submissions(competition.slug)] == [2, 1]


def test_waiting_has_an_end(client_of_bob, competition):
    sent = client_of_bob.submit(competition.slug, expression="AGE < 6")
    with pytest.raises(TimeoutError, match="#1 is still queued"):
        client_of_bob.wait(sent, seconds=0.1, every=0.05)


# --- problems ------------------------------------------------------------------------------------------------------
def test_a_slip_says_which_entry_to_mend(client_of_bob, competition):
    with pytest.raises(Invalid) as refused:
        client_of_bob.submit(competition.slug, expression="AEG < 6")
    assert str(refused.value).startswith("expression: ") and "AGE" in str(refused.value)
    assert refused.value.kind == "invalid" and not Submission.objects.exists()


def test_every_slip_is_told_at_once(client_of_bob, competition):
    with pytest.raises(Invalid) as refused:
        client_of_bob.submit(competition.slug, patch="same", description="x" * 501)
    assert {"expression", "patch", "description"} <= {
        line.split(":")[0].strip() for line in str(refused.value).splitlines()
    }


def test_each_kind_of_problem_has_its_exception(live_server, client_of_bob, competition):
    with pytest.raises(BadToken, match="account page"):
        Client(live_server.url, "bb_wrong").me()
    with pytest.raises(NotFound):
        client_of_bob.board("nothing-here")
    with pytest.raises(Forbidden, match="organiser's until"):
        client_of_bob.download_model(competition.slug)
    sent = client_of_bob.submit(competition.slug, expression="AGE < 6")
    client_of_bob.withdraw(sent)
    with pytest.raises(Conflict, match="ended already"):
        client_of_bob.withdraw(sent)


@pytest.mark.parametrize("url", ["bounty.example.org", "file:///etc/passwd", ""])
def test_an_address_of_no_site_is_refused(url):
    with pytest.raises(ValueError, match="looks like https"):
        Client(url, "bb_x")


def test_nowhere_is_said_plainly(monkeypatch):
    lost = Client("http://127.0.0.1:9", "bb_x")
    waits = []
    lost._http.pause = waits.append
    with pytest.raises(Unreachable, match="does not answer"):
        lost.competitions()
    assert waits == [0.5, 1.0, 2.0, 4.0]


# --- the network fails ---------------------------------------------------------------------------------------------
class Cable:
    """Loses answers on their way back: the site did what was asked, the client does not know."""

    def __init__(self, client, monkeypatch, lost):
        self.asked, self.lost = [], lost
        self.request = client._http.session.request
        monkeypatch.setattr(client._http.session, "request", self)
        client._http.pause = lambda seconds: None

    def __call__(self, method, url, **options):
        answer = self.request(method, url, **options)
        self.asked.append(options["headers"].get("Idempotency-Key"))
        if len(self.asked) <= self.lost:
            raise requests.ConnectionError("the cable was pulled")
        return answer


def test_an_answer_that_got_lost_sends_nothing_twice(client_of_bob, competition, monkeypatch):
    cable = Cable(client_of_bob, monkeypatch, lost=2)
    sent = client_of_bob.submit(competition.slug, expression="AGE < 6")
    assert len(cable.asked) == 3 and len(set(cable.asked)) == 1 and cable.asked[0]
    assert [str(row.pk) for row in Submission.objects.all()] == [sent.id]


def test_files_that_are_sent_again_are_whole(client_of_bob, competition, monkeypatch, tmp_path):
    (tmp_path / "both.py").write_bytes(PYTHON)
    Cable(client_of_bob, monkeypatch, lost=1)
    client_of_bob.submit(competition.slug, group_file=tmp_path / "both.py", patch="same")
    assert Submission.objects.get().files["group"]["size"] == len(PYTHON)


def test_what_carries_no_key_is_not_sent_twice(client_of_bob, competition, monkeypatch):
    sent = client_of_bob.submit(competition.slug, expression="AGE < 6")
    cable = Cable(client_of_bob, monkeypatch, lost=1)
    with pytest.raises(Unreachable):
        client_of_bob.withdraw(sent)
    assert len(cable.asked) == 1


def test_a_download_that_breaks_off_leaves_nothing(client_of_bob, competition, tmp_path, monkeypatch):
    def broken(*_):
        yield b"half"
        raise requests.exceptions.ChunkedEncodingError("the cable was pulled")

    monkeypatch.setattr(requests.Response, "iter_content", broken)
    with pytest.raises(Unreachable, match="did not come whole"):
        client_of_bob.data(competition.slug, "explore.csv", tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_what_is_no_problem_document_is_still_told():
    response = requests.Response()
    response.status_code, response.reason = 502, "Bad Gateway"
    told = package.errors.read_problem(response)
    assert isinstance(told, ServerFault) and "502 Bad Gateway" in str(told)


def test_the_token_is_in_nothing_that_is_printed(client_of_bob, bobs_token):
    assert bobs_token not in repr(client_of_bob)
    assert bobs_token not in repr(package.credentials.Credentials("https://x.org", bobs_token))


@pytest.mark.sandbox
@pytest.mark.slow
def test_a_file_is_tried_at_home_against_the_present_model(client_of_bob, competition, tmp_path):
    path = tmp_path / "both.py"
    path.write_bytes(b"def group(X):\n    return X['AGE'] < 6\n\ndef predict(X):\n    return [1] * len(X)\n")
    words, verdict = client_of_bob.check(competition.slug, path, expression="AGE < 6")
    assert words.group.status == verdict.group.status == "ok" and words.group.weight == verdict.group.weight
    assert verdict.patch.status == "ok" and 0.5 < verdict.patch.loss_base < 0.9


# --- trying, looking, hearing ---------------------------------------------------------------------------------------
def test_bob_tries_a_group_and_sends_it(client_of_bob, world, competition, sent):
    def work(tried):
        """What a worker and the site would do meanwhile."""
        run = DryRun.objects.get(pk=tried.id)
        assert run.move(
            1,
            DryRun.State.DONE,
            result=dry_results.measure_result(
                load_explore_data(competition, competition.head()), explore_mask(world), None
            ).to_json(),
        )

    tried = client_of_bob.dry_run(competition.slug, expression="AGE < 6", patch="none", every=0.01, told=work)
    assert (tried.state, tried.failure) == ("done", None)
    assert tried.result["before"]["mean"] > tried.result["outside"]["mean"]
    assert client_of_bob.submit_dry_run(tried).state == "queued"


def explore_mask(world):
    return world.mask("AGE < 6")[world.competition.layout.rows_of("explore")]


def test_a_dry_run_is_not_waited_for_without_end(client_of_bob, competition):
    with pytest.raises(TimeoutError, match="goes on at"):
        client_of_bob.dry_run(competition.slug, expression="AGE < 6", seconds=0.05, every=0.02)
    with pytest.raises(Conflict, match="not ended yet"):
        client_of_bob.dry_run(competition.slug, expression="AGE < 6")


def test_bob_explores_and_begins_where_the_model_errs_most(client_of_bob, competition):
    found = client_of_bob.explore(competition.slug, "AGE < 6")
    assert found["models"][0]["gap"]["low"] > 0 and found["rows"] < found["of_rows"]
    assert client_of_bob.explore(competition.slug)["words"] == "Everyone"
    assert client_of_bob.worst_slices(competition.slug)[0]["rows"] > 0
    with pytest.raises(Invalid, match="AGGE"):
        client_of_bob.explore(competition.slug, "AGGE < 6")


def test_bob_reads_his_notices_once(client_of_bob, bob, competition):
    notify_users("verdict", to=[bob], competition=competition, subject="Accepted", body="", url="/")
    assert [notice["subject"] for notice in client_of_bob.notices(unread=True)] == ["Accepted"]
    assert (client_of_bob.read_notices(), client_of_bob.notices(unread=True)) == (1, [])


def test_who_helped_whom_is_asked_by_the_groups_that_there_are(client_of_bob, competition):
    key = client_of_bob.groups(competition.slug)[-1]["groups"][0]["key"]
    assert client_of_bob.board_for(competition.slug, key)["group"]["teams"] == []
    with pytest.raises(Invalid, match="no such group"):
        client_of_bob.board_for(competition.slug, "declared:0")
