"""The person at the bench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from station.model.run_record import Accessory


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One line to tick, in both languages."""

    name: str
    zh: str
    en: str


class Operator(Protocol):
    """The person at the bench; raises OperatorError where nobody can answer any more."""

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        """Show the list and wait for it to be ticked; every item comes back, present or not."""
        ...
