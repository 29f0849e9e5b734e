"""What may be played when: steps that exclude each other come one after the other, the others beside each other.

Knows no thread and no clock. The order of its tasks is their rank: of two that may begin and exclude each other the
first begins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from heapq import heapify, heappop, heappush

import msgspec

from station.runner.claims import Claim

MOST_AT_ONCE = 16
"""More than the links of any bench; keeps a plan of many steps without a role from being as many threads."""
ASKED_WEIGHT = 0.1
"""Of the time that a plan needs a shared instrument, beside the length of a path. By `make bench AREA=takt`: of 0 to 1
nearest to the best schedules on two, four and eight slots."""


class Task(msgspec.Struct, frozen=True):
    """A step to the agenda; ``after`` are the names of tasks that end before it, ``takes_s`` how long it may take."""

    name: str
    after: tuple[str, ...]
    claim: Claim
    takes_s: float


class Agenda:
    """Which tasks have ended, which are under way, which may begin."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        """Every ``after`` names a task, and none waits for itself: a plan has been checked for that."""
        self._tasks = tasks
        rank = {task.name: place for place, task in enumerate(tasks)}
        self._followers: list[list[int]] = [[] for _ in tasks]
        self._awaits = [len(task.after) for task in tasks]
        for place, task in enumerate(tasks):
            for other in task.after:
                self._followers[rank[other]].append(place)
        claims = list(dict.fromkeys(task.claim for task in tasks))
        number = {claim: index for index, claim in enumerate(claims)}
        self._claim_of = [number[task.claim] for task in tasks]
        self._excluded = [[one.excludes(other) for other in claims] for one in claims]
        self._bears_none = [all(row) for row in self._excluded]
        self._ready: list[list[int]] = [[] for _ in claims]
        for place, count in enumerate(self._awaits):
            if not count:
                self._ready[self._claim_of[place]].append(place)
        for heap in self._ready:
            heapify(heap)
        self._running: dict[str, int] = {}

    @property
    def running(self) -> int:
        """How many tasks are under way."""
        return len(self._running)

    def begin(self, is_free: Callable[[Task], bool] | None = None) -> list[Task]:
        """Every task that may begin beside those under way; they are under way from here on.

        Those that ``is_free`` says could have all they are lent go before the others, which will have to wait for it.
        """
        begun: list[Task] = []
        busy = {self._claim_of[place] for place in self._running.values()}
        while len(self._running) < MOST_AT_ONCE and (place := self._next(busy, is_free)) is not None:
            claim = self._claim_of[place]
            heappop(self._ready[claim])
            self._running[self._tasks[place].name] = place
            busy.add(claim)
            begun.append(self._tasks[place])
            if self._bears_none[claim]:
                break
        return begun

    def end(self, name: str) -> None:
        """``name`` is under way no more; those that waited for it alone may begin."""
        for follower in self._followers[self._running.pop(name)]:
            self._awaits[follower] -= 1
            if not self._awaits[follower]:
                heappush(self._ready[self._claim_of[follower]], follower)

    def _next(self, busy: set[int], is_free: Callable[[Task], bool] | None) -> int | None:
        """The first by rank that no claim under way, ``busy``, excludes; of the free ones where there are any."""
        fit = [
            heap[0]
            for claim, heap in enumerate(self._ready)
            if heap and (not busy or not any(self._excluded[claim][one] for one in busy))
        ]
        if is_free is not None and len(fit) > 1:
            fit = [place for place in fit if is_free(self._tasks[place])] or fit
        return min(fit, default=None)


def duration_s(tasks: Sequence[Task]) -> float:
    """How long ``tasks`` take in this order, if each takes as long as it says."""
    agenda = Agenda(tasks)
    ends: list[tuple[float, str]] = []
    now = 0.0
    while True:
        for task in agenda.begin():
            heappush(ends, (now + task.takes_s, task.name))
        if not ends:
            return now
        now, name = heappop(ends)
        agenda.end(name)


def arranged(tasks: Sequence[Task], shared: Collection[str] = ()) -> tuple[Task, ...]:
    """``tasks`` in the order to play them: as they are, unless the longest remaining paths first take less time.

    Where other slots wait for what is ``shared``, of paths about as long the one goes first that needs the instrument
    which the plan needs longest: whoever begins with it lets the others have it while the rest is played.
    """
    claims = {task.claim for task in tasks}
    if all(one.excludes(other) for one in claims for other in claims):
        return tuple(tasks)
    remaining = _remaining_s(tasks)
    longest_path = max(remaining.values(), default=0.0)
    if longest_path >= sum(task.takes_s for task in tasks):  # one path holds all of them
        return tuple(tasks)
    asked_s = _asked_s(tasks, shared)
    by_path = tuple(sorted(tasks, key=lambda task: -remaining[task.name] - ASKED_WEIGHT * asked_s[task.name]))
    return by_path if any(asked_s.values()) else min(tuple(tasks), by_path, key=duration_s)


def _asked_s(tasks: Sequence[Task], shared: Collection[str]) -> Mapping[str, float]:
    """For each task, how long the plan needs the one of its shared instruments that it needs longest."""
    whole: dict[str, float] = dict.fromkeys(shared, 0.0)
    for task in tasks:
        for name in task.claim.resources & whole.keys():
            whole[name] += task.takes_s
    return {
        task.name: max((whole[name] for name in task.claim.resources & whole.keys()), default=0.0) for task in tasks
    }


def _remaining_s(tasks: Sequence[Task]) -> dict[str, float]:
    """From the beginning of each task to the end of the last that waits for it, if nothing else were to be played."""
    followers: dict[str, list[str]] = {task.name: [] for task in tasks}
    for task in tasks:
        for other in task.after:
            followers[other].append(task.name)
    remaining: dict[str, float] = {}
    for task in reversed(tasks):  # a plan is in an order where each comes after those it waits for
        longest = max((remaining[name] for name in followers[task.name]), default=0.0)
        remaining[task.name] = task.takes_s + longest
    return remaining
