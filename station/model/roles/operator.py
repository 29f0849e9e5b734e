"""The person at the bench."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from station.model.reading import Reading, Statement, TextReading
from station.model.run_record import Accessory

OPERATOR = "operator"
"""The instrument of what a person saw, heard or read off."""


class ChecklistItem(msgspec.Struct, frozen=True):
    """One line to tick, in both languages."""

    name: str
    zh: str
    en: str


class Choice(msgspec.Struct, frozen=True):
    """One of the answers that a question offers, in both languages."""

    name: str
    zh: str
    en: str


MAX_CHOICES = 9
"""One digit chooses."""


class Operator(Protocol):
    """The person at the bench; raises OperatorError where nobody can answer any more."""

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        """Show the list and wait for it to be ticked; every item comes back, present or not."""
        ...

    def confirm(self, zh: str, en: str) -> Statement:
        """Ask whether a statement, judged by eye or ear, is so."""
        ...

    def enter(self, zh: str, en: str, unit: str) -> Reading:
        """Ask for a number in ``unit``, as read off a display; what is no number is asked again."""
        ...

    def choose(self, zh: str, en: str, options: Sequence[Choice]) -> TextReading:
        """Ask which of 2 to 9 options is so; gives its name."""
        ...

    def photograph(self, zh: str, en: str) -> TextReading:
        """Ask for a photo, which is kept with the run; gives its sha256 and size in bytes, a slash between."""
        ...
