"""Tells the audit from which address each request comes."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from server.admin.origin import asked_from


class AskedFrom:
    """ASGI middleware around everything that may write; a proxy on this machine is believed for whom it asks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        client = scope.get("client")
        with asked_from(client[0] if client else ""):
            await self.app(scope, receive, send)
