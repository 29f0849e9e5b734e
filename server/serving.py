"""Runs the application on a socket and says on stdout when it answers."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import typer
import uvicorn
from fastapi import FastAPI

from server.app import create_app
from server.config import Settings
from server.gates.watch import StateWatch


def serve_app(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, which end it as asked and so without an error; port 0 takes a free one."""
    app = create_app(settings)
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    with listen(host, port) as listener:
        shown = f"[{host}]" if ":" in host else host
        server = _AnnouncingServer(config, app, f"http://{shown}:{listener.getsockname()[1]}")
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.end)
        server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket whose connections send at once.

    An answer is a head and a body, sent apart: without TCP_NODELAY the body waits until the client acknowledges the
    head, which it does after 40 ms. Accepted sockets inherit the option; asyncio sets it only on its own sockets.
    """
    listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _AnnouncingServer(uvicorn.Server):
    """Prints its address when it answers; lets nobody wait for news when it ends."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, address: str) -> None:
        super().__init__(config)
        self._app = app
        self._address = address

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """uvicorn waits for every answer that is on its way; those who wait for news get theirs now."""
        super().handle_exit(sig, frame)
        watch: StateWatch | None = self._app.state.state_watch
        if watch is not None:
            watch.end()

    def end(self, number: int, frame: FrameType | None) -> None:
        """End in order; uvicorn sends itself the signal again after its end, which then changes nothing."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            typer.echo(f"serving {self._address}")
