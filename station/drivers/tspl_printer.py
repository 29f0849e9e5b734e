"""A label printer that speaks TSPL/TSPL2 (TSC), over TCP port 9100 or a serial port.

Source: TSPL/TSPL2 Programming Language manual (TSC): ``<ESC>!?`` answers one byte at once, its bits from 0 are head
open, paper jam, out of paper, out of ribbon, pause, printing, cover open and temperature; ``<ESC>!S`` answers STX, four
bytes, ETX CR LF at once (firmware from V6.29 EZ); ``<ESC>!.`` cancels what is to be printed; commands with ``~`` are
answered in their turn and only when the printer is ready: ``~!A`` gives the free memory in decimal digits and CR.
"""

from __future__ import annotations

import re

from station.drivers.instrument import OpenInstrument
from station.drivers.tspl_label import tspl_label
from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import InstrumentError, LinkTimeout, PlanError
from station.model.label import Label
from station.model.roles import PrinterState

LABEL_S = 10.0
"""Estimate: a label of 100 mm at 50 mm/s, and the printer's own preparation."""

POLL_S = 0.05
PRINTING = 0x20
SAME_AGAIN = 3
"""How often the state is asked again until it is the same twice: one byte bears no proof of its own."""

_PROBLEMS = {
    0x01: "print head open",
    0x02: "labels jammed",
    0x04: "out of labels",
    0x08: "out of ribbon",
    0x10: "paused",
    0x40: "cover open",
    0x80: "too hot or too cold",
}
_FRAME = re.compile(rb"\x02[@-\x7f]{4}\x03\r\n")
_FRAME_BYTES = 8
_FRAMED = Challenge((b"\x1b!S\r\n",), _FRAME)
_IN_STEP = Challenge((b"\x1b!?\r\n",), re.compile(rb"[\x00-\xff]", re.DOTALL))
_READY = re.compile(rb"\d{1,10}\r")


class TsplPrinter:
    """A station.model.roles.LabelPrinter."""

    def __init__(self, link: Link, clock: Clock, timeout_s: float) -> None:
        self._link = link
        self._clock = clock
        self._timeout_s = timeout_s

    def begin(self) -> None:
        """Prove that a printer answers; it cannot say which one it is."""
        self.read_state()

    def prepare(self) -> None:
        """Nothing to set: a label brings its own settings."""

    def read_state(self) -> PrinterState:
        """All that is wrong, joined; one label is waiting while it prints. Raises LinkError where it does not tell."""
        with self._link.hold():
            self._synchronise()
            byte, before = self._byte(), -1
            for _ in range(SAME_AGAIN):
                self._prove(b"\x1b!S\r\n", _FRAME, self._timeout_s)
                before, byte = byte, self._byte()
                if byte == before:
                    break
        if byte != before:
            raise self._link.distrust(f"answers 0x{before:02X} and then 0x{byte:02X} to ESC !?")
        wrong = [text for bit, text in _PROBLEMS.items() if byte & bit]
        return PrinterState(", ".join(wrong), int(bool(byte & PRINTING)))

    def compose(self, label: Label) -> bytes:
        """``label`` as commands; nothing is sent."""
        return tspl_label(label)

    def print_label(self, content: bytes) -> None:
        """Print ``content``, whole commands up to PRINT, and wait until the printer is ready again.

        Raises InstrumentError where it was not ready before or did not finish; then what it still holds is cancelled,
        so that no label comes out later for another unit. Raises PlanError for what is no label.
        """
        if not re.search(rb"(?:^|\n)PRINT [0-9]+(?:,[0-9]+)?[\r\n]*$", content):
            raise PlanError("a label for a TSPL printer ends with a line PRINT 1,1")
        with self._link.hold():
            before = self.read_state()
            if before.problem or before.waiting_labels:
                raise InstrumentError(self._link.name, f"is not ready: {before.problem or 'it is printing'}")
            self._link.command(content.rstrip(b"\r\n") + b"\r\n", self._timeout_s)
            self._finish(self._clock.now() + LABEL_S)

    def _finish(self, deadline: float) -> None:
        """Wait until it does not print, then until a question behind the label is answered."""
        while (state := self.read_state()).waiting_labels and not state.problem and self._clock.now() < deadline:
            self._clock.wait(POLL_S)
        if state.problem or state.waiting_labels:
            raise self._cancelled(state)
        try:
            self._prove(b"~!A\r\n", _READY, max(deadline - self._clock.now(), self._timeout_s))
        except LinkTimeout:
            raise self._cancelled(self.read_state()) from None
        after = self.read_state()
        if after.problem:
            raise self._cancelled(after)

    def _cancelled(self, state: PrinterState) -> InstrumentError:
        """Cancel what it holds and read back that it does not print; gives the error for the caller to raise."""
        self._link.command(b"\x1b!.\r\n", self._timeout_s)
        fate = "may still come out" if self.read_state().waiting_labels else "is cancelled"
        problem = state.problem or f"did not print it within {LABEL_S:g} s"
        return InstrumentError(self._link.name, f"{problem}: the label was not printed, and {fate}")

    def _byte(self) -> int:
        return self._link.query_block(b"\x1b!?\r\n", lambda received: 1 if received else None, self._timeout_s)[0]

    def _synchronise(self) -> None:
        if self._link.state is not LinkState.OPEN:
            self._link.resync([_FRAMED], _IN_STEP, self._timeout_s)

    def _prove(self, query: bytes, form: re.Pattern[bytes], timeout_s: float) -> None:
        """The answer has its form: a byte or a frame that was sent twice is found out."""

        def length_of(received: bytes | bytearray) -> int | None:
            if form is _FRAME:
                return _FRAME_BYTES if received else None
            return received.find(b"\r") + 1 or None

        answer = self._link.query_block(query, length_of, timeout_s)
        if not form.fullmatch(answer):
            raise self._link.distrust(f"answer {answer!r} to {query!r} has not its form: answers are out of step")


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The printer, which plays one role."""
    printer = TsplPrinter(link, clock, timeout_s)
    return OpenInstrument(printer, lambda row: printer)
