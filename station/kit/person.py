"""The person at the bench, where a plan is played without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from station.link.clock import SystemClock
from station.model.errors import OperatorError
from station.model.reading import Reading, Statement, TextReading
from station.model.roles import OPERATOR, ChecklistItem, Choice
from station.model.run_record import Accessory

Said = Mapping[str, bool | float | str]


class Person:
    """A station.model.roles.Operator who ticks everything but ``missing``, and says yes unless told otherwise.

    ``says`` has the answers by the English words of a question: a number to be typed, an option's name, True or False;
    a photo is taken unless it is False.
    """

    def __init__(self, says: Said | None = None, missing: Collection[str] = ()) -> None:
        self._says = says or {}
        self._missing = missing

    def tick(self, zh: str, en: str, items: Sequence[ChecklistItem]) -> tuple[Accessory, ...]:
        """Every item, ticked unless it is missing."""
        return tuple(Accessory(item.name, item.name not in self._missing) for item in items)

    def confirm(self, zh: str, en: str) -> Statement:
        """Yes, unless it was said that it is not so."""
        return Statement(self._says.get(en, True) is True, OPERATOR, _now())

    def enter(self, zh: str, en: str, unit: str) -> Reading:
        """The number; raises OperatorError where none was said."""
        said = self._says.get(en)
        if isinstance(said, str | bool) or said is None:
            raise OperatorError(f"nobody said which number answers {en!r}")
        return Reading(float(said), unit, OPERATOR, str(said), _now())

    def choose(self, zh: str, en: str, options: Sequence[Choice]) -> TextReading:
        """The option's name; raises OperatorError where none of them was said."""
        said = self._says.get(en)
        if not isinstance(said, str) or said not in {option.name for option in options}:
            raise OperatorError(f"nobody said which option answers {en!r}")
        return TextReading(said, OPERATOR, _now())

    def photograph(self, zh: str, en: str) -> TextReading:
        """A photo that nobody took; raises OperatorError where it was said that there is none."""
        if self._says.get(en, True) is not True:
            raise OperatorError(f"nobody took the photo for {en!r}")
        return TextReading(f"{'0' * 64}/0", OPERATOR, _now())


def _now() -> datetime:
    return SystemClock().utc()
