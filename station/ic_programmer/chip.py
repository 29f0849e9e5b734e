"""A chip that can be burned, whatever it hangs on: what a burn asks of it, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from station.ic_programmer.memory import Erase, Memory
from station.ic_programmer.setting import Setting
from station.model.burn_record import ChipIdentity

Progress = Callable[[int], None]
"""Called with the bytes done so far of one operation; may raise to stop it."""


PageRead = Callable[[int, bytes], None]
"""Called with an address and what was read there; may raise to stop."""

Stretch = tuple[int, int]
"""An address and how many bytes from there."""


class Wear(msgspec.Struct, frozen=True):
    """What was not smooth: ``retries`` of any kind, and the longest erase as a part of its maximum.

    ``is_unsteady`` tells that something failed and went well the second time: somebody should look at the contact.
    """

    retries: int
    slowest_erase: float
    is_unsteady: bool = False


class Chip(Protocol):
    """One chip of a known type that is looked at; ``contact`` comes first."""

    def describe(self) -> str:
        """The programmer: model and firmware as it tells them."""
        ...

    def contact(self) -> ChipIdentity:
        """Prove that a chip answers the same each time, and say who; raises ContactError."""
        ...

    def identify(self) -> ChipIdentity:
        """All that it tells of itself; raises WrongChip where ``contact`` found another type than expected."""
        ...

    def require_readable(self) -> None:
        """Raise WrongChip where an address could be another one in the chip, ProtectedError where it may not be read.

        For whoever only reads: it need not be known how to erase and program it.
        """
        ...

    def read(self, start: int, length: int, progress: Progress) -> bytes:
        """``length`` bytes from ``start``; raises ContactError where another chip, or none, answers afterwards."""
        ...


class BurnableChip(Chip, Protocol):
    """A chip that is changed too; ``learn_memory`` comes before that."""

    def learn_memory(self) -> Memory:
        """How it is laid out, by its row and by what it says itself.

        Raises ProtectedError where protection is set (nothing is cleared), WrongChip where row and chip contradict
        each other, ConfigError where a figure is not known.
        """
        ...

    def erase(self, erases: Sequence[Erase], progress: Progress) -> None:
        """Erase these blocks and no other; raises BusyError after a block's maximum, ProtectedError if refused."""
        ...

    def program(self, pages: Sequence[tuple[int, bytes]], progress: Progress) -> None:
        """Write whole pages that are erased; that the chip took them proves nothing: what is read does."""
        ...

    def wear(self) -> Wear:
        """What was not smooth so far."""
        ...


@runtime_checkable
class ReadBehind(Protocol):
    """What a chip can besides whose pages are read back while later ones are programmed, at no cost of time."""

    def program_and_read(
        self, pages: Sequence[tuple[int, bytes]], stretches: Sequence[Stretch], progress: Progress, read: PageRead
    ) -> None:
        """As ``BurnableChip.program``; ``read`` gets every byte of ``stretches``, read behind the pages in it.

        Pages and stretches are in the order of their addresses. Raises ContactError where another chip answers at the
        end: then nothing of what was read counts.
        """
        ...


@runtime_checkable
class Protectable(Protocol):
    """What a chip can besides whose protection is taken away or set; nothing counts but what it says afterwards."""

    def unprotect(self, erases_all: bool) -> str:
        """Take away what keeps it from being burned; what that was, in words, empty for nothing.

        Where ``erases_all``, what can only be taken away with all that is in the chip too. Raises WrongChip before
        anything is done where another type answers, ProtectedError where it stays protected.
        """
        ...

    def protect(self, settings: Sequence[Setting]) -> str:
        """Set what ``settings`` say; what it has then, in words. Raises ProtectedError or TargetError otherwise."""
        ...


@runtime_checkable
class Blind(Protocol):
    """What a chip can say besides that may not be read once it was burned; after ``contact``."""

    def is_blind(self) -> bool:
        """Whether nothing can prove what it holds then."""
        ...
