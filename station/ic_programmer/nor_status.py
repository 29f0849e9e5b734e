"""When a SPI NOR has ended what it does, and what its status says of how it ended.

WEL stays set where a program or erase was refused. Source: Winbond W25Q64JV data sheet, 7.1.2. Where a chip clears it
nevertheless (Macronix), reading back finds what was not written.
"""

from __future__ import annotations

from station.ic_programmer.nor_instructions import BUSY, WRITE_ENABLED
from station.model.clock import Clock
from station.model.errors import BusyError, ContactError, ProtectedError
from station.model.roles import SpiBus

RESEAT = "reseat the chip in its socket, or the clip, and look at pins 1 (CS), 2 (SO), 4 (GND) and 8 (VCC)"


class NorStatus:
    """Of the chip behind ``bus``."""

    def __init__(self, bus: SpiBus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock

    def finish(self, status: int, what: str, deadline: float, poll_s: float) -> None:
        """Wait until the operation that ``status`` was read after has ended.

        Raises BusyError where it is busy in a look after ``deadline`` (one from before it says nothing: a PC may have
        been held up), ContactError where the chip falls silent, ProtectedError where it refused.
        """
        is_late = False
        while status & BUSY:
            if status == 0xFF:
                raise ContactError(self._bus.describe(), f"the chip fell silent during {what}: {RESEAT}")
            if is_late:
                raise BusyError(f"still busy with {what} after the data sheet's maximum")
            self._clock.wait(min(poll_s, max(deadline - self._clock.now(), 0.0)))
            is_late = self._clock.now() >= deadline
            status = self._bus.transfer(b"\x05", 1)[0]
        if status & WRITE_ENABLED:
            raise ProtectedError(f"the chip refuses {what}: it is protected")
