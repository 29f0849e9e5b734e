"""A serial port, on a real pseudo terminal."""

from __future__ import annotations

import os
import pty
import re
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from station.config.address import SerialAddress
from station.link.clock import SystemClock
from station.link.link import Challenge, Link, LinkState
from station.link.opening import open_link
from station.model.errors import LinkLost, LinkRefused

CLOCK = SystemClock()


def echo(number: int) -> Challenge:
    return Challenge((b"ECHO %d\n" % number,), re.compile(rb"(?m:^)%d\r?\n" % number))


@contextmanager
def echoing_terminal() -> Iterator[tuple[str, int]]:
    """The path of a terminal whose other end answers ECHO n with n; and that other end."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)

    def serve() -> None:
        buffer = b""
        while True:
            try:
                buffer += os.read(master, 1024)
            except OSError:
                return
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                os.write(master, line.removeprefix(b"ECHO ") + b"\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield path, master
    finally:
        os.close(slave)
        thread.join(0.2)
        os.close(master)


def resync(link: Link) -> None:
    link.resync([echo(41)], echo(73), 0.5)


def test_a_serial_port_answers_after_a_resync() -> None:
    with echoing_terminal() as (path, _):
        link = open_link("dut", SerialAddress(path, 115200), CLOCK, 1.0)
        resync(link)
        assert link.query_line(b"ECHO 5\n", 0.5) == "5"
        link.close()


def test_bytes_left_by_an_earlier_owner_are_no_answer() -> None:
    with echoing_terminal() as (path, master):
        link = open_link("dut", SerialAddress(path, 115200), CLOCK, 1.0)
        os.write(master, b"12.3\r\n")
        resync(link)
        assert link.query_line(b"ECHO 5\n", 0.5) == "5"
        link.close()


def test_a_port_in_use_is_refused() -> None:
    with echoing_terminal() as (path, _):
        link = open_link("dut", SerialAddress(path, 115200), CLOCK, 1.0)
        with pytest.raises(LinkRefused, match=r"other: cannot be opened: .*exclusively lock"):
            open_link("other", SerialAddress(path, 115200), CLOCK, 1.0)
        link.close()


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LinkRefused, match=r"dut: cannot be opened: .*No such file"):
        open_link("dut", SerialAddress("/dev/ttyNOWHERE", 115200), CLOCK, 1.0)


def test_a_port_that_vanishes_is_lost() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    link = open_link("dut", SerialAddress(os.ttyname(slave), 115200), CLOCK, 1.0)
    os.close(slave)
    os.close(master)
    with pytest.raises(LinkLost):
        resync(link)
    assert link.state is not LinkState.OPEN
    link.close()


def test_a_port_that_goes_while_it_is_opened_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def go(descriptor: int, queue: int) -> None:
        raise termios.error(5, "Input/output error")

    monkeypatch.setattr(termios, "tcflush", go)
    with echoing_terminal() as (path, _), pytest.raises(LinkRefused, match="Input/output error"):
        open_link("dut", SerialAddress(path, 115200), CLOCK, 1.0)


def test_a_speed_that_the_port_does_not_know_is_refused() -> None:
    with echoing_terminal() as (path, _), pytest.raises(LinkRefused, match="dut: cannot be opened"):
        open_link("dut", SerialAddress(path, 2**31), CLOCK, 1.0)
