"""Pages for what went wrong: they say who must act, and nothing of the inside."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from server.web.render import page
from server.web.words import mark

HEADINGS = {
    403: mark("You are not allowed to do this"),
    404: mark("There is no such page"),
    409: mark("This contradicts what is on record"),
    413: mark("This is too long"),
    422: mark("This cannot be used"),
    429: mark("Too many attempts"),
    503: mark("The records cannot be reached"),
}
ADVICE = {
    403: mark("Your role does not include it. A supervisor can do it or give you the role."),
    404: mark("The address is wrong, or nothing is on record under it."),
    409: mark("Somebody else may have been quicker. Go back, look again, then decide."),
    413: mark("Go back and send less at once."),
    422: mark("Go back and correct it."),
    429: mark("Wait a little and try again."),
    503: mark("Nothing was changed. Try again in a moment; if it stays so, tell the administrator."),
}
OTHER_HEADING = mark("Something went wrong")
OTHER_ADVICE = mark("Nothing was changed. It is the server's fault, not yours.")


DETAILED = frozenset({409, 413, 422})
"""Where the cause is in what the reader sent, and the detail names it."""


def fault_page(request: Request, status: int, detail: str = "") -> HTMLResponse:
    """The page for a status; ``detail`` shows for the DETAILED ones only, and so never the inside of the server."""
    return page(
        request,
        "error.html",
        status=status,
        heading=HEADINGS.get(status, OTHER_HEADING),
        advice=ADVICE.get(status, OTHER_ADVICE),
        code=status,
        detail=detail if status in DETAILED else "",
    )


def wants_page(request: Request) -> bool:
    """Whether the answer is read by a person: a browser's own request, outside the wire's paths."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")
