"""What a boot ROM can do besides with the protection of its microcontroller."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class BootRomGuard(Protocol):
    """Each restarts the microcontroller: ``BootRom.begin`` comes next. That it was acknowledged proves nothing.

    Each raises TargetError where it is refused, ProtectedError where readout protection forbids it.
    """

    def protect_readout(self, longest_s: float) -> None:
        """Set readout protection level 1."""
        ...

    def unprotect_readout(self, longest_s: float) -> None:
        """Take readout protection away, which erases all of the flash, within ``longest_s``."""
        ...

    def unprotect_writing(self, longest_s: float) -> None:
        """Take the write protection of all sectors away."""
        ...
