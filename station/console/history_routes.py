"""The history of the bench for its page: searched, and a run with everything it told."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from station.console.seat import Seat
from station.history.past_runs import PastRun, PastRuns, Wanted
from station.model.errors import StorageError

PAGE = 50


class _Found(msgspec.Struct, frozen=True):
    runs: tuple[PastRun, ...]
    products: tuple[str, ...]
    operators: tuple[str, ...]
    has_more: bool


def history_routes(past: PastRuns, seat: Seat) -> APIRouter:
    """What was tested here; who looks at it is there."""
    router = APIRouter(prefix="/history")

    @router.get("")
    async def search(
        serial: Annotated[str, Query(max_length=100)] = "",
        verdict: Annotated[str, Query(max_length=10)] = "",
        product: Annotated[str, Query(max_length=100)] = "",
        operator: Annotated[str, Query(max_length=100)] = "",
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
    ) -> Response:
        seat.touch()
        wanted = Wanted(serial.strip().upper(), verdict, product, operator, since, until)
        try:
            return _json(msgspec.json.encode(await asyncio.to_thread(_found, past, wanted, before)))
        except StorageError as error:
            return JSONResponse({"problem": "history", "detail": str(error)}, status_code=500)

    @router.get("/{run_id}")
    async def run(run_id: str) -> Response:
        seat.touch()
        try:
            told = await asyncio.to_thread(past.told, run_id)
        except StorageError as error:
            return JSONResponse({"problem": "history", "detail": str(error)}, status_code=500)
        return _json(told if told is not None else b"[]")

    return router


def _found(past: PastRuns, wanted: Wanted, before: int | None) -> _Found:
    runs = past.find(wanted, PAGE + 1, before)
    return _Found(runs[:PAGE], past.products(), past.operators(), len(runs) > PAGE)


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
