"""What a clerk has burned and scrapped since signing on: counted here, for the page alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec


class ShiftTold(msgspec.Struct, frozen=True):
    """ICs by what became of them; ``scrapped`` by the reason that was said."""

    good: int
    bad: int
    scrapped: Mapping[str, int]


class Shift:
    """Begins anew with each operator; a burn that ended as ERROR or ABORTED says nothing of an IC."""

    def __init__(self) -> None:
        self._operator = ""
        self._results: Counter[str] = Counter()
        self._scrapped: Counter[str] = Counter()

    def note_burn(self, operator: str, result: str) -> None:
        """A burn has ended."""
        self._of(operator)
        self._results[result] += 1

    def note_scrap(self, operator: str, reason: str, quantity: int) -> None:
        """ICs were scrapped."""
        self._of(operator)
        self._scrapped[reason] += quantity

    def told(self, operator: str) -> ShiftTold:
        """How it stands; while nobody has signed on, as the last one left it."""
        if operator:
            self._of(operator)
        return ShiftTold(self._results["PASS"], self._results["FAIL"], dict(self._scrapped))

    def _of(self, operator: str) -> None:
        if operator != self._operator:
            self._operator = operator
            self._results, self._scrapped = Counter(), Counter()
