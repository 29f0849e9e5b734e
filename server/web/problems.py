"""What went wrong, as a page for people and as problem details (RFC 9457) for everybody else."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from server.errors import (
    BadInput,
    GateShut,
    HasChanged,
    MustChange,
    NotInForce,
    NotLoggedIn,
    ServerError,
    StorageError,
    TooManyAttempts,
)
from server.web.fault_pages import fault_page, wants_page
from server.web.render import here

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STORAGE_RETRY_S = 5


def answer_problems(app: FastAPI) -> None:
    """Give the application an answer for every error."""
    app.add_exception_handler(ServerError, _answer_server_error)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)
    app.add_exception_handler(Exception, _answer_defect)


def problem(status: int, title: str, detail: str, **more: object) -> Response:
    """The problem details; ``more`` are members of their own."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "backslashreplace")  # half a surrogate pair
    return Response(body, status_code=status, media_type=MEDIA_TYPE)


def _answer_server_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ServerError):
        raise error
    if isinstance(error, NotLoggedIn) and wants_page(request):
        back = here(request) if request.method == "GET" else "/"
        return RedirectResponse(f"/login?back={quote(back, safe='')}", status_code=303)
    if isinstance(error, MustChange) and wants_page(request):
        return RedirectResponse("/account/password", status_code=303)
    if isinstance(error, StorageError):
        logger.warning("%s %s: %s", request.method, request.url.path, error)
    more: dict[str, object] = {"field": error.field} if isinstance(error, BadInput) else {}
    if isinstance(error, NotInForce):
        more["state"] = error.state
    if isinstance(error, GateShut):
        more |= {"gate": error.gate, "reasons": error.reasons}
    if isinstance(error, HasChanged):
        more["version"] = error.version
    answer = _answer(request, error.status, error.title, str(error), **more)
    if isinstance(error, NotLoggedIn):
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooManyAttempts):
        answer.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, StorageError):
        answer.headers["Retry-After"] = str(STORAGE_RETRY_S)
    return answer


def _answer_validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = [{"field": ".".join(str(part) for part in row["loc"][1:]), "problem": row["msg"]} for row in error.errors()]
    detail = "; ".join(f"{row['field']}: {row['problem']}" for row in found)
    if wants_page(request) and any(row["loc"][0] == "path" for row in error.errors()):
        return fault_page(request, HTTPStatus.NOT_FOUND)
    return _answer(request, 422, "Bad input", detail, errors=found)


def _answer_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    answer = _answer(request, error.status_code, HTTPStatus(error.status_code).phrase, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _answer_nobody(request: Request, error: Exception) -> Response:
    """A client that was cut off while it sent: nothing of it was taken, and it sends again."""
    logger.info("%s %s: the client is gone", request.method, request.url.path)
    return Response(status_code=HTTPStatus.BAD_REQUEST)


def _answer_defect(request: Request, error: Exception) -> Response:
    """The cause is in the log, where the server writes every exception that reaches it."""
    return _answer(request, 500, "Server error", "the server failed; its log says why")


def _answer(request: Request, status: int, title: str, detail: str, **more: object) -> Response:
    if wants_page(request):
        return fault_page(request, status, detail)
    return problem(status, title, detail, **more)
