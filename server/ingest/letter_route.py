"""The way of a letter from its request to its endpoint, without a look at what the endpoint asks for each time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from server.admin.access import sending_station


class LetterRoute(APIRoute):
    """A route whose endpoint takes the letter's id, the request and the sending station, and nothing else.

    It answers as FastAPI's own route does, which spends as long on the parameters as the server on the letter.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            (letter_id,) = request.path_params.values()
            answer: Response = await self.endpoint(letter_id, request, await sending_station(request))
            return answer

        return handle
