"""A label printer that speaks ZPL II (Zebra and many others), over TCP port 9100.

Source: ZPL II Programming Guide 45541L-004, ~HS (host status: three strings from STX to ETX CR LF), ~HI (host
identification), ~JA (cancel all), ^XA and ^XZ (a label's begin and end). Some firmware does not answer ~HS while media
or ribbon are out or the head is open (ZPL guide on docs.zebra.com): such a printer is a link that does not answer.
"""

from __future__ import annotations

import re

from station.drivers.instrument import OpenInstrument
from station.drivers.zpl_label import zpl_label
from station.link.link import Challenge, Link, LinkState
from station.model.clock import Clock
from station.model.errors import InstrumentError, PlanError
from station.model.label import Label
from station.model.roles import PrinterState

LABEL_S = 10.0
"""Estimate: a label of 100 mm at 50 mm/s, and the printer's own preparation."""

POLL_S = 0.05

_STATUS = re.compile(
    rb"\x02\d{3},(?P<paper>[01]),(?P<pause>[01]),\d{4},(?P<formats>\d{3}),[01],[01],(?P<partial>[01]),\d{3},"
    rb"(?P<ram>[01]),(?P<cold>[01]),(?P<hot>[01])\x03\r\n"
    rb"\x02\d{3},\w,(?P<head>[01]),(?P<ribbon>[01]),[01],\w,\w,[01],(?P<labels>\d{8}),\d,\d{3}\x03\r\n"
    rb"\x02\w{4},\w\x03\r\n"
)
_PROBLEMS = {
    "paper": "out of labels",
    "head": "print head open",
    "ribbon": "out of ribbon",
    "hot": "too hot",
    "cold": "too cold",
    "ram": "settings lost",
    "pause": "paused",
}
_STATUS_STRINGS = 3
_IDENTIFIED = Challenge((b"~HI\r\n",), re.compile(rb"\x02[^\x02\x03,]+(?:,[^\x02\x03,]*){3,4}\x03\r\n"))
_IN_STEP = Challenge((b"~HS\r\n",), _STATUS)


class ZplPrinter:
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
        """All that is wrong, joined, and how many labels are still to come; raises LinkError where it does not tell."""
        with self._link.hold():
            if self._link.state is not LinkState.OPEN:
                self._link.resync([_IDENTIFIED], _IN_STEP, self._timeout_s)
            answer = self._link.query_block(b"~HS\r\n", _status_length, self._timeout_s)
            match = _STATUS.fullmatch(answer)
            if match is None:
                raise self._link.distrust(f"answer {answer!r} to ~HS is no host status")
        wrong = [text for flag, text in _PROBLEMS.items() if match[flag] == b"1"]
        waiting = int(match["formats"]) + int(match["partial"]) + int(match["labels"])
        return PrinterState(", ".join(wrong), waiting)

    def compose(self, label: Label) -> bytes:
        """``label`` as a format; nothing is sent."""
        return zpl_label(label)

    def print_label(self, content: bytes) -> None:
        """Print ``content``, a whole format from ^XA to ^XZ, and wait until no label is left to come.

        Raises InstrumentError where the printer was not ready before or did not finish; then everything it still
        holds is cancelled, so that no label comes out later for another unit. Raises PlanError for what is no label.
        """
        if not (content.strip().startswith(b"^XA") and content.strip().endswith(b"^XZ")):
            raise PlanError("a label for a ZPL printer begins with ^XA and ends with ^XZ")
        with self._link.hold():
            before = self.read_state()
            if before.problem or before.waiting_labels:
                problem = before.problem or f"{before.waiting_labels} labels of somebody else are still to come"
                raise InstrumentError(self._link.name, f"is not ready: {problem}")
            self._link.command(content + b"\r\n", self._timeout_s)
            deadline = self._clock.now() + LABEL_S
            while (state := self.read_state()).waiting_labels or state.problem:
                if state.problem or self._clock.now() >= deadline:
                    raise self._cancelled(state.problem or f"did not print it within {LABEL_S:g} s")
                self._clock.wait(POLL_S)

    def _cancelled(self, problem: str) -> InstrumentError:
        """Cancel what it holds and read back that nothing is left; gives the error for the caller to raise."""
        self._link.command(b"~JA\r\n", self._timeout_s)
        fate = "may still come out" if self.read_state().waiting_labels else "is cancelled"
        return InstrumentError(self._link.name, f"{problem}: the label was not printed, and {fate}")


def _status_length(received: bytes | bytearray) -> int | None:
    """The length of three strings; None while they are not complete."""
    end = 0
    for _ in range(_STATUS_STRINGS):
        end = received.find(b"\x03\r\n", end) + 3
        if end < 3:
            return None
    return end


def open_instrument(link: Link, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The printer, which plays one role."""
    printer = ZplPrinter(link, clock, timeout_s)
    return OpenInstrument(printer, lambda row: printer)
