"""What nobody can make the site reach, and how long a receiver can hold it up."""

from __future__ import annotations

import socket
import threading

import pytest

from bounty.core.errors import Refusal
from bounty.notifications import safe_http


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.5.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1",
        "2001:db8::1",
        "fec0::1",
        "::127.0.0.1",
        "no address",
    ],
)
def test_these_are_not_the_open_internet(address):
    assert not safe_http.is_public_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_these_are(address):
    assert safe_http.is_public_address(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "javascript:alert(1)",
        "//example.org/",
        "example.org",
        "https://",
        "https://user:secret@example.org/",
        "https://example.org:99999/",
        "https://example.org/ x",
        "https://example.org/\r\nHost: other",
        "https://example.org/\x7f",
        "https://exämple.org/",
        "http://[::1",
    ],
)
def test_these_addresses_are_refused_before_anything_is_resolved(url, monkeypatch):
    def resolve(*_, **__):
        raise AssertionError("it was resolved")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Refusal):
        safe_http.resolve_target(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:6379/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0/",
        "http://[::ffff:10.0.0.1]/",
    ],
)
def test_nothing_of_ours_is_reached_however_it_is_written(url):
    with pytest.raises(Refusal, match="open internet"):
        safe_http.resolve_target(url)


def resolves_to(monkeypatch, *addresses):
    """Every name has these addresses; the number of times that it was asked for."""
    asked = []

    def resolve(host, port, *_, **__):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    resolves_to(monkeypatch, "8.8.8.8", "10.0.0.1")
    with pytest.raises(Refusal, match="open internet"):
        safe_http.resolve_target("https://rebinding.example/")


def test_a_name_server_that_dawdles_holds_nobody_up(monkeypatch):
    over = threading.Event()  # until then no answer comes, however long anybody waits
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait() and [])
    try:
        with pytest.raises(
            safe_http.NotSent, match=r"Looking up the name slow.example took longer than 0.05"
        ):
            safe_http.resolve_target("https://slow.example/", 0.05)
        with pytest.raises(safe_http.NotSent, match="Looking up"):
            safe_http.post_message("https://slow.example/", b"", {}, seconds=0.05)
    finally:
        over.set()


def test_the_name_is_asked_for_once_and_the_checked_address_connected_to(monkeypatch):
    """A name server that answers differently the second time gains nothing."""
    asked = resolves_to(monkeypatch, "8.8.8.8")
    connected = []

    def connect(address, *_, **__):
        connected.append(address)
        raise ConnectionRefusedError("not in a test")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(safe_http.NotSent):
        safe_http.post_message("https://hooks.example/x", b"{}", {})
    assert asked == ["hooks.example"]
    assert connected == [("8.8.8.8", 443)]


def test_a_certificate_of_another_name_is_not_believed(receiver):
    """The receiver speaks no TLS at all: it must not be spoken to in the clear instead."""
    with pytest.raises(safe_http.NotSent):
        safe_http.post_message(receiver.url.replace("http://", "https://"), b"{}", {}, seconds=3)
    assert receiver.got == []


def test_a_receiver_that_answers_a_letter_at_a_time_is_cut_off(receiver):
    receiver.drip = 0.1  # for as long as anybody listens: only the limit ends this
    with pytest.raises(safe_http.NotSent):
        safe_http.post_message(receiver.url, b"{}", {}, seconds=0.6)
