"""What a stranger with a browser may try."""

from __future__ import annotations

import io
import stat
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from bounty.adjudication import feedback
from bounty.core.errors import Refusal
from bounty.submissions import uploads
from bounty.web.competitions import competitions
from evaluator.adjudication.feedback import FindingFeedback

REPOSITORY = Path(__file__).parents[3]


def of_many_entries(count: int) -> bytes:
    """A zip whose directory is nearly all of it: a few bytes an entry, and much memory to read."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("submission.py", "def group(X): return X.iloc[:, 0] > 0")
    return out.getvalue() + entry * count


def test_a_zip_of_very_many_files_is_refused_before_its_directory_is_read(monkeypatch: pytest.MonkeyPatch):
    file = SimpleUploadedFile("many.zip", of_many_entries(60_000))
    monkeypatch.setattr(uploads.zipfile, "ZipFile", lambda *_: pytest.fail("its directory was read"))
    with pytest.raises(Refusal, match="files"):
        uploads.read_upload(file, "group_file", 20 << 20)


def test_guessing_a_password_is_stopped_for_that_name_and_place(client, bob):
    address = reverse("account_login")
    for _ in range(12):
        answer = client.post(address, {"login": "bob", "password": "wrong"})
    assert answer.status_code in (403, 429) or b"too many" in answer.content.lower()
    client.post(address, {"login": "bob", "password": "correct horse battery"})
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("target", ["https://example.net/", "//example.net/", "javascript:alert(1)"])
def test_logging_in_leads_to_no_other_site(client, bob, target):
    address = f"{reverse('account_login')}?next={target}"
    answer = client.post(address, {"login": "bob", "password": "correct horse battery", "next": target})
    assert answer.status_code == 302 and answer["Location"].startswith("/")


def test_every_page_says_what_a_browser_may_do_with_it(client, db):
    answer = client.get("/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client, bob):
    client.post(reverse("account_login"), {"login": "bob", "password": "correct horse battery"})
    session = client.cookies["sessionid"]
    assert session["httponly"] and session["samesite"] == "Lax"


def test_what_the_site_writes_is_its_owner_s_alone(tmp_path: Path):
    """The database, the key and the labels lie in this folder."""
    home = tmp_path / "new" / "home"
    environment = {
        "BOUNTY_HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "bounty.settings",
    }
    command = [sys.executable, "-c", "import django; django.setup()"]
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, timeout=120)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "secret_key").stat().st_mode) == 0o600


def test_an_error_page_tells_nothing_of_the_error(client, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("postgres://user:password@host/")

    client.raise_request_exception = False
    monkeypatch.setattr(competitions.Competition.objects, "visible_to", fail)
    answer = client.get("/")
    assert (
        answer.status_code == 500 and b"password" not in answer.content and b"Traceback" not in answer.content
    )


@pytest.mark.parametrize(("share", "told"), [(0.37, "less than 80%"), (0.79, "less than 80%"), (0.9, "90%")])
def test_how_much_was_found_before_cannot_locate_a_finding_under_an_embargo(share, told):
    assert feedback.overlap_text(FindingFeedback(9, 0.1, 0.5, 0.4, 0.01, 0.02, share, counts=False)) == told
