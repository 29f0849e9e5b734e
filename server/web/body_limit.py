"""Bounds what a stranger may make the server hold: no body is longer than it needs to be."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import TooLarge
from server.web.problems import problem

MAX_BODY_BYTES = 2 * 1024 * 1024
"""The longest arrival, 500 units with their reasons in escapes, has 1.6 MB."""

DETAIL = f"a body has at most {MAX_BODY_BYTES} bytes here"


class BodyLimit:
    """ASGI middleware that answers 413; paths that begin with one of ``unbounded`` bound their bodies themselves."""

    def __init__(self, app: ASGIApp, unbounded: tuple[str, ...] = ()) -> None:
        self.app = app
        self._unbounded = unbounded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._unbounded):
            await self.app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if int(length) > MAX_BODY_BYTES:  # the protocol has checked that it is a number
            await problem(TooLarge.status, TooLarge.title, DETAIL)(scope, receive, send)
            return
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise HTTPException(TooLarge.status, DETAIL)  # FastAPI answers 400 for any other error of a body
            return message

        await self.app(scope, bounded, send)
