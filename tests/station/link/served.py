"""Serves simulated ports from a thread of their own, for tests that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from fixtures.sim.faults import LineFault
from fixtures.sim.transport import Port


class Server:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._ports: list[Port] = []

    def serve(self, port: Port) -> str:
        """Open ``port``; gives its address."""
        self.run(port.open())
        self._ports.append(port)
        return port.address

    def fault(self, port: Port, fault: LineFault, is_on: bool = True) -> None:
        self.run(port.set_fault(fault, is_on))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    def close(self) -> None:
        self.run(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _shut(self) -> None:
        for _ in range(3):  # a client that was let in meanwhile is sent away too
            for port in self._ports:
                port.close()
            await asyncio.sleep(0.03)


@contextmanager
def server() -> Iterator[Server]:
    opened = Server()
    try:
        yield opened
    finally:
        opened.close()
