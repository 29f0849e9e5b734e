"""What a form's page answers: on to where the change can be seen, or the page again with what stands in the way."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from fastapi import Response
from fastapi.responses import RedirectResponse

from server.db.engine import Database
from server.errors import BadInput, Contradiction, RequestError

USUAL: tuple[type[RequestError], ...] = (BadInput, Contradiction)
"""What the person who filled the form in can mend there."""


def done_or_told(
    database: Database,
    change: Callable[[sa.Connection], object],
    onward: str,
    tell: Callable[[sa.Connection, RequestError], Response],
    refusals: tuple[type[RequestError], ...] = USUAL,
) -> Response:
    """Make the change in one transaction and go ``onward``; ``tell`` draws a refusal, so that nothing typed is lost."""
    try:
        with database.writing() as connection:
            change(connection)
    except refusals as error:
        with database.reading() as connection:
            return tell(connection, error)
    return RedirectResponse(onward, status_code=303)
