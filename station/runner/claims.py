"""What a step occupies while it is played, and which steps that keeps from being played beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from station.model.roles import Supply
from station.runner.step import Mode, Step

OPERATOR = "the operator"
"""Claimed by each step that asks: one prompt at a time."""
WHOLE_BENCH = "the bench"
"""Claimed for each role where nobody says which instruments play it."""


class Claim(msgspec.Struct, frozen=True):
    """The links a step uses, the mode in which it needs the unit, and whether it bears no other beside it."""

    resources: frozenset[str]
    mode: Mode
    is_alone: bool

    def excludes(self, other: Claim) -> bool:
        """Whether the two may not be played at the same time; ``other`` is a step of the same unit."""
        if not self.resources.isdisjoint(other.resources):
            return True
        if "any" in (self.mode, other.mode):
            return False
        return self.is_alone or other.is_alone or self.mode != other.mode


def claim_of(step: Step, resources: Mapping[str, frozenset[str]] | None) -> Claim:
    """The claim of ``step`` where ``resources`` are the links behind each role; None: all roles may share one."""
    used: set[str] = set()
    for role in step.roles:
        used |= {WHOLE_BENCH} if resources is None else resources[role]
    if not step.injected.isdisjoint({"operator", "questions"}):
        used.add(OPERATOR)
    return Claim(frozenset(used), step.declaration.mode, step.declaration.is_alone or changes_power(step))


def one_after_the_other(steps: Sequence[Step], resources: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """``resources`` with which no two of ``steps`` that have roles are played at once, while monitors sample."""
    used = {role for step in steps if step.watch is None for role in step.roles}
    return {role: links | {WHOLE_BENCH} if role in used else links for role, links in resources.items()}


def changes_power(step: Step) -> bool:
    """Whether ``step`` may change B+ or ACC of its unit."""
    return step.declaration.energises or Supply in step.roles.values()
