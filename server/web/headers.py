"""Headers of every answer: what a page may load, and how long an answer keeps."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.web.static_files import PREFIX

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


PRIVATE = "private, no-store"
GUARDS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
"""What every answer carries; pages set them themselves too, because the page of a defect is made outside middleware."""


class PageHeaders:
    """ASGI middleware that adds the headers an answer has not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (GUARDS | {"Cache-Control": _cache_control(scope, message["status"])}).items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _cache_control(scope: Scope, status: int) -> str:
    if scope["path"].startswith(f"{PREFIX}/") and status < 400:
        return "public, max-age=31536000, immutable" if b"v=" in scope["query_string"] else "no-cache"
    return PRIVATE
