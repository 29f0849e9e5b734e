"""Who sits at this bench: people of the server's list by badge or PIN, without a list by name; left alone it locks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from station.console.desk import Desk
from station.model.clock import Clock
from station.outbox.operators import Operator, Roster

LONGEST_WAIT_S = 60.0
"""A wrong PIN makes the next one wait a second, then two, four, and so on up to this. A badge never waits."""


class PinNeeded(Exception):
    """What was given is no badge: the PIN is asked for, whether there is such a name or not."""


class ShiftRunning(Exception):
    """The operator does not change while a unit is tested."""


@dataclass(eq=False)
class NotKnown(Exception):
    """Name or PIN is wrong, which of both is not said; the next try is taken after ``wait_s`` seconds."""

    wait_s: float


class Seat:
    """Used on the event loop's thread; hashes are made on another, one at a time."""

    def __init__(self, desk: Desk, people: Callable[[], Roster], clock: Clock, lock_after_s: float) -> None:
        """``people`` reads who may sign on; nobody where the server told nobody. ``lock_after_s`` 0 never locks."""
        self._desk = desk
        self._people = people
        self._clock = clock
        self._lock_after_s = lock_after_s
        self._turn = asyncio.Lock()
        self._wrong = 0
        self._not_before = 0.0
        self._touched_at = clock.now()

    def touch(self) -> None:
        """Somebody is there."""
        self._touched_at = self._clock.now()

    async def sign_on(self, given: str, pin: str) -> str:
        """Sign on by badge, or by name and PIN; without a list ``given`` is the name. Gives the person's language.

        Raises PinNeeded, NotKnown, ShiftRunning, and OperatorError for what is no name.
        """
        if self._desk.is_testing:
            raise ShiftRunning
        async with self._turn:
            people = await asyncio.to_thread(self._people)
            if not people.operators:
                self._desk.sign_on(given)
                self.touch()
                return ""
            person = await (self._by_pin(people, given, pin) if pin else asyncio.to_thread(people.by_badge, given))
            if person is None:
                raise PinNeeded
            return self._let(person)

    async def change(self, code: str) -> bool:
        """Let the next person in where ``code`` is a badge; False where it is none. Raises ShiftRunning."""
        async with self._turn:
            people = await asyncio.to_thread(self._people)
            person = await asyncio.to_thread(people.by_badge, code) if people.operators else None
            if person is None:
                return False
            if self._desk.is_testing:
                raise ShiftRunning
            self._let(person)
            return True

    def leave(self) -> None:
        """Nobody sits there any more; raises ShiftRunning."""
        if self._desk.is_testing:
            raise ShiftRunning
        self._desk.sign_off()

    async def look(self) -> None:
        """Note whether there is a list, and lock what was left alone; while a unit is tested nothing is left alone."""
        people = await asyncio.to_thread(self._people)
        self._desk.note_list(bool(people.operators))
        if self._desk.is_testing:
            self.touch()
        is_over = 0 < self._lock_after_s <= self._clock.now() - self._touched_at
        if people.operators and self._desk.operator and is_over:
            self._desk.sign_off()

    async def _by_pin(self, people: Roster, name: str, pin: str) -> Operator:
        wait_s = self._not_before - self._clock.now()
        if wait_s > 0:
            raise NotKnown(wait_s)
        person = await asyncio.to_thread(people.by_pin, name, pin)
        if person is None:
            wait_s = min(LONGEST_WAIT_S, 2.0**self._wrong)
            self._wrong += 1
            self._not_before = self._clock.now() + wait_s
            raise NotKnown(wait_s)
        return person

    def _let(self, person: Operator) -> str:
        self._wrong, self._not_before = 0, 0.0
        self._desk.sign_on(person.name)
        self.touch()
        return person.language
