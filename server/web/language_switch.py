"""The link in the header that changes the language and comes back."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from server.web.language import COOKIE, language_of
from server.web.render import local_path

YEAR_S = 365 * 24 * 3600
router = APIRouter(include_in_schema=False)


@router.get("/language/{tag}")
def choose(tag: str, back: str = "/") -> RedirectResponse:
    """Remember the language for a year; an unknown one changes nothing."""
    answer = RedirectResponse(local_path(back), status_code=303)
    language = language_of(tag)
    if language:
        answer.set_cookie(COOKIE, language.tag, max_age=YEAR_S, samesite="lax", httponly=True)
    return answer
