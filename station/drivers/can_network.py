"""The vehicle's network management on a CAN channel: any interface of python-can.

The address says which frame keeps the unit awake (``send``) and which one it sends itself (``receive``), for the FJ
head units ``send=0x401&receive=0x420``. Source: docs/fj-head-units.md, "CAN (FJ-N7)": a frame every 100 ms.
"""

from __future__ import annotations

from station.drivers.instrument import OpenInstrument
from station.link.can import CanLink, CanRepetition
from station.model.clock import Clock
from station.model.errors import DutError, LinkTimeout
from station.model.reading import Reading

PERIOD_S = 0.1
FRAME = b"\x01" + bytes(7)
"""The data sheet takes any; the first byte is as in the unit's own frame."""
SILENT_AFTER_S = 3 * PERIOD_S
"""Estimate: three frames in a row do not get lost on a bus that works."""
POLL_S = 0.02


class CanNetwork:
    """A station.model.roles.VehicleBus."""

    def __init__(self, link: CanLink, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._repetition: CanRepetition | None = None

    def begin(self) -> None:
        """The unit may be asleep: nothing is asked."""

    def prepare(self) -> None:
        """Nothing to set."""

    def keep_awake(self, is_on: bool) -> None:
        """Send the frame every 100 ms, or stop; raises LinkLost where it could not be sent all the time."""
        repetition, self._repetition = self._repetition, None
        if repetition is not None:
            repetition.stop()
        if is_on:
            self._repetition = self._link.repeat(FRAME, PERIOD_S)

    def wait_awake(self, longest_s: float) -> Reading:
        """Seconds until the unit's first frame after this call; raises DutError after ``longest_s``."""
        with self._link.hold():
            started = self._clock.now()
            self._link.forget()
            try:
                self._link.receive(longest_s)
            except LinkTimeout:
                self._check_repetition()
                raise DutError(f"the unit sends no network management within {longest_s:g} s") from None
            return self._reading(self._clock.now() - started)

    def wait_asleep(self, longest_s: float) -> Reading:
        """Seconds until the unit's last frame, once it has been silent for 0.3 s.

        Raises DutError for a unit that still sends after ``longest_s``, and for one that was never heard: a silence
        proves nothing where there was no sound.
        """
        with self._link.hold():
            started = self._clock.now()
            self._link.forget()
            last: float | None = None
            while True:
                if self._link.forget():
                    last = self._clock.now()
                now = self._clock.now()
                if now - (last or started) >= SILENT_AFTER_S:
                    break
                if now - started >= longest_s + SILENT_AFTER_S:
                    raise DutError(f"the unit still sends network management after {longest_s:g} s")
                self._clock.wait(POLL_S)
        if last is None:
            raise DutError("the unit sent no network management before it should fall asleep")
        return self._reading(last - started)

    def _check_repetition(self) -> None:
        if self._repetition is not None:
            self._repetition.check()

    def _reading(self, seconds: float) -> Reading:
        return Reading(seconds, "s", self._link.name, f"{seconds:.3f}", self._clock.utc())


def open_instrument(link: CanLink, clock: Clock, timeout_s: float) -> OpenInstrument:
    """The network; its frames have times of their own."""
    network = CanNetwork(link, clock)
    return OpenInstrument(network, lambda row: network)
