"""HTTP requests to the site: the token, time limits, and retries where they are safe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from evaluator.client import errors

# Seconds to connect, and between two bytes.
TIMES = (10, 60)
TRIES = 5
# Tried again: the network failed, or the site is busy. What changes something carries a key, or is not tried again.
BUSY = (429, 502, 503, 504)
LONGEST_WAIT = 60.0
CHUNK = 1 << 16

Progress = Callable[[int, int | None], None]


class Http:
    """An HTTP client of one site, with one token."""

    def __init__(self, url: str, token: str | None, pause: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError(f"{url!r} is no address of a site; it looks like https://bounty.example.org")
        self.site = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
        self.pause = pause
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "bounty-client/1"
        self._token = token

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET."""
        asked = {name: value for name, value in query.items() if value is not None}
        return self.request("GET", path, params=asked).json()

    def post(self, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The JSON of a POST."""
        return self.request("POST", path, json=body, **more).json()

    def list_items(self, path: str, **query: Any) -> Iterator[Any]:
        """Every item of a list, page by page."""
        cursor = None
        while True:
            told = self.get(path, limit=100, cursor=cursor, **query)
            yield from told["items"]
            cursor = told["next"]
            if cursor is None:
                return

    def request(
        self, method: str, path: str, *, repeatable: bool | None = None, **options: Any
    ) -> requests.Response:
        """The response to a request. Raises a Problem for any other than a success. `repeatable`: whether it may be
        sent twice; a GET may.
        """
        headers = dict(options.pop("headers", {}))
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        safe = method == "GET" if repeatable is None else repeatable
        for tried in range(1, TRIES + 1):
            last = tried == TRIES or not safe
            try:
                # A redirect to another host would take the token along on some servers; there is none in the API.
                response = self.session.request(
                    method,
                    f"{self.site}/api/v1/{path}",
                    headers=headers,
                    timeout=TIMES,
                    allow_redirects=False,
                    **options,
                )
            except (requests.ConnectionError, requests.Timeout) as error:
                if last:
                    raise errors.Unreachable(
                        f"{self.site} does not answer. Is the address right, and are you connected?"
                    ) from error
                self.pause(_wait(tried))
                continue
            if response.ok and not response.is_redirect:
                return response
            if last or not _is_busy(response):
                raise errors.read_problem(response)
            self.pause(_wait(tried, response.headers.get("Retry-After")))
        raise AssertionError("unreachable")

    def download(self, path: str, target: Path, progress: Progress | None = None) -> Path:
        """Download a file, written whole or not at all; its path. Raises Unreachable where it came in part."""
        with self.request("GET", path, stream=True) as response:
            length = response.headers.get("Content-Length")
            whole, done = int(length) if length else None, 0
            part = target.with_name(f".{target.name}.part")
            try:
                with part.open("wb") as file:
                    for chunk in response.iter_content(CHUNK):
                        file.write(chunk)
                        done += len(chunk)
                        if progress:
                            progress(done, whole)
                part.replace(target)
            except requests.RequestException as error:
                raise errors.Unreachable(f"{target.name} did not come whole; try again.") from error
            finally:
                part.unlink(missing_ok=True)
        return target


def _is_busy(response: requests.Response) -> bool:
    if response.status_code == 409:
        return errors.read_problem(response).kind == "in-progress"
    return response.status_code in BUSY


def _wait(tried: int, asked: str | None = None) -> float:
    """Twice as long each time, or what the site asks for."""
    if asked and asked.isdigit():
        return min(float(asked), LONGEST_WAIT)
    return float(min(0.5 * 2 ** (tried - 1), LONGEST_WAIT))
