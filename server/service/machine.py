"""The state machine of a service request and its targets, read from requests.toml."""

from __future__ import annotations

import tomllib
from datetime import time
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from server.errors import Contradiction

FILE = Path(__file__).with_name("requests.toml")
BEFORE = ""
"""In the place of a state: the request does not exist yet."""
KINDS = ("repair", "complaint", "consultation", "upgrade")
PRIORITIES = ("normal", "urgent")
HOUR_S = 3600
ACTIONS = ("service.write", "service.handle", "service.call_back", "service.close")
"""The rights that moves ask for."""


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a state is called, and whether time counts in it; ``is_end`` closes the request."""

    zh: str
    en: str
    clock: Literal["runs", "waits", "stopped"]
    is_end: bool = False


class Transition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sources": "from", "target": "to"}):
    """A move of the table; an empty ``target`` stays in the state."""

    sources: tuple[str, ...]
    target: str
    action: str
    zh: str
    en: str
    needs: tuple[str, ...] = ()


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from", "end": "to"}):
    """The working week in the site's zone; Monday is 0."""

    weekdays: tuple[int, ...]
    start: time
    end: time
    source: str


class Targets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Working hours from the call to the handling, by priority and kind."""

    source: str
    hours: dict[str, dict[str, float]]


class Machine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    hours: Hours
    targets: Targets
    states: dict[str, State]
    moves: dict[str, Transition]

    def after(self, state: str, move: str) -> str:
        """The state that ``move`` leads to from ``state``; raises Contradiction where it does not start there."""
        transition = self.moves.get(move)
        if transition is None or state not in transition.sources:
            raise Contradiction(f"a request that is {state or 'not on record'} cannot {move}")
        return transition.target or state

    def moves_from(self, state: str) -> list[str]:
        """Every move that starts in ``state``, in the table's order."""
        return [name for name, transition in self.moves.items() if state in transition.sources]

    def target_s(self, kind: str, priority: str) -> float:
        """How soon a request is to be handled, in working seconds."""
        return self.targets.hours[priority][kind] * HOUR_S

    @property
    def open_states(self) -> list[str]:
        return [name for name, state in self.states.items() if not state.is_end]


@cache
def machine() -> Machine:
    """The table of requests.toml; ValueError where it names an unknown state, or lacks a target or working time."""
    made = msgspec.convert(tomllib.loads(FILE.read_text(encoding="utf-8")), Machine)
    named = {state for move in made.moves.values() for state in (*move.sources, move.target)}
    if unknown := named - set(made.states) - {BEFORE}:
        raise ValueError(f"{FILE.name}: unknown states {', '.join(sorted(unknown))}")
    if unknown := {move.action for move in made.moves.values()} - set(ACTIONS):
        raise ValueError(f"{FILE.name}: unknown actions {', '.join(sorted(unknown))}")
    if any(made.targets.hours.get(priority, {}).get(kind, 0) <= 0 for priority in PRIORITIES for kind in KINDS):
        raise ValueError(f"{FILE.name}: each kind has a target for each priority")
    if not set(made.hours.weekdays) & set(range(7)) or made.hours.start >= made.hours.end:
        raise ValueError(f"{FILE.name}: no working time")
    return made
