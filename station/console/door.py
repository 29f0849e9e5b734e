"""Who may speak to the console: Host and Origin are checked, and every answer forbids foreign content."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
READING = frozenset({"GET", "HEAD"})


def allowed_hosts(host: str, port: int, machine: str) -> frozenset[str]:
    """The Host values under which a console bound to ``host`` may be opened.

    A name that an attacker's DNS points here is none of them, so a foreign page cannot rebind its way in.
    """
    names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host}
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        names.add(machine.lower())
    return frozenset({f"{name}:{port}" for name in names} | (names if port == 80 else set()))


class Door:
    """ASGI middleware in front of every route, static files and the event stream too."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)

    def _refusal(self, method: str, headers: Headers) -> str:
        """Why the request is refused; empty when it may pass. A write must name its origin and be JSON."""
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return f"this console is not called {host or 'nothing'}: open it by the address it printed at its start"
        origin = headers.get("origin")
        if origin is None and method in READING:
            return ""
        if origin is None or origin.lower() not in {f"http://{name}" for name in self._hosts}:
            return f"origin {origin or 'nothing'} is not this console's"
        if method not in READING and headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return "a command must be application/json"
        return ""
