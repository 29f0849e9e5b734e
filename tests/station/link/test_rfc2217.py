"""A serial port behind a server: settings are agreed on, every byte passes, and a server that refuses is refused."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from fixtures.sim.device import Reply, SimClock
from fixtures.sim.faults import LineFaults
from fixtures.sim.rfc2217 import Rfc2217Port
from station.config.address import Rfc2217Address, parse_address
from station.link.clock import SystemClock
from station.link.opening import link_to
from station.link.rfc2217 import Rfc2217Channel
from station.link.telnet import BINARY, COM_PORT, DO, DONT, IAC, SB, SE, WILL, WONT, Telnet
from station.model.errors import LinkRefused
from tests.sim.bench_wiring import dice
from tests.station.link.served import server

AGREED = bytes((IAC, DO, COM_PORT, IAC, DO, BINARY, IAC, WILL, BINARY))
SUSPEND, RESUME = (bytes((IAC, SB, COM_PORT, command, IAC, SE)) for command in (108, 109))


class Mirror:
    """A device that gives back every byte."""

    def connect(self) -> Mirror:
        return self

    def receive(self, data: bytes) -> list[Reply]:
        return [Reply(data)]

    def close(self) -> None:
        return


@contextmanager
def mirror(settings: str = "baud=115200") -> Iterator[tuple[Rfc2217Port, Rfc2217Channel]]:
    port = Rfc2217Port(Mirror(), LineFaults(dice()), SimClock())
    with server() as served:
        address = parse_address(served.serve(port).partition("?")[0] + "?" + settings)
        assert isinstance(address, Rfc2217Address)
        channel = Rfc2217Channel(address, 5.0)
        try:
            yield port, channel
        finally:
            channel.close()


def given_back(channel: Rfc2217Channel, out: bytes) -> bytes:
    came, rest, deadline = b"", memoryview(out), time.monotonic() + 5
    while len(came) < len(out) and time.monotonic() < deadline:
        taken, arrived = channel.exchange(rest, 1.0)
        rest, came = rest[taken:], came + arrived
    return came


@contextmanager
def scripted(play: Callable[[socket.socket], None]) -> Iterator[Rfc2217Address]:
    """A server that does what ``play`` does with its one client."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            play(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Rfc2217Address("127.0.0.1", listener.getsockname()[1], 9600)
        thread.join(5)


def heard(connection: socket.socket, end: bytes) -> bytes:
    data = b""
    while end not in data:
        got = connection.recv(4096)
        if not got:
            break
        data += got
    return data


def confirmed(request: bytes) -> bytes:
    """Each setting in ``request`` as the server's answer."""
    found = re.findall(rb"\xff\xfa\x2c([\x01-\x04])(.*?)\xff\xf0", request, re.DOTALL)
    return b"".join(b"\xff\xfa\x2c" + bytes((code[0] + 100,)) + value + b"\xff\xf0" for code, value in found)


def agree(connection: socket.socket) -> None:
    heard(connection, bytes((IAC, DO, 3)))
    connection.sendall(AGREED)
    connection.sendall(confirmed(heard(connection, bytes((IAC, SB, COM_PORT, 12, 1, IAC, SE)))))


def test_speed_and_format_reach_the_port() -> None:
    with mirror("baud=9600&format=7E2") as (port, channel):
        assert given_back(channel, b"after the purge") == b"after the purge"
        found = port.settings
        assert (found.baudrate, found.bytesize, found.parity, found.stopbits) == (9600, 7, "E", 2)
        assert not found.xonxoff
        assert not found.rtscts
        assert found.purges == 1


def test_every_byte_passes_both_ways() -> None:
    with mirror() as (_, channel):
        out = bytes(range(256)) + b"\xff\xff\xff" + bytes(reversed(range(256))) + b"\r\n\r\0\xff"
        assert given_back(channel, out) == out


def test_a_speed_that_the_port_does_not_have_is_refused() -> None:
    with pytest.raises(OSError, match="9600, not 5000000"), mirror("baud=5000000"):
        pass


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (bytes((IAC, DONT, COM_PORT)), "lets nobody make the settings"),
        (bytes((IAC, DO, COM_PORT, IAC, DONT, BINARY)), "takes no binary data"),
        (bytes((IAC, DO, COM_PORT, IAC, DO, BINARY, IAC, WONT, BINARY)), "gives no binary data"),
        (b"login: ", "does not answer in time"),
        (bytes((IAC, SB)) + b"x" * 2000, "bytes in a Telnet subnegotiation"),
    ],
)
def test_a_server_of_another_kind_is_refused_when_the_port_is_opened(answer: bytes, problem: str) -> None:
    def play(connection: socket.socket) -> None:
        connection.sendall(answer)
        heard(connection, b"never")

    with scripted(play) as address:
        link = link_to("scale", address, SystemClock())
        start = time.monotonic()
        with pytest.raises(LinkRefused, match=f"scale: cannot be opened: .*{problem}"):
            link.open(0.3)
        assert time.monotonic() - start < 1.0


def test_a_server_that_closes_meanwhile_is_refused() -> None:
    with scripted(lambda connection: connection.close()) as address, pytest.raises(ConnectionResetError):
        Rfc2217Channel(address, 1.0)


def test_nothing_is_sent_while_the_server_asks_for_silence() -> None:
    resume, came = threading.Event(), []

    def play(connection: socket.socket) -> None:
        agree(connection)
        connection.sendall(SUSPEND + b"!")
        resume.wait(5)
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        connection.settimeout(5)
        connection.sendall(RESUME)
        came.append(heard(connection, b"\n"))

    with scripted(play) as address:
        channel = Rfc2217Channel(address, 2.0)
        assert channel.exchange(b"", 2.0) == (0, b"!")
        assert channel.exchange(b"HELLO\n", 0.1) == (0, b"")
        resume.set()
        assert channel.exchange(b"HELLO\n", 3.0) == (6, b"")
    channel.close()
    assert came == [b"HELLO\n"]


def test_what_was_not_asked_for_is_answered_once() -> None:
    telnet = Telnet()
    telnet.out.clear()
    offers = bytes((IAC, WILL, 1, IAC, DO, 24, IAC, WILL, COM_PORT))
    assert telnet.take(offers + b"data") == b"data"
    assert telnet.out == bytes((IAC, DONT, 1, IAC, WONT, 24, IAC, DO, COM_PORT))
    telnet.out.clear()
    telnet.take(offers)
    assert telnet.out == b""


def test_a_command_cut_anywhere_is_a_command() -> None:
    telnet = Telnet()
    wire = b"a\xff\xffb" + bytes((IAC, SB, COM_PORT, 107)) + b"\xff\xff" + bytes((IAC, SE)) + b"c"
    assert b"".join(telnet.take(wire[at : at + 1]) for at in range(len(wire))) == b"a\xffbc"
    assert telnet.subnegotiations == [bytes((COM_PORT, 107)) + b"\xff"]
