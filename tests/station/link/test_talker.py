"""A peer that talks unasked: its messages are cut out whole, late ones are late, a broken one is never completed."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from fixtures.sim.device import Reply
from station.config.address import TcpAddress
from station.link.clock import SystemClock
from station.link.link import MAX_LINE_BYTES, Link, LinkState
from station.link.opening import link_to
from station.link.talker import Talker
from station.model.errors import LinkLost, LinkRefused, LinkTimeout
from tests.station.link.link_kinds import EVERY_LINK, bench_of

CLOCK = SystemClock()
STREAMS = [kind for kind in EVERY_LINK if kind not in ("hislip", "vxi11", "usbtmc")]
"""Message links answer only; what talks unasked has a line of bytes."""


class Peer:
    """The other end of a connection, driven by the test."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._connection: socket.socket | None = None

    def says(self, data: bytes) -> None:
        if self._connection is None:
            self._connection, _ = self._listener.accept()
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.sendall(data)

    def goes(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@pytest.fixture
def peer() -> Iterator[Peer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = Peer(listener)
        yield other
        other.goes()


@contextmanager
def talker_at(peer: Peer) -> Iterator[tuple[Talker, Link]]:
    port = peer._listener.getsockname()[1]
    link = link_to("scale", TcpAddress("127.0.0.1", port), CLOCK)
    link.open(1.0)
    try:
        yield Talker(link, CLOCK), link
    finally:
        link.close()


@pytest.fixture
def talker(peer: Peer) -> Iterator[Talker]:
    with talker_at(peer) as (opened, _):
        yield opened


@contextmanager
def never_silent(peer: Peer, piece: bytes) -> Iterator[None]:
    """The peer says ``piece`` again and again, faster than anybody takes a message."""
    done = threading.Event()

    def talk() -> None:
        with suppress(OSError):
            while not done.is_set():
                peer.says(piece)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        peer.goes()
        thread.join(5)


def test_lines_come_one_by_one_without_their_ends(talker: Talker, peer: Peer) -> None:
    peer.says(b"S 1.00 kg\r\nS 2.00 kg\nS 3.")
    assert [talker.line(1.0), talker.line(1.0)] == [b"S 1.00 kg", b"S 2.00 kg"]
    peer.says(b"00 kg\r\n")
    assert talker.line(1.0) == b"S 3.00 kg"


def test_other_ends_may_be_named(talker: Talker, peer: Peer) -> None:
    peer.says(b"4006381333931\rnext\n")
    assert [talker.line(1.0, b"\r\n"), talker.line(1.0, b"\r\n")] == [b"4006381333931", b"next"]


def test_a_line_that_is_not_whole_in_time_is_late_and_goes_on_afterwards(talker: Talker, peer: Peer) -> None:
    peer.says(b"S 1.0")
    start = time.monotonic()
    with pytest.raises(LinkTimeout, match="scale"):
        talker.line(0.1)
    assert 0.1 <= time.monotonic() - start < 0.4
    peer.says(b"0 kg\n")
    assert talker.line(1.0) == b"S 1.00 kg"


def test_what_was_said_before_is_forgotten(talker: Talker, peer: Peer) -> None:
    assert talker.forget() is False
    peer.says(b"old\nhalf of an o")
    assert talker.line(1.0) == b"old"
    peer.says(b"ld one")
    time.sleep(0.05)
    assert talker.forget() is True
    peer.says(b"\nnew\n")
    assert [talker.line(1.0), talker.line(1.0)] == [b"", b"new"]


def test_a_block_has_the_length_that_was_asked_for(talker: Talker, peer: Peer) -> None:
    peer.says(bytes(range(256)) * 300)
    assert talker.block(256, 1.0) == bytes(range(256))
    assert talker.block(256 * 299, 2.0) == bytes(range(256)) * 299
    with pytest.raises(LinkTimeout):
        talker.block(1, 0.05)


def test_a_pause_ends_what_comes(talker: Talker, peer: Peer) -> None:
    peer.says(b"one")
    threading.Timer(0.05, peer.says, (b" code\r",)).start()
    assert talker.rest(0.3, 2.0) == b"one code\r"
    assert talker.rest(0.05, 1.0) == b""


def test_a_line_without_an_end_is_refused_and_the_next_one_is_heard(talker: Talker, peer: Peer) -> None:
    peer.says(b"x" * (MAX_LINE_BYTES + 1))
    with pytest.raises(LinkRefused, match="a line of more than 65536 bytes"):
        while True:
            talker.line(1.0)
    talker.forget()
    peer.says(b"\nnext\n")
    assert [talker.line(1.0), talker.line(1.0)] == [b"", b"next"]


def test_a_peer_that_never_pauses_is_late_all_the_same(peer: Peer) -> None:
    with talker_at(peer) as (talker, _), never_silent(peer, b"x"):
        start = time.monotonic()
        with pytest.raises((LinkTimeout, LinkRefused)):
            talker.block(1 << 40, 0.2)
        assert time.monotonic() - start < 1.0
        with pytest.raises(LinkRefused, match="without a pause"):
            talker.rest(0.5, 0.2)


def test_the_beginning_of_a_message_is_dropped_with_the_link_that_carried_it(peer: Peer) -> None:
    with talker_at(peer) as (talker, link):
        peer.says(b"whole\nS 1.0")
        assert talker.line(1.0) == b"whole"
        peer.goes()
        with pytest.raises(LinkLost, match="the peer closed the link"):
            talker.line(1.0)
        link.open(1.0)
        peer.says(b"0 kg\nnext\n")
        assert [talker.line(1.0), talker.line(1.0)] == [b"0 kg", b"next"]


def test_closing_from_another_thread_ends_a_wait(peer: Peer) -> None:
    with talker_at(peer) as (talker, link):
        timer = threading.Timer(0.05, link.close)
        timer.start()
        start = time.monotonic()
        with pytest.raises(LinkLost, match="was closed"):
            talker.line(10.0)
        assert time.monotonic() - start < 1.0
        timer.join()


def test_two_threads_never_share_a_line(talker: Talker, peer: Peer) -> None:
    heard: list[bytes] = []

    def listen() -> None:
        heard.extend(talker.line(5.0) for _ in range(200))

    threads = [threading.Thread(target=listen) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(400):
        peer.says(b"%d\n" % number)
    for thread in threads:
        thread.join(10)
    assert sorted(map(int, heard)) == list(range(400))


class Announcer:
    """A device that speaks when the test says so."""

    def __init__(self) -> None:
        self.speak: Callable[[list[Reply]], None] | None = None

    def connect(self) -> Announcer:
        return self

    def begin(self, speak: Callable[[list[Reply]], None]) -> None:
        self.speak = speak

    def receive(self, data: bytes) -> list[Reply]:
        return []

    def close(self) -> None:
        return

    async def say(self, data: bytes) -> None:
        while self.speak is None:
            await asyncio.sleep(0.01)
        self.speak([Reply(data)])


@pytest.mark.parametrize("kind", STREAMS)
def test_every_stream_carries_a_talker(kind: str) -> None:
    announcer = Announcer()
    with bench_of(kind, device=announcer) as bench:
        talker = Talker(bench.link, CLOCK)
        bench.server.run(announcer.say(b"1\n"))
        assert talker.line(1.0) == b"1"
        bench.server.run(announcer.say(b"2\nhalf"))
        time.sleep(0.1)
        assert talker.forget() is True
        bench.server.run(announcer.say(b"\n3\n"))
        assert [talker.line(1.0), talker.line(1.0)] == [b"", b"3"]
        with pytest.raises(LinkTimeout):
            talker.line(0.05)
        assert bench.link.state is LinkState.SUSPECT
