"""Option bytes and readout protection of an STM32 behind its boot ROM: set, taken away, and looked at afterwards.

Sources: ST AN3155 (option bytes are written all at once and restart the microcontroller, so do 73h, 82h and 92h; 92h
erases all of the flash; some ROMs refuse twice where readout protection is on). Readout protection level 2, after which
no ROM answers and no debugger, is never set: nobody could look whether it worked, nor take it back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from station.ic_programmer.setting import Setting, written
from station.ic_programmer.stm32_target import READOUT, Stm32Options, Stm32Target
from station.model.errors import (
    ContactError,
    LinkRefused,
    LinkTimeout,
    ProgrammerError,
    ProtectedError,
    TargetError,
    VerifyError,
)
from station.model.roles import BootRom, BootRomGuard

OPTIONS_S = 1.0
"""Erasing and writing the option bytes; estimate: more than data sheets name for a page, or a sector of 16 KiB."""
LOOK_BYTES = 16
REFUSALS, MOST_LOOKS = 3, 9
"""One refusal may be noise; what erases everything, or proves protection, needs as many in a row."""
UNLOCKING = "to take it away erases everything in the microcontroller"


class Stm32Guard:
    """The protection of a ``target`` behind ``rom``, whose ``name`` is for errors."""

    def __init__(self, rom: BootRom, target: Stm32Target, name: str) -> None:
        self._rom = rom
        self._row = target
        self._name = name

    def unprotect(self, erases_all: bool) -> str:
        """Take write protection away, and readout protection where ``erases_all``; in words what there was."""
        rom, done = self._guard(), []
        if self._is_locked():
            if not erases_all:
                raise ProtectedError(f"readout protection is on; {UNLOCKING}, which the recipe does not allow")
            self._restarted(lambda: rom.unprotect_readout(self._erase_all_s() + OPTIONS_S))
            if self._is_locked():
                raise ProtectedError("it was told to take readout protection away, and cannot be read all the same")
            done.append("readout protection taken away: everything in it was erased")
        options = self._row.family.options
        was = self._guarded(options) if options is not None else ()
        if was or options is None:
            self._restarted(lambda: rom.unprotect_writing(OPTIONS_S))
            if options is not None and (still := self._guarded(options)):
                raise ProtectedError(f"it was told to take write protection away, and has {written(still)}")
            done.append(f"write protection taken away: it was {written(was) or 'whatever it was'}")
        return "; ".join(done)

    def protect(self, settings: Sequence[Setting]) -> str:
        """Option bytes first, because they can be read back only as long as readout protection is not on."""
        rom = self._guard()
        fields = {name: value for name, value in settings if name != READOUT}
        if fields:
            self._write_options(fields)
        if any(name == READOUT for name, _ in settings):
            self._restarted(lambda: rom.protect_readout(OPTIONS_S))
            if not self._is_locked():
                raise TargetError("it acknowledged readout protection, and can be read all the same")
        return written(settings) + (": it refuses to be read" if len(fields) < len(settings) else ": read back")

    def _write_options(self, fields: Mapping[str, int]) -> None:
        options = self._row.family.options
        if options is None:
            raise TargetError(f"no reference manual says here where the option bytes of a {self._row.name} are")
        found = self._rom.read(options.start, options.size_bytes)
        if found[options.readout] != options.open:
            raise ProtectedError(f"its readout protection byte is 0x{found[options.readout]:02X}: nothing was written")
        wanted = _with(found, options, fields)
        if wanted == found:
            return
        self._restarted(lambda: self._rom.write(options.start, wanted, OPTIONS_S))
        for offset, (want, is_now) in enumerate(zip(wanted, self._read_options(options), strict=True)):
            if want != is_now:
                raise VerifyError(options.start + offset, want, is_now)

    def _read_options(self, options: Stm32Options) -> bytes:
        try:
            return self._rom.read(options.start, options.size_bytes)
        except (TargetError, LinkTimeout, LinkRefused):
            self._rom.begin()
        return self._rom.read(options.start, options.size_bytes)

    def _guarded(self, options: Stm32Options) -> tuple[Setting, ...]:
        """The option bytes that keep a sector from being written."""
        content = self._read_options(options)
        values = {name: content[options.fields[name]] for name in options.guards}
        return tuple((name, value) for name, value in values.items() if ~value & options.guards[name])

    def _restarted(self, act: Callable[[], None]) -> None:
        """Do what restarts it, and meet it again; whether it did so is looked at by whoever asks for it."""
        try:
            act()
        except (LinkTimeout, LinkRefused):
            pass  # the acknowledgement was lost, or the command: what it has then tells which
        found = self._rom.begin()
        if found.product != self._row.product:
            raise ContactError(self._name, f"the microcontroller now says 0x{found.product:03X}")

    def _is_locked(self) -> bool:
        """Whether it refuses to be read, again and again; one answer is enough for a no."""
        refusals = 0
        for _ in range(MOST_LOOKS):
            try:
                self._rom.read(self._row.base, LOOK_BYTES)
            except ProtectedError:
                refusals += 1
                self._rom.begin()  # some refuse twice, and the second would be the next answer
                if refusals == REFUSALS:
                    return True
            except (TargetError, LinkTimeout, LinkRefused):
                self._rom.begin()
            else:
                return False
        raise ContactError(self._name, "it neither gives its flash nor refuses to: look at RX, TX and GND")

    def _erase_all_s(self) -> float:
        longest_ms = {size: most for size, _, most in self._row.family.erase_ms}
        return sum(count * longest_ms[size] for count, size in self._row.sectors) / 1000

    def _guard(self) -> BootRomGuard:
        if not isinstance(self._rom, BootRomGuard):
            raise ProgrammerError(self._name, "changes no protection: use the serial line")
        return self._rom


def _with(content: bytes, options: Stm32Options, fields: Mapping[str, int]) -> bytes:
    """``content`` with other ``fields``, and the complement of each byte where the family has them."""
    changed = bytearray(content)
    for name, value in fields.items():
        changed[options.fields[name]] = value
    if options.has_complements:
        for place in (options.readout, *options.fields.values()):
            changed[place + 1] = changed[place] ^ 0xFF
    return bytes(changed)
