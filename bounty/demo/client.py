"""An HTTP client that fills in the site's forms as a browser would: cookies, CSRF, redirects."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

Upload = tuple[str, bytes]


class FormRefused(Exception):
    """Raised where a page came back with errors; the message holds them as a reader sees them."""


class Person:
    """One browser session."""

    def __init__(self, site: str) -> None:
        self.site = site
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> bytes:
        """The page's bytes."""
        with self.opener.open(self.site + path, timeout=60) as response:
            return bytes(response.read())

    def post(self, path: str, fields: Mapping[str, str], files: Mapping[str, Upload] | None = None) -> str:
        """Fill in the form at `path` and send it. Returns the path of the page that it leads to.

        Raises FormRefused when the same page comes back with errors.
        """
        self.get(path)  # as a reader would: the form sets the CSRF cookie
        token = next(c.value or "" for c in self.cookies if c.name == "csrftoken")
        uploads = {name: SimpleUploadedFile(*upload) for name, upload in (files or {}).items()}
        body = encode_multipart(BOUNDARY, {**fields, **uploads, "csrfmiddlewaretoken": token})
        request = urllib.request.Request(self.site + path, body, {"Content-Type": MULTIPART_CONTENT})  # noqa: S310
        try:
            with self.opener.open(request, timeout=120) as response:
                page, where = response.read().decode(), urllib.parse.urlparse(response.url).path
        except urllib.error.HTTPError as error:
            raise FormRefused(f"{error.code} {_errors(error.read().decode(errors='replace'))}") from None
        if where == path:
            raise FormRefused(_errors(page))
        return where

    def log_in(self, name: str, password: str) -> None:
        self.post("/accounts/login/", {"login": name, "password": password})


def _errors(page: str) -> str:
    found = re.findall(r'class="[^"]*error[^"]*"[^>]*>(.*?)</(?:ul|p|div|span)>', page, re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", " ".join(found) or page)
    return re.sub(r"\s+", " ", text).strip()[:500]
