"""Keeps what a run writes down and what the person at the bench answers, in memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from station.model.clock import Clock
from station.model.ids import new_id
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import ChecklistItem, Choice, Operator
from station.model.run_record import Accessory
from station.runner.entries import Answered, Entry


class Notebook:
    """A station.runner.play.EntrySink, and a station.model.roles.Operator before ``person``."""

    def __init__(self, person: Operator, clock: Clock) -> None:
        self.entries: list[Entry] = []
        self._person = person
        self._clock = clock
        self._turn = threading.Lock()

    def write(self, entry: Entry, is_durable: bool = False) -> None:
        with self._turn:
            self.entries.append(entry)

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        ticked = self._person.tick(zh, en, items)
        self.write(Answered(self._new_id(), ticked))
        return ticked

    def confirm(self, zh: str, en: str) -> Statement:
        said = self._person.confirm(zh, en)
        self.write(Answered(self._new_id(), said=said.is_so))
        return said

    def enter(self, zh: str, en: str, unit: str) -> Reading:
        said = self._person.enter(zh, en, unit)
        self.write(Answered(self._new_id(), said=said.raw))
        return said

    def choose(self, zh: str, en: str, options: Sequence[Choice]) -> TextReading:
        said = self._person.choose(zh, en, options)
        self.write(Answered(self._new_id(), said=said.value))
        return said

    def photograph(self, zh: str, en: str) -> TextReading:
        said = self._person.photograph(zh, en)
        self.write(Answered(self._new_id(), said=said.value))
        return said

    def _new_id(self) -> str:
        return new_id(self._clock.utc())
