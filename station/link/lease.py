"""Leases of instruments that several slots of a bench share: first come, first served, handed out by nobody.

Whoever wants an instrument takes a numbered ticket, a file that it keeps locked, and has its turn when no lower ticket
is locked any more. It waits by locking the nearest lower one, so that the kernel wakes it when the owner of that gives
it back or dies, and then looks again.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

from station.link.file_lock import FileLock
from station.link.turn import Turn
from station.model.clock import Clock, wait_until
from station.model.errors import StorageError

LOOK_EVERY_S = 0.1
"""How soon somebody who waits sees that he need not wait any longer."""

POLL_S = 0.005
_TICKET = re.compile(r"\d{12}")


class Leases:
    """The leases of a station's shared instruments, for the one that ``slot`` names; ``folder`` is common to all."""

    def __init__(self, folder: Path, slot: str) -> None:
        self._folder = folder
        self._slot = slot

    def of(self, instrument: str) -> Lease:
        """The lease of ``instrument``, not yet asked for."""
        return Lease(self._place(instrument), self._slot)

    def is_free(self, instrument: str) -> bool:
        """Whether nobody has it or waits for it, at this moment."""
        return not self.of(instrument).is_wanted()

    def turn(self, instrument: str, clock: Clock, longest_s: float | None = None) -> Turn:
        """Turns at ``instrument``, exchange by exchange; after ``longest_s`` it goes on without."""
        return Turn(self._place(instrument), clock, longest_s)

    def _place(self, instrument: str) -> Path:
        place = self._folder / instrument
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(str(place), error.strerror or str(error)) from None
        return place


class Lease:
    """One stay with one instrument."""

    def __init__(self, place: Path, slot: str) -> None:
        self._place = place
        self._slot = slot
        self._number = 0
        self._ticket: FileLock | None = None
        self.holder = ""

    def take(self, goes_on: Callable[[], bool], waits: Callable[[str], None] | None = None) -> bool:
        """Wait until the instrument is this slot's; False where ``goes_on`` says no before, and all is as it was.

        ``goes_on`` is asked every 0.1 s and may raise. ``waits`` is told once, with the slot that has the instrument,
        where there is something to wait for; ``holder`` then says it too.
        """
        has_it = False
        try:
            gate = self._gate()
            if gate.try_take() or _wait_for(gate, goes_on):
                self._draw(gate)
                has_it = self._stand_in_line(goes_on, waits)
        finally:
            if not has_it:
                self.give_back()
        return has_it

    def take_within(self, clock: Clock, longest_s: float) -> bool:
        """As ``take``, for a process that is to fork later: nothing is left waiting when it gives up."""
        has_it, deadline = False, clock.now() + longest_s
        try:
            gate = self._gate()
            if wait_until(clock, gate.try_take, deadline, POLL_S):
                self._draw(gate)
                has_it = wait_until(clock, self._is_first, deadline, POLL_S)
            else:
                gate.close()
        finally:
            if not has_it:
                self.give_back()
        return has_it

    def is_wanted(self) -> bool:
        """Whether somebody alive holds a ticket; of what has been given back there is none."""
        for number in self._numbers():
            other = FileLock.on_other(self._path(number))
            if other is not None:
                is_held = not other.try_take()
                other.close()
                if is_held:
                    return True
        return False

    def give_back(self) -> None:
        """The next one may have it; nothing happens where it was not taken."""
        if self._ticket is not None:
            self._path(self._number).unlink(missing_ok=True)
            self._ticket.close()
            self._ticket = None

    def _gate(self) -> FileLock:
        """Whoever takes a ticket holds this for some 50 us: one at a time."""
        return FileLock.on(self._place / "gate")

    def _draw(self, gate: FileLock) -> None:
        """Take a ticket above all others and let the ``gate`` go; whoever looks finds the ticket locked."""
        try:
            self._number = 1 + max(self._numbers(), default=0)
            self._ticket = FileLock.on_new(self._path(self._number))
            self._ticket.take()
            self._ticket.write(self._slot)
        finally:
            gate.close()

    def _is_first(self) -> bool:
        ahead = self._ahead()
        if ahead is not None:
            ahead.close()
        return ahead is None

    def _stand_in_line(self, goes_on: Callable[[], bool], waits: Callable[[str], None] | None) -> bool:
        is_told = False
        while (ahead := self._ahead()) is not None:
            if waits is not None and not is_told:
                waits(self.holder)
                is_told = True
            if not _wait_for(ahead, goes_on):
                return False
            ahead.close()
        return True

    def _ahead(self) -> FileLock | None:
        """The nearest lower ticket whose owner lives; those of the dead are swept up."""
        lower = sorted((number for number in self._numbers() if number < self._number), reverse=True)
        for place, number in enumerate(lower):
            other = FileLock.on_other(self._path(number))
            if other is None:
                continue
            if not other.try_take():
                self.holder = self._owner(lower[place:])
                return other
            self._path(number).unlink(missing_ok=True)
            other.close()
        return None

    def _owner(self, lower: list[int]) -> str:
        """Who has the instrument: the slot of the lowest ticket, as far as can be seen."""
        first = FileLock.on_other(self._path(lower[-1]))
        if first is None:
            return ""
        slot = first.read()
        first.close()
        return slot

    def _numbers(self) -> list[int]:
        return [int(path.name) for path in self._place.iterdir() if _TICKET.fullmatch(path.name)]

    def _path(self, number: int) -> Path:
        return self._place / f"{number:012d}"


def _wait_for(lock: FileLock, goes_on: Callable[[], bool]) -> bool:
    """Have the kernel wake a thread when ``lock`` can be had; False where ``goes_on`` says no before.

    The lock is then closed as soon as the thread has it.
    """
    has_it, is_given_up, turn = threading.Event(), threading.Event(), threading.Lock()

    def wait() -> None:
        lock.take()
        with turn:
            if is_given_up.is_set():
                lock.close()
            has_it.set()

    threading.Thread(target=wait, name="waiting for a lease", daemon=True).start()
    try:
        while not has_it.wait(LOOK_EVERY_S):
            if not goes_on():
                return False
        return True
    finally:
        with turn:
            if not has_it.is_set():
                is_given_up.set()
