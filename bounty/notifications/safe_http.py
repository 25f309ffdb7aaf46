"""Safe HTTP: one POST to an address that a stranger typed, which must not reach anything of ours (SSRF).

The name is resolved once; every address that it has must be public; the connection goes to the address that was
checked, whatever the name says a moment later. No redirects, no proxies, a time limit over all of it, and no more of
the answer is read than anybody needs.
"""

from __future__ import annotations

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from bounty.core.errors import Refusal

SECONDS = 10
LOOK_UP_SECONDS = 5
READ_AT_MOST = 2048
# Networks that "is_global" lets through and that are not the open internet: they wrap or translate other addresses,
# or are sites' own (fec0::/10, of old).
_WRAPPED = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10")
)


class NotSent(Exception):
    """Raised where the receiver did not answer as it should; it may later."""


@dataclass(frozen=True)
class Target:
    """A checked address: the host that was asked for, and the IP address that it was resolved to."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


def is_public_address(address: str) -> bool:
    """Whether it is an address of the open internet: not private, loopback, link-local, multicast or reserved."""
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif any(ip in network for network in _WRAPPED):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def parse_url(url: str) -> tuple[str, str, int, str]:
    """(scheme, host, port, path with query). Raises Refusal for what is no plain http or https address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refusal(_("This is not an address: %(why)s.") % {"why": error}) from error
    if parts.scheme not in ("http", "https"):
        raise Refusal(_("The address begins with https:// (or http://)."))
    if parts.username is not None or parts.password is not None:
        raise Refusal(_("Leave the name and password out of the address; check the signature instead."))
    if not parts.hostname:
        raise Refusal(_("The address names no host."))
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise Refusal(_("The address has a space or a control character in it."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not (url.isascii()):
        raise Refusal(_("Write the address in ASCII: percent-encode the path, and give the host as xn--…"))
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """The host's addresses. The system's resolver keeps its own time, so it is asked from another thread."""
    answers: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        except (OSError, UnicodeError) as error:
            answers.put(error)
        else:
            answers.put([str(entry[4][0]) for entry in found])

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise NotSent(
            _("Looking up the name %(host)s took longer than %(seconds)g seconds.")
            % {"host": host, "seconds": seconds}
        ) from None
    if isinstance(answer, Exception):
        raise NotSent(_("The name %(host)s is not known.") % {"host": host}) from answer
    return answer


def resolve_target(url: str, seconds: float = LOOK_UP_SECONDS) -> Target:
    """The checked address. Raises Refusal where it may not be written to, NotSent where the name is unknown now."""
    scheme, host, port, path = parse_url(url)
    addresses = _resolve(host, port, seconds)
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(is_public_address(address) for address in addresses):
        raise Refusal(
            _("%(host)s is not on the open internet; this site writes to public addresses only.")
            % {"host": host}
        )
    if not addresses:
        raise NotSent(_("The name %(host)s has no address.") % {"host": host})
    return Target(scheme, host, port, path, addresses[0])


class _Connection(http.client.HTTPConnection):
    """An HTTP connection to the checked address, under the host's own name."""

    def __init__(self, to: Target, seconds: float) -> None:
        super().__init__(to.host, to.port, timeout=seconds)
        self.to = to
        if to.scheme == "https":
            # So that the Host header leaves the usual port out.
            self.default_port = 443

    def connect(self) -> None:
        plain = socket.create_connection((self.to.address, self.to.port), self.timeout)
        self.sock = plain
        if self.to.scheme == "https":
            try:
                self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.to.host)
            except BaseException:
                plain.close()
                raise

    def cut(self) -> None:
        """Ends the connection from another thread: a receiver that sends a byte a second holds nobody up."""
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def post_message(url: str, body: bytes, headers: dict[str, str], seconds: float = SECONDS) -> int:
    """Sends one POST; returns the status of the answer, which is one of the 200s.

    Raises
    ------
    Refusal
        The address may not be written to.
    NotSent
        No answer in time, or another status; `args[1]`, where there is one, is the status.
    """
    until = time.monotonic() + seconds
    to = resolve_target(url, min(seconds, LOOK_UP_SECONDS))
    seconds = max(until - time.monotonic(), 0.001)
    connection = _Connection(to, seconds)
    over = threading.Timer(seconds, connection.cut)
    over.daemon = True
    over.start()
    try:
        connection.request("POST", connection.to.path, body=body, headers=headers)
        response = connection.getresponse()
        response.read(READ_AT_MOST)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSent(_("No answer: %(why)s") % {"why": _why(error)}) from error
    finally:
        over.cancel()
        connection.close()
    if not 200 <= response.status < 300:
        raise NotSent(_("It answered with status %(status)d.") % {"status": response.status}, response.status)
    return response.status


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _("it took too long")
    return str(error)[:200] or type(error).__name__
