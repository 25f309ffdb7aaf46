"""A receiver of web hooks that really listens, and people who are told things."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from bounty.models import NoticePreference, WebHook


@dataclass
class Receiver:
    """What arrived, and how it answers: `answers` are taken one by one, the last one stays."""

    url: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    drip: float = 0


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A server on this machine, which the site may write to in this test."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    told = Receiver()
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((self.path, dict(self.headers), body))
            if told.drip:
                while not over.wait(told.drip):
                    self.wfile.write(b"H")
                    self.wfile.flush()
                return
            status = told.answers.pop(0) if len(told.answers) > 1 else told.answers[0]
            self.send_response(status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what arrived."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}/hear?me=1"
    yield told
    over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def prefer(db: None) -> Any:
    """`prefer(bob, "verdict", mail="now")`."""

    def choose(user: Any, kind: str, *, mail: str = "off", on_site: bool = True) -> None:
        NoticePreference.objects.update_or_create(
            user=user, kind=kind, defaults={"mail": mail, "on_site": on_site}
        )

    return choose


@pytest.fixture
def hook(bob: Any, receiver: Receiver) -> WebHook:
    """Bob's hook, which hears of verdicts and of his team."""
    return WebHook.objects.create(owner=bob, url=receiver.url, kinds=["verdict", "team"])
