"""A barcode scanner that sends each code as a line over a serial port (RS-232, or USB as a serial port).

Sources: what scanners of all makers do when they are set to a serial interface with a suffix, e.g. Honeywell Xenon 1900
User's Guide ("Serial trigger", "Suffix: carriage return") and Zebra DS2208 Product Reference Guide ("RS-232", "Scan
suffix"): the code's characters, then CR, LF or both. A code carries no checksum of the line: what a limit compares it
with is the proof that it is right.
"""

from __future__ import annotations

from station.drivers.instrument import OpenInstrument
from station.link.link import Link
from station.link.talker import Talker
from station.model.clock import Clock
from station.model.errors import InstrumentError, LinkLost, LinkTimeout, OperatorError
from station.model.reading import TextReading

SILENCE_S = 0.05
"""Ends a scan: at 9600 baud a character takes 1 ms, and USB adapters keep characters back for up to 16 ms."""

ENDS = b"\r\n"


class LineScanner:
    """A station.model.roles.Scanner."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s
        self._talker = Talker(link, clock)
        self._is_lost = False

    def begin(self) -> None:
        """It cannot be asked: nothing is."""

    def prepare(self) -> None:
        """Drop what is being scanned while the bench is opened."""
        self._talker.rest(SILENCE_S, self._timeout_s)

    def wait_scan(self, longest_s: float) -> TextReading:
        """The next code; one whose first character came before this call is dropped to its end.

        Raises OperatorError where none came in time, where two came at once and where it holds control characters,
        InstrumentError where its end did not come, LinkError where the port is gone or bytes are no characters.
        """
        with self._link.hold():
            try:
                return self._wait_scan(longest_s)
            except LinkLost:
                self._is_lost = True
                raise

    def _wait_scan(self, longest_s: float) -> TextReading:
        deadline = self._clock.now() + longest_s
        if self._is_lost:
            self._link.open(self._timeout_s)
            self._is_lost = False
        if self._talker.forget():
            self._talker.rest(SILENCE_S, longest_s)
        code = b""
        while not code:
            code = self._line(max(deadline - self._clock.now(), 0.0), longest_s)
        taken_at = self._clock.utc()
        if self._talker.rest(SILENCE_S, self._timeout_s).strip(ENDS):
            raise OperatorError(f"{self._link.name}: two codes came at once: scan the one that is asked for")
        return TextReading(self._text(code), self._link.name, taken_at)

    def _line(self, timeout_s: float, longest_s: float) -> bytes:
        try:
            return self._talker.line(timeout_s, ENDS)
        except LinkTimeout:
            if self._talker.forget():
                problem = "sent characters without CR or LF after them: set its suffix"
                raise InstrumentError(self._link.name, problem) from None
            raise OperatorError(f"{self._link.name}: nothing was scanned within {longest_s:g} s") from None

    def _text(self, code: bytes) -> str:
        if not code.isascii():
            raise self._link.distrust(f"{code!r} is no text: are the port's speed and format the scanner's?")
        text = code.decode("ascii")
        if not text.isprintable():
            raise OperatorError(f"{self._link.name}: the code {text!r} holds control characters: scan another one")
        return text


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The scanner, which plays one role."""
    scanner = LineScanner(link, clock, timeout_s)
    return OpenInstrument(scanner, lambda row: scanner)
