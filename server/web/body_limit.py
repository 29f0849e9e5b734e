"""Bounds what a stranger may make the server hold: no body is longer than it needs to be."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import TooLarge
from server.web.problems import problem

MAX_BODY_BYTES = 2 * 1024 * 1024
"""The longest arrival, 500 units with their reasons in escapes, has 1.6 MB."""


class BodyLimit:
    """ASGI middleware that answers 413; paths that begin with one of ``unbounded`` bound their bodies themselves.

    ``longest`` are the bytes of the paths that may be sent more.
    """

    def __init__(
        self, app: ASGIApp, unbounded: tuple[str, ...] = (), longest: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        self.app = app
        self._unbounded = unbounded
        self._longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._unbounded):
            await self.app(scope, receive, send)
            return
        most = self._longest.get(scope["path"], MAX_BODY_BYTES)
        detail = f"a body has at most {most} bytes here"
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if int(length) > most:  # the protocol has checked that it is a number
            await problem(TooLarge.status, TooLarge.title, detail)(scope, receive, send)
            return
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(TooLarge.status, detail)  # FastAPI answers 400 for any other error of a body
            return message

        await self.app(scope, bounded, send)
