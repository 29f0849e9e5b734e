"""What the agenda makes of a plan on one bench of several slots, played on a clock of its own: no thread, no device.

Each slot plays the plan by an agenda of its own. A shared instrument is had by one slot at a time, whoever asked first;
a step takes what it needs of them in the order of their names before it begins, as leases do (docs/adr).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from station.runner.agenda import Agenda, Task


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of one slot's run, in seconds since all slots began."""

    slot: int
    step: str
    begin_s: float
    end_s: float


@dataclass(slots=True)
class _Wish:
    slot: int
    task: Task
    wanted: deque[str]
    held: list[str] = field(default_factory=list)


class _Play:
    def __init__(self, tasks: Sequence[Task], slots: int, shared: frozenset[str], lasts_s: Mapping[str, float]) -> None:
        self._agendas = [Agenda(tasks) for _ in range(slots)]
        self._shared = shared
        self._lasts_s = lasts_s
        self._holder: dict[str, _Wish] = {}
        self._waiting: dict[str, deque[_Wish]] = {name: deque() for name in shared}
        self._ends: list[tuple[float, int, _Wish]] = []
        self._count = 0
        self.now = 0.0
        self.bars: list[Bar] = []

    def run(self) -> None:
        for slot in range(len(self._agendas)):
            self._begin(slot)
        while self._ends:
            self.now, _, wish = heappop(self._ends)
            for name in wish.held:
                del self._holder[name]
            for name in wish.held:
                if self._waiting[name] and name not in self._holder:
                    self._take(self._waiting[name].popleft())
            self._agendas[wish.slot].end(wish.task.name)
            self._begin(wish.slot)

    def _begin(self, slot: int) -> None:
        for task in self._agendas[slot].begin(self._is_free):
            self._take(_Wish(slot, task, deque(sorted(task.claim.resources & self._shared))))

    def _is_free(self, task: Task) -> bool:
        return self._holder.keys().isdisjoint(task.claim.resources)

    def _take(self, wish: _Wish) -> None:
        """Take what is free; wait for the first that is not."""
        while wish.wanted:
            name = wish.wanted[0]
            if name in self._holder:
                self._waiting[name].append(wish)
                return
            self._holder[name] = wish
            wish.held.append(wish.wanted.popleft())
        end = self.now + self._lasts_s[wish.task.name]
        self._count += 1
        heappush(self._ends, (end, self._count, wish))
        self.bars.append(Bar(wish.slot, wish.task.name, self.now, end))


def played(tasks: Sequence[Task], slots: int, shared: frozenset[str], lasts_s: Mapping[str, float]) -> list[Bar]:
    """Every step of every slot, as the agenda and first come, first served play it."""
    play = _Play(tasks, slots, shared, lasts_s)
    play.run()
    return play.bars


def takt_s(bars: Sequence[Bar]) -> float:
    """Until the last slot has ended."""
    return max(bar.end_s for bar in bars)
