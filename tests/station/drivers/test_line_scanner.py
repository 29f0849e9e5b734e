"""A barcode scanner: each code once, whole, and only one that was scanned after the question."""

from __future__ import annotations

import os
import threading
import time
import tty
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from station.config.address import SerialAddress
from station.drivers.line_scanner import LineScanner
from station.link.clock import SystemClock
from station.link.opening import open_link
from station.model.errors import InstrumentError, LinkLost, LinkRefused, OperatorError

CLOCK = SystemClock()
CODE = b"FJN726110001"

ASKED_S = 0.5
"""A hand waits this long, so that the question is asked before it on a busy machine as well."""


@dataclass
class Plugged:
    """A scanner on a pty, and the hand that pulls its trigger."""

    scanner: LineScanner
    line: int
    hands: list[threading.Thread] = field(default_factory=list)

    def scan(self, *pieces: bytes, after_s: float = 0.0, between_s: float = 0.0) -> threading.Thread:
        """Send ``pieces`` from another thread."""

        def pull() -> None:
            time.sleep(after_s)
            for piece in pieces:
                os.write(self.line, piece)
                time.sleep(between_s)

        thread = threading.Thread(target=pull, daemon=True)
        thread.start()
        self.hands.append(thread)
        return thread


@pytest.fixture
def plugged() -> Iterator[Plugged]:
    master, slave = os.openpty()
    tty.setraw(slave)
    link = open_link("scanner", SerialAddress(os.ttyname(slave), 9600), CLOCK, 1.0)
    scanner = LineScanner(link, CLOCK, 1.0)
    scanner.begin()
    scanner.prepare()
    tried = Plugged(scanner, master)
    yield tried
    for hand in tried.hands:
        hand.join(5)
    link.close()
    for line in (master, slave):
        os.close(line)


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n"])
def test_a_code_is_taken_with_any_end_of_line_and_without_it(plugged: Plugged, ending: bytes) -> None:
    for number in (b"1", b"2", b"3"):
        plugged.scan(CODE + number + ending, after_s=ASKED_S)
        reading = plugged.scanner.wait_scan(3.0)
        assert (reading.value, reading.instrument) == ((CODE + number).decode(), "scanner")


def test_a_code_in_pieces_is_one_code(plugged: Plugged) -> None:
    plugged.scan(CODE[:3], CODE[3:], b"\r", b"\n", after_s=ASKED_S, between_s=0.03)
    assert plugged.scanner.wait_scan(3.0).value == CODE.decode()


def test_a_code_scanned_before_the_question_is_not_its_answer(plugged: Plugged) -> None:
    plugged.scan(b"EARLIER\r").join()
    plugged.scan(CODE + b"\r", after_s=ASKED_S)
    assert plugged.scanner.wait_scan(3.0).value == CODE.decode()


def test_a_scan_that_began_before_the_question_is_dropped_to_its_end(plugged: Plugged) -> None:
    plugged.scan(b"FJN7").join()
    plugged.scan(b"26110009\r", after_s=0.02)
    plugged.scan(CODE + b"\r", after_s=ASKED_S)
    assert plugged.scanner.wait_scan(3.0).value == CODE.decode()


def test_nothing_scanned_is_the_operators_and_ends_in_time(plugged: Plugged) -> None:
    start = time.monotonic()
    with pytest.raises(OperatorError, match=r"scanner: nothing was scanned within 0\.2 s"):
        plugged.scanner.wait_scan(0.2)
    assert time.monotonic() - start < 1.0


def test_two_codes_at_once_are_neither(plugged: Plugged) -> None:
    plugged.scan(b"EARLIER\r" + CODE + b"\r", after_s=ASKED_S)
    with pytest.raises(OperatorError, match="scanner: two codes came at once"):
        plugged.scanner.wait_scan(3.0)


def test_a_code_without_an_end_says_what_to_set(plugged: Plugged) -> None:
    plugged.scan(CODE, after_s=0.05)
    with pytest.raises(InstrumentError, match="scanner: sent characters without CR or LF after them"):
        plugged.scanner.wait_scan(0.4)


def test_control_characters_are_refused(plugged: Plugged) -> None:
    plugged.scan(b"0104006381333931\x1d21ABC\r", after_s=ASKED_S)
    with pytest.raises(OperatorError, match=r"scanner: the code '0104006381333931\\x1d21ABC' holds control characters"):
        plugged.scanner.wait_scan(3.0)


def test_bytes_that_are_no_text_are_the_ports_fault(plugged: Plugged) -> None:
    plugged.scan(b"\xc6\xca\xce\r", after_s=ASKED_S)
    with pytest.raises(LinkRefused, match=r"scanner: .* is no text: are the port's speed and format"):
        plugged.scanner.wait_scan(3.0)


def test_a_scanner_that_babbles_is_an_error_in_time(plugged: Plugged) -> None:
    plugged.scan(*[b"noise "] * 40, between_s=0.02)
    time.sleep(0.1)
    start = time.monotonic()
    with pytest.raises((LinkRefused, InstrumentError), match=r"scanner: (talks without a pause|sent characters)"):
        plugged.scanner.wait_scan(0.3)
    assert time.monotonic() - start < 1.0


def test_a_scanner_that_is_pulled_out_is_lost() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    link = open_link("scanner", SerialAddress(os.ttyname(slave), 9600), CLOCK, 1.0)
    scanner = LineScanner(link, CLOCK, 1.0)
    os.close(slave)
    threading.Timer(0.1, lambda: os.close(master)).start()
    with pytest.raises(LinkLost, match="scanner: "):
        scanner.wait_scan(3.0)
    with pytest.raises(LinkRefused, match="scanner: cannot be opened"):
        scanner.wait_scan(3.0)
    link.close()
