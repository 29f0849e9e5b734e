"""A SPI NOR flash as a chip that can be burned."""

from __future__ import annotations

from collections.abc import Sequence

from station.ic_programmer.chip import PageRead, Progress, Stretch, Wear
from station.ic_programmer.memory import Erase, Memory
from station.ic_programmer.nor import SpiNor
from station.ic_programmer.nor_guard import NorGuard
from station.ic_programmer.setting import Setting
from station.ic_programmer.target import Target
from station.model.burn_record import ChipIdentity
from station.model.clock import Clock
from station.model.errors import ContactError, WrongChip
from station.model.roles import SpiBus, SpiClock


class NorChip:
    """A station.ic_programmer.chip.BurnableChip, ReadBehind and Protectable of type ``target`` behind an SPI."""

    def __init__(self, bus: SpiBus, target: Target, clock: Clock) -> None:
        self._bus = bus
        self._row = target
        self._nor = SpiNor(bus, target, clock)
        self._guard = NorGuard(bus, target, clock)
        self._jedec = self._unique_id = ""
        self._slowed = 0

    def describe(self) -> str:
        """As the programmer says."""
        return self._bus.describe()

    def contact(self) -> ChipIdentity:
        """The JEDEC identity three times, and samples from all over the chip twice; at a lower clock where need be."""
        while not self._is_steady():
            self._slowed += 1
        return ChipIdentity(self._jedec, "", "")

    def _is_steady(self) -> bool:
        """False where it is not, and the clock was lowered; raises ContactError where that cannot be."""
        try:
            self._jedec = self._nor.read_jedec()
            self._nor.require_steady_reading()
        except ContactError:
            if not isinstance(self._bus, SpiClock) or not self._bus.slow_down():
                raise
            return False
        return True

    def identify(self) -> ChipIdentity:
        """With the digest of the SFDP space and the unique id, each empty where the chip has none."""
        self._require_type()
        identity = self._nor.read_identity(self._jedec)
        self._unique_id = identity.unique_id
        return identity

    def unprotect(self, erases_all: bool) -> str:
        """All bits of its status registers that protect; what it holds stays."""
        self._require_type()
        return self._guard.unprotect()

    def protect(self, settings: Sequence[Setting]) -> str:
        """Bits of its status registers, by the names of its data sheet."""
        self._require_same()
        return self._guard.protect(settings)

    def require_readable(self) -> None:
        """The chip's own table (SFDP) must not say otherwise of its addresses."""
        self._nor.require_readable()

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """What was read counts only if the same chip still answers: a lost contact reads as blank."""
        content = self._nor.read(start, length, progress)
        self._require_same()
        return content

    def learn_memory(self) -> Memory:
        """From the row and the chip's own table (SFDP), once no status register says that it is protected."""
        self._nor.require_unprotected()
        return self._nor.learn_layout().memory()

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """One block after the other."""
        done = 0
        for kind, address in erases:
            self._nor.erase(kind, address)
            done += kind.size_bytes
            progress(done)

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """Sent ahead with in-stream waits."""
        self._nor.program(pages, progress, (), lambda _address, _content: None)

    def program_and_read(
        self, pages: Sequence[tuple[int, bytes]], stretches: Sequence[Stretch], progress: Progress, read: PageRead
    ) -> None:
        """In one stream; what was read counts only if the same chip still answers."""
        self._nor.program(pages, progress, stretches, read)
        self._require_same()

    def wear(self) -> Wear:
        """``retries`` are the pages that took longer than they were waited for, and the times the clock was lowered."""
        return Wear(self._nor.late_programs + self._slowed, self._nor.slowest_erase, is_unsteady=self._slowed > 0)

    def _require_type(self) -> None:
        if self._jedec != self._row.jedec:
            raise WrongChip(f"the chip says {self._jedec}, a {self._row.name} says {self._row.jedec}")

    def _require_same(self) -> None:
        """The same type answers, and where it has a unique id the same chip: another one may hold the same image."""
        jedec = self._nor.read_jedec()
        if jedec != self._row.jedec:
            raise ContactError(self.describe(), f"the chip now says {jedec}: reseat it and start again")
        unique_id = self._nor.read_unique_id() if self._unique_id else ""
        if unique_id != self._unique_id:
            problem = f"another chip of this type answers now, {unique_id or 'without an id'}: start again"
            raise ContactError(self.describe(), problem)
