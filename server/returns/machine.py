"""The state machine of a return case, read from cases.toml; nothing else says what may follow what."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from server.errors import Contradiction

FILE = Path(__file__).with_name("cases.toml")
BEFORE = ""
"""In the place of a state: the case does not exist yet."""


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a state is called; ``is_work`` voids the tests before it, ``is_end`` closes the case.

    ``usual`` is the move that most cases leave it by.
    """

    zh: str
    en: str
    is_work: bool = False
    is_end: bool = False
    usual: str = ""


class Transition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sources": "from", "target": "to"}):
    """A move of the table; an empty ``target`` stays in the state, an empty ``action`` is for letters alone."""

    sources: tuple[str, ...]
    target: str
    action: str
    zh: str
    en: str
    guard: str = ""
    repairs: str = ""
    needs: tuple[str, ...] = ()
    by_letter: bool = False


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    states: dict[str, State]
    moves: dict[str, Transition]

    def after(self, state: str, move: str) -> str:
        """The state that ``move`` leads to from ``state``; raises Contradiction where it does not start there."""
        transition = self.moves.get(move)
        if transition is None:
            raise Contradiction(f"there is no move {move!r}")
        if state not in transition.sources:
            raise Contradiction(f"a case that is {state or 'not open'} cannot {move}")
        return transition.target or state

    def moves_from(self, state: str) -> list[str]:
        """Every move that starts in ``state``, in the table's order."""
        return [name for name, transition in self.moves.items() if state in transition.sources]

    def fold(self, moves: Iterable[str]) -> str:
        """The state of a case that was moved so, one after the other."""
        state = BEFORE
        for move in moves:
            state = self.after(state, move)
        return state

    @property
    def work_states(self) -> frozenset[str]:
        return frozenset(name for name, state in self.states.items() if state.is_work)


@cache
def machine() -> Machine:
    """The table of cases.toml; ValueError where a move names a state that is not listed."""
    made = msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), Machine)
    named = {state for move in made.moves.values() for state in (*move.sources, move.target)}
    if unknown := named - set(made.states) - {BEFORE}:
        raise ValueError(f"{FILE.name}: unknown states {', '.join(sorted(unknown))}")
    return made
