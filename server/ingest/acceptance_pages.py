"""The form that has a burn of an order judged again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from server.admin.access import InDatabase, Now, require
from server.admin.author import Author
from server.admin.queries import User
from server.errors import BadInput, Contradiction
from server.ingest.acceptance import accept_burn
from server.orders.flows import CORRECT
from server.orders.pages import Refused, order_page_with

router = APIRouter(include_in_schema=False)


@router.post("/burn-orders/{no}/burns/{burn_id}/acceptance")
def acceptance_form(
    request: Request,
    user: Annotated[User, Depends(require(CORRECT))],
    database: InDatabase,
    at: Now,
    no: Annotated[str, Path(max_length=20)],
    burn_id: UUID,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Count the burn if its letter bears it out, or say on the order's page that it does not."""
    try:
        with database.writing() as connection:
            accept_burn(connection, no, str(burn_id), reason, Author(user.name, at))
    except (BadInput, Contradiction) as error:
        with database.reading() as connection:
            return order_page_with(request, user, connection, no, Refused("acceptance", {}, error))
    return RedirectResponse(f"/burn-orders/{no}#entries", status_code=303)
