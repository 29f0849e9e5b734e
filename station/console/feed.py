"""What every open page hears: first everything that is so, then each change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from sse_starlette.event import ServerSentEvent

CAPACITY = 2000
"""Changes a page may be behind; one that is slower gets the whole state again instead."""


@dataclass(slots=True, eq=False)
class _Listener:
    waiting: asyncio.Queue[ServerSentEvent] = field(default_factory=lambda: asyncio.Queue(CAPACITY))
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
        event = ServerSentEvent(event=name, data=body.decode())
        for listener in self._listeners:
            if listener.waiting.full():
                listener.has_lost = True
            else:
                listener.waiting.put_nowait(event)

    async def follow(self) -> AsyncIterator[ServerSentEvent]:
        """The state, then every change after it; the state again wherever a change was lost."""
        listener = _Listener()
        self._listeners.add(listener)
        try:
            yield self._whole()
            while True:
                event = await listener.waiting.get()
                if not listener.has_lost:
                    yield event
                    continue
                while not listener.waiting.empty():
                    listener.waiting.get_nowait()
                listener.has_lost = False
                yield self._whole()
        finally:
            self._listeners.discard(listener)

    def _whole(self) -> ServerSentEvent:
        return ServerSentEvent(event="state", data=self._snapshot().decode(), retry=1000)
