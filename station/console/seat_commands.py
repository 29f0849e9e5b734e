"""What a page may tell of the person at the bench: who it is, that somebody is there, that nobody is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from station.console.commands import Order, Products, Refused
from station.console.seat import NotKnown, PinNeeded, Seat, ShiftRunning
from station.model.errors import OperatorError
from station.model.ids import canonical_serial


class SignOn(Order):
    """A name as typed, with its PIN where it was asked for, or a badge as scanned."""

    name: str = Field(max_length=200)
    pin: str = Field(default="", max_length=40)


class Scanned(Order):
    """A code that the run did not ask for."""

    code: str = Field(max_length=500)


def seat_routes(seat: Seat, products: Products) -> APIRouter:
    """The commands about the person; each answers what is in the way."""
    router = APIRouter(prefix="/commands")

    @router.post("/sign-on")
    async def sign_on(order: SignOn) -> Response:
        try:
            if products.of_serial(canonical_serial(order.name)):
                raise Refused(422, "serial_as_name")
            with _refusing():
                language = await seat.sign_on(order.name, order.pin)
        except OperatorError as error:
            raise Refused(422, "bad_name", {"detail": str(error)}) from None
        return JSONResponse({"problem": "", "language": language}) if language else Response(status_code=204)

    @router.post("/badge")
    async def badge(order: Scanned) -> Response:
        """Only says whether it is one while a unit is tested."""
        with _refusing():
            await seat.change(order.code)
        return Response(status_code=204)

    @router.post("/leave")
    async def leave() -> Response:
        with _refusing():
            seat.leave()
        return Response(status_code=204)

    @router.post("/here")
    async def here() -> Response:
        seat.touch()
        return Response(status_code=204)

    return router


@contextmanager
def _refusing() -> Iterator[None]:
    """What the seat does not do becomes a refusal."""
    try:
        yield
    except PinNeeded:
        raise Refused(200, "pin") from None
    except ShiftRunning:
        raise Refused(200, "shift_running") from None
    except NotKnown as error:
        raise Refused(200, "not_known", {"wait_s": math.ceil(error.wait_s)}) from None
