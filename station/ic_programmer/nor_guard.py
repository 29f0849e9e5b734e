"""Takes the block protection of a SPI NOR away, and sets it; what its registers say after a reset is what counts.

Sources: JESD216; Winbond W25Q64JV data sheet: 7.1 (status registers), 8.2.5 (write status register), 8.2.43 (a reset
brings back what is kept without power). With SRP set and the pin WP low nothing can be written: the chip says nothing
of that, only its registers show it. What a setting does not name stays: the drivers' strength, quad enable.
"""

from __future__ import annotations

from collections.abc import Sequence

from station.ic_programmer.nor_instructions import READ_STATUS, WRITE_ENABLE
from station.ic_programmer.nor_protection import Protection, protection_of
from station.ic_programmer.nor_status import RESEAT, NorStatus
from station.ic_programmer.setting import Setting, written
from station.ic_programmer.target import Target
from station.model.clock import Clock
from station.model.errors import ContactError, ProtectedError, TargetError
from station.model.roles import SpiBus, SpiTransaction

READ = (0x05, 0x35, 0x15)
"""The instructions that read status registers 1 to 3."""
TRANSIENT = (0x03, 0x80, 0x00)
"""Bits that tell what the chip is doing: BUSY, WEL and SUS."""
POLL_S = 0.001

_RESET = (SpiTransaction(b"\x66"), SpiTransaction(b"\x99", 0, 100))


class NorGuard:
    """The protection of the chip behind ``bus``, which is a ``target``."""

    def __init__(self, bus: SpiBus, target: Target, clock: Clock) -> None:
        self._bus = bus
        self._row = target
        self._clock = clock
        self._status = NorStatus(bus, clock)

    def unprotect(self) -> str:
        """Clear every bit that protects; what the registers were, in words, empty where none was set."""
        before = self._registers()
        if not any(value & mask for value, mask in zip(before, self._row.protection, strict=True)):
            return ""
        self._write(self._opened(before), before)
        return f"write protection taken away: status registers were {_shown(before)}"

    def protect(self, settings: Sequence[Setting]) -> str:
        """Set the bits that ``settings`` name, and clear all others that could be named."""
        scheme = self._scheme()
        before = self._registers()
        wanted = self._opened(before)
        for name, value in settings:
            field = scheme.bits[name]
            wanted[field.register - 1] |= value << field.low
        if wanted != before:
            self._write(wanted, before)
        return f"{written(settings)}: status registers are {_shown(wanted)}"

    def _scheme(self) -> Protection:
        scheme = protection_of(self._row)
        if scheme is None:
            raise ProtectedError(
                f"no data sheet says here how the protection of a {self._row.name} is written: burn one that is open"
            )
        return scheme

    def _registers(self) -> list[int]:
        """Those that the row or the way of writing names, without what changes by itself; 0 for the others."""
        scheme = protection_of(self._row)
        found = [0, 0, 0]
        for index, opcode in enumerate(READ):
            if not self._row.protection[index] and not (scheme is not None and scheme.write[index]):
                continue
            value = self._bus.transfer(bytes((opcode,)), 1)[0]
            if value == 0xFF:
                raise ContactError(self._bus.describe(), f"status register {index + 1} reads 0xFF: {RESEAT}")
            found[index] = value & ~TRANSIENT[index]
        return found

    def _write(self, wanted: Sequence[int], before: Sequence[int]) -> None:
        """Write what differs, reset the chip, and read all of it again."""
        scheme = self._scheme()
        for content in _contents(scheme, wanted, before):
            what = f"write status register {content[0]:02X}h"
            deadline = self._clock.now() + scheme.write_max_ms / 1000
            seen = self._bus.stream([WRITE_ENABLE, SpiTransaction(content), READ_STATUS])[-1][0]
            self._finish(seen, what, deadline)
        self._bus.stream(_RESET)
        self._compare(wanted, self._registers())

    def _finish(self, seen: int, what: str, deadline: float) -> None:
        try:
            self._status.finish(seen, what, deadline, POLL_S)
        except ProtectedError:
            raise ProtectedError(f"the chip refuses to {what}: {_PIN}") from None

    def _compare(self, wanted: Sequence[int], found: Sequence[int]) -> None:
        masks = self._guarding()
        for index, (want, is_now) in enumerate(zip(wanted, found, strict=True)):
            said = f"status register {index + 1} is 0x{is_now:02X} after writing 0x{want:02X}"
            if (want ^ is_now) & masks[index]:
                raise ProtectedError(f"{said}: {_PIN}")
            if want != is_now:
                raise TargetError(f"{said}: a bit changed that should not")

    def _opened(self, registers: Sequence[int]) -> list[int]:
        return [value & ~mask for value, mask in zip(registers, self._guarding(), strict=True)]

    def _guarding(self) -> list[int]:
        """The bits of each register that protect, or protect these."""
        masks = list(self._row.protection)
        for field in self._scheme().bits.values():
            masks[field.register - 1] |= field.mask
        return masks


def _contents(scheme: Protection, wanted: Sequence[int], before: Sequence[int]) -> list[bytes]:
    """The instructions with what they write; register 1, which may lock the others, last."""
    changed = [index for index in (2, 1, 0) if wanted[index] != before[index]]
    if scheme.is_pair:
        return [bytes((scheme.write[0], wanted[0], wanted[1]))] if changed else []
    return [bytes((scheme.write[index], wanted[index])) for index in changed]


def _shown(registers: Sequence[int]) -> str:
    return " ".join(f"{value:02X}" for value in registers)


_PIN = "is its pin WP (3) low, or are its registers locked until it loses its power?"
