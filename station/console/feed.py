"""What every open page hears: first everything that is so, then each change."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from sse_starlette.event import ServerSentEvent

CAPACITY = 2000
"""Changes a page may be behind; one that is slower gets the whole state again instead."""

PACE_S = 0.008
"""A screen of 60 Hz shows a picture each 16.7 ms: what comes within half of that is told together."""

TOGETHER = {"entry": "entries"}
"""Changes that are told as a list, however many there are, and what the list is called."""


@dataclass(slots=True, eq=False)
class _Listener:
    waiting: deque[tuple[str, bytes]] = field(default_factory=deque)
    is_news: asyncio.Event = field(default_factory=asyncio.Event)
    has_lost: bool = False


class Feed:
    """Changes for any number of listeners; used on the event loop's thread only."""

    def __init__(self, snapshot: Callable[[], bytes]) -> None:
        self._snapshot = snapshot
        self._listeners: set[_Listener] = set()

    @property
    def listener_count(self) -> int:
        """How many pages follow."""
        return len(self._listeners)

    def publish(self, name: str, body: bytes) -> None:
        """Give every listener one change; never blocks."""
        for listener in self._listeners:
            if len(listener.waiting) >= CAPACITY:
                listener.has_lost = True
            else:
                listener.waiting.append((name, body))
            listener.is_news.set()

    async def follow(self) -> AsyncIterator[ServerSentEvent]:
        """The state, then every change after it, half a frame's together; the state again where a change was lost."""
        listener, told_at = _Listener(), -math.inf
        self._listeners.add(listener)
        clock = asyncio.get_running_loop().time
        try:
            yield self._whole()
            while True:
                await listener.is_news.wait()
                await asyncio.sleep(told_at + PACE_S - clock())
                told_at = clock()
                for event in self._news(listener):
                    yield event
        finally:
            self._listeners.discard(listener)

    def _news(self, listener: _Listener) -> list[ServerSentEvent]:
        listener.is_news.clear()
        waiting, has_lost = list(listener.waiting), listener.has_lost
        listener.waiting.clear()
        listener.has_lost = False
        if has_lost:
            return [self._whole()]
        return [event for name, changes in groupby(waiting, itemgetter(0)) for event in _told(name, changes)]

    def _whole(self) -> ServerSentEvent:
        return ServerSentEvent(event="state", data=self._snapshot().decode(), retry=1000)


def _told(name: str, changes: Iterator[tuple[str, bytes]]) -> Iterator[ServerSentEvent]:
    bodies = [body.decode() for _, body in changes]
    if name in TOGETHER:
        yield ServerSentEvent(event=TOGETHER[name], data=f"[{','.join(bodies)}]")
    else:
        yield from (ServerSentEvent(event=name, data=body) for body in bodies)
